/**
 * `spitrap check`, the peers: a hello on each path and the peer's own hello back, which brings its cfg, its mode and its clock. The same
 * sockets and the same words as the agent's heartbeat, so that what passes here passes there. Called by run-checks.ts.
 */
import { clockOffset, linkTroubles, newLink, onHello, type PeerLink } from '../../shared/coordinate/hello.ts';
import { limits } from '../../shared/limits.ts';
import { peerNamed } from '../../shared/model/peer-lookup.ts';
import { type DurationMs, formatDuration } from '../../shared/model/time.ts';
import { ulid } from '../../shared/model/ulid.ts';
import type { Config, PeerConfig } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import { Delivery } from '../effects/send-signal.ts';
import { configurationHash } from '../heartbeat.ts';
import type { Cleanup } from '../lifecycle.ts';
import type { SnmpEngine } from '../net/engine.ts';
import type { Notification, SendOutcome } from '../net/signalling.ts';
import { openSnmpReceiver } from '../net/snmp-receiver.ts';
import { openSnmpSender } from '../net/snmp-sender.ts';
import type { Endpoint, World } from '../ports.ts';
import { hear } from '../sources/peer-signal.ts';
import type { AgentStatus, PeerStatus } from '../status/status.ts';
import { signalSource, snmpPeer } from '../wiring.ts';
import { type CheckRow, type Rows, rowsOf, told } from './row.ts';

/** A datagram may be lost; three are not, on a path that carries signals. */
const TRIES = 3;
/** The peer's hello comes within its answer; a round trip and its device's think time. */
const ANSWER_MS: DurationMs = 1_500;
/** Beyond it the order of what happened at the two ends is not known from stamps. */
const OFFSET_MS_MAX: DurationMs = 1_000;

export interface PathRoom {
  readonly config: Config;
  readonly world: World;
  readonly engine: SnmpEngine;
  readonly version: string;
  readonly cleanup: Cleanup;
}

export async function checkPaths(room: PathRoom, rows: Rows): Promise<void> {
  const { config, world, cleanup } = room;
  const links = new Map<string, PeerLink>(config.peers.map(({ name }) => [name, newLink(name)]));
  const refused: string[] = [];
  const heard = new Waiting();
  try {
    const receiver = cleanup.add(
      'signals',
      await openSnmpReceiver({
        listen: config.signal.listen,
        peers: config.peers.map(snmpPeer),
        engine: room.engine,
        world,
        onNotification: (notification) => onNotification(room, notification, links, heard),
        onRefusal: ({ reason, from, detail }) => {
          if (refused.length < REFUSED_SHOWN)
            refused.push(`${reason} from ${from.address}${detail === '' ? '' : ` (${detail})`}`);
        },
      }),
    );
    rows.ok('signals', `listens on ${formatEndpoint(receiver.local)} (UDP)`);
  } catch (error) {
    rows.fail('signals', told(error), 'give signal.listen a port that is free, or stop what has it');
    for (const peer of config.peers) rows.skip(peer.name, 'our own socket for signals can not be had');
    return;
  }
  const sender = cleanup.add(
    'SNMP sender',
    await openSnmpSender({
      peers: config.peers.map(snmpPeer),
      engine: room.engine,
      world,
      source: signalSource(config.signal.listen.address),
    }),
  );
  const receivers = config.peers.map(({ name, kind, send, notify, root }) => ({ name, kind, send, notify, root }));
  const delivery = cleanup.add(
    'delivery',
    new Delivery({ clock: world.clock, sender, receivers, values: config.signal.values, policyName: `spitrap ${config.role}` }),
  );
  // Some at once: a silent one takes nine seconds, and there may be thousands. Told in their order.
  for (let from = 0; from < config.peers.length; from += limits.checkPeersAtOnceMax) {
    const some = config.peers.slice(from, from + limits.checkPeersAtOnceMax).map(async (peer): Promise<readonly CheckRow[]> => {
      const own: CheckRow[] = [];
      const ownRows = rowsOf('peers', (row) => void own.push(row));
      if (peer.kind === 'eem') ownRows.skip(peer.name, 'a router answers no hello: spitrap signal tries its path by hand');
      else await checkPeer(room, peer, delivery, links, heard, ownRows);
      return own;
    });
    for (const one of some) for (const row of await one) rows.add(row);
  }
  const strange = refused.filter((each) => !each.startsWith('not-in-time-window'));
  if (strange.length > 0)
    rows.warn('refused', [...new Set(strange)].join('; '), 'compare peers[].from and the keys of both ends');
}

const REFUSED_SHOWN = 5;

