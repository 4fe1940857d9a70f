/** The timeline of an incident that is not sealed yet, from its journal: the sentences that its bundle will hold. Wired by app.ts. */
import type { Role } from '../../shared/model/watch.ts';
import type { StepData } from '../coordinator.ts';
import type { JournalRecord } from '../journal/record.ts';
import { narrate } from '../narrate.ts';
import type { TimelineEntry } from './route.ts';

/** The last ones: what a person who looks is waiting for. */
const ENTRIES_MAX = 500;

export function liveTimeline(role: Role, records: readonly JournalRecord[]): readonly TimelineEntry[] {
  const steps = records.filter((record) => record.kind === 'step').slice(-ENTRIES_MAX);
  return steps.map(({ data }) => {
    const { input, reason } = data as StepData;
    return { at: new Date(input.wall).toISOString(), text: narrate(role, { input, reason }), reason };
  });
}
