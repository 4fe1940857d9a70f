/** `spitrap fleet incidents | top | groups | now`: what the index knows, as text or JSON. */
import type { Command } from 'commander';
import { SpitrapError } from '../../../shared/errors.ts';
import type { FleetQuery } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { quoted } from '../../../shared/model/printable.ts';
import { bucketFor, dimensionFrom, queryFrom } from '../../fleet/ask.ts';
import { type CliContext, exitCodes, paintFor, print, printJson } from '../subcommand.ts';
import { nowText } from './fleet-now-text.ts';
import { groupsText, groupText, incidentsText, overTimeText, topText } from './fleet-text.ts';
import { type FleetOptions, looking } from './look.ts';

const WEEK_MS = 7 * 86_400_000;

export interface QueryOptions extends FleetOptions {
  readonly since?: string;
  readonly until?: string;
  readonly where?: readonly string[];
  readonly by?: string;
  readonly limit?: string;
  readonly overTime?: boolean;
}

export const withQuery = (command: Command, limitDefault: number): Command =>
  command
    .option('--since <when>', 'from then on: a duration (24h, 7d) or a moment in UTC', '7d')
    .option('--until <when>', 'until then (default: now)')
    .option('--where <dimension=value>', 'only those, such as hub=hub-2 or tag:carrier=acme; may stand several times', gathered)
    .option('--limit <n>', 'at most so many', String(limitDefault));

const gathered = (one: string, before: readonly string[] = []): readonly string[] => [...before, one];

function asked(options: QueryOptions, { world }: CliContext): { readonly query: FleetQuery; readonly limit: number } {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.fleetListedMax)
    throw new SpitrapError('USAGE', `--limit is a whole number from 1 to ${limits.fleetListedMax}`);
  return { query: queryFrom(options, world.clock.wall(), WEEK_MS), limit };
}

export async function incidents(options: QueryOptions, context: CliContext): Promise<number> {
  const { query, limit } = asked(options, context);
  return looking(options, context, (index) => {
    const found = [];
    let after: string | null = null;
    do {
      const page = index.incidents(query, { limit: Math.min(limit - found.length, limits.fleetPageMax), after });
      found.push(...page.incidents);
      after = page.next;
    } while (after !== null && found.length < limit);
    if (options.json) printJson(context, { window: query, incidents: found, more: after !== null });
    else print(context, incidentsText(found, after !== null, paintFor(context)));
    return exitCodes.ok;
  });
}

export async function top(options: QueryOptions, context: CliContext): Promise<number> {
  const { query, limit } = asked(options, context);
  const dimension = dimensionFrom(options.by ?? 'cause');
  return looking(options, context, (index) => {
    const known = index.dimensions();
    if (dimension.startsWith('tag:') && !known.includes(dimension)) throw unknownTag(dimension, known);
    if (options.overTime) {
      const buckets = index.overTime(query, bucketFor(query));
      if (options.json) printJson(context, { window: query, bucketMs: bucketFor(query), buckets });
      else print(context, overTimeText(buckets, paintFor(context)));
      return exitCodes.ok;
    }
    const rows = index.top(dimension, query, limit);
    if (options.json) printJson(context, { window: query, dimension, dimensions: known, rows });
    else print(context, topText(dimension, rows, paintFor(context)));
    return exitCodes.ok;
  });
}

function unknownTag(dimension: string, known: readonly string[]): SpitrapError {
  const tags = known.filter((one) => one.startsWith('tag:'));
  return new SpitrapError(
    'USAGE',
    `no incident has a tag ${quoted(dimension.slice('tag:'.length), 60)}; ${tags.length === 0 ? 'none has any' : `there are ${tags.slice(0, 20).join(', ')}`}`,
  );
}

export async function groups(id: string | undefined, options: QueryOptions, context: CliContext): Promise<number> {
  const { query, limit } = asked(options, context);
  return looking(options, context, async (index) => {
    if (id === undefined) {
      const found = await index.groups(query, limit);
      if (options.json) printJson(context, { window: query, groups: found });
      else print(context, groupsText(found, paintFor(context)));
      return exitCodes.ok;
    }
    const group = await index.group(id);
    if (group === null)
      throw new SpitrapError('INCIDENT_UNKNOWN', `no group ${quoted(id, 120)} here; spitrap fleet groups lists them`);
    const page = await index.groupMembers(group.id, { limit: Math.min(limit, limits.fleetPageMax), after: null });
    if (options.json) printJson(context, { group, incidents: page.incidents, more: page.next !== null });
    else print(context, groupText(group, page.incidents, page.next !== null, paintFor(context)));
    return exitCodes.ok;
  });
}

export async function now(options: FleetOptions, context: CliContext): Promise<number> {
  return looking(options, context, (index) => {
    const nowMs = context.world.clock.wall();
    const shown = { now: index.now(nowMs), index: index.state(), instances: index.instances(nowMs), nowMs };
    if (options.json) printJson(context, { ...shown, setAside: index.setAside(limits.fleetShownMax) });
    else print(context, nowText(shown, paintFor(context)));
    return exitCodes.ok;
  });
}