async function checkPeer(
  room: PathRoom,
  peer: PeerConfig,
  delivery: Delivery,
  links: Map<string, PeerLink>,
  heard: Waiting,
  rows: Rows,
): Promise<void> {
  const outcomes = new Map<Endpoint, SendOutcome>();
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const silent = peer.send.filter((path) => outcomes.get(path)?.kind !== 'acknowledged');
    // All paths are through and its own hello is missing: one question more.
    const asked = silent.length > 0 ? silent : peer.send.slice(0, 1);
    await Promise.all(asked.map((path) => hello(room, peer, path, delivery, (outcome) => note(outcomes, path, outcome))));
    if (isThrough(outcomes)) await answered(room, peer.name, links, heard);
    if (links.get(peer.name)?.lastHelloAt !== null && peer.send.every((path) => outcomes.get(path)?.kind === 'acknowledged'))
      break;
  }
  for (const [path, outcome] of outcomes) judgePath(peer, path, outcome, room, rows);
  const link = links.get(peer.name)!;
  if (link.lastHelloAt !== null) judgeLink(room, link, rows);
  else if (isThrough(outcomes))
    rows.fail(
      `${peer.name} answers`,
      'it acknowledges our hello, and its own did not come back',
      `at the other end, peers[].send must name where this agent listens (${formatEndpoint(room.config.signal.listen)}), and the way back must be open (UDP)`,
    );
}

const isThrough = (outcomes: ReadonlyMap<Endpoint, SendOutcome>): boolean =>
  [...outcomes.values()].some((outcome) => outcome.kind === 'acknowledged');

/** A path that was through once is. */
function note(outcomes: Map<Endpoint, SendOutcome>, path: Endpoint, outcome: SendOutcome): void {
  if (outcomes.get(path)?.kind !== 'acknowledged') outcomes.set(path, outcome);
}

/** Resolves when its answer is there, with its clock; a hello that it sent by itself may come before. Bounded. */
async function answered({ world }: PathRoom, peer: string, links: ReadonlyMap<string, PeerLink>, heard: Waiting): Promise<void> {
  const until = world.clock.sleep('check hello', ANSWER_MS).then(() => 'late' as const);
  while (clockOffset(links.get(peer)!) === null) if ((await Promise.race([heard.next(peer), until])) === 'late') return;
}

/** On one path; resolves with its outcome told. */
function hello(
  { config, version, world }: PathRoom,
  peer: PeerConfig,
  path: Endpoint,
  delivery: Delivery,
  tell: (outcome: SendOutcome) => void,
): Promise<void> {
  const content = () => ({
    intData2: 0,
    keys: {
      ver: version,
      role: config.role,
      mode: config.mode,
      armed: 'unknown',
      cfg: configurationHash(config),
      t: String(Math.round(world.clock.wall())),
    },
  });
  const order = { phase: 'hello', peer: peer.name, incident: null, content } as const;
  return new Promise((resolve) =>
    delivery.attempt({ ...peer, send: [path] }, order, (outcome) => {
      tell(outcome);
      resolve();
    }),
  );
}

/** Only a hello is answered: a done, or a signal of an incident, is for the agent and comes again until it is there. */
function onNotification(room: PathRoom, notification: Notification, links: Map<string, PeerLink>, heard: Waiting): void {
  const { config, world } = room;
  const newId = () => ulid(world.clock.wall(), world.random.bytes(10));
  const signal = hear(notification, config.peers, config.signal.values, newId, config.arming.allowRemoteArm);
  if (signal.kind !== 'hello') return;
  notification.respond();
  const link = links.get(signal.peer);
  if (link !== undefined) links.set(signal.peer, onHello(link, signal));
  heard.come(signal.peer);
}

function judgePath(peer: PeerConfig, path: Endpoint, outcome: SendOutcome, { config }: PathRoom, rows: Rows): void {
  const title = `${peer.name} ${formatEndpoint(path)}`;
  if (outcome.kind === 'acknowledged') rows.ok(title, `acknowledged in ${formatDuration(outcome.roundTripMs)}`);
  else if (outcome.kind === 'sent') rows.skip(title, 'sent as a trap, which nobody acknowledges');
  else {
    const source = signalSource(config.signal.listen.address);
    const from = source.v4 ?? source.v6 ?? 'the address that this host’s routes choose';
    rows.fail(
      title,
      told(outcome.error),
      outcome.error.code === 'SNMP_REFUSED'
        ? 'compare user and keys of peers[].snmp of both ends'
        : `is its agent running there, is UDP open, and does its peers[].from hold ${from}?`,
    );
  }
}

