/**
 * The user-based security model as the simulated box needs it (RFC 3414, RFC 3826): keys from passwords, HMAC-96, AES-CFB. The island's
 * own; used by message-v3.ts. MD5 and SHA with AES, as IOS 15 has them; its DES and 3DES are not built.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type AuthName = 'md5' | 'sha';
export type AesBits = 128 | 192 | 256;

export interface UsmKeys {
  readonly auth: { readonly name: AuthName; readonly key: Buffer };
  readonly priv: { readonly bits: AesBits; readonly key: Buffer } | null;
}

export const DIGEST_OCTETS = 12;
const EXPANDED_OCTETS = 1_048_576;

const hash = (name: AuthName, ...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash(name === 'md5' ? 'md5' : 'sha1');
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** RFC 3414 §A.2: the password repeated to a mebibyte, hashed, and bound to the engine. */
export function localizedKey(name: AuthName, password: string, engineId: Uint8Array): Buffer {
  const octets = Buffer.from(password, 'latin1');
  const expanded = Buffer.alloc(EXPANDED_OCTETS, octets);
  return localize(name, hash(name, expanded), engineId);
}

const localize = (name: AuthName, key: Uint8Array, engineId: Uint8Array): Buffer => hash(name, key, engineId, key);

/** AES keys longer than the digest are made as Cisco does (draft-reeder-snmpv3-usm-3desede §2.1). */
export function privacyKey(name: AuthName, bits: AesBits, password: string, engineId: Uint8Array): Buffer {
  let key = localizedKey(name, password, engineId);
  let last = key;
  while (key.length < bits / 8) {
    const expanded = Buffer.alloc(EXPANDED_OCTETS, last);
    last = localize(name, hash(name, expanded), engineId);
    key = Buffer.concat([key, last]);
  }
  return key.subarray(0, bits / 8);
}

export const digestOf = ({ name, key }: UsmKeys['auth'], message: Uint8Array): Buffer =>
  createHmac(name === 'md5' ? 'md5' : 'sha1', key)
    .update(message)
    .digest()
    .subarray(0, DIGEST_OCTETS);

export const sameDigest = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

/** RFC 3826 §3.1.2.1: boots, time and salt make the initialisation vector. */
function vector(boots: number, time: number, salt: Uint8Array): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(boots, 0);
  iv.writeUInt32BE(time, 4);
  iv.set(salt, 8);
  return iv;
}

export interface AesMoment {
  readonly boots: number;
  readonly time: number;
  /** Eight octets. */
  readonly salt: Uint8Array;
}

export function encrypt(
  { bits, key }: NonNullable<UsmKeys['priv']>,
  { boots, time, salt }: AesMoment,
  plain: Uint8Array,
): Buffer {
  const cipher = createCipheriv(`aes-${bits}-cfb`, key, vector(boots, time, salt));
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

export function decrypt(
  { bits, key }: NonNullable<UsmKeys['priv']>,
  { boots, time, salt }: AesMoment,
  sealed: Uint8Array,
): Buffer {
  const cipher = createDecipheriv(`aes-${bits}-cfb`, key, vector(boots, time, salt));
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}
