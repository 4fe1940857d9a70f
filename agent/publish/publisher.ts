/**
 * Tells the fleet's engine what it is given, at least once and in order: `tell` states a record whole, and it is told when its words have changed
 * since it was told last. Knows no coordinator: fleet-desk.ts gives it what an agent has to tell, and the scale bench what a thousand have. Never
 * throws, and nobody waits for it: not for the engine, not for the disk. docs/fleet.md has the subjects, the records and what is dropped when.
 *
 *     tell ──▶ ledger: changed? ──▶ spool (disk) ──▶ sender ──▶ engine
 *     beat ────────────────────────────────────────────────────▶
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { backoffDelays } from '../../shared/backoff.ts';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import {
  encodeRecord,
  type eventKinds,
  FLEET_SCHEMA,
  type FleetBody,
  type FleetKind,
  type FleetRecord,
  type FleetRecordOf,
  readRecord,
  subjectOf,
} from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import type { DurationMs, Wall } from '../../shared/model/time.ts';
import type { Engine, EngineState } from '../fleet-ports.ts';
import { bounded } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { Ledger } from './ledger.ts';
import type { Spooled } from './segment.ts';
import { Sender } from './sender.ts';
import { shorten } from './shorten.ts';
import { Spool } from './spool.ts';

export type EventKind = (typeof eventKinds)[number];

export interface PublisherRoom {
  /** Of its own: `<dataDir>/fleet`. */
  readonly folder: string;
  readonly site: string;
  readonly device: string;
  /** Of spitrap. */
  readonly version: string;
  readonly world: Pick<World, 'clock' | 'random' | 'disk'>;
  readonly engine: Pick<Engine, 'state' | 'onState' | 'publish'>;
  readonly log: Logger;
  /** Takes our own secrets out of a text. */
  readonly clean: (text: string) => string;
  readonly spoolBytesMax: () => number;
  readonly heartbeatMs: () => DurationMs;
}

export interface PublisherStatus extends EngineState {
  /** In the spool, not acknowledged. */
  readonly waiting: { readonly records: number; readonly bytes: number };
  /** Since the start. */
  readonly sent: number;
  readonly heartbeats: number;
  /** By kind, over restarts: what the spool had no room for. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Set aside, since the start. */
  readonly refused: number;
  /** What the engine says of a record that it refuses now; null: nothing. */
  readonly refusing: string | null;
  readonly lastSentWall: Wall | null;
  readonly lastError: string | null;
  /** Why what is to be told does not reach the disk; null: it does. */
  readonly degraded: string | null;
}

export class Publisher {
  readonly #room: PublisherRoom;
  readonly #ledger: Ledger;
  readonly #spool: Spool;
  readonly #sender: Sender;
  readonly #drainedHandlers: (() => void)[] = [];
  #ready = false;
  #closed = false;
  #unread: string | null = null;
  #startRetry: Timer | null = null;
  #beat: { readonly timer: Timer; readonly body: () => FleetBody<'heartbeat'> } | null = null;
  #beatRevision = 0;
  #heartbeats = 0;
  #lastSentWall: Wall | null = null;
  #tidying: Promise<void> | null = null;
  #gapDirty = false;
  #drained = true;

