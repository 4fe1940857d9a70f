/**
 * The alarms' way to people: follows the book's alarms, keeps the ledger of whom we told what, gives each configured channel a lane. Nothing
 * waits for it: neither a decision nor the stop nor, beyond a bound, the end of the agent. Opened by app.ts; the page is docs/alarms.md.
 *
 *   book ──follow──▶ ledger ──pipeline──▶ lane ──▶ webhook, syslog, command
 *                      ▲  └──▶ disk         │
 *                      └───────told─────────┘
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Timer } from '../../shared/clock.ts';
import type { Alarm } from '../../shared/coordinate/book.ts';
import { limits } from '../../shared/limits.ts';
import { formatDuration, type Monotonic } from '../../shared/model/time.ts';
import type { AlarmChannelConfig } from '../config/config.ts';
import type { Coordinator } from '../coordinator.ts';
import type { AgentEvents, Decision } from '../events.ts';
import { bounded } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { openChannel } from './index.ts';
import { Lane, type LaneStatus, untoldKey } from './lane.ts';
import { type Entry, emptyLedger, factsOf, follow, forget, type Ledger, withTold } from './ledger.ts';
import { LedgerFile } from './ledger-file.ts';
import type { AlarmFacts, Speaker } from './notice.ts';

export interface AlarmDeskRoom {
  readonly dataDir: string;
  readonly channels: readonly AlarmChannelConfig[];
  readonly world: Pick<World, 'clock' | 'random' | 'disk' | 'http' | 'datagrams' | 'dialer' | 'spawn'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input'>;
  readonly events: AgentEvents;
  readonly log: Logger;
  readonly speaker: Speaker;
  /** Takes our own secrets out of a text. */
  readonly clean: (text: string) => string;
}

export interface ChannelState extends LaneStatus {
  readonly config: AlarmChannelConfig;
  readonly target: string;
}

/** For a disk to hand over the ledger: then alarms are told without it. */
const READ_WITHIN_MS = 2_000;
/** A receiver that is restarted or updated is back by then. */
const UNTOLD_ALARM_MS = 5 * 60_000;

interface OpenLane {
  readonly config: AlarmChannelConfig;
  readonly target: string;
  readonly lane: Lane;
}

export class AlarmDesk {
  readonly #room: AlarmDeskRoom;
  readonly #file: LedgerFile;
  #lanes: readonly OpenLane[];
  #opening = false;
  readonly #facts = new WeakMap<Alarm, AlarmFacts>();
  #ledger: Ledger = emptyLedger;
  #ready = false;
  #followed: readonly Alarm[] | null = null;
  /** Since the book was last followed. */
  readonly #cleared = new Set<string>();
  #turn: Timer | null = null;
  #closed = false;

  constructor(room: AlarmDeskRoom) {
    this.#room = room;
    this.#file = new LedgerFile({ folder: join(room.dataDir, 'alarms'), world: room.world, log: room.log });
    this.#lanes = room.channels.map((config) => this.#openLane(config));
  }

