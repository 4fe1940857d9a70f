/** What can happen to the book. Every input is journaled as it is, and replayed after a restart. `at`/`wall`: when it happened, on the agent's clocks. */

import type { ArmAttempt, BreakerTrip, DisarmAttempt, PreflightReading } from '../model/arming.ts';
import type { Flow } from '../model/flow.ts';
import type { SymptomCause } from '../model/observation.ts';
import type { DurationMs, Monotonic, Wall } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { DebugFlag } from '../platforms/platform.ts';
import type { ArmedBy } from './arming-state.ts';
import type { CaptureRecord, Outcome, StopAttempt } from './book.ts';

interface Timed {
  readonly at: Monotonic;
  readonly wall: Wall;
}

export type Input = Timed & InputBody;

export type InputBody =
  /** Our own device logged an invalid SPI, past the gate. `id` is for the incident, if this opens one. */
  | {
      readonly kind: 'sighting';
      readonly id: IncidentId;
      readonly flow: Flow;
      readonly peers: readonly string[];
      readonly interface: string | null;
      readonly source: string;
      readonly spoofable: boolean;
      readonly spiAsReceived: string;
      readonly line: string;
    }
  /** Something past its source that tells of packets without an SA and of no flow (symptom.ts). `id` is for the incident, if this opens one. */
  | {
      readonly kind: 'symptom';
      readonly id: IncidentId;
      readonly cause: SymptomCause;
      readonly source: string;
      readonly opens: boolean;
      /** Whom it names; empty: nobody. */
      readonly peers: readonly string[];
      readonly scope: readonly string[];
      readonly detail: string;
    }
  /** A person asks for a capture (capture-now.ts). `pair`: of the peers too. `id` is for the incident. */
  | { readonly kind: 'capture'; readonly id: IncidentId; readonly who: string; readonly pair: boolean }
  | {
      readonly kind: 'alert';
      readonly id: IncidentId;
      readonly peer: string;
      /** IntData2 as received; null: not an integer. */
      readonly delayMs: number | null;
      readonly act: boolean;
      readonly flow: Flow | null;
      readonly scope: readonly string[];
    }
  /** `id` null: an EEM peer's bare stop; `newId` is for the incident, if this opens one. */
  | {
      readonly kind: 'stop';
      readonly id: IncidentId | null;
      readonly newId: IncidentId;
      readonly peer: string;
      readonly scope: readonly string[];
      /** What the signaller says it is about; absent from an EEM peer. */
      readonly flow?: Flow | null;
    }
  | {
      readonly kind: 'done';
      readonly id: IncidentId;
      readonly peer: string;
      readonly bits: number;
      readonly keys: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'corroborated';
      readonly incident: IncidentId;
      readonly flow: Flow;
      readonly result: 'found' | 'absent' | 'undecided';
      readonly detail: string;
    }
  | {
      readonly kind: 'debugs-read';
      readonly incident: IncidentId;
      readonly flags: readonly DebugFlag[] | null;
      readonly detail: string;
    }
  | ({ readonly kind: 'capture-ended'; readonly incident: IncidentId } & Pick<
      CaptureRecord,
      'round' | 'withOutput' | 'planned' | 'whole' | 'spiSeen' | 'seen' | 'suspects'
    >)
  | { readonly kind: 'stop-attempted'; readonly incident: IncidentId; readonly attempt: number; readonly outcome: StopAttempt }
  | {
      readonly kind: 'delivery';
      readonly incident: IncidentId;
      readonly peer: string;
      readonly phase: 'alert' | 'stop';
      readonly result: 'acknowledged' | 'sent' | 'given-up';
      readonly attempts: number;
      readonly roundTripMs: DurationMs | null;
      readonly detail: string;
    }
  | { readonly kind: 'timer'; readonly incident: IncidentId; readonly name: TimerName }
  | { readonly kind: 'sealed'; readonly incident: IncidentId; readonly outcome: Outcome }
  | { readonly kind: 'seal-failed'; readonly incident: IncidentId; readonly detail: string }
  /** After a restart, first of all: when the kernel booted in between, monotonic times of the book mean nothing any more. */
  | { readonly kind: 'restarted'; readonly resumable: boolean }
  /** After a restart, once for each incident that was open. `resumable`: the monotonic clock still counts as it did (same kernel boot). */
  | { readonly kind: 'recovered'; readonly incident: IncidentId; readonly resumable: boolean }
  /** `show debugging` outside an incident: at each hello. */
  | { readonly kind: 'debugs-seen'; readonly cryptoOn: boolean }
  /** `who`: absent where nobody says (a file, the configuration, an older journal). */
  | { readonly kind: 'hold'; readonly on: boolean; readonly who?: string }
  /** `who`: the user of the command line, or the peer. `leaseMs`: a shorter lease than the configured one; null: that one. `follows`: a peer that judged an incident has armed again. */
  | {
      readonly kind: 'arm';
      readonly by: ArmedBy;
      readonly who: string;
      readonly leaseMs: DurationMs | null;
      readonly follows?: boolean;
    }
  | { readonly kind: 'disarm'; readonly by: 'person' | 'peer'; readonly who: string }
  /** `arm` in these: which attempt to arm it belongs to. */
  | { readonly kind: 'preflighted'; readonly arm: number; readonly reading: PreflightReading }
  | { readonly kind: 'arm-attempted'; readonly arm: number; readonly attempt: ArmAttempt }
  | { readonly kind: 'disarm-attempted'; readonly arm: number; readonly attempt: number; readonly outcome: DisarmAttempt }
  /** Sessions up, CPU readable, every spitrap peer heard: the debugs may stay on. */
  | { readonly kind: 'lease-renewed'; readonly arm: number }
  | { readonly kind: 'breaker'; readonly arm: number; readonly trip: BreakerTrip; readonly detail: string }
  | { readonly kind: 'dead-man-renewed'; readonly arm: number; readonly ok: boolean; readonly detail: string }
  | { readonly kind: 'arm-timer'; readonly arm: number; readonly name: ArmTimerName }
  | { readonly kind: 'acknowledge'; readonly alarm: string; readonly who?: string }
  | { readonly kind: 'raise'; readonly key: string; readonly text: string; readonly remedy: string | null }
  | { readonly kind: 'clear'; readonly key: string }
  /** The agent is told to end: a stop that it undertook is made now, since nobody may be there at its time. */
  | { readonly kind: 'leaving' }
  /** Now and then: forgets what is older than it must be remembered. */
  | { readonly kind: 'expire' };

export type TimerName = 'stop' | 'stop-bound' | 'stop-retry' | 'stop-hung' | 'tail' | 'seal-deadline' | 'seal-retry' | 'judge';

export type ArmTimerName = 'lease' | 'max-debug' | 'hung' | 'disarm-bound' | 'disarm-retry';
