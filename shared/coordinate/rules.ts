/** What the machines need of the configuration: constant for the life of an agent. */
import type { ArmPlan, ArmWhen } from '../model/arming.ts';
import type { DurationMs } from '../model/time.ts';
import type { Mode, Role } from '../model/watch.ts';
import type { Remedies } from '../platforms/arming.ts';

export interface Rules {
  readonly role: Role;
  readonly mode: Mode;
  /** For alarms: what a person logs in to. */
  readonly device: { readonly name: string; readonly address: string };
  /** What a person types there. */
  readonly stopCommand: string;
  /** `own`: only what the pair armed is turned off. */
  readonly stopMode: 'all' | 'own';
  readonly delayMs: DurationMs;
  readonly maxDelayMs: DurationMs;
  readonly holdDownMs: DurationMs;
  /** The message is limited to one in this: the same flow again after it is no transient. */
  readonly messageIntervalMs: DurationMs;
  /** Log kept after the stop. */
  readonly afterMs: DurationMs;
  readonly eemWindowMs: DurationMs;
  readonly incidentsPerHour: number;
  readonly maxPeersCaptured: number;
  readonly flowsPerIncidentMax: number;
  readonly heldFlowsMax: number;
  readonly closedIdsMax: number;
  readonly peers: readonly PeerRule[];
  readonly arming: ArmingRules;
}

/** When, under what lease, and what is put on the device. */
export interface ArmingRules {
  readonly when: ArmWhen;
  readonly plan: ArmPlan;
  /** The platform has no crypto conditions: its debugs are for every peer, and a plan without any is whole. */
  readonly unconditional?: boolean;
  readonly leaseMs: DurationMs;
  /** In total, until a person arms again. */
  readonly maxDebugMs: DurationMs;
  readonly rearm: { readonly kind: 'never' | 'if-transient' } | { readonly kind: 'after'; readonly afterMs: DurationMs };
  /** Addresses at which the device's `logging host` lines may name us; empty: no source takes syslog. */
  readonly ourHosts: readonly string[];
  /** A terminal monitor would get the debugs on its line. */
  readonly terminalMonitor: boolean;
  /** What a person enters on this platform. Absent: findings come without it. */
  readonly remedies?: Remedies;
}

export interface PeerRule {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  /** Where a person logs in when that end must be stopped by hand. */
  readonly where: string;
}
