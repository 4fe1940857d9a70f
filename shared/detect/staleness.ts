/**
 * Is a line old? (pair-protocol.md, "What counts as the event"). Only two things say so: the source's own `backlog`, or a stamp that
 * lags behind the device's own clock as `show clock` last gave it. In doubt a line is live: a false `stale` loses an incident.
 */
import { type DurationMs, elapsedMs, type Monotonic, type Wall } from '../model/time.ts';
import type { DeviceClock } from '../platforms/platform.ts';
import { type IosStamp, localMsOf } from '../wire/ios-timestamp.ts';

/** The last `show clock`, with our own clocks at that moment (DeviceStatus.clock). */
export interface ClockReading {
  readonly reading: DeviceClock;
  readonly at: Monotonic;
  readonly wall: Wall;
}

/** Zones are whole quarters of an hour off UTC. */
const ZONE_STEP_MS = 15 * 60_000;
const ZONE_OFFSET_MAX_MS = 14 * 3_600_000;
const SUMMER_TIME_MS = 3_600_000;
/** How far our wall clock and the device's may be apart for their difference still to name the zone. */
const ZONE_DOUBT_MS = 2 * 60_000;

/** Milliseconds by which the stamp lags behind the device's clock, in the reading that makes it least old; null when nothing can be said. */
export function stampLagMs(stamp: IosStamp | null, clock: ClockReading | null, now: Monotonic): DurationMs | null {
  if (stamp === null || clock === null) return null;
  // A clock that was never set, or lost its source, is comparable with nothing; the same goes for the reading.
  if (stamp.mark !== '' || clock.reading.mark !== '') return null;
  const offsets = zoneOffsets(stamp, clock);
  if (offsets === null) return null;
  const deviceNowMs = clock.reading.localMs + elapsedMs(clock.at, now);
  const lags = offsets.flatMap((offsetMs) => {
    const localMs = nearestLocalMs(stamp, clock.reading.year, deviceNowMs - offsetMs);
    return localMs === null ? [] : [deviceNowMs - offsetMs - localMs];
  });
  return lags.length === 0 ? null : lags.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a));
}

/**
 * What the device's clock may be ahead of the stamp by zone alone. `service timestamps … datetime` without `localtime` stamps in UTC
 * and prints no zone, whatever zone `show clock` has: both readings are possible then. Null: the zones cannot be compared.
 */
function zoneOffsets(stamp: IosStamp, clock: ClockReading): readonly DurationMs[] | null {
  const zone = clock.reading.zone.toUpperCase();
  const stampZone = stamp.zone?.toUpperCase() ?? null;
  if (stampZone === zone) return [0];
  if (stampZone !== null && !isUtc(stampZone)) return null;
  if (isUtc(zone)) return [0];
  const offsetMs = offsetOfDevice(clock);
  if (offsetMs === null) return null;
  // Third: summer time ended since the reading, and the stamps (which do not say so) went back an hour.
  return stampZone === null ? [0, offsetMs, SUMMER_TIME_MS] : [offsetMs];
}

const isUtc = (zone: string): boolean => zone === 'UTC' || zone === 'GMT' || zone === 'Z';

/** The device's offset from UTC, by our wall clock; null when the two clocks are too far apart for it to be sure. */
function offsetOfDevice(clock: ClockReading): DurationMs | null {
  const apartMs = clock.reading.localMs - clock.wall;
  const offsetMs = Math.round(apartMs / ZONE_STEP_MS) * ZONE_STEP_MS;
  return Math.abs(apartMs - offsetMs) <= ZONE_DOUBT_MS && Math.abs(offsetMs) <= ZONE_OFFSET_MAX_MS ? offsetMs : null;
}

/** A stamp without a year is of the year that brings it nearest: a line of 31 December read on 1 January is seconds old. */
function nearestLocalMs(stamp: IosStamp, year: number, nearMs: number): number | null {
  if (stamp.localMs !== null) return stamp.localMs;
  const { month, day, timeOfDayMs } = stamp;
  if (month === null || day === null || timeOfDayMs === null) return null;
  const readings = [year - 1, year, year + 1].flatMap((candidate) => localMsOf(candidate, month, day, timeOfDayMs) ?? []);
  return readings.length === 0 ? null : readings.reduce((a, b) => (Math.abs(b - nearMs) < Math.abs(a - nearMs) ? b : a));
}
