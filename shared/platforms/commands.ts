/** Every line that an agent may ever send to its device, for `spitrap commands -c FILE`: what the change board reads. */
import type { ArmPlan } from '../model/arming.ts';
import type { Platform } from './platform.ts';

export interface CommandsScope {
  /** Addresses of the peers as configured; a CIDR range stands as `<address in 10.0.0.0/8>`, because the address is known only at the event. */
  readonly peers: readonly string[];
  readonly maxUnscopedSas: number;
  /** False leaves out the line that only a configured terminal-monitor source sends. */
  readonly terminalMonitor: boolean;
  /** A spi-watch source is configured. */
  readonly spiWatch?: boolean;
  /** What is put on the device when it is armed, by the agent or by `spitrap arm`; absent, or without a condition: nothing ever is. */
  readonly arming?: ArmPlan;
}

export interface PossibleCommand {
  readonly command: string;
  readonly purpose: string;
}

const PLACE = '192.0.2.254';

export function commandsFor(platform: Platform, scope: CommandsScope): PossibleCommand[] {
  const { definition } = platform;
  const found = new Map<string, string>();
  const add = (command: string, purpose: string) => {
    if (!found.has(command)) found.set(command, purpose);
  };
  const enable = definition.modes.enable.enter;
  if (enable) add(enable.send, 'login: privileged EXEC; its password is sent when asked for');
  for (const command of definition.onOpen) add(command, 'login: terminal settings of our own session');
  if (platform.spiWatch !== undefined && scope.spiWatch === true)
    for (const { command } of [platform.spiWatch.seen, ...platform.spiWatch.known])
      add(command, 'source spi-watch: ESP that came in, and the SAs that there are, at every look');
  add('', 'keepalive: an empty line every 4 min on an idle session');
  add(platform.showClock, 'login and capture: the device clock');
  add(platform.debugOff.all, 'stop: turns every debug off');
  for (const command of platform.debugOff.ones)
    add(command, 'stop of single debugs: of those that this agent answers for, where not all may be turned off');
  if (definition.questions.length > 0) add('no', 'answer to any question that the device asks');
  add(platform.showDebugging, 'what is on at t0; verification after the stop; each hello');
  add(
    platform.corroborate('0x0').replace('0x0', '<SPI of the message, hex>'),
    'corroboration of a line that came by UDP or from a file',
  );
  add(platform.showLogging, 'corroboration: how far back the buffer reaches');
  for (const command of plannedFor(platform, scope)) add(command.command, command.purpose);
  if (scope.terminalMonitor) {
    add(platform.terminalMonitor.level, 'source terminal-monitor: is it harmless to turn on?');
    add(platform.terminalMonitor.on, 'source terminal-monitor: log messages on a session of its own');
    add(platform.terminalMonitor.off, 'source terminal-monitor: before its logout');
  }
  const isUnconditional = platform.arming.absent?.includes('conditions') === true;
  const arms = scope.arming !== undefined && (isUnconditional || scope.arming.conditions.length > 0);
  if (arms) addArming(platform, scope.arming, add);
  const { privilege, users, evidence } = platform.check;
  for (const command of [privilege, users, evidence, ...Object.values(platform.arming.ask)].filter((line) => line !== ''))
    add(command, `check: what spitrap check asks, in every mode${arms ? '; before arming, and while armed' : ''}`);
  for (const command of platform.advise)
    add(command, 'advise: what spitrap advise -c asks, in every mode; never lines with pre-shared keys or certificates');
  add(definition.logout, 'logout');
  return [...found].map(([command, purpose]) => ({ command, purpose }));
}

function addArming(platform: Platform, plan: ArmPlan, add: (command: string, purpose: string) => void): void {
  const { condition, debugOn, debugOff, deadMan } = platform.arming;
  const conditions = plan.conditions.flatMap((address) => condition(address) ?? []);
  for (const { on } of conditions) add(on, 'arming: conditions first, each read back');
  for (const name of plan.debugs)
    add(
      debugOn(name),
      conditions.length === 0 ? 'arming: debugs, for every peer' : 'arming: debugs, only for the peers of the conditions',
    );
  for (const name of plan.debugs) add(debugOff(name), 'disarming: debugs first, verified off');
  for (const { off } of conditions) add(off, 'disarming: our conditions, one by one, while no crypto debug is on');
  if (plan.deadManS === null) return;
  const { enter, leave } = platform.definition.modes.config;
  const lines = [enter?.send, ...deadMan.set(plan.deadManS), ...deadMan.remove, leave].filter((line) => line !== undefined);
  for (const line of lines)
    add(line, 'arming.deadMan: an applet on the router that ends all debugs when the agent is gone; removed at the disarm');
  add(deadMan.show, 'arming.deadMan: is it there?');
}

function plannedFor(platform: Platform, scope: CommandsScope): PossibleCommand[] {
  const purposes = {
    scoped: 'capture, at the event and again at the stop',
    device: 'capture',
    count: 'capture: how many SAs there are',
    'note-a': '',
  };
  return scope.peers.flatMap((peer) => {
    const range = peer.includes('/') && !/\/(?:32|128)$/.test(peer);
    const address = range ? PLACE : peer.replace(/\/\d+$/, '');
    const plan = platform.capturePlan('first', { peers: [address], maxUnscopedSas: scope.maxUnscopedSas });
    return plan.map(({ command, group }) => ({
      command: range ? command.replace(PLACE, `<address in ${peer}>`) : command,
      purpose: group === 'note-a' ? `capture, only up to ${scope.maxUnscopedSas} SAs` : purposes[group],
    }));
  });
}
