/**
 * Hello, every minute, to each spitrap peer, and what comes back: clocks, modes, who is armed (pair-protocol.md, "Signals").
 * Makes trouble known before the incident. Also the moment at which the device's debugs are read outside an incident, done is
 * offered again, and the coordinator keeps house. Opened by app.ts.
 */
import { createHash } from 'node:crypto';
import type { Timer } from '../shared/clock.ts';
import type { Incident } from '../shared/coordinate/book.ts';
import { type Armed, linkTroubles, newLink, onHello, type PeerLink } from '../shared/coordinate/hello.ts';
import type { Monotonic, Wall } from '../shared/model/time.ts';
import type { Config } from './config/config.ts';
import type { Coordinator } from './coordinator.ts';
import type { Device } from './device/device.ts';
import type { PendingDones } from './effects/pending-dones.ts';
import type { Delivery } from './effects/send-signal.ts';
import { type DebugsReading, readDebugs } from './effects/stop-debugs.ts';
import type { AgentEvents } from './events.ts';
import type { World } from './ports.ts';

export interface HeartbeatRoom {
  readonly config: Config;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Coordinator;
  readonly delivery: Delivery;
  readonly dones: PendingDones;
  readonly device: Device;
  readonly events: AgentEvents;
  readonly version: string;
}

interface PathState {
  sent: number;
  acknowledged: number;
  lastError: string | null;
}

/** An authentic peer that floods us with hellos gets no more answers than this. */
const ANSWER_EVERY_MS = 250;
/** One end is read before the other: what stands at two ticks in a row is half-armed, once is not. */
const HALF_ARMED_TICKS = 2;

export class Heartbeat {
  readonly #room: HeartbeatRoom;
  readonly #cfg: string;
  readonly links = new Map<string, PeerLink>();
  readonly paths = new Map<string, PathState>();
  readonly #answeredAt = new Map<string, Monotonic>();
  readonly #halfArmed = new Map<string, number>();
  #timer: Timer | null = null;
  #closed = false;
  #reading: { readonly reading: DebugsReading; readonly wall: Wall } | null = null;

  constructor(room: HeartbeatRoom) {
    this.#room = room;
    this.#cfg = configurationHash(room.config);
    for (const peer of room.config.peers) {
      if (peer.kind === 'spitrap') this.links.set(peer.name, newLink(peer.name));
      this.paths.set(peer.name, { sent: 0, acknowledged: 0, lastError: null });
    }
  }

  start(): void {
    void this.#tick();
  }

  get cfg(): string {
    return this.#cfg;
  }

  get lastReading(): { readonly reading: DebugsReading; readonly wall: Wall } | null {
    return this.#reading;
  }

  async #tick(): Promise<void> {
    const { clock } = this.#room.world;
    this.#timer = clock.timer('hello', this.#room.config.signal.helloMs, () => void this.#tick());
    await this.#readDevice();
    if (this.#closed) return;
    for (const peer of this.links.keys()) this.#say(peer, {});
    this.#judgeLinks(true);
    await this.#room.coordinator.housekeep(this.#room.dones.records());
  }

  /** Not while a stop is ahead or under way: session B is kept free for it. Mode observe sends no `show debugging`. */
  async #readDevice(): Promise<void> {
    const { config, coordinator, device } = this.#room;
    if (config.mode === 'observe' || coordinator.book.incidents.some(stopIsAhead)) return;
    const reading = await readDebugs(device, 'control');
    if (this.#closed) return;
    this.#reading = { reading, wall: this.#room.world.clock.wall() };
    if (reading.flags !== null) coordinator.input({ kind: 'debugs-seen', cryptoOn: reading.flags.some((flag) => flag.crypto) });
  }

  /** `armed` with `arm: manual`: what `show debugging` last showed. */
  get armed(): Armed {
    const flags = this.#reading?.reading.flags ?? null;
    if (flags === null) return 'unknown';
    return flags.some((flag) => flag.crypto) ? 'yes' : 'no';
  }

