import { describe, expect, test } from 'vitest';
import { limits } from '../../shared/limits.ts';
import {
  type AuthProtocol,
  decrypt,
  encrypt,
  localizeKey,
  macBytes,
  macMatches,
  messageMac,
  type PrivProtocol,
  passwordToKey,
  privacyKey,
  UserKeys,
} from '../../shared/wire/usm.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const password = Buffer.from('maplesyrup');
const engineId = hex('000000000000000000000002');

describe('RFC 3414 appendix A', () => {
  test('A.3.2: password to key and localized key with SHA-1', () => {
    const ku = passwordToKey('sha1', password);
    expect(ku.toString('hex')).toBe('9fb5cc0381497b3793528939ff788d5d79145211');
    expect(localizeKey('sha1', ku, engineId).toString('hex')).toBe('6695febc9288e36282235fc7151f128497b38f3f');
  });
  test('is the same when it is asked for again, also after many others and after a caller wrote into what it got', () => {
    const first = passwordToKey('sha256', password);
    expect(passwordToKey('sha256', password)).toEqual(first);
    expect(passwordToKey('sha512', password)).not.toEqual(first);
    const kept = Buffer.from(first);
    first.fill(0);
    expect(passwordToKey('sha256', password)).toEqual(kept);
    for (let other = 0; other <= limits.usmPasswordsMax; other++) passwordToKey('sha1', Buffer.from(`password ${other}`));
    expect(passwordToKey('sha256', password)).toEqual(kept);
  });
  test('A.5.2: the changed key of the same engine (newsyrup)', () => {
    const ku = passwordToKey('sha1', Buffer.from('newsyrup'));
    expect(localizeKey('sha1', ku, engineId).toString('hex')).toBe('78e2dcce79d59403b58c1bbaa5bff46391f1cd25');
  });
});

