/**
 * SNMPv3 messages: header (RFC 3412 §6), USM security parameters (RFC 3414 §2.4) and ScopedPDU. Reading stops before
 * authentication: `readV3Message` gives the parts, the caller checks the MAC over `bytes`, and only then calls `openScopedPdu`.
 * Used by snmp-message.ts and, for sealing and opening, by agent/net.
 */
import { limits } from '../limits.ts';
import { BerReader, berInteger, berOctets, berSequence, tags } from './ber.ts';
import type { DecodedMessage } from './snmp-message.ts';
import { encodePdu, type Pdu, readPdu } from './snmp-pdu.ts';
import { decrypt, type EngineStamp, encrypt, type LocalizedKeys, macBytes, messageMac, saltBytes } from './usm.ts';

export type SecurityLevel = 'noAuthNoPriv' | 'authNoPriv' | 'authPriv';

export interface V3Message {
  readonly version: 3;
  readonly msgId: number;
  readonly level: SecurityLevel;
  /** The sender wants Reports. */
  readonly reportable: boolean;
  /** Of the authoritative engine: the receiver's for informs, the sender's for traps. Empty in a discovery. */
  readonly engineId: Buffer;
  readonly stamp: EngineStamp;
  readonly user: Buffer;
  readonly mac: Buffer;
  readonly macOffset: number;
  readonly salt: Buffer;
  /** The ScopedPDU's TLV, or its ciphertext at authPriv. */
  readonly payload: Buffer;
  /** The whole message as received. */
  readonly bytes: Buffer;
}

export interface ScopedPdu {
  readonly contextEngineId: Buffer;
  readonly contextName: Buffer;
  readonly pdu: Pdu;
}

const FLAG_AUTH = 0x01;
const FLAG_PRIV = 0x02;
const FLAG_REPORTABLE = 0x04;
const USM = 3;
/** RFC 3412 §6: no sender may claim to take less. */
const MAX_SIZE_MIN = 484;
const ENGINE_ID_BYTES_MAX = 32;
const USER_BYTES_MAX = 32;

const refused = (reason: 'malformed' | 'version', why: string): DecodedMessage => ({ ok: false, reason, why });

/** Goes on where `decodeMessage` has read msgVersion 3. */
export function readV3Message(reader: BerReader, outer: number): DecodedMessage {
  const header = reader.enter(tags.sequence);
  const msgId = reader.integer();
  const maxSize = reader.integer();
  const flagOctets = reader.octets();
  const securityModel = reader.integer();
  reader.leave(header);
  if (reader.fault !== null) return refused('malformed', reader.fault);
  if (securityModel !== USM) return refused('version', `msgSecurityModel ${securityModel}`);
  const flags = flagOctets[0] ?? 0;
  if (flagOctets.length !== 1) return refused('malformed', `msgFlags of ${flagOctets.length} octets`);
  if (msgId < 0 || maxSize < MAX_SIZE_MIN) return refused('malformed', 'msgID or msgMaxSize out of range');
  if ((flags & (FLAG_AUTH | FLAG_PRIV)) === FLAG_PRIV)
    return refused('malformed', 'msgFlags ask for privacy without authentication');

  const securityParameters = reader.enter(tags.octets);
  const sequence = reader.enter(tags.sequence);
  const engineId = reader.octets();
  const boots = reader.integer();
  const timeS = reader.integer();
  const user = reader.octets();
  const mac = reader.octets();
  const macOffset = reader.offset - mac.length;
  const salt = reader.octets();
  reader.leave(sequence);
  reader.leave(securityParameters);
  const encrypted = (flags & FLAG_PRIV) !== 0;
  const payload = encrypted ? reader.octets() : reader.raw(tags.sequence);
  reader.leave(outer);
  if (reader.more) reader.fail('octets after the message');
  if (reader.fault !== null) return refused('malformed', reader.fault);
  if (engineId.length > ENGINE_ID_BYTES_MAX || user.length > USER_BYTES_MAX || boots < 0 || timeS < 0)
    return refused('malformed', 'USM security parameters out of range');
  if (encrypted && salt.length !== saltBytes) return refused('malformed', `msgPrivacyParameters of ${salt.length} octets`);
  const level = encrypted ? 'authPriv' : (flags & FLAG_AUTH) !== 0 ? 'authNoPriv' : 'noAuthNoPriv';
  const message: V3Message = {
    version: 3,
    msgId,
    level,
    reportable: (flags & FLAG_REPORTABLE) !== 0,
    engineId,
    stamp: { boots, timeS },
    user,
    mac,
    macOffset,
    salt,
    payload,
    bytes: reader.bytes,
  };
  return { ok: true, message };
}

