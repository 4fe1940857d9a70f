/**
 * PDUs and varbinds of the simulated box (RFC 3416, and the Trap-PDU of RFC 1157 §4.1.6), on ber.ts. The envelopes around them are
 * message.ts (v1, v2c) and message-v3.ts.
 */
import { decodeAll, decodeInteger, decodeOid, encodeGroup, encodeInteger, encodeOid, encodeTlv, type Tlv } from './ber.ts';

export type VarbindValue =
  | { readonly type: 'integer' | 'unsigned32' | 'counter32' | 'time-ticks'; readonly value: number }
  | { readonly type: 'octets'; readonly value: string }
  | { readonly type: 'oid'; readonly value: string }
  | { readonly type: 'no-such-instance' };

export interface OutgoingVarbind {
  readonly oid: string;
  readonly value: VarbindValue;
}

export interface IncomingVarbind {
  readonly oid: string;
  /** As a person would write it: decimal, dotted, or the octets as Latin-1; null: null, an exception, or an unknown type. */
  readonly text: string | null;
}

export interface OutgoingTrapV1 {
  readonly enterprise: string;
  readonly agentAddress: string;
  readonly specificTrap: number;
  readonly upTimeTicks: number;
  readonly varbinds: readonly OutgoingVarbind[];
}

export type IncomingPdu =
  | {
      readonly kind: 'notification';
      readonly varbinds: readonly IncomingVarbind[];
      /** The Response-PDU that answers an inform; null: a trap. */
      readonly answer: Buffer | null;
    }
  | { readonly kind: 'response'; readonly requestId: number }
  | { readonly kind: 'report'; readonly varbinds: readonly IncomingVarbind[] };

export const berTags = { integer: 0x02, octets: 0x04, sequence: 0x30 } as const;
const { integer: INTEGER, octets: OCTETS, sequence: SEQUENCE } = berTags;
const OID = 0x06;
const IP_ADDRESS = 0x40;
const COUNTER32 = 0x41;
const GAUGE32 = 0x42;
const TIME_TICKS = 0x43;
const COUNTER64 = 0x46;
const NO_SUCH_INSTANCE = 0x81;
const END_OF_MIB_VIEW = 0x82;
const RESPONSE = 0xa2;
export const TRAP_V1 = 0xa4;
const INFORM = 0xa6;
const TRAP_V2 = 0xa7;
const REPORT = 0xa8;
const ENTERPRISE_SPECIFIC = 6;
const VARBINDS_MAX = 64;

const outgoingTags = { trap: TRAP_V2, inform: INFORM, report: REPORT } as const;
const numberTags = { integer: INTEGER, unsigned32: GAUGE32, counter32: COUNTER32, 'time-ticks': TIME_TICKS } as const;

export const encodeTrapV1 = (trap: OutgoingTrapV1): Buffer =>
  encodeGroup(TRAP_V1, [
    encodeOid(OID, trap.enterprise),
    encodeTlv(IP_ADDRESS, Buffer.from(trap.agentAddress.split('.').map(Number))),
    encodeInteger(INTEGER, ENTERPRISE_SPECIFIC),
    encodeInteger(INTEGER, trap.specificTrap),
    encodeInteger(TIME_TICKS, trap.upTimeTicks),
    varbindList(trap.varbinds),
  ]);

export const encodePdu = (type: keyof typeof outgoingTags, requestId: number, varbinds: readonly OutgoingVarbind[]): Buffer =>
  encodeGroup(outgoingTags[type], [
    encodeInteger(INTEGER, requestId),
    encodeInteger(INTEGER, 0),
    encodeInteger(INTEGER, 0),
    varbindList(varbinds),
  ]);

export interface AnsweredVarbind {
  readonly oid: string;
  readonly value: VarbindValue | { readonly type: 'end-of-mib-view' };
}

export const varbindList = (varbinds: readonly AnsweredVarbind[]): Buffer =>
  encodeGroup(
    SEQUENCE,
    varbinds.map(({ oid, value }) => encodeGroup(SEQUENCE, [encodeOid(OID, oid), encodeValue(value)])),
  );

