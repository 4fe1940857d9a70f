/**
 * What the book remembers of arming (pair-protocol.md, "Arming"): who has debugs on, since when, until when. Plain JSON, as the
 * rest of the book. Changed by arming.ts and disarming.ts; asked by stopping.ts, the heartbeat and status.
 */
import type { ArmPlan, DebugName, DisarmAttempt } from '../model/arming.ts';
import type { DurationMs, Monotonic, Wall } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { DebugFlag } from '../platforms/platform.ts';
import type { Book, Incident } from './book.ts';
import { isWanted } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { timing } from './timing.ts';

export interface ArmingBook {
  /** Of attempts to arm: the result of an older one is old news. */
  readonly count: number;
  readonly state: ArmState;
  /** Time with our debugs on since a person last armed or renewed, in arms that are over. */
  readonly spentMs: DurationMs;
  /** When the agent arms again by itself; null: not planned. */
  readonly armAt: Monotonic | null;
  /** Why the agent does not arm by itself until a person arms (or an incident turns out to be benign). */
  readonly blocked: Blocked | null;
  /** The incident that ended the last debugs: its verdict decides about re-arming `if-transient`. */
  readonly endedBy: IncidentId | null;
  /** When peers armed within the last hour: their arms are budgeted as incidents are. */
  readonly peerArmsAt: readonly Monotonic[];
  /** Conditions of ours that had to stay on the device. */
  readonly leftConditions: readonly string[];
  /** What last happened, for people. */
  readonly last: { readonly reason: Reason; readonly text: string; readonly at: Monotonic; readonly atWall: Wall } | null;
}

export type Blocked = 'person' | 'peer' | 'breaker' | 'max-debug' | 'persistent' | 'judging' | 'after-incident' | 'given-up';

/** `agent`: by `arm: always`, a re-arm, or a first sighting. */
export type ArmedBy = 'person' | 'peer' | 'agent';

export type ArmState =
  | { readonly kind: 'disarmed' }
  | { readonly kind: 'checking'; readonly by: ArmedBy; readonly since: Monotonic; readonly leaseMs: DurationMs }
  | {
      readonly kind: 'arming';
      readonly by: ArmedBy;
      readonly since: Monotonic;
      readonly leaseMs: DurationMs;
      readonly plan: ArmPlan;
      /** Somebody wants it off again before it is on. */
      readonly unwanted: DisarmWhy | null;
      /** Of the pre-flight, each with the lines to enter. */
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'armed';
      readonly by: ArmedBy;
      readonly since: Monotonic;
      readonly sinceWall: Wall;
      readonly leaseMs: DurationMs;
      readonly plan: ArmPlan;
      /** As `show debugging` names them. */
      readonly flags: readonly DebugFlag[];
      readonly renewedAt: Monotonic;
      readonly deadManSetAt: Monotonic | null;
      readonly warnings: readonly string[];
      /** Why they end, while an incident's stop is turning them off. Absent: they do not. */
      readonly ending?: DisarmWhy;
    }
  | {
      readonly kind: 'disarming';
      readonly why: DisarmWhy;
      readonly plan: ArmPlan;
      readonly deadMan: boolean;
      readonly since: Monotonic;
      /** Debugs first; conditions only once those are verified off. */
      readonly phase: 'debugs' | 'conditions';
      readonly attempt: number;
      /** Null: between two attempts. */
      readonly attemptAt: Monotonic | null;
      /** Verifications in a row that still showed our flags: two of them escalate to `undebug all`. */
      readonly stillOn: number;
      readonly last: DisarmAttempt | null;
    };

export type DisarmWhy =
  | 'incident'
  | 'person'
  | 'peer'
  | 'breaker'
  | 'lease'
  | 'max-debug'
  | 'hold'
  | 'leaving'
  | 'restart'
  | 'unresolved'
  | 'over-budget'
  /** Somebody has turned them off on the device. */
  | 'by-hand'
  | 'conditions';

