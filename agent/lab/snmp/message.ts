/**
 * SNMP v1 and v2c messages of the simulated box: traps and informs out, traps, informs and responses in (RFC 1157, 3416, 3584).
 * Used by box-snmp.ts; the island's own codec, on ber.ts. Version 3 is not built: such a message is named, not read.
 */
import { decodeAll, decodeInteger, decodeOid, encodeGroup, encodeInteger, encodeOid, encodeTlv, type Tlv } from './ber.ts';

export type SnmpVersion = 1 | '2c';

export type VarbindValue =
  | { readonly type: 'integer' | 'unsigned32' | 'time-ticks'; readonly value: number }
  | { readonly type: 'octets'; readonly value: string }
  | { readonly type: 'oid' | 'ip-address'; readonly value: string }
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
  readonly community: string;
  readonly enterprise: string;
  readonly agentAddress: string;
  readonly specificTrap: number;
  readonly upTimeTicks: number;
  readonly varbinds: readonly OutgoingVarbind[];
}

export interface OutgoingV2 {
  readonly community: string;
  readonly confirmed: boolean;
  readonly requestId: number;
  readonly varbinds: readonly OutgoingVarbind[];
}

export type Incoming =
  | {
      readonly kind: 'notification';
      readonly version: SnmpVersion;
      readonly confirmed: boolean;
      readonly varbinds: readonly IncomingVarbind[];
      /** Of an inform: the Response that answers it. */
      readonly answer: Buffer | null;
    }
  | { readonly kind: 'response'; readonly requestId: number; readonly errorStatus: number }
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'version' | 'pdu-type' };

const INTEGER = 0x02;
const OCTETS = 0x04;
const OID = 0x06;
const SEQUENCE = 0x30;
const IP_ADDRESS = 0x40;
const COUNTER32 = 0x41;
const GAUGE32 = 0x42;
const TIME_TICKS = 0x43;
const COUNTER64 = 0x46;
const NO_SUCH_INSTANCE = 0x81;
const RESPONSE = 0xa2;
const TRAP_V1 = 0xa4;
const INFORM = 0xa6;
const TRAP_V2 = 0xa7;
const ENTERPRISE_SPECIFIC = 6;
const VARBINDS_MAX = 64;

const numberTags = { integer: INTEGER, unsigned32: GAUGE32, 'time-ticks': TIME_TICKS } as const;

export const encodeTrapV1 = (trap: OutgoingTrapV1): Buffer =>
  message(
    1,
    trap.community,
    encodeGroup(TRAP_V1, [
      encodeOid(OID, trap.enterprise),
      encodeTlv(IP_ADDRESS, Buffer.from(trap.agentAddress.split('.').map(Number))),
      encodeInteger(INTEGER, ENTERPRISE_SPECIFIC),
      encodeInteger(INTEGER, trap.specificTrap),
      encodeInteger(TIME_TICKS, trap.upTimeTicks),
      varbindList(trap.varbinds),
    ]),
  );

export const encodeV2 = (out: OutgoingV2): Buffer =>
  message(
    '2c',
    out.community,
    encodeGroup(out.confirmed ? INFORM : TRAP_V2, [
      encodeInteger(INTEGER, out.requestId),
      encodeInteger(INTEGER, 0),
      encodeInteger(INTEGER, 0),
      varbindList(out.varbinds),
    ]),
  );

function message(version: SnmpVersion, community: string, pdu: Buffer): Buffer {
  const head = [encodeInteger(INTEGER, version === 1 ? 0 : 1), encodeTlv(OCTETS, Buffer.from(community, 'latin1'))];
  return encodeGroup(SEQUENCE, [...head, pdu]);
}

const varbindList = (varbinds: readonly OutgoingVarbind[]): Buffer =>
  encodeGroup(
    SEQUENCE,
    varbinds.map(({ oid, value }) => encodeGroup(SEQUENCE, [encodeOid(OID, oid), encodeValue(value)])),
  );

