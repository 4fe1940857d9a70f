/** `spitrap run -c FILE`: the agent, in the foreground, until SIGTERM or SIGINT; SIGHUP reads the configuration anew. It is judged before anything opens. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { Config } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { LoadedConfig } from '../config/load.ts';
import { loadInThread } from '../config/load-thread.ts';
import { openControlSocket } from '../control/control-socket.ts';
import { bounded } from '../lifecycle.ts';
import { createLog } from '../log.ts';
import type { ReloadSource } from '../reload.ts';
import { SystemdService } from '../service/systemd.ts';
import type { AgentStatus } from '../status/status.ts';
import { wrapped } from '../status/text-layout.ts';
import { deviceAdapters } from '../world.ts';
import { configFrom } from './config-from.ts';
import { type CliContext, exitCodes, type Subcommand } from './subcommand.ts';

interface Options {
  readonly config?: string;
  readonly trustOnFirstUse?: boolean;
  readonly untilInputEnds?: boolean;
}

/** Logging out of two sessions, syncing journal and ring; each step is bounded by itself. systemd's default is 90 s. */
const STOP_WITHIN_MS = 45_000;

export const runCommand: Subcommand = {
  name: 'run',
  exits:
    '0 stopped in good order, 1 failed, 2 bad usage or configuration, 3 an agent runs there already, 130 ended by a second signal',
  register(command, perform) {
    command
      .description('run the agent beside its head-end, in the foreground')
      .requiredOption('-c, --config <file>', 'configuration, YAML or JSON (docs/configuration.md)')
      .option('--trust-on-first-use', 'accept an unpinned SSH host key this once, and print its fingerprint to pin')
      .option('--until-input-ends', 'stop, in good order, when standard input ends: for programs that start an agent')
      .addHelpText('after', '\nExamples:\n  spitrap run -c hub.yaml\n  spitrap run -c hub.yaml --trust-on-first-use\n')
      .action((options: Options) => perform((context) => run(options, context)));
  },
};

async function run(options: Options, context: CliContext): Promise<number> {
  const { config, warnings, secrets } = configFrom(options.config, context);
  for (const warning of warnings) context.stderr.write(`spitrap: warning: ${warning}\n`);
  const { stdout, world } = context;
  const log = createLog({ ...config.log, secrets }, { write: (text) => stdout.write(text), isTTY: stdout.isTty });
  // Every session asks by itself; a key is told once.
  const told = new Set<string>();
  const hint = (fingerprint: string): void => {
    if (!told.has(fingerprint)) pinHint(fingerprint, context);
    told.add(fingerprint);
  };
  const trustOnFirstUse = options.trustOnFirstUse === true ? hint : null;
  let hangUp = (): void => log.info({ event: 'reload' }, 'SIGHUP before the agent was up: it has just read its configuration');
  // Asked for before the start: a signal that comes meanwhile ends in an orderly stop too.
  const signalled = Promise.race([
    context.stopSignal(() => hangUp()),
    ...(options.untilInputEnds === true ? [context.inputEnd()] : []),
  ]);
  context.outliveReaders();
  // Loaded here, so that status and hold do not wait for SSH and SNMP to load.
  const [{ startAgent }] = await Promise.all([import('../app.ts'), deviceAdapters.ssh(), deviceAdapters.snmp()]);
  let peers = config.peers.length;
  const reload: ReloadSource = {
    load: async () => {
      const taken = await readAnew(options.config!, peers, context);
      peers = taken.config.peers.length;
      return taken;
    },
    onTaken: (now, hidden) => log.change({ level: now.log.level, secrets: hidden }),
  };
  const agent = await startAgent(config, world, log, {
    reload,
    openControl: openControlSocket,
    version: context.version,
    pid: process.pid,
    host: hostname(),
    secrets,
    trustOnFirstUse,
  });
  context.stderr.write(`${startSummary(config, agent.status()).join('\n')}\n`);
  const service = SystemdService.of({ environment: context.host.environment, pid: process.pid, world, log });
  service?.ready(agent);
  const reloadNow = (): Promise<unknown> => agent.reload('SIGHUP');
  // Refused or not, the agent has said so in its log.
  hangUp = () => void (service?.reloading(reloadNow) ?? reloadNow()).catch(() => {});
  const signal = await signalled;
  hangUp = () => {};
  service?.stopping(signal);
  const stopped = await bounded(agent.stop(signal), STOP_WITHIN_MS, world.clock, 'stop agent');
  service?.close();
  if (stopped.inTime) return exitCodes.ok;
  context.stderr.write(`spitrap: not everything closed within ${formatDuration(STOP_WITHIN_MS)}; see the log\n`);
  return exitCodes.failed;
}

/** Thousands of peers are read beside the agent, few in it: an upgrade under its feet may have taken the thread's program away. */
async function readAnew(file: string, peers: number, context: CliContext): Promise<LoadedConfig> {
  if (peers <= limits.peersReadHereMax) return configFrom(file, context);
  try {
    return await loadInThread(resolve(file));
  } catch (error) {
    if (error instanceof SpitrapError) throw error;
    return configFrom(file, context);
  }
}

function pinHint(fingerprint: string, context: CliContext): void {
  context.stderr.write(`spitrap: trusted on first use, pin it as device.hostKey: "${fingerprint}"\n`);
}

/** A summary is read, an inventory is looked up. */
const PEERS_NAMED_MAX = 10;

/** What runs and what it will do, before the first log line scrolls it away. */
export function startSummary(config: Config, status: AgentStatus): string[] {
  const will = {
    observe: 'observe: journals what it would do, sends only its login and show clock',
    capture: 'capture: show commands only, debugs are left on',
    act: `act: captures, and turns debugs off ${formatDuration(config.stop.delayMs)} after the message`,
  }[config.mode];
  const { device } = config;
  // As bound, not as configured: port 0 is a port by now.
  const sources = status.sources.map((source) => `${source.name} ${source.listen ?? ''}`.trim());
  const named = config.peers
    .slice(0, PEERS_NAMED_MAX)
    .map((peer) => `${peer.name} (${peer.kind}) ${peer.send.map(formatEndpoint).join(', ')}`.trim());
  const more = config.peers.length - named.length;
  const peers = more > 0 ? [...named, `and ${more} more: spitrap check --peers`] : named;
  return [
    ...wrapped(`${status.version}, ${config.role}, pid ${status.pid}`, 'spitrap   '),
    ...wrapped(will, 'mode      '),
    ...(status.hold.on ? wrapped('on: no new incident acts', 'HOLD      ') : []),
    ...wrapped(`${printable(device.name)} ${device.address}:${device.port} ${device.platform}`, 'device    '),
    ...wrapped(sources.join(', ') || 'none', 'sources   '),
    ...wrapped(peers.join('; '), 'peers     '),
    ...wrapped(`on ${status.signalListen}, engine ${status.engineId}`, 'signals   '),
    ...(status.page === null ? [] : wrapped(status.page.url, 'page      ')),
    ...wrapped(printable(config.dataDir, 400), 'data      '),
  ];
}
