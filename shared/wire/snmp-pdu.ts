/**
 * SNMP PDUs: RFC 3416 §3 (and the Trap-PDU of RFC 1157 §4.1.6) between octets and values, with the exception values
 * 0x80 to 0x82 that a notification may carry for what is not set. Used by snmp-message.ts and by agent/net.
 */
import { limits } from '../limits.ts';
import { type BerReader, berCounter64, berInteger, berOctets, berOid, berSequence, berTlv, berUnsigned, tags } from './ber.ts';

export type SnmpValue =
  | { readonly type: 'integer' | 'counter32' | 'unsigned32' | 'time-ticks'; readonly value: number }
  | { readonly type: 'octets' | 'opaque'; readonly value: Buffer }
  | { readonly type: 'oid' | 'ip-address'; readonly value: string }
  | { readonly type: 'counter64'; readonly value: bigint }
  | { readonly type: 'null' | 'no-such-object' | 'no-such-instance' | 'end-of-mib-view' };

export interface Varbind {
  readonly oid: string;
  readonly value: SnmpValue;
}

const pduTags = {
  get: 0xa0,
  'get-next': 0xa1,
  response: 0xa2,
  set: 0xa3,
  'get-bulk': 0xa5,
  inform: 0xa6,
  trap: 0xa7,
  report: 0xa8,
} as const;
export const TRAP_V1_TAG = 0xa4;

export type PduType = keyof typeof pduTags;
const typeOfTag = new Map(Object.entries(pduTags).map(([type, tag]) => [tag as number, type as PduType]));

/** For get-bulk, errorStatus and errorIndex are non-repeaters and max-repetitions. */
export interface Pdu {
  readonly type: PduType;
  readonly requestId: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly varbinds: readonly Varbind[];
}

/** RFC 1157 Trap-PDU. `agentAddress` is written by whoever sends: never trusted for authorisation. */
export interface TrapV1Pdu {
  readonly type: 'trap-v1';
  readonly enterprise: string;
  readonly agentAddress: string;
  readonly genericTrap: number;
  readonly specificTrap: number;
  /** Hundredths of a second. */
  readonly timeStamp: number;
  readonly varbinds: readonly Varbind[];
}

export function encodePdu(pdu: Pdu | TrapV1Pdu): Buffer {
  const varbinds = berSequence(...pdu.varbinds.map(encodeVarbind));
  if (pdu.type === 'trap-v1')
    return berTlv(
      TRAP_V1_TAG,
      berOid(pdu.enterprise),
      encodeValue({ type: 'ip-address', value: pdu.agentAddress }),
      berInteger(pdu.genericTrap),
      berInteger(pdu.specificTrap),
      berUnsigned(pdu.timeStamp, tags.timeTicks),
      varbinds,
    );
  return berTlv(pduTags[pdu.type], berInteger(pdu.requestId), berInteger(pdu.errorStatus), berInteger(pdu.errorIndex), varbinds);
}

/** Reads the PDU that comes next; faults stand in `reader.fault`. */
export function readPdu(reader: BerReader): Pdu | TrapV1Pdu | null {
  const tag = reader.peek();
  if (tag === TRAP_V1_TAG) return readTrapV1(reader);
  const type = typeOfTag.get(tag);
  if (type === undefined) {
    reader.fail(`tag 0x${(tag & 0xff).toString(16)} is no PDU`);
    return null;
  }
  const outer = reader.enter(tag);
  const requestId = reader.integer();
  const errorStatus = reader.integer();
  const errorIndex = reader.integer();
  const varbinds = readVarbinds(reader);
  reader.leave(outer);
  return reader.fault === null ? { type, requestId, errorStatus, errorIndex, varbinds } : null;
}

function readTrapV1(reader: BerReader): TrapV1Pdu | null {
  const outer = reader.enter(TRAP_V1_TAG);
  const enterprise = reader.oid();
  const agentAddress = readIpAddress(reader);
  const genericTrap = reader.integer();
  const specificTrap = reader.integer();
  const timeStamp = reader.unsigned(tags.timeTicks);
  const varbinds = readVarbinds(reader);
  reader.leave(outer);
  if (reader.fault !== null) return null;
  return { type: 'trap-v1', enterprise, agentAddress, genericTrap, specificTrap, timeStamp, varbinds };
}

function readVarbinds(reader: BerReader): Varbind[] {
  const varbinds: Varbind[] = [];
  const list = reader.enter(tags.sequence);
  while (reader.more) {
    if (varbinds.length >= limits.varbindsMax) {
      reader.fail(`more than ${limits.varbindsMax} varbinds`);
      break;
    }
    const outer = reader.enter(tags.sequence);
    const oid = reader.oid();
    const value = readValue(reader);
    reader.leave(outer);
    varbinds.push({ oid, value });
  }
  reader.leave(list);
  return varbinds;
}

export function encodeVarbind(varbind: Varbind): Buffer {
  return berSequence(berOid(varbind.oid), encodeValue(varbind.value));
}

function encodeValue(value: SnmpValue): Buffer {
  switch (value.type) {
    case 'integer':
      return berInteger(value.value);
    case 'counter32':
      return berUnsigned(value.value, tags.counter32);
    case 'unsigned32':
      return berUnsigned(value.value, tags.unsigned32);
    case 'time-ticks':
      return berUnsigned(value.value, tags.timeTicks);
    case 'counter64':
      return berCounter64(value.value);
    case 'octets':
      return berOctets(value.value);
    case 'opaque':
      return berOctets(value.value, tags.opaque);
    case 'oid':
      return berOid(value.value);
    case 'ip-address':
      return berOctets(Uint8Array.from(value.value.split('.').map(Number)), tags.ipAddress);
    case 'null':
      return berTlv(tags.null);
    case 'no-such-object':
      return berTlv(tags.noSuchObject);
    case 'no-such-instance':
      return berTlv(tags.noSuchInstance);
    case 'end-of-mib-view':
      return berTlv(tags.endOfMibView);
  }
}

function readIpAddress(reader: BerReader): string {
  const bytes = reader.octets(tags.ipAddress);
  if (bytes.length !== 4) reader.fail('IpAddress that is not four octets');
  return bytes.join('.');
}

function readValue(reader: BerReader): SnmpValue {
  const tag = reader.peek();
  switch (tag) {
    case tags.integer:
      return { type: 'integer', value: reader.integer() };
    case tags.counter32:
      return { type: 'counter32', value: reader.unsigned(tag) };
    case tags.unsigned32:
      return { type: 'unsigned32', value: reader.unsigned(tag) };
    case tags.timeTicks:
      return { type: 'time-ticks', value: reader.unsigned(tag) };
    case tags.counter64:
      return { type: 'counter64', value: reader.counter64() };
    case tags.octets:
      return { type: 'octets', value: reader.octets() };
    case tags.opaque:
      return { type: 'opaque', value: reader.octets(tag) };
    case tags.oid:
      return { type: 'oid', value: reader.oid() };
    case tags.ipAddress:
      return { type: 'ip-address', value: readIpAddress(reader) };
    default:
      return readEmptyValue(reader, tag);
  }
}

function readEmptyValue(reader: BerReader, tag: number): SnmpValue {
  const type =
    tag === tags.noSuchInstance
      ? 'no-such-instance'
      : tag === tags.noSuchObject
        ? 'no-such-object'
        : tag === tags.endOfMibView
          ? 'end-of-mib-view'
          : 'null';
  // Any other tag (BIT STRING, REAL, …) is no SNMP type: `empty` faults on it.
  reader.empty(type === 'null' ? tags.null : tag);
  return { type };
}
