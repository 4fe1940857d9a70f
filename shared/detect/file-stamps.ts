/**
 * Times of the lines of one file, out of their own stamps, comparable with each other and with nothing else. A stamp without a year is
 * of the year that brings it nearest to the one before (31 December, 1 January). Called by file-flows.ts.
 */
import { type IosStamp, localMsOf } from '../wire/ios-timestamp.ts';

/** A leap year, so that 29 February is one; no file says which year it really was. */
const FIRST_YEAR = 2000;

export class FileStamps {
  #lastMs: number | null = null;

  /** Null: no stamp, or one that proves nothing: `*` (never set), `.` (not in sync), uptime, coarser than a second. */
  timeOf(stamp: IosStamp | null): number | null {
    if (stamp === null || stamp.kind !== 'datetime' || stamp.mark !== '' || stamp.resolutionMs > 1_000) return null;
    const ms = stamp.localMs ?? this.#nearest(stamp);
    if (ms !== null) this.#lastMs = ms;
    return ms;
  }

  #nearest({ month, day, timeOfDayMs }: IosStamp): number | null {
    if (month === null || day === null || timeOfDayMs === null) return null;
    if (this.#lastMs === null) return localMsOf(FIRST_YEAR, month, day, timeOfDayMs);
    const last = this.#lastMs;
    const year = new Date(last).getUTCFullYear();
    const readings = [year - 1, year, year + 1].flatMap((candidate) => localMsOf(candidate, month, day, timeOfDayMs) ?? []);
    return readings.length === 0 ? null : readings.reduce((a, b) => (Math.abs(b - last) < Math.abs(a - last) ? b : a));
  }
}
