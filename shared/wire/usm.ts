/**
 * The User-based Security Model's cryptography: keys from passwords and their localization (RFC 3414 §2.6, A.2), HMAC-SHA with
 * truncation (RFC 3414 §7 for SHA-1, RFC 7860 for SHA-2), AES in CFB128 (RFC 3826) and the two ways in which the field stretches a
 * short localized key to AES-256. Pure: the caller gives salts and engine clocks.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { limits } from '../limits.ts';

export type AuthProtocol = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
/** `aes256`: draft-blumenthal-aes-usm-04 (net-snmp "AES-256"). `aes256c`: draft-reeder-snmpv3-usm-3desede (Cisco's, net-snmp "AES-256-C"). */
export type PrivProtocol = 'aes128' | 'aes256' | 'aes256c';

/** Octets of msgAuthenticationParameters: RFC 3414 §6.3.1 and RFC 7860 §4.2. */
export const macBytes: Readonly<Record<AuthProtocol, number>> = { sha1: 12, sha224: 16, sha256: 24, sha384: 32, sha512: 48 };

const PASSWORD_EXPANSION_BYTES = 1_048_576;
/** RFC 3414 §11.2. */
export const passwordBytesMin = 8;
/** Octets of msgPrivacyParameters, RFC 3826 §3.1.2.1. */
export const saltBytes = 8;

/** Keys good for one engine. `priv` null: authNoPriv. */
export interface LocalizedKeys {
  readonly auth: AuthProtocol;
  readonly authKey: Buffer;
  readonly priv: { readonly protocol: PrivProtocol; readonly key: Buffer } | null;
}

/** Boots and time of the authoritative engine: part of the AES initialisation vector. */
export interface EngineStamp {
  readonly boots: number;
  /** Seconds. */
  readonly timeS: number;
}

/**
 * Ku of RFC 3414 A.2: the hash of one MiB of the repeated password. Milliseconds of CPU: once a user, never a packet; and once for all
 * who ask for the same (a peer's receiver and sender, a source), by a digest of the password, which itself is not kept.
 */
export function passwordToKey(auth: AuthProtocol, password: Uint8Array): Buffer {
  const name = `${auth} ${createHash('sha256').update(password).digest('base64')}`;
  let ku = knownKeys.get(name);
  if (ku === undefined) {
    ku = createHash(auth).update(Buffer.alloc(PASSWORD_EXPANSION_BYTES, password)).digest();
    if (knownKeys.size >= limits.usmPasswordsMax) knownKeys.delete(knownKeys.keys().next().value!);
  } else knownKeys.delete(name);
  knownKeys.set(name, ku);
  return Buffer.from(ku);
}

/** Least recently asked for first. */
const knownKeys = new Map<string, Buffer>();

/** Kul of RFC 3414 §2.6. */
export function localizeKey(auth: AuthProtocol, ku: Uint8Array, engineId: Uint8Array): Buffer {
  return createHash(auth).update(ku).update(engineId).update(ku).digest();
}

/** The privacy key: localized with the *authentication* protocol's hash, then cut or stretched to the cipher's size. */
export function privacyKey(auth: AuthProtocol, priv: PrivProtocol, ku: Uint8Array, engineId: Uint8Array): Buffer {
  let key = localizeKey(auth, ku, engineId);
  const bytes = priv === 'aes128' ? 16 : 32;
  let last = key;
  while (key.length < bytes) {
    last = priv === 'aes256c' ? localizeKey(auth, passwordToKey(auth, last), engineId) : createHash(auth).update(key).digest();
    key = Buffer.concat([key, last]);
  }
  return key.subarray(0, bytes);
}

/**
 * One user's keys: the passwords are turned into Ku when they are first needed, which is a hello or a packet of the peer (a hub of 5,000
 * peers would hash for ten seconds at its start otherwise), and not kept then. Localized keys are kept per engine, least recently used
 * out first (limits.usmEnginesMax).
 */
export class UserKeys {
  private readonly auth: AuthProtocol;
  private ku: (() => Ku) | Ku;
  private readonly byEngine = new Map<string, LocalizedKeys>();

