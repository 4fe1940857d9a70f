/** Entries of `show monitor event-trace crypto …` as events of the log. Called by log-events.ts and by the platform's evidence. */

import { limits } from '../../../limits.ts';
import type { SaText, TraceEntry } from '../../../model/event-trace.ts';
import type { LogEvent } from '../../../model/evidence.ts';
import { type Draft, detailOf, draft } from './draft.ts';

export function traceEvents(entries: readonly TraceEntry[]): LogEvent[] {
  return entries.flatMap((entry, index) => {
    const found = draftOf(entry, entries[index + 1]);
    if (found === null) return [];
    const text = `${entry.stamp.text}: ${entry.type ?? ''}: ${entry.message}`.slice(0, limits.quoteCharsMax);
    return [{ ...found, line: entry.line, lines: entry.message.split('\n').length, text, stamp: entry.stamp }];
  });
}

function draftOf(entry: TraceEntry, next: TraceEntry | undefined): Draft | null {
  if (entry.sa !== null && entry.action !== null) return saDraft(entry.action, entry.sa, next);
  // IKE tells the key engine that the peer (or a person) ended its SAs.
  if (entry.kmi?.direction === 'Received' && entry.kmi.type === 'KEY_MGR_DELETE_SAS')
    return draft('delete-enqueued', { peer: entry.remote, detail: { trace: entry.kmi.type } });
  return null;
}

/** The entry that follows names both ends of the same SA. */
function saDraft(action: 'create' | 'delete', sa: SaText, next: TraceEntry | undefined): Draft {
  const ends = next?.action === action && next.sa === null && next.local !== null && next.remote !== null ? next : null;
  const src = ends === null ? null : sa.destination === ends.local ? ends.remote : ends.local;
  return draft(action === 'create' ? 'sa-created' : 'sa-deleted', {
    spis: [sa.spi],
    dst: sa.destination,
    src,
    peer: ends?.remote ?? null,
    detail: detailOf({
      connection: sa.connectionId === null ? undefined : String(sa.connectionId),
      transform: sa.transform ?? undefined,
      lifetimeSeconds: sa.lifetimeSeconds === null ? undefined : String(sa.lifetimeSeconds),
    }),
  });
}