  #say(peer: string, answer: Readonly<Record<string, string>>): void {
    const { config, delivery, version, world } = this.#room;
    const path = this.paths.get(peer);
    if (path !== undefined) path.sent++;
    const content = () => ({
      // With `arm: manual` there is no lease.
      intData2: 0,
      keys: {
        ver: version,
        role: config.role,
        mode: config.mode,
        armed: this.armed,
        cfg: this.#cfg,
        ...answer,
        t: String(Math.round(world.clock.wall())),
      },
    });
    delivery.once({ phase: 'hello', peer, incident: null, content }, (outcome) => {
      if (path === undefined) return;
      if (outcome.kind === 'failed') path.lastError = `${outcome.error.code}: ${outcome.error.message}`;
      else {
        path.acknowledged++;
        path.lastError = null;
      }
    });
  }

  /** A hello without `org` is a question, one with it an answer. */
  heard(peer: string, keys: Readonly<Record<string, string>>, at: Monotonic, wall: Wall): void {
    const link = this.links.get(peer);
    if (link === undefined) return;
    this.links.set(peer, onHello(link, { keys, at, wall }));
    if (keys['org'] === undefined && this.#mayAnswer(peer, at))
      this.#say(peer, { org: keys['t'] ?? '0', rx: String(Math.round(wall)) });
    this.#room.dones.offerAgain(peer);
    this.#judgeLinks(false);
    this.#room.events.emit('hello', peer);
  }

  #mayAnswer(peer: string, at: Monotonic): boolean {
    const last = this.#answeredAt.get(peer);
    if (last !== undefined && at - last < ANSWER_EVERY_MS) return false;
    this.#answeredAt.set(peer, at);
    return true;
  }

  #judgeLinks(tick: boolean): void {
    const { config, world } = this.#room;
    const ours = { mode: config.mode, armed: this.armed, cfg: this.#cfg };
    for (const link of this.links.values()) {
      const troubles = linkTroubles(link, ours, world.clock.monotonic(), config.signal.helloMs).filter((trouble) =>
        this.#stands(trouble.key, tick),
      );
      const prefixes = ['peer-silent', 'cfg-differs', 'mode-differs', 'half-armed'].map((word) => `${word}:${link.peer}`);
      for (const key of prefixes) this.#settle(link, key, troubles.find((trouble) => trouble.key === key)?.text ?? null);
      if (tick && !troubles.some((trouble) => trouble.key === `half-armed:${link.peer}`)) this.#forget(link, ours.armed);
    }
  }

  #stands(key: string, tick: boolean): boolean {
    if (!key.startsWith('half-armed:')) return true;
    const ticks = (this.#halfArmed.get(key) ?? 0) + (tick ? 1 : 0);
    this.#halfArmed.set(key, ticks);
    return ticks >= HALF_ARMED_TICKS;
  }

  #forget(link: PeerLink, ours: Armed): void {
    if (link.armed === ours || link.armed === 'unknown' || ours === 'unknown') this.#halfArmed.delete(`half-armed:${link.peer}`);
  }

  /** Raised once and taken back once: the same trouble at every hello is not news. */
  #settle(link: PeerLink, key: string, text: string | null): void {
    const { coordinator, config } = this.#room;
    const standing = coordinator.book.alarms.some((alarm) => alarm.key === key);
    if (text === null) {
      if (standing) coordinator.input({ kind: 'clear', key });
      return;
    }
    if (standing) return;
    const where = config.peers.find((peer) => peer.name === link.peer)?.send[0]?.address ?? link.peer;
    const remedy = key.startsWith('peer-silent')
      ? `if its debugs are still on, log in to the device of ${link.peer} (its agent is at ${where}) and type: ${this.#room.device.platform.debugOff.all}`
      : null;
    coordinator.input({ kind: 'raise', key, text, remedy });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}

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
