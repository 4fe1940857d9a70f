/** What a merged incident is found and counted by: its values in each dimension, and the rest of its row. Called by put-records.ts and verify-index.ts. */
import type { MergedIncident } from '../../../shared/fleet/merge.ts';
import { type FleetDimension, fleetStates } from '../../../shared/fleet/view.ts';
import type { Row } from './rows.ts';

/** Every dimension but cause, state and harm, which the row has itself. */
export function valuesOf(merged: MergedIncident): readonly (readonly [FleetDimension, string])[] {
  const each = (dimension: FleetDimension, values: readonly (string | null)[]): readonly (readonly [FleetDimension, string])[] =>
    [...new Set(values)].flatMap((value) => (value === null ? [] : [[dimension, value] as const]));
  return [
    ...each('hub', merged.hubs),
    ...each('spoke', merged.spokes),
    ...each(
      'site',
      merged.ends.map(({ site }) => site),
    ),
    ...each(
      'software',
      merged.ends.map(({ software }) => software),
    ),
    ...each(
      'agent-version',
      merged.ends.map(({ agentVersion }) => agentVersion),
    ),
    ...merged.tags.map(([key, value]) => [`tag:${key}`, value] as const),
  ];
}

const PAIRS_MAX = 65_535;
const SECONDS_MAX = 2 ** 32 - 1;

export function rowFactsOf(merged: MergedIncident): Omit<Row, 'number' | 'profile' | 'cause'> {
  const { standing } = merged;
  return {
    openedAtMs: merged.openedAtMs,
    hash: hashOf(merged.id),
    state: standing.state,
    harm: merged.harm,
    healsAt: standing.healsAtMs === null ? 0 : Math.min(SECONDS_MAX, Math.max(1, Math.ceil(standing.healsAtMs / 1000))),
    pairs: fleetStates.map((state) => Math.min(PAIRS_MAX, merged.pairs.filter((pair) => pair.state === state).length)),
  };
}

/** FNV-1a over UTF-16 code units. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
