/**
 * Time as IOS prints it: log stamps, `show clock`, uptimes, lifetimes. The lab's own formatting: a renderer that shared
 * code with the agent's parsers would share their bugs.
 */
import type { Wall } from '../../shared/model/time.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const two = (value: number): string => String(value).padStart(2, '0');
const three = (value: number): string => String(value).padStart(3, '0');

function clockPart(date: Date): string {
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${three(date.getUTCMilliseconds())}`;
}

/** `Mar 12 18:22:10.706`, the day padded with a space; the caller puts `*` or `.` in front. */
export function logStamp(at: Wall): string {
  const date = new Date(at);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, ' ')} ${clockPart(date)}`;
}

/** `Mar 12 18:22:10`: `service timestamps … datetime` without `msec`. */
export const logStampSeconds = (at: Wall): string => logStamp(at).slice(0, -'.000'.length);

/** `18:22:10.706 UTC Thu Mar 12 2026`, as `show clock` has it: the day is not padded. */
export function clockReading(at: Wall): string {
  const date = new Date(at);
  return `${clockPart(date)} UTC ${WEEKDAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()} ${date.getUTCFullYear()}`;
}

/** `18:22:10 UTC Thu Mar 12 2026`: `System restarted at …`. */
export const clockReadingSeconds = (at: Wall): string => clockReading(at).replace(/\.\d{3} /, ' ');

/** `Mar 12 2026 18:22:10`, as `dir` prints file times. */
export function fileStamp(at: Wall): string {
  const date = new Date(at);
  return `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())} ${date.getUTCFullYear()} ${clockPart(date).slice(0, 8)} +00:00`;
}

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** `2 days, 3 hours, 5 minutes`, as in `show version`. */
export function uptimeWords(elapsedMs: number): string {
  const minutes = Math.floor(elapsedMs / 60_000);
  const parts: [number, string][] = [
    [Math.floor(minutes / 10_080), 'week'],
    [Math.floor(minutes / 1_440) % 7, 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ];
  const shown = parts.filter(([count, unit]) => count > 0 || unit === 'minute');
  return shown.map(([count, unit]) => plural(count, unit)).join(', ');
}

/** `00:02:19`, `6d12h`, `3w5d`, `1y2w`: the short up time of `show dmvpn`, `show ip nhrp`, `show crypto session`. */
export function shortAge(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1_000));
  const days = Math.floor(seconds / 86_400);
  if (days === 0) return hms(seconds);
  if (days < 7) return `${days}d${two(Math.floor(seconds / 3_600) % 24)}h`;
  if (days < 365) return `${Math.floor(days / 7)}w${days % 7}d`;
  return `${Math.floor(days / 365)}y${Math.floor((days % 365) / 7)}w`;
}

/** `22:03:24`; hours are not bounded by a day. */
export function hms(totalSeconds: number): string {
  const seconds = Math.max(0, Math.floor(totalSeconds));
  return `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `0x68842105`, as in log messages and `show crypto ipsec sa`: not padded, upper case as IOS 15 prints it. */
export const spiHex = (spi: number): string => `0x${(spi >>> 0).toString(16).toUpperCase()}`;
/** `0x68842105(1753489669)`. */
export const spiBoth = (spi: number): string => `${spiHex(spi)}(${spi >>> 0})`;
