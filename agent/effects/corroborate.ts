/**
 * Effect `corroborate`: does the device itself have the message that somebody brought us over UDP or a file? Called by coordinator.ts
 * before anything is signalled or stopped (pair-protocol.md, "What counts as the event"). Only a buffer that reaches back before the
 * message and lacks it says `absent`; whatever cannot decide says so, and the incident goes on, marked.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import { after } from '../../shared/model/time.ts';
import type { LoggingBuffer } from '../../shared/platforms/platform.ts';
import type { IosStamp } from '../../shared/wire/ios-timestamp.ts';
import { parseSyslog } from '../../shared/wire/syslog.ts';
import type { Device, DeviceStatus } from '../device/device.ts';

export type CorroborateOrder = Extract<Effect, { readonly kind: 'corroborate' }>;

export interface Corroboration {
  readonly result: 'found' | 'absent' | 'undecided';
  readonly detail: string;
}

/** `%CRYPTO-4-…` is logged at warnings. */
const WARNINGS = 4;

export async function corroborate(device: Device, clock: Clock, order: CorroborateOrder): Promise<Corroboration> {
  const until = after(clock.monotonic(), order.timeoutMs);
  const command = device.platform.corroborate(order.spiAsReceived);
  const filtered = await device.run('capture', command, { timeoutMs: order.timeoutMs, urgent: true });
  if (filtered.status !== 'ok')
    return { result: 'undecided', detail: `${command}: ${filtered.status} ${filtered.detail ?? ''}`.trim() };
  if (holds(filtered.output, order)) return { result: 'found', detail: 'the message stands in the device log buffer' };
  const leftMs = until - clock.monotonic();
  if (leftMs <= 0) return { result: 'undecided', detail: 'no time left to see how far back the buffer reaches' };
  const whole = await device.run('capture', device.platform.showLogging, { timeoutMs: leftMs, urgent: true });
  if (whole.status !== 'ok')
    return { result: 'undecided', detail: `${whole.command}: ${whole.status} ${whole.detail ?? ''}`.trim() };
  if (holds(whole.output, order)) return { result: 'found', detail: 'the message stands in the device log buffer' };
  return judgeAbsence(device.platform.parsers.logging(whole.output).value, clock, device);
}

/** Both the SPI and the word: a debug line with the same SPI is not the message. */
function holds(output: string, order: CorroborateOrder): boolean {
  const spi = order.spiAsReceived.toLowerCase();
  return output.split('\n').some((line) => /REC(?:V|VD)_PKT_INV_SPI/.test(line) && line.toLowerCase().includes(`${spi}(`));
}

/**
 * Absent only when the buffer keeps such messages and reaches back well before the arrival. Judged by the device's own lines and
 * clock alone: the stamp in the claimed message is the claimant's.
 */
function judgeAbsence(buffer: LoggingBuffer, clock: Clock, device: Device): Corroboration {
  if (buffer.bufferLevel === null || buffer.bufferLevel < WARNINGS) {
    return { result: 'undecided', detail: 'the device log buffer does not keep warnings' };
  }
  const stamps = buffer.lines.flatMap((line) => parseSyslog(line).stamp ?? []);
  const oldest = stamps[0];
  const newest = stamps.at(-1);
  if (oldest === undefined || newest === undefined)
    return { result: 'undecided', detail: 'the device log buffer has no stamped line' };
  const reachMs = Math.max(ageMs(oldest, device.status().clock, clock.monotonic()) ?? 0, spanMs(oldest, newest) ?? 0);
  if (reachMs < REACH_MS)
    return { result: 'undecided', detail: 'the device log buffer does not reach back before the message for sure' };
  return {
    result: 'absent',
    detail: `not among the ${buffer.lines.length} lines of the device log buffer, which reaches back before it`,
  };
}

/** More than corroboration and any syslog relay take together. */
const REACH_MS = 10_000;

/**
 * How old a line of the device is by the device's own clock. A clock that was never set (`*`) will do: both readings are of the same
 * one. Zones must be the same, or both UTC: an hour off would turn an honest message into an absent one.
 */
function ageMs(stamp: IosStamp, clock: DeviceStatus['clock'], now: Monotonic): number | null {
  if (clock === null) return null;
  const zone = clock.reading.zone.toUpperCase();
  const comparable = stamp.zone === null ? zone === 'UTC' || zone === 'GMT' : stamp.zone.toUpperCase() === zone;
  if (!comparable || stamp.month === null || stamp.day === null || stamp.timeOfDayMs === null) return null;
  const deviceNowMs = clock.reading.localMs + (now - clock.at);
  const stampMs = Date.UTC(stamp.year ?? clock.reading.year, stamp.month - 1, stamp.day) + stamp.timeOfDayMs;
  return deviceNowMs - stampMs;
}

/** From one line of the buffer to another, in stamps of one kind; null when they cannot be compared. */
function spanMs(oldest: IosStamp, newest: IosStamp): number | null {
  const from = position(oldest);
  const to = position(newest);
  return from === null || to === null || oldest.hasYear !== newest.hasYear ? null : to - from;
}

function position(stamp: IosStamp): number | null {
  if (stamp.localMs !== null) return stamp.localMs;
  if (stamp.month === null || stamp.day === null || stamp.timeOfDayMs === null) return null;
  return Date.UTC(2000, stamp.month - 1, stamp.day) + stamp.timeOfDayMs;
}