describe('HMAC-SHA-2 (RFC 7860 §4.2.2 gives sizes, RFC 4231 the vectors of the hashes)', () => {
  test.each<[AuthProtocol, bytes: number]>([
    ['sha1', 12],
    ['sha224', 16],
    ['sha256', 24],
    ['sha384', 32],
    ['sha512', 48],
  ])('%s is cut to %i octets', (auth, bytes) => {
    expect(macBytes[auth]).toBe(bytes);
  });

  // RFC 4231 test case 2: key "Jefe", data "what do ya want for nothing?", cut to RFC 7860's sizes. The zeros that stand for the MAC in a
  // message come after the data here and are part of what is hashed, so the vectors are taken over a message with no room for a MAC.
  test.each<[AuthProtocol, string]>([
    ['sha224', 'a30e01098bc6dbbf45690f3a7e9e6d0f'],
    ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d273983'],
    ['sha384', 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e'],
    ['sha512', '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd'],
  ])('%s of RFC 4231 case 2', async (auth, expected) => {
    const { createHmac } = await import('node:crypto');
    const mac = createHmac(auth, 'Jefe').update('what do ya want for nothing?').digest().subarray(0, macBytes[auth]);
    expect(mac.toString('hex')).toBe(expected);
    // …and ours is that HMAC with the field taken as zeros, whatever stands in it.
    const keys = { auth, authKey: Buffer.from('Jefe'), priv: null };
    const field = Buffer.alloc(macBytes[auth], 0xaa);
    const message = Buffer.concat([Buffer.from('head'), field, Buffer.from('tail')]);
    const zeroed = Buffer.concat([Buffer.from('head'), Buffer.alloc(macBytes[auth]), Buffer.from('tail')]);
    const ours = messageMac(keys, message, 4);
    expect(ours).toEqual(createHmac(auth, 'Jefe').update(zeroed).digest().subarray(0, macBytes[auth]));
    expect(macMatches(keys, message, ours, 4)).toBe(true);
    expect(macMatches(keys, message, ours.subarray(1), 4)).toBe(false);
    ours[0]! ^= 1;
    expect(macMatches(keys, message, ours, 4)).toBe(false);
  });
});

describe('privacy keys', () => {
  const ku = passwordToKey('sha1', password);
  const kul = localizeKey('sha1', ku, engineId);

  test('aes128 is the front of the localized key', () => {
    expect(privacyKey('sha1', 'aes128', ku, engineId)).toEqual(kul.subarray(0, 16));
  });
  test('both ways of stretching begin with the localized key and then differ', () => {
    const blumenthal = privacyKey('sha1', 'aes256', ku, engineId);
    const reeder = privacyKey('sha1', 'aes256c', ku, engineId);
    expect([blumenthal.length, reeder.length]).toEqual([32, 32]);
    expect(blumenthal.subarray(0, 20)).toEqual(kul);
    expect(reeder.subarray(0, 20)).toEqual(kul);
    expect(blumenthal.equals(reeder)).toBe(false);
  });
  test('draft-reeder-snmpv3-usm-3desede §2.1: the second block is the first one taken as a password', () => {
    const second = localizeKey('sha1', passwordToKey('sha1', kul), engineId);
    expect(privacyKey('sha1', 'aes256c', ku, engineId)).toEqual(Buffer.concat([kul, second]).subarray(0, 32));
  });
  test.each<[AuthProtocol]>([['sha256'], ['sha384'], ['sha512']])('%s is long enough: no stretching, both the same', (auth) => {
    const long = passwordToKey(auth, password);
    expect(privacyKey(auth, 'aes256', long, engineId)).toEqual(privacyKey(auth, 'aes256c', long, engineId));
  });
});

describe('AES in CFB128', () => {
  const stamp = { boots: 3, timeS: 77 };
  const salt = hex('0102030405060708');
  const plain = Buffer.from('a ScopedPDU of no whole number of blocks');

  test('NIST SP 800-38A F.3.13: CFB128-AES128, first block', () => {
    // The vector's IV 00 01 … 0f, spelled as boots, time and salt.
    const iv = { boots: 0x00010203, timeS: 0x04050607 };
    const key = { protocol: 'aes128', key: hex('2b7e151628aed2a6abf7158809cf4f3c') } as const;
    const sealed = encrypt(key, iv, hex('08090a0b0c0d0e0f'), hex('6bc1bee22e409f96e93d7e117393172a'));
    expect(sealed.toString('hex')).toBe('3b3fd92eb72dad20333449f8e83cfb4a');
  });

  test.each<[PrivProtocol]>([['aes128'], ['aes256'], ['aes256c']])(
    '%s opens what it sealed, at the same stamp and salt only',
    (protocol) => {
      const key = { protocol, key: privacyKey('sha256', protocol, passwordToKey('sha256', password), engineId) };
      const sealed = encrypt(key, stamp, salt, plain);
      expect(sealed.length).toBe(plain.length);
      expect(decrypt(key, stamp, salt, sealed)).toEqual(plain);
      expect(decrypt(key, { ...stamp, timeS: 78 }, salt, sealed).equals(plain)).toBe(false);
      expect(decrypt(key, stamp, hex('0102030405060709'), sealed).equals(plain)).toBe(false);
    },
  );
});

describe('the cache of localized keys', () => {
  const user = new UserKeys({
    auth: { protocol: 'sha256', key: 'a-long-secret-one' },
    priv: { protocol: 'aes128', key: 'a-long-secret-two' },
  });
  const engine = (n: number): Buffer => Buffer.from([0x80, 0, 0, 9, n >> 8, n & 0xff]);

  test('is bounded, drops the least recently used and gives the same keys again', () => {
    const first = user.forEngine(engine(0));
    for (let n = 1; n < limits.usmEnginesMax; n++) user.forEngine(engine(n));
    expect(user.forEngine(engine(0))).toBe(first);
    for (let n = 100; n < 100 + limits.usmEnginesMax - 1; n++) user.forEngine(engine(n));
    expect(user.forEngine(engine(0))).toBe(first);
    for (let n = 200; n < 1_000; n++) user.forEngine(engine(n));
    expect(user.engines).toBe(limits.usmEnginesMax);
    expect(user.forEngine(engine(0))).not.toBe(first);
    expect(user.forEngine(engine(0))).toEqual(first);
  });

  test('holds no password', () => {
    const seen = JSON.stringify(user, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
    for (const secret of ['a-long-secret-one', 'a-long-secret-two']) {
      expect(seen).not.toContain(secret);
      expect(seen).not.toContain(JSON.stringify([...Buffer.from(secret)]).slice(1, -1));
    }
  });
});
