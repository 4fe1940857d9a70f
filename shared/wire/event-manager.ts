/**
 * cEventMgrPolicyEvent, the notification of `action … snmp-trap` (facts.md §3), between its nine varbinds and values.
 * CISCO-EMBEDDED-EVENT-MGR-MIB stands under two roots, 1.3.6.1.4.1.9.10.91 (2003) and .134 (2006); both are read.
 * Built by agent/net/snmp-sender.ts, read by snmp-receiver.ts.
 */
import { SpitrapError } from '../errors.ts';
import type { Pdu, SnmpValue, TrapV1Pdu, Varbind } from './snmp-pdu.ts';

export type EventManagerRoot = 91 | 134;

const ROOT_OIDS: Readonly<Record<EventManagerRoot, string>> = {
  91: '1.3.6.1.4.1.9.10.91',
  134: '1.3.6.1.4.1.9.10.134',
};

export const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
export const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';

/** Columns of ceemHistoryEventTable in the order of the notification's OBJECTS. */
const columns = {
  eventType1: 2,
  eventType2: 3,
  eventType3: 4,
  eventType4: 5,
  policyPath: 6,
  policyName: 7,
  intData1: 9,
  intData2: 10,
  strData: 11,
} as const;

const COLUMN_LAST = columns.strData;
const entryOid = (root: EventManagerRoot): string => `${ROOT_OIDS[root]}.1.2.3.1.`;
const ENTRY_OIDS: Readonly<Record<EventManagerRoot, string>> = { 91: entryOid(91), 134: entryOid(134) };

/** Of ceemHistoryEventTable: what stands before the row's index. */
export const historyColumn = (root: EventManagerRoot, column: keyof typeof columns): string =>
  `${ROOT_OIDS[root]}.1.2.3.1.${columns[column]}`;

const POLICY_TEXT_BYTES_MAX = 128;
const STR_DATA_BYTES_MAX = 255;

/** Null: unset, sent and read as noSuchInstance, as a router does. Texts are Latin-1: one character an octet. */
export interface PolicyEvent {
  readonly policyPath: string;
  readonly policyName: string;
  readonly intData1: number | null;
  readonly intData2: number | null;
  readonly strData: string | null;
}

const TRAP_OIDS: Readonly<Record<EventManagerRoot, string>> = { 91: `${ROOT_OIDS[91]}.0.2`, 134: `${ROOT_OIDS[134]}.0.2` };
export const policyEventTrapOid = (root: EventManagerRoot): string => TRAP_OIDS[root];

/** Enterprise and specific trap of the v1 form (RFC 3584 §3.2: the zero before the last arc is not sent). */
export const policyEventV1 = (root: EventManagerRoot): { readonly enterprise: string; readonly specificTrap: number } => ({
  enterprise: ROOT_OIDS[root],
  specificTrap: 2,
});

/**
 * The nine varbinds in MIB order. `index`: ceemHistoryEventIndex, from 1. Event types are 0: no event detector of a router fired.
 * Throws SIGNAL_UNENCODABLE for what the MIB's types cannot carry.
 */
export function policyEventVarbinds(root: EventManagerRoot, index: number, event: PolicyEvent): Varbind[] {
  const zero: SnmpValue = { type: 'unsigned32', value: 0 };
  const values: Record<keyof typeof columns, SnmpValue> = {
    eventType1: zero,
    eventType2: zero,
    eventType3: zero,
    eventType4: zero,
    policyPath: text('PolicyPath', event.policyPath, POLICY_TEXT_BYTES_MAX),
    policyName: text('PolicyName', event.policyName, POLICY_TEXT_BYTES_MAX),
    intData1: integer('IntData1', event.intData1),
    intData2: integer('IntData2', event.intData2),
    strData: event.strData === null ? { type: 'no-such-instance' } : text('StrData', event.strData, STR_DATA_BYTES_MAX),
  };
  return (Object.keys(columns) as (keyof typeof columns)[]).map((name) => ({
    oid: `${ROOT_OIDS[root]}.1.2.3.1.${columns[name]}.${index}`,
    value: values[name],
  }));
}

/** sysUpTime.0 and snmpTrapOID.0 first, as RFC 3416 §4.2.6 has them in every v2c and v3 notification. */
export function notificationVarbinds(upTimeTicks: number, trapOid: string, objects: readonly Varbind[]): Varbind[] {
  return [
    { oid: SYS_UP_TIME, value: { type: 'time-ticks', value: upTimeTicks } },
    { oid: SNMP_TRAP_OID, value: { type: 'oid', value: trapOid } },
    ...objects,
  ];
}