/** Of two reasons the one that keeps the agent from arming again by itself for longer counts, whichever came first. */
const RANK: Readonly<Partial<Record<DisarmWhy, number>>> = {
  person: 4,
  breaker: 3,
  'max-debug': 3,
  'by-hand': 3,
  peer: 2,
  incident: 1,
};
export const strongerWhy = (one: DisarmWhy, other: DisarmWhy): DisarmWhy => ((RANK[other] ?? 0) > (RANK[one] ?? 0) ? other : one);

export const emptyArming: ArmingBook = {
  count: 0,
  state: { kind: 'disarmed' },
  spentMs: 0,
  armAt: null,
  blocked: null,
  endedBy: null,
  peerArmsAt: [],
  leftConditions: [],
  last: null,
};

/** Debugs that this pair turned on, or may have, and that are not verified off: what `stop: own` turns off. */
export function ourDebugs({ arming: { state } }: Book): readonly DebugName[] {
  const mayBeOn = state.kind === 'armed' || state.kind === 'arming' || (state.kind === 'disarming' && state.phase === 'debugs');
  return mayBeOn ? state.plan.debugs : [];
}

/** Ours went on after that moment, or may have: what was read then does not speak of them. */
export const oursCameAfter = ({ arming: { state } }: Book, at: Monotonic): boolean =>
  state.kind === 'arming' || (state.kind === 'armed' && state.since >= at);

/** A stop is turning off what we armed: it can not be said whether it is on. */
export const isEnding = ({ arming: { state }, incidents }: Book): boolean =>
  state.kind === 'armed' && incidents.some(({ stop }) => stop.kind === 'running' || stop.kind === 'waiting-retry');

/** An incident that acts, and that came since: a line that nothing bears out yet is none. */
export const cameSince = ({ incidents }: Book, at: Monotonic): Incident | undefined =>
  incidents.find(
    (incident) => incident.openedAt >= at && incident.stop.kind !== 'not-planned' && (incident.stopPassed || isWanted(incident)),
  );

/** More lines may go on: nobody wants it off again, no hold, no incident that came meanwhile. Asked before each line. */
export function armIsWanted(book: Book, arm: number): boolean {
  const { state, count } = book.arming;
  return (
    state.kind === 'arming' &&
    count === arm &&
    state.unwanted === null &&
    !book.hold &&
    cameSince(book, state.since) === undefined
  );
}

/** As they were read when they were turned on. */
export const ourFlags = ({ arming: { state } }: Book): readonly DebugFlag[] => (state.kind === 'armed' ? state.flags : []);

/** What hello says, and what an alert's delay is clamped to. Null: no lease. */
export function leaseLeftMs({ arming: { state } }: Book, at: Monotonic): DurationMs | null {
  return state.kind === 'armed' ? Math.max(0, after(state.renewedAt, state.leaseMs) - at) : null;
}

/** Total with our debugs on since a person last armed or renewed. */
export function debugSpentMs({ arming: { state, spentMs } }: Book, at: Monotonic): DurationMs {
  return state.kind === 'armed' ? spentMs + (at - state.since) : spentMs;
}

/** A stop that is to come, or is not verified: nothing is armed into it. */
export const stopIsOpen = (book: Book): boolean =>
  book.incidents.some(({ stop }) => stop.kind !== 'verified' && stop.kind !== 'not-planned') ||
  book.incidents.some(({ stopPassed }) => !stopPassed);

/** Session B belongs to the stop: so long before it, and until it is verified. */
export const needsControlFree = (book: Book, at: Monotonic, beforeMs: DurationMs = timing.stopQuietMs): boolean =>
  book.incidents.some(
    ({ stop, stopAt }) =>
      stop.kind === 'running' || stop.kind === 'waiting-retry' || (stop.kind === 'planned' && at >= stopAt - beforeMs),
  );

/** The agent arms by itself now. Asked at each hello; whether the peers are there is the asker's to know. */
export function armIsDue(rules: Rules, book: Book, at: Monotonic): boolean {
  const { arming } = book;
  if (rules.mode !== 'act' || book.hold || arming.state.kind !== 'disarmed' || arming.blocked !== null || stopIsOpen(book))
    return false;
  if (arming.armAt !== null) return at >= arming.armAt;
  return rules.arming.when === 'always';
}
