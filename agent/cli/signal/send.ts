/**
 * `spitrap signal send`: one signal by hand, through the production sender, and all that came back. What acts at the other end is said
 * and asked for first. Nothing of a running agent is used but its address and credentials: not its engine (its boots and time date its
 * traps at every peer), not its port, not its dataDir.
 */
import { join } from 'node:path';
import { asSpitrapError } from '../../../shared/errors.ts';
import { printable, quoted } from '../../../shared/model/printable.ts';
import { isIncidentId, ulid } from '../../../shared/model/ulid.ts';
import { policyEventTrapOid } from '../../../shared/wire/event-manager.ts';
import { encodeSignalText, type Phase } from '../../../shared/wire/signal.ts';
import { formatEndpoint } from '../../config/fields.ts';
import { BY_HAND } from '../../heartbeat.ts';
import { ephemeralEngine, keptEngineId, parseEngineId, type SnmpEngine } from '../../net/engine.ts';
import type { OutgoingNotification, SendOutcome, SnmpCredentials, SnmpSender } from '../../net/signalling.ts';
import { openSnmpSender } from '../../net/snmp-sender.ts';
import type { Endpoint } from '../../ports.ts';
import { type CliContext, durationFrom, exitCodes, interruptedCode, print, printJson } from '../subcommand.ts';
import { type Heard, readHeard } from './reports.ts';
import { pathText, sentText } from './send-text.ts';
import { type Target, type TargetOptions, targetOf, usage } from './target.ts';
import { hexWithout, type TappedDatagram, WireTap } from './wire-tap.ts';

