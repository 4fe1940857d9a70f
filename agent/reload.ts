/**
 * SIGHUP and `spitrap reload`: the configuration is read and judged anew, and taken over by the agent that runs; sessions stay up. What
 * an incident goes by waits until none is open. All or nothing: where one change needs a restart, or the file is at fault, nothing
 * changes, an alarm says why, and the agent goes on as before. Opened by app.ts; docs/operations.md has the table.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Timer } from '../shared/clock.ts';
import { asSpitrapError, SpitrapError } from '../shared/errors.ts';
import { printable } from '../shared/model/printable.ts';
import type { Wall } from '../shared/model/time.ts';
import type { Config } from './config/config.ts';
import type { LoadedConfig } from './config/load.ts';
import { type Change, changesBetween, withChanges } from './config/reload-table.ts';
import type { ReloadAnswer } from './control/protocol.ts';
import type { Coordinator } from './coordinator.ts';
import type { AgentEvents } from './events.ts';
import type { Journal } from './journal/journal.ts';
import type { LiveConfiguration } from './live-configuration.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';

/** Where a configuration comes from, and who outside of the agent must know of it. */
export interface ReloadSource {
  /** @throws as config/load.ts. */
  load(): Omit<LoadedConfig, 'peerOrigins'> | Promise<Omit<LoadedConfig, 'peerOrigins'>>;
  /** Its secrets and its log level: before anything is said of it. */
  onTaken(config: Config, secrets: readonly string[]): void;
}

export interface ReloadRoom {
  readonly source: ReloadSource | null;
  readonly live: LiveConfiguration;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input'>;
  readonly events: AgentEvents;
  readonly journal: Pick<Journal, 'append'>;
  readonly log: Logger;
  /** What may refuse new peers, or takes its time; rejects before anything has changed. What it resolves to makes them those of the agent. */
  readonly preparePeers: (next: Config) => Promise<() => void>;
  /** The rooms that keep something made of it. */
  readonly follow: (changes: readonly Change[]) => void;
}

interface Taking {
  readonly config: Config;
  readonly secrets: readonly string[];
  readonly changes: readonly Change[];
  readonly takePeers: () => void;
  readonly who: string;
}

const RELOAD_ALARM = 'reload-refused';
const WHY_CHARS_MAX = 1_000;

export class Reloader {
  readonly #room: ReloadRoom;
  #pending: Taking | null = null;
  /** One after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #turn: Timer | null = null;
  #readAt: Wall | null = null;
  #closed = false;

  constructor(room: ReloadRoom) {
    this.#room = room;
    room.events.on('decided', this.#onDecided);
  }

  /** `readAt`: of the configuration in force, null: the one of the start. `waits`: changes that wait for an incident to end. */
  get status(): { readonly readAt: Wall | null; readonly waits: readonly string[] } {
    return { readAt: this.#readAt, waits: this.#pending?.changes.map((change) => change.text) ?? [] };
  }

  /** Rejects with what the configuration is refused for, and then the agent goes by the old one. */
  reload(who: string): Promise<ReloadAnswer> {
    const reloading = this.#last.then(() => this.#reload(who));
    this.#last = reloading.catch(() => {});
    return reloading.catch((error: unknown) => {
      const refused = asSpitrapError(error);
      this.#refuse(refused, who);
      throw refused;
    });
  }

  async #reload(who: string): Promise<ReloadAnswer> {
    const { source, live, log, coordinator } = this.#room;
    if (source === null) throw new SpitrapError('RELOAD_REFUSED', 'this agent has no file to read; nothing was changed');
    const { config, secrets, warnings } = await source.load();
    source.onTaken(live.config, secrets);
    for (const warning of warnings) log.warn({ event: 'configuration' }, warning);
    const never = changesBetween(live.config, config).filter(({ takes }) => takes === 'restart');
    if (never.length > 0) throw needsRestart(never);
    const takePeers = await this.#peersOf(config);
    if (this.#closed) throw new SpitrapError('RELOAD_REFUSED', 'the agent is stopping; nothing was changed');
    // As it stands now: what waited may have been taken over meanwhile. What still waits is in the file that was read, or not wanted any more.
    const changes = changesBetween(live.config, config);
    this.#pending = null;
    if (coordinator.book.alarms.some(({ key }) => key === RELOAD_ALARM)) coordinator.input({ kind: 'clear', key: RELOAD_ALARM });
    const later = this.#isIdle() ? [] : changes.filter(({ takes }) => takes === 'idle');
    const sooner = changes.filter((change) => !later.includes(change));
    this.#take({ config: withChanges(live.config, config, sooner), secrets, changes: sooner, takePeers, who });
    if (later.length > 0) {
      this.#pending = { config, secrets, changes: later, takePeers, who };
      log.info(
        { event: 'reload-waits', who, changes: texts(later) },
        `reload: ${texts(later).join('; ')}: when no incident is open`,
      );
    }
    return { changed: texts(sooner), waits: texts(later), warnings };
  }

  async #peersOf(config: Config): Promise<() => void> {
    const { live, preparePeers } = this.#room;
    return isDeepStrictEqual(live.config.peers, config.peers) ? () => {} : preparePeers(config);
  }

