/** The short way for dotted quads in shared/model/address.ts says what ipaddr.js says. */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { canonicalAddress, parseRange, rangeContains } from '../../shared/model/address.ts';

const quad = fc.ipV4();
/** Near to one, and mostly none. */
const nearly = fc.string({ unit: fc.constantFrom(...'0123456789.:'), minLength: 1, maxLength: 16 });

test('an address is in a range exactly when its bits say so', () => {
  fc.assert(
    fc.property(quad, quad, fc.integer({ min: 0, max: 32 }), (base, address, bits) => {
      const range = parseRange(`${base}/${bits}`)!;
      expect(rangeContains(range, address)).toBe(ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(base), bits));
      expect(rangeContains(range, base)).toBe(true);
      expect(rangeContains(range, `::ffff:${base}`)).toBe(true);
    }),
  );
});

test.each(['1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1..2.3', '.1.2.3', '1.2.3.', '', '1.2.3.4 ', '1.2.3.04'])(
  '%j is no address',
  (text) => {
    expect(canonicalAddress(text)).toBeNull();
    expect(rangeContains(parseRange('0.0.0.0/0')!, text)).toBe(false);
  },
);

test('digits and dots are an address exactly when ipaddr.js calls them four decimal parts', () => {
  fc.assert(
    fc.property(nearly, (text) => {
      if (text.includes(':')) return;
      expect(canonicalAddress(text)).toBe(ipaddr.IPv4.isValidFourPartDecimal(text) ? text : null);
    }),
  );
});
