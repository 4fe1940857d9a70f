/** What the machines need of the configuration: constant for the life of an agent. */
import type { DurationMs } from '../model/time.ts';
import type { Mode, Role } from '../model/watch.ts';

export interface Rules {
  readonly role: Role;
  readonly mode: Mode;
  /** For alarms: what a person logs in to. */
  readonly device: { readonly name: string; readonly address: string };
  /** What a person types there. */
  readonly stopCommand: string;
  readonly delayMs: DurationMs;
  readonly maxDelayMs: DurationMs;
  readonly holdDownMs: DurationMs;
  /** Log kept after the stop. */
  readonly afterMs: DurationMs;
  readonly eemWindowMs: DurationMs;
  readonly incidentsPerHour: number;
  readonly maxPeersCaptured: number;
  readonly flowsPerIncidentMax: number;
  readonly heldFlowsMax: number;
  readonly closedIdsMax: number;
  readonly peers: readonly PeerRule[];
}

export interface PeerRule {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  /** Where a person logs in when that end must be stopped by hand. */
  readonly where: string;
}
