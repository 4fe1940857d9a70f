/**
 * The envelope of SNMPv3 with USM (RFC 3412 §6, RFC 3414 §2.4) of the simulated box: read as far as it goes without keys, opened and
 * made with them. Who is trusted with what is v3-security.ts's.
 */
import { decodeAll, decodeInteger, encodeGroup, encodeInteger, encodeTlv, type Tlv } from './ber.ts';
import { berTags, typed } from './pdu.ts';
import { DIGEST_OCTETS, decrypt, digestOf, encrypt, sameDigest, type UsmKeys } from './usm.ts';

const { integer: INTEGER, octets: OCTETS, sequence: SEQUENCE } = berTags;
const AUTH_FLAG = 0x01;
const PRIV_FLAG = 0x02;
const REPORTABLE_FLAG = 0x04;
const VERSION = 3;
const USM = 3;
const SALT_OCTETS = 8;
/** What we say that we can take: `snmp-server packetsize`. */
const MAX_SIZE = 1_500;
const MAX_31 = 0x7fff_ffffn;

export interface V3Message {
  readonly messageId: number;
  readonly auth: boolean;
  readonly priv: boolean;
  readonly reportable: boolean;
  /** Hex, upper case; empty: discovery. */
  readonly engineId: string;
  readonly boots: number;
  readonly time: number;
  readonly user: string;
  /** The datagram with zeros where its digest stands. */
  readonly zeroed: Buffer;
  readonly digest: Uint8Array;
  readonly salt: Uint8Array;
  readonly data: Tlv;
}

/** `parts`: what stands in the outer sequence. Null: malformed. */
export function readV3(bytes: Uint8Array, parts: readonly Tlv[]): V3Message | null {
  const [, header, security, data] = parts;
  if (parts.length !== 4 || header?.tag !== SEQUENCE || security?.tag !== OCTETS || !data) return null;
  const head = typed(header, [INTEGER, INTEGER, OCTETS, INTEGER]);
  const outer = decodeAll(security.content, 1)?.[0];
  const usm = outer?.tag === SEQUENCE ? typed(outer, [OCTETS, INTEGER, INTEGER, OCTETS, OCTETS, OCTETS]) : null;
  if (!head || !usm || head[2]!.content.length !== 1) return null;
  const [messageId, model, boots, time] = [head[0]!, head[3]!, usm[1]!, usm[2]!].map(({ content }) => decodeInteger(content));
  if (!small(messageId) || model !== BigInt(USM) || !small(boots) || !small(time)) return null;
  const flags = head[2]!.content[0]!;
  const auth = (flags & AUTH_FLAG) !== 0;
  const priv = (flags & PRIV_FLAG) !== 0;
  const digest = usm[4]!.content;
  const salt = usm[5]!.content;
  // Privacy without authentication there is not; and each has its parameter.
  if ((priv && !auth) || (auth && digest.length !== DIGEST_OCTETS) || (priv && salt.length !== SALT_OCTETS)) return null;
  if (data.tag !== (priv ? OCTETS : SEQUENCE)) return null;
  const zeroed = Buffer.from(bytes);
  zeroed.fill(0, digest.byteOffset - bytes.byteOffset, digest.byteOffset - bytes.byteOffset + digest.length);
  return {
    messageId: Number(messageId),
    auth,
    priv,
    reportable: (flags & REPORTABLE_FLAG) !== 0,
    engineId: Buffer.from(usm[0]!.content).toString('hex').toUpperCase(),
    boots: Number(boots),
    time: Number(time),
    user: Buffer.from(usm[3]!.content).toString('latin1'),
    zeroed,
    digest,
    salt,
    data,
  };
}

const small = (value: bigint | null | undefined): value is bigint => typeof value === 'bigint' && value >= 0n && value <= MAX_31;

export const authentic = (message: V3Message, keys: UsmKeys): boolean =>
  sameDigest(digestOf(keys.auth, message.zeroed), message.digest);

/** What a scoped PDU says that it is about; a Response says the same as what it answers (RFC 3412 §7.2.11). */
export interface V3Context {
  readonly engineId: Uint8Array;
  readonly name: Uint8Array;
}

/** The scoped PDU; null: it was not sealed with this key, or holds something else. */
export function openPdu(message: V3Message, keys: UsmKeys | null): { readonly context: V3Context; readonly pdu: Tlv } | null {
  let scoped: Tlv | undefined = message.data;
  if (message.priv) {
    if (!keys?.priv) return null;
    // Octets may follow: a cipher in blocks would have padded.
    const plain = decrypt(keys.priv, message, message.data.content);
    scoped = decodeAll(plain, 2)?.[0];
    if (scoped?.tag !== SEQUENCE) return null;
  }
  const parts = decodeAll(scoped.content, 3);
  const [engineId, name, pdu] = parts ?? [];
  if (engineId?.tag !== OCTETS || name?.tag !== OCTETS || !pdu) return null;
  return { context: { engineId: engineId.content, name: name.content }, pdu };
}

export interface V3Outgoing {
  readonly messageId: number;
  readonly reportable: boolean;
  /** Hex. */
  readonly engineId: string;
  readonly boots: number;
  readonly time: number;
  readonly user: string;
  readonly keys: UsmKeys | null;
  /** Eight octets, never twice with one key. */
  readonly salt: Uint8Array;
  /** Absent: the engine's own, without a name. */
  readonly context?: V3Context;
  readonly pdu: Buffer;
}

export function v3Message(out: V3Outgoing): Buffer {
  const { keys } = out;
  const flags = (keys ? AUTH_FLAG : 0) | (keys?.priv ? PRIV_FLAG : 0) | (out.reportable ? REPORTABLE_FLAG : 0);
  const empty = Buffer.alloc(0);
  const scoped = encodeGroup(SEQUENCE, [
    encodeTlv(OCTETS, out.context?.engineId ?? Buffer.from(out.engineId, 'hex')),
    encodeTlv(OCTETS, out.context?.name ?? empty),
    out.pdu,
  ]);
  const data = keys?.priv ? encodeTlv(OCTETS, encrypt(keys.priv, out, scoped)) : scoped;
  const build = (digest: Uint8Array): Buffer =>
    encodeGroup(SEQUENCE, [
      encodeInteger(INTEGER, VERSION),
      encodeGroup(SEQUENCE, [
        encodeInteger(INTEGER, out.messageId),
        encodeInteger(INTEGER, MAX_SIZE),
        encodeTlv(OCTETS, Buffer.from([flags])),
        encodeInteger(INTEGER, USM),
      ]),
      encodeTlv(
        OCTETS,
        encodeGroup(SEQUENCE, [
          encodeTlv(OCTETS, Buffer.from(out.engineId, 'hex')),
          encodeInteger(INTEGER, out.boots),
          encodeInteger(INTEGER, out.time),
          encodeTlv(OCTETS, Buffer.from(out.user, 'latin1')),
          encodeTlv(OCTETS, digest),
          encodeTlv(OCTETS, keys?.priv ? out.salt : empty),
        ]),
      ),
      data,
    ]);
  if (!keys) return build(empty);
  return build(digestOf(keys.auth, build(Buffer.alloc(DIGEST_OCTETS))));
}