function encodeValue(value: AnsweredVarbind['value']): Buffer {
  switch (value.type) {
    case 'integer':
    case 'unsigned32':
    case 'counter32':
    case 'time-ticks':
      return encodeInteger(numberTags[value.type], value.value);
    case 'octets':
      return encodeTlv(OCTETS, Buffer.from(value.value, 'latin1'));
    case 'oid':
      return encodeOid(OID, value.value);
    case 'no-such-instance':
      return encodeTlv(NO_SUCH_INSTANCE, Buffer.alloc(0));
    case 'end-of-mib-view':
      return encodeTlv(END_OF_MIB_VIEW, Buffer.alloc(0));
  }
}

/** Varbinds of a v1 trap; null: malformed. */
export function readTrapV1(pdu: Tlv): readonly IncomingVarbind[] | null {
  const fields = typed(pdu, [OID, IP_ADDRESS, INTEGER, INTEGER, TIME_TICKS, SEQUENCE]);
  return fields && readVarbinds(fields[5]!);
}

/** Of a PDU that asks: its request-id, and what it asks for; null: malformed. */
export function readAsked(pdu: Tlv): { readonly requestId: number; readonly oids: readonly string[] } | null {
  const fields = typed(pdu, [INTEGER, INTEGER, INTEGER, SEQUENCE]);
  const id = fields && decodeInteger(fields[0]!.content);
  const varbinds = fields && readVarbinds(fields[3]!);
  return id === null || !varbinds ? null : { requestId: Number(id), oids: varbinds.map(({ oid }) => oid) };
}

/** A PDU of v2c or v3 that a box takes. */
export function readPdu(pdu: Tlv): IncomingPdu | 'malformed' | 'pdu-type' {
  if (![TRAP_V2, INFORM, RESPONSE, REPORT].includes(pdu.tag)) return 'pdu-type';
  const fields = typed(pdu, [INTEGER, INTEGER, INTEGER, SEQUENCE]);
  if (!fields) return 'malformed';
  const [requestId, , , list] = fields as [Tlv, Tlv, Tlv, Tlv];
  const id = decodeInteger(requestId.content);
  const varbinds = readVarbinds(list);
  if (id === null || !varbinds) return 'malformed';
  switch (pdu.tag) {
    case RESPONSE:
      return { kind: 'response', requestId: Number(id) };
    case REPORT:
      return { kind: 'report', varbinds };
    case INFORM:
      return { kind: 'notification', varbinds, answer: answerTo(requestId, list) };
    default:
      return { kind: 'notification', varbinds, answer: null };
  }
}

/** RFC 3416 §4.2.7: the same request-id and the same varbinds, octet by octet as they came. */
const answerTo = (requestId: Tlv, list: Tlv): Buffer =>
  encodeGroup(RESPONSE, [
    encodeTlv(INTEGER, requestId.content),
    encodeInteger(INTEGER, 0),
    encodeInteger(INTEGER, 0),
    encodeTlv(SEQUENCE, list.content),
  ]);

/** The elements of a sequence when they have exactly these tags. */
export function typed(of: Tlv, tags: readonly number[]): readonly Tlv[] | null {
  const fields = decodeAll(of.content, tags.length);
  return fields?.length === tags.length && tags.every((tag, index) => fields[index]!.tag === tag) ? fields : null;
}

function readVarbinds(list: Tlv): IncomingVarbind[] | null {
  const found: IncomingVarbind[] = [];
  for (const entry of decodeAll(list.content, VARBINDS_MAX) ?? [null]) {
    const pair = entry?.tag === SEQUENCE ? decodeAll(entry.content, 2) : null;
    const oid = pair?.[0]?.tag === OID ? decodeOid(pair[0].content) : null;
    if (pair?.length !== 2 || oid === null) return null;
    found.push({ oid, text: textOf(pair[1]!) });
  }
  return found;
}

function textOf({ tag, content }: Tlv): string | null {
  switch (tag) {
    case INTEGER:
    case COUNTER32:
    case GAUGE32:
    case TIME_TICKS:
    case COUNTER64:
      return decodeInteger(content)?.toString() ?? null;
    case OCTETS:
      return Buffer.from(content).toString('latin1');
    case OID:
      return decodeOid(content);
    case IP_ADDRESS:
      return content.length === 4 ? content.join('.') : null;
    default:
      return null;
  }
}
