import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../shared/limits.ts';
import { berInteger, berOctets, berSequence, berTlv } from '../../shared/wire/ber.ts';
import { type CommunityMessage, decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, SnmpValue, TrapV1Pdu, Varbind } from '../../shared/wire/snmp-pdu.ts';
import {
  encodeV3Message,
  openScopedPdu,
  type SecurityLevel,
  type V3Message,
  type V3Outgoing,
} from '../../shared/wire/snmp-v3-message.ts';
import { type AuthProtocol, macMatches, type PrivProtocol, UserKeys } from '../../shared/wire/usm.ts';

const arc = fc.integer({ min: 0, max: 0xffff_ffff });
const oid = fc
  .tuple(fc.constantFrom('1.3', '0.0', '2.39'), fc.array(arc, { maxLength: 20 }))
  .map(([head, rest]) => [head, ...rest].join('.'));
const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const value: fc.Arbitrary<SnmpValue> = fc.oneof(
  fc.integer().map((v): SnmpValue => ({ type: 'integer', value: v })),
  fc.constantFrom('counter32', 'unsigned32', 'time-ticks').chain((type) => arc.map((v): SnmpValue => ({ type, value: v }))),
  fc.constantFrom('octets', 'opaque').chain((type) => octets(255).map((v): SnmpValue => ({ type, value: v }))),
  oid.map((v): SnmpValue => ({ type: 'oid', value: v })),
  fc.ipV4().map((v): SnmpValue => ({ type: 'ip-address', value: v })),
  fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map((v): SnmpValue => ({ type: 'counter64', value: v })),
  fc.constantFrom('null', 'no-such-object', 'no-such-instance', 'end-of-mib-view').map((type): SnmpValue => ({ type })),
);
const varbinds: fc.Arbitrary<Varbind[]> = fc.array(fc.record({ oid, value }), { maxLength: 12 });
const pdu: fc.Arbitrary<Pdu> = fc.record({
  type: fc.constantFrom('get', 'get-next', 'response', 'set', 'get-bulk', 'inform', 'trap', 'report'),
  requestId: fc.integer(),
  errorStatus: fc.integer({ min: 0, max: 18 }),
  errorIndex: fc.integer({ min: 0, max: 64 }),
  varbinds,
});
const trapV1: fc.Arbitrary<TrapV1Pdu> = fc.record({
  type: fc.constant('trap-v1'),
  enterprise: oid,
  agentAddress: fc.ipV4(),
  genericTrap: fc.integer({ min: 0, max: 6 }),
  specificTrap: fc.integer({ min: 0, max: 0x7fff_ffff }),
  timeStamp: arc,
  varbinds,
});
const community: fc.Arbitrary<CommunityMessage> = fc.oneof(
  fc.record({ version: fc.constant('1'), community: octets(32), pdu: fc.oneof(trapV1, pdu) }),
  fc.record({ version: fc.constant('2c'), community: octets(32), pdu }),
);

const engineId = Buffer.from('80007ed90501020304', 'hex');
const keysOf = (auth: AuthProtocol, priv: PrivProtocol) =>
  new UserKeys({ auth: { protocol: auth, key: 'auth-secret' }, priv: { protocol: priv, key: 'priv-secret' } }).forEngine(
    engineId,
  );
