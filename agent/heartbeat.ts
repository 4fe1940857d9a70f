/**
 * Hello, every minute, to each spitrap peer, and what comes back: clocks, modes, who is armed (pair-protocol.md, "Signals").
 * Makes trouble known before the incident. Also the moment at which the device's debugs are read outside an incident, done is
 * offered again, and the coordinator keeps house. Opened by app.ts.
 */
import { createHash } from 'node:crypto';
import type { Timer } from '../shared/clock.ts';
import { isEnding, leaseLeftMs } from '../shared/coordinate/arming-state.ts';
import type { Incident } from '../shared/coordinate/book.ts';
import {
  type Armed,
  linkTroubles,
  newLink,
  onHello,
  onStopOwed,
  type PeerLink,
  type Trouble,
} from '../shared/coordinate/hello.ts';
import type { Input } from '../shared/coordinate/input.ts';
import { findIncident } from '../shared/coordinate/move.ts';
import { asSpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import { peerNamed } from '../shared/model/peer-lookup.ts';
import { after, type DurationMs, type Monotonic, type Wall } from '../shared/model/time.ts';
import type { Config, PeerConfig } from './config/config.ts';
import type { Coordinator } from './coordinator.ts';
import type { Device } from './device/device.ts';
import type { PendingDones } from './effects/pending-dones.ts';
import type { Delivery } from './effects/send-signal.ts';
import { type DebugsReading, readDebugs } from './effects/stop-debugs.ts';
import type { AgentEvents, Decision } from './events.ts';
import { HelloPaths, type PathState } from './hello-paths.ts';
import { HelloRound } from './hello-round.ts';
import type { Logger } from './log.ts';
import type { SendOutcome } from './net/signalling.ts';
import { PeerAlarms } from './peer-alarms.ts';
import type { Endpoint, World } from './ports.ts';

export interface HeartbeatRoom {
  readonly config: Config;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input' | 'housekeep'>;
  readonly delivery: Pick<Delivery, 'once'>;
  readonly dones: Pick<PendingDones, 'offerAgain' | 'records'>;
  readonly device: Device;
  readonly events: AgentEvents;
  readonly log: Logger;
  readonly version: string;
  /** After each round of hellos. */
  readonly onTick: () => void;
}

export interface HeardHello {
  readonly peer: string;
  readonly keys: Readonly<Record<string, string>>;
  /** IntData2: how long its debugs may stay on; 0: no lease. */
  readonly leaseS: number;
  readonly at: Monotonic;
  readonly wall: Wall;
}

/** In the text of a hello that a person sends to try the path: its acknowledgement is all that comes of it. */
export const BY_HAND = { key: 'by', value: 'hand' } as const;
/** An authentic peer that floods us with hellos gets no more answers than this. */
const ANSWER_EVERY_MS = 250;
/** One end is read before the other: what stands at two ticks in a row is half-armed, once is not. */
const HALF_ARMED_TICKS = 2;
/** Of the interval between two hellos: thousands are said within it, and the rest is for their answers. */
const ROUND_SHARE = 0.8;
/** What changed about our debugs is told to thousands of peers within it. */
const NEWS_WITHIN_MS: DurationMs = 2_000;

export class Heartbeat {
  readonly #room: HeartbeatRoom;
  #cfg: string;
  readonly links = new Map<string, PeerLink>();
  readonly #paths = new HelloPaths();
  readonly #answeredAt = new Map<string, Monotonic>();
  readonly #halfArmed = new Map<string, { readonly text: string; ticks: number }>();
  readonly #alarms: PeerAlarms;
  readonly #round: HelloRound;
  /** Of a round of thousands: each is judged when its hello leaves, once a round. */
  #toJudge = new Set<string>();
  #timer: Timer | null = null;
  #closed = false;
  #isReading = false;
  #saidArmed: Armed | null = null;
  #reading: { readonly reading: DebugsReading; readonly wall: Wall } | null = null;

  constructor(room: HeartbeatRoom) {
    this.#room = room;
    this.#alarms = new PeerAlarms(room.coordinator);
    this.#round = new HelloRound(
      room.world.clock,
      (peer) => this.#sayInTurn(peer),
      () => this.#alarms.conclude(),
    );
    this.#cfg = configurationHash(room.config);
    this.#followPeers();
    room.events.on('decided', this.#learn);
  }

  /** The configuration is another one: who is new is greeted, who is gone is forgotten with its alarms, who stays has lost nothing. */
  reconfigure(): void {
    this.#cfg = configurationHash(this.#room.config);
    const gone = this.#followPeers();
    for (const { key } of [...this.#room.coordinator.book.alarms])
      if (gone.some((owner) => key.endsWith(`:${owner}`))) this.#room.coordinator.input({ kind: 'clear', key });
    this.#alarms.forget(new Set(gone.map((owner) => owner.slice(owner.lastIndexOf(':') + 1))));
    this.#sayAll(this.#room.config.signal.helloMs * ROUND_SHARE);
    this.#judgeLinks(false);
  }

  /** What is there for each peer and path, and for no other. Returns what alarms of those that are gone end in. */
  #followPeers(): string[] {
    const { config, world } = this.#room;
    const now = world.clock.monotonic();
    const linked = new Set<string>();
    for (const peer of config.peers) {
      if (peer.kind !== 'spitrap') continue;
      linked.add(peer.name);
      if (!this.links.has(peer.name)) this.links.set(peer.name, newLink(peer.name, now));
    }
    const gonePaths = this.#paths.follow(config.peers);
    const gone: string[] = [];
    for (const name of [...this.links.keys()]) {
      if (linked.has(name)) continue;
      this.links.delete(name);
      this.#answeredAt.delete(name);
      this.#halfArmed.delete(`half-armed:${name}`);
      gone.push(name);
    }
    return [...gone, ...gonePaths.filter((owner) => linked.has(owner.slice(owner.lastIndexOf(':') + 1)))];
  }

  /** What an incident read of the device is as good as our own reading, and newer. */
  #learn = ({ input, moved }: Decision): void => {
    if (input.kind === 'arm-attempted' && input.attempt.result === 'armed')
      this.#reading = { reading: { flags: input.attempt.flags, detail: input.attempt.detail }, wall: input.wall };
    if (input.kind === 'disarm-attempted' && input.outcome.debugs === 'off')
      this.#reading = { reading: { flags: [], detail: input.outcome.detail }, wall: input.wall };
    if (input.kind === 'debugs-read' && input.flags !== null)
      this.#reading = { reading: { flags: input.flags, detail: input.detail }, wall: input.wall };
    if (input.kind === 'stop-attempted' && input.outcome.result === 'verified' && input.outcome.appeared.length === 0)
      this.#reading = { reading: { flags: [], detail: input.outcome.detail }, wall: input.wall };
    this.#learnOfStop(input);
    // What changed about our debugs is told at once: one end armed and the other not is half a record.
    if (moved && this.#saidArmed !== this.armed && this.armed !== 'unknown') this.#sayAll(NEWS_WITHIN_MS);
  };

  /** Whoever tells of an incident, or takes our alert or stop, has debugs of its own to end. */
  #learnOfStop(input: Input): void {
    if (input.kind === 'alert' && input.act) this.#stopOwed(input.peer, after(input.at, Math.max(0, input.delayMs ?? 0)));
    if (input.kind === 'stop') this.#stopOwed(input.peer, input.at);
    const isTaken = input.kind === 'delivery' && input.result === 'acknowledged';
    if (!isTaken) return;
    const incident = findIncident(this.#room.coordinator.book, input.incident);
    const acts = incident !== undefined && incident.mode === 'act' && incident.stop.kind !== 'not-planned';
    if (input.phase === 'stop') this.#stopOwed(input.peer, input.at);
    else if (acts) this.#stopOwed(input.peer, incident.stopAt);
  }

  #stopOwed(peer: string, at: Monotonic): void {
    const link = this.links.get(peer);
    if (link !== undefined) this.links.set(peer, onStopOwed(link, at));
  }

  start(): void {
    const { clock } = this.#room.world;
    this.#timer = clock.timer('hello', this.#room.config.signal.helloMs, () => this.start());
    // Not awaited: a device or a disk that takes longer than a minute holds up no further hello.
    this.#tick().catch((error: unknown) => {
      this.#room.log.error({ event: 'internal', error: asSpitrapError(error).message }, 'hello: failed; the next one is tried');
    });
  }

  /** Of hellos on that path; null: no such peer or path. */
  path(peer: string, endpoint: Endpoint): PathState | null {
    return this.#paths.of(peer, endpoint);
  }

  get cfg(): string {
    return this.#cfg;
  }

  get lastReading(): { readonly reading: DebugsReading; readonly wall: Wall } | null {
    return this.#reading;
  }

  async #tick(): Promise<void> {
    await this.#readDevice();
    if (this.#closed) return;
    const inTurns = this.#sayAll(this.#room.config.signal.helloMs * ROUND_SHARE);
    if (inTurns) this.#toJudge = new Set(this.links.keys());
    else this.#judgeLinks(true);
    this.#room.onTick();
    await this.#room.coordinator.housekeep(this.#room.dones.records());
  }

  /** How long a peer's debugs may still be on by its own word; null: it has said no lease. */
  peerLeaseLeftMs(peer: string): DurationMs | null {
    const endsAt = this.links.get(peer)?.leaseEndsAt ?? null;
    return endsAt === null ? null : Math.max(0, endsAt - this.#room.world.clock.monotonic());
  }

  /** By its own word its debugs are on, or were and nobody knows better, or its lease is not over. */
  peerMayBeOn = (peer: string): boolean => this.links.get(peer)?.mayBeOn === true || (this.peerLeaseLeftMs(peer) ?? 0) > 0;

  /** Not while a stop is ahead, or it or a disarm is under way: session B is kept free for it. Mode observe sends no `show debugging`. */
  async #readDevice(): Promise<void> {
    const { config, coordinator, device } = this.#room;
    const { incidents, arming } = coordinator.book;
    // A starved router takes seconds for a line: a reading between two `no debug` would cost the disarm its time.
    const isDisarming = arming.state.kind === 'disarming' && arming.state.attemptAt !== null;
    if (config.mode === 'observe' || this.#isReading || isDisarming || incidents.some(stopIsAhead)) return;
    this.#isReading = true;
    try {
      // Not urgent: a reading makes no login attempt that the gate holds back, or it would lock the user out.
      const reading = await readDebugs(device, 'control', { urgent: false });
      if (this.#closed) return;
      this.#reading = { reading, wall: this.#room.world.clock.wall() };
      if (reading.flags !== null) coordinator.input({ kind: 'debugs-seen', cryptoOn: reading.flags.some((flag) => flag.crypto) });
    } finally {
      this.#isReading = false;
    }
  }

  /** What we armed; else, since a person may have, what `show debugging` last showed. */
  get armed(): Armed {
    const { state } = this.#room.coordinator.book.arming;
    // A stop is at them, and not verified: "yes" would read as "armed again" to whoever has stopped already.
    if (state.kind === 'armed') return isEnding(this.#room.coordinator.book) ? 'unknown' : 'yes';
    if (state.kind === 'arming' || state.kind === 'disarming') return 'unknown';
    const flags = this.#reading?.reading.flags ?? null;
    // The same for debugs that a person turned on: what was read before the stop says nothing any more.
    if (flags === null || this.#room.coordinator.book.incidents.some(isStopping)) return 'unknown';
    return flags.some((flag) => flag.crypto) ? 'yes' : 'no';
  }

  /** True: to thousands, in turns. */
  #sayAll(withinMs: DurationMs): boolean {
    this.#saidArmed = this.armed;
    return this.#round.begin([...this.links.keys()], withinMs);
  }

  #sayInTurn(peer: string): void {
    const link = this.links.get(peer);
    if (link === undefined || this.#closed) return;
    this.#say(peer, {});
    if (this.#toJudge.delete(peer)) this.#judge(link, true);
  }

  /** A hello now, out of turn; what became of it on each path is told as it comes. */
  greet(peer: string, onPath: (endpoint: Endpoint, outcome: SendOutcome) => void): void {
    if (!this.#closed && this.links.has(peer)) this.#say(peer, {}, onPath);
  }

  #say(
    peer: string,
    answer: Readonly<Record<string, string>>,
    onPath: (endpoint: Endpoint, outcome: SendOutcome) => void = () => {},
  ): void {
    const { config, coordinator, delivery, version, world } = this.#room;
    this.#paths.sent(peer, this.#peer(peer)?.send ?? []);
    const content = () => ({
      intData2: Math.ceil((leaseLeftMs(coordinator.book, world.clock.monotonic()) ?? 0) / 1_000),
      keys: {
        ver: version,
        role: config.role,
        mode: config.mode,
        armed: this.armed,
        cfg: this.#cfg,
        ...(coordinator.book.arming.blocked === 'breaker' ? { why: 'breaker' } : {}),
        ...answer,
        t: String(Math.round(world.clock.wall())),
      },
    });
    delivery.once({ phase: 'hello', peer, incident: null, content }, (outcome, path) => {
      this.#paths.note(peer, path, outcome);
      onPath(path, outcome);
    });
  }

  #peer(name: string): PeerConfig | undefined {
    return peerNamed(this.#room.config.peers, name);
  }

  /** A hello without `org` is a question, one with it an answer. */
  heard({ peer, keys, leaseS, at, wall }: HeardHello): void {
    const link = this.links.get(peer);
    // `spitrap signal send`: no word of the peer's agent, which may be gone, or armed; it must renew no lease and hide no silence.
    if (link === undefined || keys[BY_HAND.key] === BY_HAND.value) return;
    this.links.set(peer, onHello(link, { keys, leaseS, at, wall }));
    if (keys['org'] === undefined && this.#mayAnswer(peer, at))
      this.#say(peer, { org: keys['t'] ?? '0', rx: String(Math.round(wall)) });
    this.#room.dones.offerAgain(peer);
    // Of thousands only this one: what our own side changed about the others is seen in their turn.
    if (this.links.size > limits.hellosAtOnceMax) this.#judge(this.links.get(peer)!, false);
    else this.#judgeLinks(false);
    this.#alarms.conclude();
    this.#room.events.emit('hello', peer);
  }

  #mayAnswer(peer: string, at: Monotonic): boolean {
    const last = this.#answeredAt.get(peer);
    if (last !== undefined && at - last < ANSWER_EVERY_MS) return false;
    this.#answeredAt.set(peer, at);
    return true;
  }

  #judgeLinks(tick: boolean): void {
    for (const link of this.links.values()) this.#judge(link, tick);
    this.#alarms.conclude();
  }

  #judge(link: PeerLink, tick: boolean): void {
    const { config, world } = this.#room;
    const ours = { role: config.role, mode: config.mode, armed: this.armed, cfg: this.#cfg };
    const peer = this.#peer(link.peer)!;
    const where = peer.cryptoAddresses[0]?.text ?? peer.send[0]?.address ?? peer.name;
    const hand = { where, stopCommand: this.#room.device.platform.debugOff.all };
    const troubles = linkTroubles(link, ours, world.clock.monotonic(), config.signal.helloMs, hand).filter((trouble) =>
      this.#stands(trouble, tick),
    );
    for (const word of TROUBLES) {
      const key = `${word}:${link.peer}`;
      const trouble = troubles.find((one) => one.key === key) ?? null;
      // Debugs that may be on there are for a person, one by one.
      this.#alarms.settle(link.peer, key, trouble, word === 'peer-silent' && (link.mayBeOn || link.stopDueAt !== null));
    }
    // A peer that is silent altogether has that alarm.
    if (tick) this.#paths.judge(peer, !troubles.some((trouble) => trouble.key === `peer-silent:${link.peer}`), this.#alarms);
    if (tick && !troubles.some((trouble) => trouble.key === `half-armed:${link.peer}`)) this.#forget(link, ours.armed);
  }

  /** On here and off there, then the other way round: two troubles, each seen once (debugs go on, and a stop ends them). */
  #stands({ key, text }: Trouble, tick: boolean): boolean {
    if (!key.startsWith('half-armed:')) return true;
    const before = this.#halfArmed.get(key);
    const ticks = (before?.text === text ? before.ticks : 0) + (tick ? 1 : 0);
    this.#halfArmed.set(key, { text, ticks });
    return ticks >= HALF_ARMED_TICKS;
  }

  #forget(link: PeerLink, ours: Armed): void {
    if (link.armed === ours || link.armed === 'unknown' || ours === 'unknown') this.#halfArmed.delete(`half-armed:${link.peer}`);
  }

  /** What is wrong with a peer and has no alarm of its own: too many have the same. */
  troublesOf(peer: string): readonly string[] {
    return this.#alarms.untoldOf(peer);
  }

  close(): void {
    this.#closed = true;
    this.#room.events.off('decided', this.#learn);
    this.#timer?.cancel();
    this.#round.cancel();
  }
}

const TROUBLES = ['peer-silent', 'cfg-differs', 'mode-differs', 'roles-clash', 'half-armed'] as const;

const isStopping = ({ stop }: Incident): boolean => stop.kind === 'running' || stop.kind === 'waiting-retry';

const stopIsAhead = (incident: Incident): boolean => incident.stop.kind !== 'verified' && incident.stop.kind !== 'not-planned';

/** First 8 hex of SHA-256 over what both ends must agree on (pair-protocol.md, "Signals", cfg). */
export function configurationHash(config: Config): string {
  const { values } = config.signal;
  const words = [
    values.hello,
    values.alert,
    values.stop,
    values.done,
    values.arm,
    values.disarm,
    config.stop.delayMs,
    config.stop.mode,
  ];
  return createHash('sha256').update(words.join(' ')).digest('hex').slice(0, 8);
}
