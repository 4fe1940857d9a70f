/**
 * SNMP messages: the community envelope of v1 and v2c (RFC 1157, RFC 1901) and the first look at any datagram.
 * Used by agent/net/snmp-receiver.ts and snmp-sender.ts; version 3 goes on in snmp-v3-message.ts. Strict: what is not
 * read to the last octet is refused, with the reason; nothing throws.
 */
import { limits } from '../limits.ts';
import { BerReader, berInteger, berOctets, berSequence, tags } from './ber.ts';
import { encodePdu, type Pdu, readPdu, type TrapV1Pdu } from './snmp-pdu.ts';
import { readV3Message, type V3Message } from './snmp-v3-message.ts';

export interface CommunityMessage {
  readonly version: '1' | '2c';
  readonly community: Buffer;
  readonly pdu: Pdu | TrapV1Pdu;
}

/** `version`: well begun, but of no SNMP version or security model that we speak. */
export type DecodedMessage =
  | { readonly ok: true; readonly message: CommunityMessage | V3Message }
  | { readonly ok: false; readonly reason: 'malformed' | 'version'; readonly why: string };

const VERSION_FIELDS: Readonly<Record<CommunityMessage['version'], number>> = { '1': 0, '2c': 1 };

export function encodeCommunityMessage(message: CommunityMessage): Buffer {
  return berSequence(berInteger(VERSION_FIELDS[message.version]), berOctets(message.community), encodePdu(message.pdu));
}

/** One datagram. Values in the result are views into `bytes`. */
export function decodeMessage(bytes: Buffer): DecodedMessage {
  if (bytes.length > limits.snmpMessageBytesMax)
    return { ok: false, reason: 'malformed', why: `${bytes.length} octets, at most ${limits.snmpMessageBytesMax}` };
  const reader = new BerReader(bytes);
  const outer = reader.enter(tags.sequence);
  const version = reader.integer();
  if (reader.fault !== null) return { ok: false, reason: 'malformed', why: reader.fault };
  if (version === 3) return readV3Message(reader, outer);
  if (version !== 0 && version !== 1) return { ok: false, reason: 'version', why: `msgVersion ${version}` };
  const community = reader.octets();
  const pdu = readPdu(reader);
  reader.leave(outer);
  // The datagram ends with the message: what follows would be outside every check.
  if (reader.more) reader.fail('octets after the message');
  if (pdu === null || reader.fault !== null) return { ok: false, reason: 'malformed', why: reader.fault ?? 'no PDU' };
  if (pdu.type === 'trap-v1' && version !== 0)
    return { ok: false, reason: 'malformed', why: 'a Trap-PDU of v1 in a v2c message' };
  return { ok: true, message: { version: version === 0 ? '1' : '2c', community, pdu } };
}