export interface NotificationHead {
  /** Hundredths of a second. */
  readonly upTimeTicks: number;
  readonly trapOid: string;
}

/** What a v2c or v3 notification begins with; null when it does not. */
export function readNotificationHead(varbinds: readonly Varbind[]): NotificationHead | null {
  const [upTime, trapOid] = varbinds;
  if (upTime?.oid !== SYS_UP_TIME || upTime.value.type !== 'time-ticks') return null;
  if (trapOid?.oid !== SNMP_TRAP_OID || trapOid.value.type !== 'oid') return null;
  return { upTimeTicks: upTime.value.value, trapOid: trapOid.value.value };
}

const GENERIC_TRAPS = '1.3.6.1.6.3.1.1.5';
export const ENTERPRISE_SPECIFIC = 6;

/** RFC 3584 §3.1: the notification that a v1 Trap-PDU stands for. `agentAddress` is left out on purpose. */
export function headOfV1Trap(trap: TrapV1Pdu): NotificationHead {
  const trapOid =
    trap.genericTrap === ENTERPRISE_SPECIFIC
      ? `${trap.enterprise}.0.${trap.specificTrap}`
      : `${GENERIC_TRAPS}.${trap.genericTrap + 1}`;
  return { upTimeTicks: trap.timeStamp, trapOid };
}

/** Of any version; null: a v2c or v3 PDU that does not begin as a notification does. */
export const readHead = (pdu: Pdu | TrapV1Pdu): NotificationHead | null =>
  pdu.type === 'trap-v1' ? headOfV1Trap(pdu) : readNotificationHead(pdu.varbinds);

/**
 * The values of a cEventMgrPolicyEvent under either root; null when the notification is another one. Varbinds are found by the prefix
 * of their column, with any index and at any place: Note A's own applet matches them so. A wrong type counts as unset.
 */
export function readPolicyEvent(
  trapOid: string,
  varbinds: Pdu['varbinds'],
): (PolicyEvent & { readonly root: EventManagerRoot }) | null {
  const root = trapOid === TRAP_OIDS[91] ? 91 : trapOid === TRAP_OIDS[134] ? 134 : null;
  if (root === null) return null;
  const values = valuesByColumn(root, varbinds);
  const find = (column: number): SnmpValue | undefined => values[column];
  const number = (value: SnmpValue | undefined): number | null => (value?.type === 'integer' ? value.value : null);
  const string = (value: SnmpValue | undefined): string | null =>
    value?.type === 'octets' ? value.value.toString('latin1') : null;
  return {
    root,
    policyPath: string(find(columns.policyPath)) ?? '',
    policyName: string(find(columns.policyName)) ?? '',
    intData1: number(find(columns.intData1)),
    intData2: number(find(columns.intData2)),
    strData: string(find(columns.strData)),
  };
}

/** The first value of each column. */
function valuesByColumn(root: EventManagerRoot, varbinds: Pdu['varbinds']): (SnmpValue | undefined)[] {
  const prefix = ENTRY_OIDS[root];
  const values: (SnmpValue | undefined)[] = [];
  for (const { oid, value } of varbinds) {
    if (!oid.startsWith(prefix)) continue;
    const end = oid.indexOf('.', prefix.length);
    const column = end === -1 ? 0 : Number(oid.slice(prefix.length, end));
    if (column > 0 && column <= COLUMN_LAST) values[column] ??= value;
  }
  return values;
}

function text(name: string, value: string, bytesMax: number): SnmpValue {
  if (value.length > bytesMax || /[^\x00-\xff]/.test(value))
    throw new SpitrapError(
      'SIGNAL_UNENCODABLE',
      `${name} of a cEventMgrPolicyEvent takes at most ${bytesMax} octets of Latin-1; ${value.length} characters were given, nothing is sent`,
    );
  return { type: 'octets', value: Buffer.from(value, 'latin1') };
}

function integer(name: string, value: number | null): SnmpValue {
  if (value === null) return { type: 'no-such-instance' };
  if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff)
    throw new SpitrapError(
      'SIGNAL_UNENCODABLE',
      `${name} of a cEventMgrPolicyEvent is an Integer32; ${value} was given, nothing is sent`,
    );
  return { type: 'integer', value };
}
