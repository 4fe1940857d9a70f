/** Times of a report: UTC as printed once, everything else against the message. What is uncertain says by how much. */
import { formatDuration } from '../../model/time.ts';
import type { Instant } from '../case.ts';

export const middleOf = (at: Instant): number => (at.fromMs + at.toMs) / 2;
/** Half of the interval, milliseconds. */
export const plusMinusOf = (at: Instant): number => (at.toMs - at.fromMs) / 2;

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
/** A bundle may hold any number where a time is meant; Date takes ±8.64e15 ms. */
const isDate = (ms: number): boolean => Number.isFinite(ms) && Math.abs(ms) <= 8.64e15;

/** `18:22:10.706`, UTC. */
export const clockTime = (ms: number): string => (isDate(ms) ? new Date(Math.round(ms)).toISOString().slice(11, 23) : '?');

/** `12 March 2026, 18:22:10.706 UTC`. */
export function dateTime(ms: number): string {
  if (!isDate(ms)) return 'at an unknown time';
  const date = new Date(Math.round(ms));
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${clockTime(ms)} UTC`;
}

/** `+1.3 s`, `-18.304 s`, `-51 min 3 s`, `0`: against the message. */
export function relative(ms: number): string {
  const rounded = Math.round(ms);
  if (rounded === 0) return '0';
  const sign = rounded < 0 ? '-' : '+';
  const size = Math.abs(rounded);
  if (size < 1_000) return `${sign}${size} ms`;
  if (size < 120_000) return `${sign}${Number((size / 1_000).toFixed(size < 10_000 ? 3 : 1))} s`;
  const seconds = Math.round(size / 1_000);
  if (seconds < 7_200) return `${sign}${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ''}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 2_880) return `${sign}${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
  return `${sign}${Math.round(minutes / 1_440)} days`;
}

/** ` ± 44 ms` above a millisecond, nothing below. */
export function plusMinus(at: Instant): string {
  const half = plusMinusOf(at);
  return half < 1 ? '' : ` ± ${formatDuration(half).replace(/(\d)([a-z])/g, '$1 $2')}`;
}

/** Seconds left of an SA: `41 min 31 s`. */
export const remaining = (seconds: number): string => relative(seconds * 1_000).slice(1);