function judgeLink({ config, world }: PathRoom, link: PeerLink, rows: Rows): void {
  const at = world.clock.monotonic();
  const ours = { mode: config.mode, armed: 'unknown', cfg: configurationHash(config) } as const;
  const troubles = linkTroubles(link, ours, at, config.signal.helloMs);
  const cfg = troubles.find(({ key }) => key.startsWith('cfg-differs'));
  if (cfg === undefined) rows.ok(`${link.peer} cfg`, `${link.cfg ?? 'not said'}, the same as ours`);
  else rows.fail(`${link.peer} cfg`, ...differing(cfg.text));
  const mode = troubles.find(({ key }) => key.startsWith('mode-differs'));
  if (mode === undefined)
    rows.ok(
      `${link.peer} mode`,
      `${link.mode ?? 'not said'}, role ${link.role ?? 'not said'}, version ${link.version ?? 'not said'}`,
    );
  else rows.warn(`${link.peer} mode`, ...differing(mode.text));
  if (link.role !== null && link.role === config.role && link.role !== 'both')
    rows.fail(
      `${link.peer} role`,
      `both ends are of role ${link.role}: ${link.role === 'spoke' ? 'nobody opens an incident' : 'nobody joins the other’s'}`,
      'one end is hub and the other spoke, or both are both',
    );
  const offset = clockOffset(link);
  if (offset !== null) judgeOffset(link.peer, offset.offsetMs, rows);
}

/** `… (its cfg a, ours b): compare signal.values …`: what is wrong, and what to do. */
function differing(text: string): [what: string, remedy: string] {
  const cut = text.indexOf('): ');
  return cut < 0 ? [text, 'bring both ends to the same'] : [text.slice(0, cut + 1), text.slice(cut + 3)];
}

function judgeOffset(peer: string, offsetMs: DurationMs, rows: Rows): void {
  const size = formatDuration(Math.abs(offsetMs));
  const words = offsetMs >= 0 ? `its clock is ${size} ahead of ours` : `its clock is ${size} behind ours`;
  if (Math.abs(offsetMs) <= OFFSET_MS_MAX) rows.ok(`${peer} clock`, words);
  else rows.warn(`${peer} clock`, `${words}: evidence of the two ends can not be put in order`, 'NTP on both hosts');
}

/** Of a running agent: what it knows from its own hellos. */
export function judgeRunningPeers(config: Config, status: AgentStatus, rows: Rows): void {
  rows.ok('signals', `the agent listens on ${status.signalListen} (UDP)`);
  for (const { name, kind } of config.peers) {
    const peer = peerNamed(status.peers, name);
    if (peer === undefined)
      rows.warn(name, 'the running agent does not have it', 'the configuration was changed: restart the agent');
    else if (kind === 'eem') rows.skip(name, 'a router answers no hello: spitrap signal tries its path by hand');
    else judgeRunningPeer(peer, rows);
  }
}

function judgeRunningPeer(peer: PeerStatus, rows: Rows): void {
  for (const path of peer.paths) {
    const title = `${peer.name} ${path.endpoint}`;
    if (path.lastError === null && path.acknowledged > 0)
      rows.ok(title, `${path.acknowledged} of ${path.sent} hellos acknowledged`);
    else if (path.lastError === null) rows.skip(title, 'no hello was acknowledged yet');
    else rows.fail(title, path.lastError, 'is its agent running there, and does its peers[].from hold this agent’s address?');
  }
  if (peer.lastHelloAt === null)
    rows.fail(`${peer.name} answers`, 'no hello of it has come yet', 'its peers[].send must name this agent');
  else if (peer.missedHellos > 0)
    rows.fail(
      `${peer.name} answers`,
      `${peer.missedHellos} hellos of it are missing; the last came ${peer.lastHelloAt}`,
      'is its agent running?',
    );
  else
    rows.ok(
      `${peer.name} answers`,
      `role ${peer.role ?? 'not said'}, mode ${peer.mode ?? 'not said'}, version ${peer.version ?? 'not said'}`,
    );
  for (const difference of peer.differences) rows.fail(`${peer.name} differs`, ...differing(difference));
  if (peer.lastHelloAt !== null && peer.differences.length === 0) rows.ok(`${peer.name} cfg`, 'the same as ours');
  if (peer.offsetMs !== null) judgeOffset(peer.name, peer.offsetMs, rows);
}

/** Who waits for the next hello of a peer. */
class Waiting {
  readonly #waiting = new Map<string, (() => void)[]>();

  next(peer: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(peer, [...(this.#waiting.get(peer) ?? []), resolve]));
  }

  come(peer: string): void {
    for (const resolve of this.#waiting.get(peer) ?? []) resolve();
    this.#waiting.delete(peer);
  }
}
