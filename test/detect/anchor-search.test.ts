/** shared/detect/anchor-search.ts: the same places as one search for the whole anchor, whatever the bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexOfAnchor } from '../../shared/detect/anchor-search.ts';
import { invalidSpiAnchor } from '../../shared/detect/invalid-spi.ts';

test('in any mix of the anchor, its parts and other bytes', () => {
  const parts = ['_PKT_INV_SPI', 'V_SPI', '_PKT_IN', 'PKT_INV_SPI', 'V', '_', 'SPI', '\n', 'x', '\u0000'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 30 }), fc.nat(40), (words, from) => {
      const bytes = Buffer.from(words.join(''), 'latin1');
      expect(indexOfAnchor(bytes, from)).toBe(bytes.indexOf(invalidSpiAnchor, from));
    }),
  );
});

test.each([1, 255, 256, 257, 3_000])('after %i that look like its end', (misses) => {
  const bytes = Buffer.from(`${'V_SPI '.repeat(misses)}%CRYPTO-4-RECVD_PKT_INV_SPI: ${'V_SPI '.repeat(misses)}`);
  const at = bytes.indexOf(invalidSpiAnchor);
  expect(indexOfAnchor(bytes)).toBe(at);
  expect(indexOfAnchor(bytes, at + 1)).toBe(-1);
});

test('neither in nothing nor beyond the end', () => {
  expect(indexOfAnchor(Buffer.alloc(0))).toBe(-1);
  expect(indexOfAnchor(Buffer.from('_PKT_INV_SP'))).toBe(-1);
  expect(indexOfAnchor(Buffer.from(invalidSpiAnchor), 1)).toBe(-1);
  expect(indexOfAnchor(Buffer.from(invalidSpiAnchor), 100)).toBe(-1);
});