/**
 * The ScopedPDU, decrypted when the message is authPriv (then `keys.priv` is needed). Null when it does not parse, which after a
 * good MAC means a wrong privacy key. Decrypted octets after the ScopedPDU are a cipher's padding (RFC 3414 §8.1.1.3); in the clear there are none.
 */
export function openScopedPdu(message: V3Message, keys: LocalizedKeys | null): { scoped: ScopedPdu; bytes: Buffer } | null {
  const encrypted = message.level === 'authPriv';
  if (encrypted && !keys?.priv) return null;
  const bytes = encrypted ? decrypt(keys!.priv!, message.stamp, message.salt, message.payload) : message.payload;
  const reader = new BerReader(bytes);
  const outer = reader.enter(tags.sequence);
  const contextEngineId = reader.octets();
  const contextName = reader.octets();
  const pdu = readPdu(reader);
  reader.leave(outer);
  if (pdu === null || pdu.type === 'trap-v1' || reader.fault !== null) return null;
  return { scoped: { contextEngineId, contextName, pdu }, bytes: bytes.subarray(0, reader.offset) };
}

export interface V3Outgoing {
  readonly msgId: number;
  readonly reportable: boolean;
  readonly engineId: Uint8Array;
  readonly stamp: EngineStamp;
  readonly user: Uint8Array;
  readonly level: SecurityLevel;
  /** Null only at noAuthNoPriv; `keys.priv` is there at authPriv. */
  readonly keys: LocalizedKeys | null;
  /** `saltBytes` octets, used at authPriv. */
  readonly salt: Uint8Array;
  readonly scoped: ScopedPdu;
}

export function encodeV3Message(out: V3Outgoing): Buffer {
  const authenticated = out.level !== 'noAuthNoPriv';
  const encrypted = out.level === 'authPriv';
  const plain = berSequence(berOctets(out.scoped.contextEngineId), berOctets(out.scoped.contextName), encodePdu(out.scoped.pdu));
  const payload = encrypted ? berOctets(encrypt(out.keys!.priv!, out.stamp, out.salt, plain)) : plain;
  const flags = (authenticated ? FLAG_AUTH : 0) | (encrypted ? FLAG_PRIV : 0) | (out.reportable ? FLAG_REPORTABLE : 0);
  const macLength = authenticated ? macBytes[out.keys!.auth] : 0;
  const privacyParameters = berOctets(encrypted ? out.salt : Buffer.alloc(0));
  const securityParameters = berSequence(
    berOctets(out.engineId),
    berInteger(out.stamp.boots),
    berInteger(out.stamp.timeS),
    berOctets(out.user),
    berOctets(Buffer.alloc(macLength)),
    privacyParameters,
  );
  const message = berSequence(
    berInteger(3),
    berSequence(berInteger(out.msgId), berInteger(limits.snmpMessageBytesMax), berOctets(Uint8Array.of(flags)), berInteger(USM)),
    berOctets(securityParameters),
    payload,
  );
  if (authenticated) {
    // The MAC stands right before the privacy parameters and the payload, which end the message.
    const macOffset = message.length - payload.length - privacyParameters.length - macLength;
    messageMac(out.keys!, message, macOffset).copy(message, macOffset);
  }
  return message;
}
