/** How often an incident comes back with the same peer: one entry a peer of each closed incident, seven days long. By the wall clock, so that a reboot forgets nothing. */
import { limits } from '../limits.ts';
import type { DurationMs, Wall } from '../model/time.ts';
import type { Book, Incident, Recurrence } from './book.ts';
import { countDropped } from './move.ts';

export const recurrenceTimes = { dayMs: 24 * 3_600_000, weekMs: 7 * 24 * 3_600_000 } as const;

/** An incident that closes. A line that the device does not bear out is nobody's incident. */
export function noteRecurrence(book: Book, incident: Incident): Book {
  const flows = new Map<string, number>(incident.signallers.map(({ peer }) => [peer, 0]));
  for (const flow of incident.flows) {
    if (flow.corroboration === 'absent' || flow.corroboration === 'over-limit') continue;
    for (const peer of flow.peers) flows.set(peer, (flows.get(peer) ?? 0) + 1);
  }
  if (flows.size === 0) return book;
  const wall = incident.openedAtWall;
  const fresh = [...flows].map(([peer, count]): Recurrence => ({ peer, incident: incident.id, wall, flows: count }));
  const recent = book.recurrences.filter((known) => Math.abs(wall - known.wall) < recurrenceTimes.weekMs);
  const all = [...recent, ...fresh];
  const kept = all.slice(-limits.recurrencesMax);
  return countDropped({ ...book, recurrences: kept }, 'recurrencesMax', all.length - kept.length);
}

export interface RecurrenceCounts {
  readonly incidentsInDay: number;
  readonly incidentsInWeek: number;
  readonly flowsInWeek: number;
}

/** Of each peer, as of `now`; peers without an incident are not in it. */
export function countRecurrences(recurrences: readonly Recurrence[], now: Wall): ReadonlyMap<string, RecurrenceCounts> {
  const counts = new Map<string, RecurrenceCounts>();
  for (const { peer, wall, flows } of recurrences) {
    const agoMs: DurationMs = now - wall;
    if (agoMs >= recurrenceTimes.weekMs) continue;
    const known = counts.get(peer) ?? { incidentsInDay: 0, incidentsInWeek: 0, flowsInWeek: 0 };
    counts.set(peer, {
      incidentsInDay: known.incidentsInDay + (agoMs < recurrenceTimes.dayMs ? 1 : 0),
      incidentsInWeek: known.incidentsInWeek + 1,
      flowsInWeek: known.flowsInWeek + flows,
    });
  }
  return counts;
}
