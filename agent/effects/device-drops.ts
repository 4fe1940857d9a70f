/**
 * What the device itself dropped of its log between two captures of one incident, as evidence holes: its counters in `show logging` rose.
 * Told of every output by perform.ts; knows no vendor, the platform's parser reads the counters.
 */
import type { Clock } from '../../shared/clock.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import type { LogCounters, Platform } from '../../shared/platforms/platform.ts';
import type { Hole, HoleReason } from '../evidence/holes.ts';
import type { Moment } from '../evidence/window.ts';

interface Reading {
  readonly counters: LogCounters;
  readonly at: Moment;
}

export class DeviceDrops {
  readonly #platform: Pick<Platform, 'logCounters' | 'parsers'>;
  readonly #clock: Clock;
  readonly #note: (hole: Hole) => void;
  readonly #last = new Map<IncidentId, Reading>();

  constructor(platform: Pick<Platform, 'logCounters' | 'parsers'>, clock: Clock, note: (hole: Hole) => void) {
    this.#platform = platform;
    this.#clock = clock;
    this.#note = note;
  }

  read(incident: IncidentId, result: CommandResult): void {
    const { command, status, output, sentAt, sentAtWall } = result;
    if (command !== this.#platform.logCounters || status !== 'ok' || sentAt === null || sentAtWall === null) return;
    const counters = this.#platform.parsers.logCounters(output).value;
    if (counters === null) return;
    const at: Moment = { wall: sentAtWall, monotonic: sentAt, bootId: this.#clock.bootId };
    const before = this.#last.get(incident);
    this.#last.set(incident, { counters, at });
    if (before === undefined) return;
    const dropped = counters.dropped - before.counters.dropped;
    const limited = risen(before.counters.rateLimited, counters.rateLimited);
    // Less than before: a reload, or clear logging.
    if (dropped < 0) return;
    if (dropped > 0) this.#hole('device-dropped', before, at, dropped, others(before.counters, counters));
    if (limited > 0)
      this.#hole(
        'device-rate-limited',
        before,
        at,
        limited,
        'over the rate limit of one of its destinations; it does not say which',
      );
  }

  /** When the incident is sealed. */
  forget(incident: IncidentId): void {
    this.#last.delete(incident);
  }

  #hole(reason: HoleReason, before: Reading, to: Moment, lost: number, detail: string): void {
    this.#note({ from: before.at, to, source: null, reason, detail, lostLines: lost, lostBytes: null });
  }
}

const risen = (before: number | null, now: number | null): number => (before === null || now === null ? 0 : now - before);

const others = (before: LogCounters, now: LogCounters): string =>
  `the device dropped them; meanwhile ${risen(before.flushes, now.flushes)} flushes, ${risen(before.overruns, now.overruns)} overruns, ` +
  `${risen(before.sent, now.sent)} lines sent to its logging hosts`;