  constructor(room: PublisherRoom) {
    this.#room = room;
    const { world, folder } = room;
    this.#ledger = new Ledger(folder, world.disk);
    this.#spool = new Spool({
      ...{ folder, world, bytesMax: room.spoolBytesMax },
      onDurable: () => this.#sender.stir(),
      onOverflow: (entries, last) => this.#onOverflow(entries, last),
      onRefused: (record) => this.#onUnspooled(record),
    });
    this.#sender = new Sender({
      ...{ engine: room.engine, spool: this.#spool, world },
      setAside: (entry, why) => this.#setAside(entry, why),
      onAccepted: () => {
        this.#lastSentWall = world.clock.wall();
      },
      onAdvanced: () => this.#onAdvanced(),
    });
    room.engine.onState(({ connected }) => {
      if (!connected) return;
      this.#tellGap();
      this.#beatNow();
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** All was told, and something that had to be dropped could be told again: whoever knows what there is tells all of it once more. */
  onDrained(handler: () => void): void {
    this.#drainedHandlers.push(handler);
  }

  /** Reads what an earlier run left, again and again where the disk refuses. Resolves when it is read, or closed. Never rejects. */
  async start(): Promise<void> {
    const { clock, random } = this.#room.world;
    const retry = { firstMs: limits.diskRetryFirstMs, factor: 2, mostMs: limits.diskRetryMaxMs, jitter: 0 };
    for (const delayMs of backoffDelays(retry, () => random.uniform())) {
      if (this.#closed) return;
      try {
        await this.#open();
        this.#unread = null;
        break;
      } catch (error) {
        this.#unread = asSpitrapError(error, 'DISK_FAILED').message;
        await new Promise<void>((resolve) => {
          this.#startRetry = clock.timer('fleet publisher start', delayMs, resolve);
        });
      }
    }
    if (this.#closed) return;
    this.#ready = true;
    if (this.#ledger.gap !== null) this.#gapDirty = true;
    this.#tellGap();
    this.#drained = this.#spool.waiting.records === 0;
    this.#sender.stir();
    this.#tidy();
    this.#beatNow();
  }

  /**
   * States a record: told when its words are not those that were told last. `about`: incident id, alarm key. False: nothing new, or not ready
   * (then what there is, is told again by whoever knows it, as after a restart). Never throws.
   */
  tell<K extends EventKind>(kind: K, about: string, body: FleetBody<K>): boolean {
    if (!this.#ready || this.#closed) return false;
    const { world, log } = this.#room;
    // Cut with the longest number there is: its words do not hang on the one that it gets.
    const { record: longest, cut } = shorten(this.#record(kind, about, Number.MAX_SAFE_INTEGER, this.#cleaned(body)));
    const digest = digestOf((longest as FleetRecord).body);
    const revision = this.#ledger.next(kind, about, digest, { seq: this.#spool.next, wallMs: world.clock.wall() });
    if (revision === null) return false;
    const record = { ...longest, revision };
    const read = readRecord(subjectOf(record), encodeRecord(record));
    if (read.kind === 'unreadable') {
      // Ours to mend: nobody could read it. Said once for the same words.
      log.error(
        { event: 'fleet-record', kind, about, why: read.why },
        `fleet: a ${kind} record is no record, and is not told: ${read.why}`,
      );
      return false;
    }
    if (cut) log.warn({ event: 'fleet-record', kind, about }, `fleet: a ${kind} record was too large and is told shortened`);
    this.#drained = false;
    this.#spool.append(record);
    return true;
  }

  told(kind: EventKind, about: string): boolean {
    return this.#ledger.has(kind, about);
  }

  aboutsOf(kind: EventKind): readonly string[] {
    return this.#ledger.aboutsOf(kind);
  }

  prune(alive: (kind: string, about: string) => boolean): void {
    this.#ledger.prune((kind, about) => kind === 'gap' || alive(kind, about));
  }

  /** From now on, every `heartbeatMs`; of what the agent is at that moment. */
  beat(body: () => FleetBody<'heartbeat'>): void {
    this.#planBeat(body, 0);
  }

  status(): PublisherStatus {
    const { sender, spool } = { sender: this.#sender, spool: this.#spool };
    return {
      ...this.#room.engine.state(),
      waiting: spool.waiting,
      sent: sender.accepted,
      heartbeats: this.#heartbeats,
      dropped: this.#ledger.gap?.dropped ?? {},
      refused: sender.setAside,
      refusing: sender.refusing,
      lastSentWall: this.#lastSentWall,
      lastError: sender.lastError,
      degraded: this.#unread ?? spool.degraded,
    };
  }

  /** Bounded: what is told and not written, and what was sent and not acknowledged, gets a moment. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#startRetry?.cancel();
    this.#beat?.timer.cancel();
    if (!this.#ready) return;
    await this.#sender.close();
    await this.#spool.close();
  }

  async #open(): Promise<void> {
    const { log, folder } = this.#room;
    const readable = await this.#ledger.read();
    if (!readable)
      log.warn(
        { event: 'fleet-ledger' },
        `${join(folder, 'ledger.json')} is damaged and was put aside; what stands on disk is told once more`,
      );
    const damaged = await this.#spool.recover(this.#ledger.droppedTo, this.#ledger.seq, ({ seq, record }) =>
      this.#ledger.replay(seq, record, digestOf(record.body)),
    );
    if (damaged > 0)
      log.warn(
        { event: 'fleet-spool', damaged },
        `fleet: ${damaged} torn or damaged lines of the spool are left out; what they told of is told again while it stands on disk`,
      );
  }

  #record<K extends FleetKind>(kind: K, about: string, revision: number, body: FleetBody<K>): FleetRecordOf<K> {
    const { site, device, version, world } = this.#room;
    const at = new Date(world.clock.wall()).toISOString();
    return { v: FLEET_SCHEMA, site, device, about: about.slice(0, 512), revision, at, version, kind, body } as FleetRecordOf<K>;
  }

  #cleaned<T>(value: T): T {
    const walk = (one: unknown): unknown => {
      if (typeof one === 'string') return this.#room.clean(one);
      if (Array.isArray(one)) return one.map(walk);
      if (typeof one === 'object' && one !== null)
        return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]));
      return one;
    };
    return walk(value) as T;
  }

  #onAdvanced(): void {
    if (this.#spool.removable) this.#tidy();
    if (this.#drained || this.#spool.waiting.records > 0) return;
    this.#drained = true;
    if (!this.#ledger.hasForgotten) return;
    this.#ledger.hasForgotten = false;
    for (const handler of this.#drainedHandlers) handler();
  }

  /** The ledger on disk, then what it makes superfluous. */
  #tidy(): void {
    this.#tidying ??= (async () => {
      try {
        const { durable } = this.#spool;
        await this.#ledger.write(durable);
        await this.#spool.removeTold(durable);
      } catch (error) {
        this.#room.log.debug({ event: 'fleet-spool', error }, 'fleet: what was told could not be cleared away; later');
      }
    })().finally(() => {
      this.#tidying = null;
    });
  }

  async #onOverflow(entries: readonly Spooled[], last: number): Promise<void> {
    for (const { record } of entries) this.#lose(record);
    this.#ledger.droppedTo = Math.max(this.#ledger.droppedTo, last);
    await this.#ledger.write(this.#spool.durable);
    this.#room.log.warn(
      { event: 'fleet-dropped', records: entries.length },
      `fleet: the spool is full, its ${entries.length} oldest records are not told (fleet.spoolBytesMax)`,
    );
    this.#tellGap();
  }

  #onUnspooled(record: FleetRecord): void {
    this.#lose(record);
  }

  #lose(record: FleetRecord): void {
    if (record.kind !== 'gap') this.#ledger.noteDropped(record);
    this.#ledger.forget(record);
    this.#gapDirty = true;
  }

  /** All that was ever dropped, in one record: the newest says all. In its place behind what waits, so only when something can be sent. */
  #tellGap(): void {
    const { gap } = this.#ledger;
    if (!this.#ready || !this.#gapDirty || gap === null || !this.#room.engine.state().connected) return;
    this.#gapDirty = false;
    this.tell('gap', '', gap);
  }

  async #setAside({ record, bytes }: Spooled, why: string): Promise<void> {
    const { disk } = this.#room.world;
    const path = join(this.#room.folder, 'refused.jsonl');
    const there = (await disk.stat(path))?.bytes ?? 0;
    if (there + bytes.length > limits.fleetRefusedBytesMax) await disk.rename(path, `${path}.1`);
    const file = await disk.open(path, 'append');
    try {
      await file.append(Buffer.from(`{"why":${JSON.stringify(why)},"record":${bytes.toString('utf8')}}\n`));
      await file.sync();
    } finally {
      await file.close().catch(() => {});
    }
    this.#room.log.warn(
      { event: 'fleet-refused', kind: record.kind, about: record.about, why },
      `fleet: the engine takes others and refuses this ${record.kind} record, it stands in ${path}: ${why}`,
    );
  }

  #planBeat(body: () => FleetBody<'heartbeat'>, delayMs: DurationMs): void {
    this.#beat?.timer.cancel();
    const { clock } = this.#room.world;
    this.#beat = { body, timer: clock.timer('fleet heartbeat', delayMs, () => void this.#onBeat()) };
  }

  /** A thousand agents come back with their server: not all at once. */
  #beatNow(): void {
    if (this.#beat !== null && this.#ready)
      this.#planBeat(this.#beat.body, Math.round(limits.fleetFirstBeatMs * this.#room.world.random.uniform()));
  }

  async #onBeat(): Promise<void> {
    const { world, heartbeatMs, engine, log } = this.#room;
    const { body } = this.#beat!;
    if (this.#closed) return;
    this.#planBeat(body, Math.round(heartbeatMs() * (0.9 + 0.1 * world.random.uniform())));
    if (!this.#ready || !engine.state().connected) return;
    try {
      this.#beatRevision = Math.max(this.#beatRevision + 1, Math.floor(world.clock.wall()));
      const { record } = shorten(this.#record('heartbeat', '', this.#beatRevision, this.#cleaned(body())));
      // Without an id: the next one is as good.
      const publishing = engine.publish(subjectOf(record), encodeRecord(record), null);
      const answered = await bounded(publishing, limits.fleetPublishMs, world.clock, 'fleet heartbeat publish');
      if (answered.inTime) this.#heartbeats++;
    } catch (error) {
      log.debug({ event: 'fleet-heartbeat', error: asSpitrapError(error).message }, 'fleet: a heartbeat was not taken');
    }
  }
}

/** Of the words, in the order in which they are written. */
const digestOf = (body: unknown): string => createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16);