export interface SendOptions extends TargetOptions {
  readonly phase: Phase;
  readonly in?: string;
  readonly lease?: string;
  readonly id?: string;
  readonly bare?: boolean;
  readonly inform?: boolean;
  readonly trap?: boolean;
  readonly root?: string;
  readonly engineId?: string;
  readonly timeout: string;
  readonly hex?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** What was sent, before it is known what became of it. */
export interface Sent {
  readonly target: Target;
  readonly phase: Phase;
  readonly notification: OutgoingNotification;
  readonly trapOid: string;
  readonly engineIdHex: string;
}

export interface PathResult {
  readonly to: Endpoint;
  readonly outcome: SendOutcome;
  readonly datagrams: readonly TappedDatagram[];
  readonly heard: readonly Heard[];
}

/** A password in the clear on the wire, and nowhere else. */
export const communityOf = (credentials: SnmpCredentials): string | null =>
  credentials.version === 3 ? null : credentials.community;

/** A lease that a person would give by hand; the arming end has its own bounds. */
const LEASE_MS = 15 * 60_000;
const DELAY_MS = 18_000;

export async function sendSignal(options: SendOptions, context: CliContext): Promise<number> {
  const target = targetOf(options, context);
  const timeoutMs = durationFrom('--timeout', options.timeout);
  const notification = notificationOf(options, target, context);
  const engine = await engineOf(options, target, notification.confirmed, context);
  const sent: Sent = {
    target,
    phase: options.phase,
    notification,
    trapOid: policyEventTrapOid(notification.root),
    engineIdHex: engine.idHex,
  };
  for (const warning of target.warnings) context.stderr.write(`warning: ${warning}\n`);
  if (!(await mayAct(options, target, context))) return interruptedCode;
  if (!options.json) print(context, sentText(sent));
  const results = await sendOnPaths(sent, engine, timeoutMs, context, (result) => {
    if (!options.json) print(context, pathText(sent, result, options.hex === true));
  });
  if (options.json) printJson(context, jsonOf(sent, results, options.hex === true));
  return results.every(({ outcome }) => outcome.kind !== 'failed') ? exitCodes.ok : exitCodes.failed;
}

async function sendOnPaths(
  sent: Sent,
  engine: SnmpEngine,
  timeoutMs: number,
  { world }: CliContext,
  onResult: (result: PathResult) => void,
): Promise<PathResult[]> {
  const { target, notification } = sent;
  const tap = new WireTap(world.datagrams, world.clock);
  const peer = { name: target.name, from: target.from, credentials: target.credentials, engineId: null };
  const sender: SnmpSender = await openSnmpSender({
    peers: [peer],
    engine,
    world: { clock: world.clock, random: world.random, datagrams: tap },
    source: target.source,
  });
  const results: PathResult[] = [];
  try {
    for (const to of target.paths) {
      const outcome = await sender.send(target.name, to, notification, { timeoutMs });
      const datagrams = tap.take();
      const result = { to, outcome, datagrams, heard: readHeard(datagrams) };
      results.push(result);
      onResult(result);
    }
  } finally {
    await sender.close();
  }
  return results;
}

function notificationOf(options: SendOptions, target: Target, { world, version }: CliContext): OutgoingNotification {
  if (options.inform && options.trap) throw usage('either --inform or --trap, not both');
  const confirmed = options.trap ? false : options.inform ? true : target.notify === 'inform';
  if (confirmed && target.credentials.version === '1') throw usage('SNMPv1 has no informs; leave --inform out');
  const isBare = options.bare === true || target.kind === 'eem';
  if (isBare && options.phase !== 'stop')
    throw usage(
      `a router's applet knows the stop alone: ${options.phase} without text (--bare, or a peer of kind eem) means nothing`,
    );
  const { config } = target;
  if (options.in !== undefined && options.phase !== 'alert')
    throw usage('--in is how long until the stop: it goes with --phase alert');
  if (options.lease !== undefined && options.phase !== 'arm') throw usage('--lease goes with --phase arm');
  const incident = incidentOf(options, () => ulid(world.clock.wall(), world.random.bytes(10)));
  const inMs = options.in === undefined ? (config?.stop.delayMs ?? DELAY_MS) : durationFrom('--in', options.in);
  const leaseMs = options.lease === undefined ? LEASE_MS : durationFrom('--lease', options.lease);
  const intData2 = { hello: 0, alert: inMs, stop: 0, done: 0, arm: Math.round(leaseMs / 1_000), disarm: 0 }[options.phase];
  const now = String(Math.round(world.clock.wall()));
  const keys: Record<string, string> =
    options.phase === 'hello'
      ? { ver: version, [BY_HAND.key]: BY_HAND.value, t: now }
      : options.phase === 'done'
        ? { off: 'unverified' }
        : { t: now };
  return {
    confirmed,
    root: options.root === undefined ? target.root : options.root === '134' ? 134 : 91,
    intData1: target.values[options.phase],
    intData2,
    strData: isBare ? '' : encodeSignalText({ phase: options.phase, incident, keys }),
    policyName: 'spitrap by hand',
    policyPath: '',
  };
}

function incidentOf(options: SendOptions, fresh: () => string): string | null {
  if (options.id !== undefined && !isIncidentId(options.id))
    throw usage(`--id ${quoted(options.id)} is no incident id (26 characters, as spitrap incidents list shows them)`);
  if (options.phase === 'hello' || options.phase === 'arm' || options.phase === 'disarm') {
    if (options.id !== undefined) throw usage(`${options.phase} belongs to no incident: leave --id out`);
    return null;
  }
  if (options.phase === 'done' && options.id === undefined)
    throw usage('a done answers an incident that the other end knows: give its --id (spitrap incidents list)');
  return options.id ?? fresh();
}

/**
 * An inform is dated by the receiver's engine, so ours does not matter. A trap of v3 is dated by the sender's (RFC 3414 §3.1), which the
 * receiver must know by id: with that of the running agent we would push its boots past the agent's own, whose traps were then refused.
 */
async function engineOf(options: SendOptions, target: Target, confirmed: boolean, { world }: CliContext): Promise<SnmpEngine> {
  if (options.engineId === undefined) return ephemeralEngine(null, world);
  const id = parseEngineId(options.engineId);
  if (id === null) throw usage(`--engine-id ${quoted(options.engineId)} is not 5 to 32 octets of hex`);
  if (confirmed || target.credentials.version !== 3)
    throw usage('--engine-id goes with a trap over SNMPv3: nothing else carries an engine of ours');
  const agents = target.config && [
    target.config.signal.engineId,
    await keptEngineId(target.config.dataDir, world.disk).catch((error: unknown) => {
      throw asSpitrapError(error);
    }),
  ];
  if (agents?.includes(id.toString('hex')))
    throw usage(
      `--engine-id is that of the agent of ${join(target.config!.dataDir, 'engine.json')}: its peers would take this command's boots for its own and refuse its traps; use an inform, or another id that the receiver knows`,
    );
  return ephemeralEngine(id, world);
}

const ACTS: Readonly<Record<Exclude<Phase, 'hello'>, string>> = {
  alert: 'logs in to its device, captures, and stops its debugs when the time is over',
  stop: 'ends the debugs of its device at once',
  done: 'takes it for the report of this end: it repeats its stop no more, and seals its bundle with it',
  arm: 'turns debugs on, where its configuration allows that (allowRemoteArm)',
  disarm: 'turns off the debugs that it armed, where its configuration allows that (allowRemoteArm)',
};

/** False: the person left. @throws USAGE when nobody is there to say yes. */
async function mayAct(options: SendOptions, target: Target, { ask }: CliContext): Promise<boolean> {
  if (options.phase === 'hello' || options.yes) return true;
  const what = `this is a real ${options.phase}: an agent or a router at ${target.paths.map(formatEndpoint).join(', ')} ${ACTS[options.phase]}`;
  if (ask === null) throw usage(`${what}; say --yes if that is meant`);
  const answer = await ask(`${what}.\nSend it to ${printable(target.name, 80)}? [yes/no] `, { hidden: false });
  if (answer === null) return false;
  if (/^y(es)?$/i.test(answer.trim())) return true;
  throw usage('not confirmed with yes; nothing was sent');
}

function jsonOf({ target, phase, notification, trapOid, engineIdHex }: Sent, results: readonly PathResult[], hex: boolean) {
  const { version } = target.credentials;
  const octets = ({ direction, bytes, far, near, at }: TappedDatagram) => ({
    direction,
    near: formatEndpoint(near),
    far: formatEndpoint(far),
    monotonicMs: at,
    octets: bytes.length,
    ...(hex ? { hex: hexWithout(communityOf(target.credentials), bytes) } : {}),
  });
  return {
    peer: target.name,
    phase,
    version,
    confirmed: notification.confirmed,
    root: notification.root,
    trapOid,
    intData1: notification.intData1,
    intData2: notification.intData2,
    strData: notification.strData,
    engineId: version === 3 && !notification.confirmed ? engineIdHex : null,
    paths: results.map(({ to, outcome, datagrams, heard }) => ({
      to: formatEndpoint(to),
      outcome: outcome.kind,
      ...(outcome.kind === 'acknowledged' ? { roundTripMs: outcome.roundTripMs, from: formatEndpoint(outcome.from) } : {}),
      ...(outcome.kind === 'failed' ? { error: { code: outcome.error.code, message: outcome.error.message } } : {}),
      datagrams: datagrams.map(octets),
      heard,
    })),
  };
}
