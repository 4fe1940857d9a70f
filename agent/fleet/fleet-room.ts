/** What the routes of a fleet's page answer from (agent/fleet/routes/), and how they read what they are asked. Made by fleet-page.ts. */
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { EngineState } from '../fleet-ports.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Disk } from '../ports.ts';
import type { PageFiles } from '../web/page-files.ts';
import type { Route } from '../web/route.ts';
import type { Asked } from './ask.ts';
import type { BundleDesk } from './bundle-desk.ts';
import type { FleetIndex } from './index/fleet-index.ts';
import type { SharedAnswers } from './shared-answers.ts';

export interface FleetRoom {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly files: PageFiles;
  /** The one that is open now: a rebuilt one takes its place. */
  readonly index: () => FleetIndex;
  readonly engine: () => EngineState;
  readonly desk: BundleDesk;
  readonly shared: SharedAnswers;
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  readonly version: string;
  /** Of this process, among those that share the work. */
  readonly instance: string;
}

export type FleetRoute = Route<FleetRoom>;

export interface AskedQuery extends Asked {
  readonly by?: string;
  readonly id?: string;
  readonly after?: string;
  readonly limit: number;
}

const KNOWN = ['since', 'until', 'where', 'by', 'id', 'after', 'limit'] as const;

/** Of the query of a request, only the words that are known here. @throws SpitrapError USAGE */
export function askedOf(
  query: string,
  known: readonly (typeof KNOWN)[number][],
  limitDefault: number = limits.fleetRowsDefault,
): AskedQuery {
  const given = new URLSearchParams(query);
  const stranger = [...given.keys()].find((key) => !(known as readonly string[]).includes(key));
  if (stranger !== undefined)
    throw new SpitrapError('USAGE', `${quoted(stranger, 40)} is nothing that is asked for here; known: ${known.join(', ')}`);
  const one = (key: string): string | undefined => given.get(key) ?? undefined;
  const limit = Number(given.get('limit') ?? limitDefault);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.fleetPageMax)
    throw new SpitrapError('USAGE', `limit is a whole number from 1 to ${limits.fleetPageMax}`);
  return {
    limit,
    where: given.getAll('where'),
    ...present({ since: one('since'), until: one('until'), by: one('by'), id: one('id'), after: one('after') }),
  };
}

const present = <T extends Record<string, string | undefined>>(all: T): { [K in keyof T]?: string } =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: string };
