/** shared/model/ulid.ts: 48 bits of time and 80 of chance as 26 characters of five bits each (github.com/ulid/spec). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wall } from '../../shared/model/time.ts';
import { isIncidentId, ulid } from '../../shared/model/ulid.ts';

test('is the number that time and random bytes make together, whatever they are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 }), (at, random) => {
      const bits = (BigInt(at) << 80n) | BigInt(`0x${Buffer.from(random).toString('hex')}`);
      const digits = [...Array(26).keys()].map((n) => Number((bits >> BigInt(5 * (25 - n))) & 31n));
      const text = ulid(wall(at), random);
      expect(text).toBe(digits.map((digit) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[digit]).join(''));
      expect(isIncidentId(text)).toBe(true);
    }),
  );
});

test('the example of its specification: 01ARYZ6S41 is 1469918176385', () => {
  expect(ulid(wall(1_469_918_176_385), new Uint8Array(10))).toBe('01ARYZ6S410000000000000000');
});

test('a clock before 1970, fractions and missing bytes are no fault', () => {
  expect(ulid(wall(-5), new Uint8Array(0))).toBe('0'.repeat(26));
  expect(ulid(wall(1.9), new Uint8Array(0))).toBe(`${'0'.repeat(9)}1${'0'.repeat(16)}`);
});
