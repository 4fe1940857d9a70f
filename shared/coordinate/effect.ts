/** What the machine orders. The coordinator performs each, and gives its result back as an input. Order within a step is order of performance. */
import type { ArmPlan, DebugName } from '../model/arming.ts';
import type { Flow } from '../model/flow.ts';
import type { DurationMs, Monotonic } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { DebugFlag } from '../platforms/platform.ts';
import type { Alarm, StopVia } from './book.ts';
import type { ArmTimerName, TimerName } from './input.ts';

export type Effect =
  | { readonly kind: 'open-bundle'; readonly incident: IncidentId }
  /** Puts the ring on disk: what led to the event must survive us. */
  | { readonly kind: 'flush-ring'; readonly incident: IncidentId }
  | {
      readonly kind: 'corroborate';
      readonly incident: IncidentId;
      readonly flow: Flow;
      readonly spiAsReceived: string;
      readonly timeoutMs: DurationMs;
    }
  /** Repeated by the delivery schedule until acknowledged or the stop. */
  | {
      readonly kind: 'alert';
      readonly incident: IncidentId;
      readonly peers: readonly string[];
      readonly stopAt: Monotonic;
      readonly act: boolean;
      readonly flow: Flow | null;
    }
  /** Ends the alerts of that incident and repeats stop until acknowledged. Same tick as `attempt-stop`. */
  | { readonly kind: 'signal-stop'; readonly incident: IncidentId; readonly peers: readonly string[] }
  /** The peer has reported done: nothing more needs to be repeated to it. */
  | { readonly kind: 'cancel-signals'; readonly incident: IncidentId; readonly peer: string }
  | {
      readonly kind: 'signal-done';
      readonly incident: IncidentId;
      readonly peer: string;
      readonly id: IncidentId;
      readonly bits: number;
      readonly keys: Readonly<Record<string, string>>;
    }
  /** `deviceWide`: with the commands that are not scoped to a peer. */
  | {
      readonly kind: 'capture';
      readonly incident: IncidentId;
      readonly round: 'first' | 'stop' | 'late';
      readonly scope: readonly string[];
      readonly deviceWide: boolean;
      readonly flows: readonly Flow[];
    }
  | { readonly kind: 'read-debugs'; readonly incident: IncidentId }
  /**
   * Sends the off command, then reads back. `only`: turn off just these flags one by one, after a stale restart; null: all.
   * Verified when none of `expectOff` is on (null: nothing at all may be on, because what was on at t0 is not known).
   */
  | {
      readonly kind: 'attempt-stop';
      readonly incident: IncidentId;
      readonly attempt: number;
      readonly via: StopVia;
      readonly only: readonly DebugFlag[] | null;
      readonly expectOff: readonly DebugFlag[] | null;
      /** `stop: own`: exactly these go off, nothing else is sent or expected; null: `only` and `expectOff` say. */
      readonly own: readonly DebugName[] | null;
      readonly timeoutMs: DurationMs;
    }
  | { readonly kind: 'wake'; readonly incident: IncidentId; readonly name: TimerName; readonly at: Monotonic }
  | { readonly kind: 'seal'; readonly incident: IncidentId; readonly overdue: boolean }
  /** Reads what must be known before debugs go on. `arm` in these: which attempt to arm it is, for its answer. */
  | { readonly kind: 'preflight'; readonly arm: number; readonly timeoutMs: DurationMs }
  /** Conditions, read back, then debugs, read back; undone when it does not come to its end. */
  | { readonly kind: 'arm-device'; readonly arm: number; readonly plan: ArmPlan; readonly timeoutMs: DurationMs }
  /** Debugs off and verified; only then `conditions` one by one, and the dead-man. `all`: by `undebug all`. */
  | {
      readonly kind: 'disarm-device';
      readonly arm: number;
      readonly attempt: number;
      readonly via: StopVia;
      readonly debugs: readonly DebugName[];
      readonly conditions: readonly string[];
      readonly deadMan: boolean;
      readonly all: boolean;
      readonly timeoutMs: DurationMs;
    }
  | { readonly kind: 'renew-dead-man'; readonly arm: number; readonly seconds: number }
  | { readonly kind: 'arm-wake'; readonly arm: number; readonly name: ArmTimerName; readonly at: Monotonic }
  /** A fact that belongs to an incident whose bundle is sealed. */
  | { readonly kind: 'addendum'; readonly incident: IncidentId; readonly what: Readonly<Record<string, unknown>> }
  | { readonly kind: 'alarm-raised'; readonly alarm: Alarm }
  | { readonly kind: 'alarm-cleared'; readonly alarm: Alarm }
  /** Mode observe, or a hold: what would have been done, in words; nothing is sent. */
  | { readonly kind: 'would'; readonly incident: IncidentId; readonly acts: readonly string[] };

/** Performed in the tick of their step, before the journal record is on disk: nothing at the stop waits. */
export const isUrgent = (effect: Effect): boolean =>
  effect.kind === 'attempt-stop' ||
  effect.kind === 'disarm-device' ||
  effect.kind === 'arm-wake' ||
  effect.kind === 'signal-stop' ||
  effect.kind === 'wake' ||
  effect.kind === 'alarm-raised' ||
  effect.kind === 'flush-ring';
