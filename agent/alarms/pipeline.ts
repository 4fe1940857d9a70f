/**
 * Is one alarm to be told over one channel now, and if not, why not: a pipeline of small judgements, as Alertmanager's notify has it. Each
 * sees what the ones before it let through; the first that answers decides. Asked by lane.ts at every change. Pure.
 */
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import { type Entry, flapping, isFlapping, type Told, turnOf } from './ledger.ts';
import type { NoticeStatus } from './notice.ts';
import type { Severity } from './severity.ts';

/** Why it is told, or not. docs/alarms.md explains each; a test holds the page to this list. */
export const verdictReasons = [
  'new',
  'repeat-due',
  'taken-over',
  'over',
  'below-severity',
  'told',
  'flapping',
  'never-told-over',
  'never-told-taken-over',
] as const;
export type VerdictReason = (typeof verdictReasons)[number];

export type Verdict =
  | { readonly kind: 'tell'; readonly status: NoticeStatus; readonly repeats: number; readonly reason: VerdictReason }
  /** Looked at again then, if nothing changes before. */
  | { readonly kind: 'wait'; readonly until: Monotonic; readonly reason: VerdictReason }
  | { readonly kind: 'rest'; readonly reason: VerdictReason };

export interface Question {
  readonly entry: Entry;
  /** What this channel's receiver was last told of it; null: nothing yet, or it was told that it is over. */
  readonly told: Told | null;
  readonly channel: { readonly severity: Severity; readonly repeatEveryMs: DurationMs };
  readonly at: Monotonic;
}

type Stage = (question: Question) => Verdict | null;

/** In this order. */
export const pipeline: readonly Stage[] = [belowSeverity, over, takenOver, raised, repeated];

export function judge(question: Question): Verdict {
  for (const stage of pipeline) {
    const verdict = stage(question);
    if (verdict !== null) return verdict;
  }
  return rest('told');
}

const rest = (reason: VerdictReason): Verdict => ({ kind: 'rest', reason });
const wait = (until: Monotonic, reason: VerdictReason): Verdict => ({ kind: 'wait', until, reason });
const tell = (status: NoticeStatus, repeats: number, reason: VerdictReason): Verdict => ({
  kind: 'tell',
  status,
  repeats,
  reason,
});

/** Whoever was told before it became less severe still hears its end. */
function belowSeverity({ entry, told, channel }: Question): Verdict | null {
  const below = channel.severity === 'critical' && entry.alarm.severity === 'warning';
  return below && (told === null || entry.state === 'standing') ? rest('below-severity') : null;
}

function over({ entry, told, at }: Question): Verdict | null {
  if (entry.state !== 'over') return null;
  // Raised and over while the receiver could not be reached: there is nothing left to tell it.
  if (told === null) return rest('never-told-over');
  const quietAt = after(entry.stateAt, flapping.quietMs);
  if (isFlapping(entry, at) && at < quietAt) return wait(quietAt, 'flapping');
  return tell('cleared', told.repeats, 'over');
}

function takenOver({ entry, told }: Question): Verdict | null {
  if (entry.state !== 'acknowledged') return null;
  if (told === null) return rest('never-told-taken-over');
  if (told.status === 'acknowledged' && told.turn === turnOf(entry.alarm)) return rest('told');
  return tell('acknowledged', told.repeats, 'taken-over');
}

/** A turn that this receiver has not heard of. Of a flapping key at most one in each repeat interval. */
function raised({ entry, told, channel, at }: Question): Verdict | null {
  if (told === null) return tell('raised', 0, 'new');
  if (told.turn === turnOf(entry.alarm)) return null;
  if (!isFlapping(entry, at)) return tell('raised', 0, 'new');
  const dueAt = told.at === null ? at : after(told.at, channel.repeatEveryMs);
  return at < dueAt ? wait(dueAt, 'flapping') : tell('raised', told.repeats + 1, 'new');
}

function repeated({ entry, told, channel, at }: Question): Verdict | null {
  if (told === null) return null;
  const dueAt = told.at === null ? at : after(told.at, repeatAfterMs(entry.alarm.severity, told.repeats, channel.repeatEveryMs));
  return at < dueAt ? wait(dueAt, 'told') : tell('repeated', told.repeats + 1, 'repeat-due');
}

const QUICK_REPEATS = 2;

/** Debugs may be on, and the first message may have woken nobody: twice after a third of the interval, then at the interval. */
const repeatAfterMs = (severity: Severity, repeats: number, everyMs: DurationMs): DurationMs =>
  severity === 'critical' && repeats < QUICK_REPEATS ? everyMs / 3 : everyMs;