const keyRing = new Map(
  (['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const).flatMap((auth) =>
    (['aes128', 'aes256', 'aes256c'] as const).map((priv) => [`${auth}/${priv}`, keysOf(auth, priv)] as const),
  ),
);
const v3: fc.Arbitrary<V3Outgoing> = fc
  .record({
    msgId: fc.integer({ min: 0, max: 0x7fff_ffff }),
    reportable: fc.boolean(),
    stamp: fc.record({ boots: fc.integer({ min: 0, max: 0x7fff_ffff }), timeS: fc.integer({ min: 0, max: 0x7fff_ffff }) }),
    user: octets(32),
    level: fc.constantFrom<SecurityLevel>('noAuthNoPriv', 'authNoPriv', 'authPriv'),
    keys: fc.constantFrom(...keyRing.values()),
    salt: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    scoped: fc.record({ contextEngineId: octets(32), contextName: octets(32), pdu }),
  })
  .map((out) => ({ ...out, engineId }));

const plain = (thing: unknown): unknown => JSON.parse(JSON.stringify(thing, (_key, v) => (typeof v === 'bigint' ? `${v}n` : v)));
const decoded = (bytes: Buffer): CommunityMessage | V3Message => {
  const result = decodeMessage(bytes);
  if (!result.ok) throw new Error(result.why);
  return result.message;
};

describe('what is decoded is what was encoded', () => {
  test('v1 and v2c', () => {
    fc.assert(
      fc.property(community, (message) => {
        expect(plain(decoded(encodeCommunityMessage(message)))).toEqual(plain(message));
      }),
    );
  });

  test('v3 at every level and with every protocol', () => {
    fc.assert(
      fc.property(v3, (out) => {
        const message = decoded(encodeV3Message(out)) as V3Message;
        expect(plain({ ...message, bytes: 0, mac: 0, macOffset: 0, payload: 0, salt: 0 })).toEqual(
          plain({
            version: 3,
            msgId: out.msgId,
            level: out.level,
            reportable: out.reportable,
            engineId,
            stamp: out.stamp,
            user: out.user,
            mac: 0,
            macOffset: 0,
            salt: 0,
            payload: 0,
            bytes: 0,
          }),
        );
        if (out.level !== 'noAuthNoPriv') expect(macMatches(out.keys!, message.bytes, message.mac, message.macOffset)).toBe(true);
        expect(plain(openScopedPdu(message, out.keys)?.scoped)).toEqual(plain(out.scoped));
      }),
      { numRuns: 300 },
    );
  });

  test('a change of any one octet of an authenticated message is seen', () => {
    const keys = keyRing.get('sha256/aes128')!;
    const scoped = {
      contextEngineId: engineId,
      contextName: Buffer.alloc(0),
      pdu: { type: 'inform', requestId: 7, errorStatus: 0, errorIndex: 0, varbinds: [] },
    } as const;
    const whole = encodeV3Message({
      msgId: 1,
      reportable: true,
      engineId,
      stamp: { boots: 1, timeS: 1 },
      user: Buffer.from('pair'),
      level: 'authPriv',
      keys,
      salt: Buffer.alloc(8, 1),
      scoped,
    });
    for (let i = 0; i < whole.length; i++) {
      const changed = Buffer.from(whole);
      changed[i]! ^= 0x01;
      const result = decodeMessage(changed);
      const believed =
        result.ok &&
        result.message.version === 3 &&
        macMatches(keys, result.message.bytes, result.message.mac, result.message.macOffset);
      expect(believed, `octet ${i}`).toBe(false);
    }
  });
});

describe('nothing throws, and refusals say why', () => {
  test('arbitrary octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const result = decodeMessage(Buffer.from(bytes));
        if (result.ok && result.message.version === 3) openScopedPdu(result.message, keyRing.get('sha1/aes128')!);
      }),
      { numRuns: 3_000 },
    );
  });

  test('mutated messages of every version: cut, changed, with octets put in', () => {
    const bytes = fc.oneof(community.map(encodeCommunityMessage), v3.map(encodeV3Message));
    const mutation = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('set', 'cut', 'insert', 'drop'),
      octet: fc.integer({ min: 0, max: 255 }),
    });
    let refusals = 0;
    fc.assert(
      fc.property(bytes, fc.array(mutation, { minLength: 1, maxLength: 6 }), (whole, mutations) => {
        let mutated = Buffer.from(whole);
        for (const { at, kind, octet } of mutations) {
          const i = mutated.length === 0 ? 0 : at % mutated.length;
          if (kind === 'set') mutated[i] = octet;
          else if (kind === 'cut') mutated = mutated.subarray(0, i);
          else if (kind === 'insert')
            mutated = Buffer.concat([mutated.subarray(0, i), Uint8Array.of(octet), mutated.subarray(i)]);
          else mutated = Buffer.concat([mutated.subarray(0, i), mutated.subarray(i + 1)]);
        }
        const result = decodeMessage(mutated);
        if (!result.ok) {
          refusals++;
          expect(result.why).toMatch(/^[\x20-\x7e^]{3,120}$/);
          return;
        }
        if (result.message.version === 3)
          for (const keys of [null, keyRing.get('sha512/aes256')!]) openScopedPdu(result.message, keys);
        else encodeCommunityMessage(result.message);
      }),
      { numRuns: 4_000 },
    );
    expect(refusals).toBeGreaterThan(1_000);
  });

  const inform = (extra: readonly Uint8Array[]): Buffer =>
    berTlv(0xa6, berInteger(1), berInteger(0), berInteger(0), berSequence(...extra));
  const v2c = (pduBytes: Buffer, ...tail: Buffer[]): Buffer =>
    berSequence(berInteger(1), berOctets(Buffer.from('public')), pduBytes, ...tail);
  const goodOid = Buffer.from('06032b0601', 'hex');

  test.each<[what: string, bytes: Buffer, reason: 'malformed' | 'version', why: RegExp]>([
    ['nothing at all', Buffer.alloc(0), 'malformed', /end of data/],
    ['one octet', Buffer.from([0x30]), 'malformed', /end of data/],
    ['a varbind of BIT STRING', v2c(inform([berSequence(goodOid, berTlv(3, Buffer.from([0, 1])))])), 'malformed', /tag 0x3/],
    ['a truncated last OCTET STRING', v2c(inform([berSequence(goodOid, Buffer.from([4, 9, 1]))])), 'malformed', /length beyond/],
    ['an empty OID as value', v2c(inform([berSequence(goodOid, Buffer.from([6, 0]))])), 'malformed', /empty object identifier/],
    [
      'an empty OID as name',
      v2c(inform([berSequence(Buffer.from([6, 0]), Buffer.from([5, 0]))])),
      'malformed',
      /empty object identifier/,
    ],
    ['a varbind without a value', v2c(inform([berSequence(goodOid)])), 'malformed', /tag|end of data/],
    ['version 9', berSequence(berInteger(9), berOctets(Buffer.from('public')), inform([])), 'version', /msgVersion 9/],
    ['version -1', berSequence(berInteger(-1), berOctets(Buffer.from('public')), inform([])), 'version', /msgVersion -1/],
    ['v2u (2)', berSequence(berInteger(2), berOctets(Buffer.from('public')), inform([])), 'version', /msgVersion 2/],
    ['a PDU of no known type', v2c(berTlv(0xaf)), 'malformed', /no PDU/],
    [
      'a Trap-PDU of v1 in v2c',
      v2c(
        berTlv(
          0xa4,
          goodOid,
          Buffer.from('40040a000001', 'hex'),
          berInteger(6),
          berInteger(2),
          Buffer.from('430100', 'hex'),
          berSequence(),
        ),
      ),
      'malformed',
      /v1 in a v2c/,
    ],
    ['octets after the message', Buffer.concat([v2c(inform([])), Buffer.from([0])]), 'malformed', /after the message/],
    ['octets after the PDU', v2c(inform([]), Buffer.from([5, 0])), 'malformed', /unread octets/],
    [
      '65 varbinds',
      v2c(inform(Array.from({ length: limits.varbindsMax + 1 }, () => berSequence(goodOid, Buffer.from([5, 0]))))),
      'malformed',
      /more than 64/,
    ],
    ['a datagram above the limit', Buffer.alloc(limits.snmpMessageBytesMax + 1, 0x30), 'malformed', /at most 8192/],
  ])('%s', (_what, bytes, reason, why) => {
    const result = decodeMessage(bytes);
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.ok ? '' : result.why).toMatch(why);
  });

  const v3With = (part: {
    flags?: number;
    model?: number;
    msgId?: number;
    maxSize?: number;
    user?: Buffer;
    engine?: Buffer;
    salt?: Buffer;
  }): Buffer =>
    berSequence(
      berInteger(3),
      berSequence(
        berInteger(part.msgId ?? 1),
        berInteger(part.maxSize ?? 1_500),
        berOctets(Uint8Array.of(part.flags ?? 4)),
        berInteger(part.model ?? 3),
      ),
      berOctets(
        berSequence(
          berOctets(part.engine ?? Buffer.alloc(0)),
          berInteger(0),
          berInteger(0),
          berOctets(part.user ?? Buffer.alloc(0)),
          berOctets(Buffer.alloc(0)),
          berOctets(part.salt ?? Buffer.alloc(0)),
        ),
      ),
      (part.flags ?? 0) & 2 ? berOctets(Buffer.alloc(30)) : berSequence(),
    );

  test.each<[what: string, bytes: Buffer, reason: 'malformed' | 'version', why: RegExp]>([
    ['another security model', v3With({ model: 2 }), 'version', /msgSecurityModel 2/],
    ['privacy without authentication', v3With({ flags: 2 }), 'malformed', /privacy without/],
    ['a negative msgID', v3With({ msgId: -1 }), 'malformed', /out of range/],
    ['msgMaxSize below 484', v3With({ maxSize: 483 }), 'malformed', /out of range/],
    ['a user name of 33 octets', v3With({ user: Buffer.alloc(33) }), 'malformed', /out of range/],
    ['an engine id of 33 octets', v3With({ engine: Buffer.alloc(33) }), 'malformed', /out of range/],
    ['a salt of 7 octets', v3With({ flags: 3, salt: Buffer.alloc(7) }), 'malformed', /msgPrivacyParameters/],
  ])('v3: %s', (_what, bytes, reason, why) => {
    const result = decodeMessage(bytes);
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.ok ? '' : result.why).toMatch(why);
  });

  test('v3: the wrong privacy key gives no ScopedPDU', () => {
    const right = keyRing.get('sha256/aes128')!;
    const scoped = {
      contextEngineId: engineId,
      contextName: Buffer.alloc(0),
      pdu: { type: 'trap', requestId: 7, errorStatus: 0, errorIndex: 0, varbinds: [] },
    } as const;
    const whole = encodeV3Message({
      msgId: 1,
      reportable: false,
      engineId,
      stamp: { boots: 1, timeS: 1 },
      user: Buffer.from('pair'),
      level: 'authPriv',
      keys: right,
      salt: Buffer.alloc(8, 1),
      scoped,
    });
    const message = decoded(whole) as V3Message;
    expect(openScopedPdu(message, right)?.scoped.pdu.requestId).toBe(7);
    expect(openScopedPdu(message, { ...right, priv: { protocol: 'aes128', key: Buffer.alloc(16, 9) } })).toBeNull();
    expect(openScopedPdu(message, { ...right, priv: null })).toBeNull();
    expect(openScopedPdu(message, null)).toBeNull();
  });
});
