/**
 * The two clocks, kept apart by the compiler. Timers run on Monotonic only (pair-protocol.md, "Crash, restart, disk");
 * Wall is for people and for evidence.
 */
export type DurationMs = number;
/** Milliseconds of CLOCK_MONOTONIC: comparable between two processes under the same kernel boot id, and never elsewhere. */
export type Monotonic = number & { readonly clock: 'monotonic' };
/** Milliseconds since 1970-01-01 UTC of this host's clock. */
export type Wall = number & { readonly clock: 'wall' };

export const monotonic = (ms: number): Monotonic => ms as Monotonic;
export const wall = (ms: number): Wall => ms as Wall;
export const after = (start: Monotonic, delayMs: DurationMs): Monotonic => (start + delayMs) as Monotonic;
/** Milliseconds from `from` to `to`, negative when `to` is earlier. */
export const elapsedMs = (from: Monotonic, to: Monotonic): DurationMs => to - from;
export const earlier = (a: Monotonic, b: Monotonic): Monotonic => (a < b ? a : b);

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `18s`, `5m`, `250ms`, `1.5h`, `7d` to milliseconds; null when it is not a duration. A bare number is not one: units are never guessed. */
export function parseDuration(text: string): DurationMs | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|min|h|d)$/.exec(text.trim());
  if (!match) return null;
  return Math.round(Number(match[1]) * UNIT_MS[match[2]!]!);
}

/** Milliseconds as a person reads them: `250ms`, `18s`, `2m30s`, `1h05m`. */
export function formatDuration(durationMs: DurationMs): string {
  const sign = durationMs < 0 ? '-' : '';
  const ms = Math.abs(durationMs);
  if (ms < 1_000) return `${sign}${Math.round(ms)}ms`;
  if (ms < 60_000) return `${sign}${Number((ms / 1_000).toFixed(ms % 1_000 === 0 ? 0 : 1))}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600)
    return `${sign}${Math.floor(seconds / 60)}m${seconds % 60 ? `${String(seconds % 60).padStart(2, '0')}s` : ''}`;
  const minutes = Math.round(seconds / 60);
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60 ? `${String(minutes % 60).padStart(2, '0')}m` : ''}`;
}
