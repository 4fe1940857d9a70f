/**
 * One picture of `spitrap status --watch`: the status with rates since the picture before, or the last one that was had with word of why
 * there is none newer. Pure: called by cli/status.ts.
 */
import { printable } from '../../shared/model/printable.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { AgentStatus } from './status.ts';
import { statusText } from './status-text.ts';
import { type Paint, time, wrapped } from './text-layout.ts';

export interface Watched {
  readonly status: AgentStatus;
  /** The picture before; null: this is the first. */
  readonly before: AgentStatus | null;
  /** Why there is no newer one, and since when; null: this is how it is now. */
  readonly lost: { readonly why: string; readonly forMs: number } | null;
}

export function watchLines({ status, before, lost }: Watched, paint: Paint): string[] {
  const head =
    lost === null
      ? [paint('quiet', `as of ${time(status.at)}   Ctrl-C leaves`)]
      : wrapped(
          `NO ANSWER for ${formatDuration(lost.forMs)}: ${printable(lost.why, 400)}. What follows is of ${time(status.at)}.`,
          '',
        ).map((line) => paint('bad', line));
  return [...head, ...statusText(status, paint, ratesBetween(before, status)).split('\n')];
}

/** Lines a second by source. An agent that was started in between counts from zero: no rate. */
export function ratesBetween(before: AgentStatus | null, now: AgentStatus): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  if (before === null || before.pid !== now.pid || now.upMs <= before.upMs) return rates;
  const seconds = (now.upMs - before.upMs) / 1_000;
  for (const source of now.sources) {
    const then = before.sources.find(({ name }) => name === source.name);
    if (then !== undefined && source.lines >= then.lines) rates.set(source.name, (source.lines - then.lines) / seconds);
  }
  return rates;
}

/** What fits into so many rows; what does not is counted in the last one. */
export function fitting(lines: readonly string[], rows: number | undefined): readonly string[] {
  if (rows === undefined || lines.length < rows) return lines;
  const kept = Math.max(1, rows - 2);
  return [...lines.slice(0, kept), `… ${lines.length - kept} more lines: make the window taller, or leave out --watch`];
}