  #openLane(config: AlarmChannelConfig): OpenLane {
    const { world, log, speaker, clean } = this.#room;
    const channel = openChannel(config, world);
    const lane = new Lane({
      ...{ config, channel, world, log, speaker, clean },
      entries: () => Object.values(this.#ledger.entries),
      entry: (key) => (Object.hasOwn(this.#ledger.entries, key) ? this.#ledger.entries[key]! : null),
      told: (key, told) => this.#settle(withTold(this.#ledger, key, config.name, told)),
      failing: (since, why) => this.#raiseUntold(config.name, since, why),
      working: () => this.#clearUntold(config.name),
      persisted: () => this.#file.persisted(),
    });
    return { config, target: channel.target, lane };
  }

  /**
   * Other channels, by their names: one that is the same goes on as it is, one that has changed knows what its name was told, one that
   * is gone sends no more. Standing alarms are told to who is new.
   */
  changeChannels(channels: readonly AlarmChannelConfig[]): void {
    const before = this.#lanes;
    this.#lanes = channels.map(
      (config) => before.find((open) => isDeepStrictEqual(open.config, config)) ?? this.#openLane(config),
    );
    for (const open of before) if (!this.#lanes.includes(open)) void open.lane.close(limits.alarmCloseMs);
    this.#clearStrangers();
    if (!this.#opening) this.#begin(this.#room.coordinator.book.alarmCount);
    else if (this.#ready) this.#settle(this.#ofConfigured(this.#ledger));
  }

  /**
   * After the journal was replayed. `alarmCount` is the book's at that moment: an alarm that we told and that the journal has forgotten
   * (a full disk, a lost file) is raised again, since nothing says that it is over.
   */
  start(alarmCount: number): void {
    this.#clearStrangers();
    if (this.#lanes.length === 0)
      this.#room.log.info(
        { event: 'alarms' },
        'no alarm channel is configured: alarms stand in the log and in spitrap status alone',
      );
    this.#begin(alarmCount);
  }

  #begin(alarmCount: number): void {
    if (this.#lanes.length === 0) return;
    this.#opening = true;
    this.#room.events.on('decided', this.#onDecided);
    void this.#open(alarmCount);
  }

  /** That nobody could be told over a channel that is configured no longer. */
  #clearStrangers(): void {
    const ours = new Set(this.#lanes.map(({ config }) => untoldKey(config.name)));
    for (const { key } of this.#book)
      if (key.startsWith(untoldKey('')) && !ours.has(key)) this.#room.coordinator.input({ kind: 'clear', key });
  }

  async #open(alarmCount: number): Promise<void> {
    const read = await bounded(this.#file.read(), READ_WITHIN_MS, this.#room.world.clock, 'alarm ledger read');
    if (this.#closed) return;
    this.#ledger = read.inTime ? this.#ofConfigured(read.value) : emptyLedger;
    for (const { alarm, state } of Object.values(this.#ledger.entries)) {
      const forgotten = state === 'standing' && Number(/^a(\d+)$/.exec(alarm.id)?.[1] ?? 0) > alarmCount;
      const { key, text, remedy } = alarm;
      if (forgotten && !this.#book.some((known) => known.key === key))
        this.#room.coordinator.input({ kind: 'raise', key, text, remedy });
    }
    this.#ready = true;
    // Gone while we were away: the journal knew it and has it no longer. One that was acknowledged may only have grown old.
    this.#follow((entry) => entry.state === 'standing');
  }

  get #book(): readonly Alarm[] {
    return this.#room.coordinator.book.alarms;
  }

  /** What channels were told that are configured no longer is nobody's business. */
  #ofConfigured(ledger: Ledger): Ledger {
    const names = new Set(this.#lanes.map(({ config }) => config.name));
    const entries = Object.entries(ledger.entries).map(([key, entry]): [string, Entry] => {
      const told = Object.entries(entry.told).filter(([name]) => names.has(name));
      return [key, { ...entry, told: Object.fromEntries(told) }];
    });
    return { ...ledger, entries: Object.fromEntries(entries) };
  }

  /** Once for all decisions of one turn: in a storm the work is the same for one alarm more, and the stop's own turn is not for it. */
  readonly #onDecided = ({ effects }: Decision): void => {
    for (const effect of effects) if (effect.kind === 'alarm-cleared') this.#cleared.add(effect.alarm.key);
    if (!this.#ready || this.#book === this.#followed) return;
    this.#turn ??= this.#room.world.clock.timer('alarms', 0, () => this.#followCleared());
  };

  #followCleared(): void {
    this.#turn?.cancel();
    this.#turn = null;
    const cleared = new Set(this.#cleared);
    this.#follow((entry) => cleared.has(entry.alarm.key));
  }

  #follow(isOver: (entry: Entry) => boolean): void {
    this.#followed = this.#book;
    this.#cleared.clear();
    const before = this.#ledger.entries;
    const next = follow(this.#ledger, this.#book, { at: this.#now, factsOf: this.#factsOf, isOver });
    for (const [key, entry] of Object.entries(next.entries))
      if (entry.state === 'over' && before[key]?.state !== 'over') for (const { lane } of this.#lanes) lane.noteOver(entry);
    this.#settle(next);
  }

  /** An alarm itself: the other channels tell it, and status shows it first. */
  #raiseUntold(name: string, since: Monotonic, why: string): void {
    const key = untoldKey(name);
    if (this.#now - since < UNTOLD_ALARM_MS || this.#book.some((known) => known.key === key)) return;
    const text = `alarms do not reach anybody over ${name} for ${formatDuration(this.#now - since)}: ${why}`;
    this.#room.coordinator.input({ kind: 'raise', key, text, remedy: 'spitrap alarms test -c FILE tries it' });
  }

  #clearUntold(name: string): void {
    const key = untoldKey(name);
    if (!this.#book.some((known) => known.key === key)) return;
    this.#room.coordinator.input({ kind: 'clear', key });
    // At once: this channel is about to look what else it has to tell.
    this.#followCleared();
  }

  readonly #factsOf = (alarm: Alarm): AlarmFacts => {
    const known = this.#facts.get(alarm);
    if (known !== undefined) return known;
    const facts = factsOf(alarm, this.#room.clean);
    this.#facts.set(alarm, facts);
    return facts;
  };

  get #now(): Monotonic {
    return this.#room.world.clock.monotonic();
  }

  #settle(next: Ledger): void {
    const kept = forget(next, this.#now, (entry) => this.#lanes.some(({ lane }) => lane.owes(entry)));
    if (kept !== this.#ledger) {
      this.#ledger = kept;
      this.#file.write(kept);
    }
    for (const { lane } of this.#lanes) lane.look();
  }

  get channels(): readonly ChannelState[] {
    return this.#lanes.map(({ config, target, lane }) => ({ config, target, ...lane.status }));
  }

  /** Why what was told might be told again after a crash; null: all is on disk. */
  get degraded(): string | null {
    return this.#file.degraded;
  }

  /** Alarms forgotten at limits.alarmSubjectsMax. */
  get dropped(): number {
    return this.#ledger.dropped;
  }

  /** Bounded: what is not told by then stands on disk. */
  async close(): Promise<void> {
    this.#room.events.off('decided', this.#onDecided);
    if (this.#turn !== null) this.#followCleared();
    this.#closed = true;
    await Promise.all(this.#lanes.map(({ lane }) => lane.close(limits.alarmCloseMs)));
    await bounded(this.#file.close(), limits.alarmCloseMs, this.#room.world.clock, 'alarm ledger closes');
  }
}
