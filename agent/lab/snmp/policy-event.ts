/**
 * cEventMgrPolicyEvent, what `action … snmp-trap` sends: the nine varbinds of CISCO-EMBEDDED-EVENT-MGR-MIB under its root of
 * 2003 (ciscoExperiment 91) or of 2006 (134). Which release sends which is not known; Note A's applet expects 91.
 */
import type { OutgoingVarbind, VarbindValue } from './pdu.ts';

export type EventManagerRoot = 91 | 134;

export interface PolicyEvent {
  /** ceemHistoryEventIndex, from 1. */
  readonly index: number;
  readonly eventType: number;
  readonly policyName: string;
  /** Null: not set by the action, sent as noSuchInstance (also in v1, which has no such thing: routers do). */
  readonly intData1: number | null;
  readonly intData2: number | null;
  readonly strData: string | null;
}

export interface Notification {
  /** snmpTrapOID.0 of v2c. */
  readonly trapOid: string;
  /** The v1 form: enterprise without the zero, specific trap (RFC 3584 §3.2). */
  readonly enterprise: string;
  readonly specificTrap: number;
  readonly varbinds: readonly OutgoingVarbind[];
}

const POLICY_EVENT = 2;

const unset: VarbindValue = { type: 'no-such-instance' };
const integer = (value: number | null): VarbindValue => (value === null ? unset : { type: 'integer', value });
const octets = (value: string | null): VarbindValue => (value === null ? unset : { type: 'octets', value });
const unsigned = (value: number): VarbindValue => ({ type: 'unsigned32', value });

export function policyEvent(root: EventManagerRoot, event: PolicyEvent): Notification {
  const mib = `1.3.6.1.4.1.9.10.${root}`;
  const columns: readonly [column: number, value: VarbindValue][] = [
    [2, unsigned(event.eventType)],
    [3, unsigned(0)],
    [4, unsigned(0)],
    [5, unsigned(0)],
    [6, octets('')],
    [7, octets(event.policyName)],
    [9, integer(event.intData1)],
    [10, integer(event.intData2)],
    [11, octets(event.strData)],
  ];
  return {
    trapOid: `${mib}.0.${POLICY_EVENT}`,
    enterprise: mib,
    specificTrap: POLICY_EVENT,
    varbinds: columns.map(([column, value]) => ({ oid: `${mib}.1.2.3.1.${column}.${event.index}`, value })),
  };
}
