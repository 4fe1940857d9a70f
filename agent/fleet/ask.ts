/**
 * What people ask the fleet's index by, as they write it: a dimension, a window, conditions. The same words on the command line
 * (`--by`, `--where`, `--since`) and in the page's API. Used by agent/fleet/routes/ and agent/cli/fleet/; docs/fleet.md explains them.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { type FleetDimension, type FleetQuery, fleetStates } from '../../shared/fleet/view.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import { type DurationMs, parseDuration } from '../../shared/model/time.ts';

export const dimensionNames = ['cause', 'hub', 'spoke', 'site', 'software', 'agent-version', 'state', 'harm'] as const;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Of half a day or more nobody minds the minutes. */
const FULL_HOURS_FROM_MS = 12 * HOUR;
const AHEAD_MS = 10 * MINUTE;

/** As people write them, all optional. */
export interface Asked {
  readonly since?: string;
  readonly until?: string;
  readonly where?: readonly string[];
}

/** @throws SpitrapError USAGE */
export function dimensionFrom(text: string): FleetDimension {
  if ((dimensionNames as readonly string[]).includes(text)) return text as FleetDimension;
  if (text.length <= 70 && /^tag:./.test(text)) return text as FleetDimension;
  throw new SpitrapError(
    'USAGE',
    `${quoted(text, 60)} is nothing that incidents are counted by; one of ${dimensionNames.join(', ')}, or tag:NAME such as tag:carrier`,
  );
}

/**
 * `since`: a duration before now, or a moment; `until` likewise; default: until now. What is said as so many hours or days begins with a
 * full hour, by which the index counts. @throws SpitrapError USAGE
 */
export function queryFrom(asked: Asked, nowMs: number, sinceDefault: DurationMs): FleetQuery {
  const since = asked.since === undefined ? nowMs - sinceDefault : momentFrom('since', asked.since, nowMs);
  const fromMs = nowMs - since >= FULL_HOURS_FROM_MS ? Math.floor(since / HOUR) * HOUR : since;
  // Clocks of agents may be ahead of ours.
  const toMs = asked.until === undefined ? Math.ceil((nowMs + AHEAD_MS) / HOUR) * HOUR : momentFrom('until', asked.until, nowMs);
  if (toMs <= fromMs) throw new SpitrapError('USAGE', 'the window is empty: until is not after since');
  const where = (asked.where ?? []).map(conditionFrom);
  if (where.length > limits.fleetConditionsMax)
    throw new SpitrapError('USAGE', `${where.length} conditions, ${limits.fleetConditionsMax} at most`);
  return { fromMs, toMs, where };
}

/** `hub=hub-2` @throws SpitrapError USAGE */
function conditionFrom(text: string): FleetQuery['where'][number] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new SpitrapError(
      'USAGE',
      `${quoted(text, 80)} is no condition; write hub=hub-2, cause=peer-reloaded or tag:carrier=acme`,
    );
  const dimension = dimensionFrom(text.slice(0, at));
  const value = text.slice(at + 1);
  if (dimension === 'state' && !(fleetStates as readonly string[]).includes(value))
    throw new SpitrapError('USAGE', `${quoted(value, 40)} is no state; one of ${fleetStates.join(', ')}`);
  return { dimension, value };
}

/** @throws SpitrapError USAGE */
export function momentFrom(what: string, text: string, nowMs: number): number {
  const ago = parseDuration(text);
  if (ago !== null && ago > 0) return nowMs - ago;
  // `2026-11-22`, `2026-11-22T03:12`, `2026-11-22 03:12:10Z`: UTC, as all moments here are.
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?Z?$/.exec(text.trim());
  const at = iso === null ? Number.NaN : Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}Z`);
  if (!Number.isNaN(at)) return at;
  throw new SpitrapError(
    'USAGE',
    `${what} ${quoted(text, 60)}: write a duration (24h, 7d) or a moment in UTC (2026-11-22T03:12)`,
  );
}

/** So that a picture has some dozens of bars: hours of a day, days of months. */
export function bucketFor({ fromMs, toMs }: Pick<FleetQuery, 'fromMs' | 'toMs'>): DurationMs {
  const span = toMs - fromMs;
  const steps = [HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY];
  return steps.find((step) => span / step <= BARS_MAX) ?? 364 * DAY;
}

const BARS_MAX = 60;