function encodeValue(value: VarbindValue): Buffer {
  switch (value.type) {
    case 'integer':
    case 'unsigned32':
    case 'time-ticks':
      return encodeInteger(numberTags[value.type], value.value);
    case 'octets':
      return encodeTlv(OCTETS, Buffer.from(value.value, 'latin1'));
    case 'oid':
      return encodeOid(OID, value.value);
    case 'ip-address':
      return encodeTlv(IP_ADDRESS, Buffer.from(value.value.split('.').map(Number)));
    case 'no-such-instance':
      return encodeTlv(NO_SUCH_INSTANCE, Buffer.alloc(0));
  }
}

const refused = (why: 'malformed' | 'version' | 'pdu-type'): Incoming => ({ kind: 'refused', why });

/** Reads one datagram. Whatever stands in it, this returns. */
export function decodeMessage(bytes: Uint8Array): Incoming {
  const outer = decodeAll(bytes, 1)?.[0];
  const parts = outer?.tag === SEQUENCE ? decodeAll(outer.content, 4) : null;
  const version = parts?.[0]?.tag === INTEGER ? decodeInteger(parts[0].content) : null;
  if (!parts || version === null) return refused('malformed');
  if (version !== 0n && version !== 1n) return refused('version');
  const [, community, pdu] = parts;
  if (parts.length !== 3 || community?.tag !== OCTETS || !pdu) return refused('malformed');
  if (version === 0n && pdu.tag === TRAP_V1) return readTrapV1(pdu);
  if (version === 1n && (pdu.tag === TRAP_V2 || pdu.tag === INFORM || pdu.tag === RESPONSE)) return readV2(pdu, community);
  return refused('pdu-type');
}

function readTrapV1(pdu: Tlv): Incoming {
  const fields = decodeAll(pdu.content, 6);
  const tags = [OID, IP_ADDRESS, INTEGER, INTEGER, TIME_TICKS, SEQUENCE];
  if (fields?.length !== tags.length || tags.some((tag, index) => fields[index]!.tag !== tag)) return refused('malformed');
  const varbinds = readVarbinds(fields[5]!);
  if (!varbinds) return refused('malformed');
  return { kind: 'notification', version: 1, confirmed: false, varbinds, answer: null };
}

function readV2(pdu: Tlv, community: Tlv): Incoming {
  const fields = decodeAll(pdu.content, 4);
  const tags = [INTEGER, INTEGER, INTEGER, SEQUENCE];
  if (fields?.length !== tags.length || tags.some((tag, index) => fields[index]!.tag !== tag)) return refused('malformed');
  const [requestId, errorStatus, , list] = fields as [Tlv, Tlv, Tlv, Tlv];
  const [id, status] = [decodeInteger(requestId.content), decodeInteger(errorStatus.content)];
  const varbinds = readVarbinds(list);
  if (id === null || status === null || !varbinds) return refused('malformed');
  if (pdu.tag === RESPONSE) return { kind: 'response', requestId: Number(id), errorStatus: Number(status) };
  const confirmed = pdu.tag === INFORM;
  return {
    kind: 'notification',
    version: '2c',
    confirmed,
    varbinds,
    answer: confirmed ? answerTo(community, requestId, list) : null,
  };
}

/** RFC 3416 §4.2.7: the same request-id and the same varbinds, octet by octet as they came. */
const answerTo = (community: Tlv, requestId: Tlv, list: Tlv): Buffer =>
  encodeGroup(SEQUENCE, [
    encodeInteger(INTEGER, 1),
    encodeTlv(OCTETS, community.content),
    encodeGroup(RESPONSE, [
      encodeTlv(INTEGER, requestId.content),
      encodeInteger(INTEGER, 0),
      encodeInteger(INTEGER, 0),
      encodeTlv(SEQUENCE, list.content),
    ]),
  ]);

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