  /** Passwords of at least `passwordBytesMin` octets: the configuration sees to that. */
  constructor(user: {
    readonly auth: { readonly protocol: AuthProtocol; readonly key: string };
    readonly priv: { readonly protocol: PrivProtocol; readonly key: string } | null;
  }) {
    this.auth = user.auth.protocol;
    this.ku = () => ({
      auth: passwordToKey(this.auth, Buffer.from(user.auth.key, 'utf8')),
      priv: user.priv && {
        protocol: user.priv.protocol,
        ku: passwordToKey(this.auth, Buffer.from(user.priv.key, 'utf8')),
      },
    });
  }

  /** The hashing, now: a peer that a reload brings is ready before its first packet. */
  prepare(): void {
    this.made();
  }

  private made(): Ku {
    if (typeof this.ku === 'function') this.ku = this.ku();
    return this.ku;
  }

  forEngine(engineId: Buffer): LocalizedKeys {
    const name = engineId.toString('hex');
    let keys = this.byEngine.get(name);
    if (keys === undefined) {
      const { auth, priv } = this.made();
      keys = {
        auth: this.auth,
        authKey: localizeKey(this.auth, auth, engineId),
        priv: priv && { protocol: priv.protocol, key: privacyKey(this.auth, priv.protocol, priv.ku, engineId) },
      };
      if (this.byEngine.size >= limits.usmEnginesMax) this.byEngine.delete(this.byEngine.keys().next().value!);
    } else this.byEngine.delete(name);
    this.byEngine.set(name, keys);
    return keys;
  }

  /** Engines for which keys are held; for tests of the bound. */
  get engines(): number {
    return this.byEngine.size;
  }
}

interface Ku {
  readonly auth: Buffer;
  readonly priv: { readonly protocol: PrivProtocol; readonly ku: Buffer } | null;
}

/** The MAC of a whole message whose authentication parameters stand at `macOffset`, taken as zeros (RFC 3414 §6.3.1). */
export function messageMac(keys: LocalizedKeys, message: Buffer, macOffset: number): Buffer {
  const length = macBytes[keys.auth];
  return createHmac(keys.auth, keys.authKey)
    .update(message.subarray(0, macOffset))
    .update(Buffer.alloc(length))
    .update(message.subarray(macOffset + length))
    .digest()
    .subarray(0, length);
}

/** Constant time in the contents. A MAC of another size is wrong without further ado. */
export function macMatches(keys: LocalizedKeys, message: Buffer, mac: Buffer, macOffset: number): boolean {
  return mac.length === macBytes[keys.auth] && timingSafeEqual(messageMac(keys, message, macOffset), mac);
}

const CIPHERS: Readonly<Record<PrivProtocol, string>> = { aes128: 'aes-128-cfb', aes256: 'aes-256-cfb', aes256c: 'aes-256-cfb' };

/** RFC 3826 §3.1.2.1: engineBoots, engineTime, salt. */
function initialisationVector(stamp: EngineStamp, salt: Uint8Array): Buffer {
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(stamp.boots, 0);
  vector.writeUInt32BE(stamp.timeS, 4);
  vector.set(salt, 8);
  return vector;
}

/** `salt`: `saltBytes` octets that never repeat for one key and stamp. */
export function encrypt(
  priv: NonNullable<LocalizedKeys['priv']>,
  stamp: EngineStamp,
  salt: Uint8Array,
  plain: Uint8Array,
): Buffer {
  const cipher = createCipheriv(CIPHERS[priv.protocol], priv.key, initialisationVector(stamp, salt));
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

/** CFB always gives octets back: wrong keys show as a ScopedPDU that does not parse. `salt` must be `saltBytes` long. */
export function decrypt(
  priv: NonNullable<LocalizedKeys['priv']>,
  stamp: EngineStamp,
  salt: Uint8Array,
  sealed: Uint8Array,
): Buffer {
  const decipher = createDecipheriv(CIPHERS[priv.protocol], priv.key, initialisationVector(stamp, salt));
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}