  #take({ config, secrets, changes, takePeers, who }: Taking): void {
    const { source, live, journal, log, follow, world } = this.#room;
    const changed = texts(changes);
    this.#readAt = world.clock.wall();
    journal.append('reloaded', null, { who, changed });
    if (changes.some(({ path }) => path === 'peers')) takePeers();
    if (changes.length > 0) {
      live.change(config, secrets);
      source?.onTaken(config, secrets);
      follow(changes);
    }
    log.info(
      { event: 'reloaded', who, changed },
      changes.length === 0 ? 'reload: nothing to change now' : `reload: taken over: ${changed.join('; ')}`,
    );
  }

  #refuse(error: SpitrapError, who: string): void {
    const { coordinator, journal, log } = this.#room;
    const why = error.message.slice(0, WHY_CHARS_MAX);
    journal.append('reload-refused', null, { who, code: error.code, why });
    log.error({ event: 'reload-refused', who, code: error.code }, `reload refused, the agent goes on as before: ${why}`);
    if (this.#closed) return;
    // Another reason than the last time is news.
    const text = `the configuration is not taken over: ${printable(why.replaceAll('\n', '; '), WHY_CHARS_MAX)}`;
    const standing = coordinator.book.alarms.find(({ key }) => key === RELOAD_ALARM);
    if (standing?.text === text) return;
    if (standing !== undefined) coordinator.input({ kind: 'clear', key: RELOAD_ALARM });
    const remedy =
      error.code === 'RELOAD_REFUSED'
        ? 'restart the agent, or put those settings back and reload'
        : 'spitrap check -c FILE; spitrap reload -c FILE';
    coordinator.input({ kind: 'raise', key: RELOAD_ALARM, text, remedy });
  }

  /** An incident keeps the rules that it began with; so does a stop, an arm or a disarm that is under way. */
  #isIdle(): boolean {
    const { incidents, arming } = this.#room.coordinator.book;
    return incidents.length === 0 && (arming.state.kind === 'disarmed' || arming.state.kind === 'armed');
  }

  readonly #onDecided = (): void => {
    if (this.#pending === null || !this.#isIdle()) return;
    // Not inside of the decision that ended it.
    this.#turn ??= this.#room.world.clock.timer('reload', 0, () => this.#takePending());
  };

  #takePending(): void {
    this.#turn = null;
    const pending = this.#pending;
    if (pending === null || this.#closed || !this.#isIdle()) return;
    this.#pending = null;
    this.#take(pending);
  }

  close(): void {
    this.#closed = true;
    this.#turn?.cancel();
    this.#room.events.off('decided', this.#onDecided);
  }
}

const texts = (changes: readonly Change[]): string[] => changes.map(({ text }) => text);

const needsRestart = (changes: readonly Change[]): SpitrapError =>
  new SpitrapError(
    'RELOAD_REFUSED',
    `these settings need a restart: ${texts(changes).join('; ')}. Nothing was changed, the rest neither`,
  );
