/** Whose is this address: the index says what a look at each range says. */
import { describe, expect, test } from 'vitest';
import { type AddressRange, parseRange, rangeContains, rangesOverlap } from '../../shared/model/address.ts';
import { AddressIndex } from '../../shared/model/address-index.ts';
import { seededRandom } from '../support/seeded-random.ts';

const range = (text: string): AddressRange => parseRange(text)!;

describe('an index of ranges', () => {
  const texts = ['10.0.0.0/8', '10.1.0.1', '10.1.0.0/24', '0.0.0.0/0', '2001:db8::/32', '2001:db8::1', '::/0', '10.1.0.1'];
  const index = new AddressIndex(texts.map((text, at) => [range(text), at] as const));

  test.each([
    ['10.1.0.1', [0, 1, 2, 3, 7]],
    ['10.1.0.2', [0, 2, 3]],
    ['11.0.0.1', [3]],
    ['::ffff:10.1.0.2', [0, 2, 3]],
    ['2001:db8::1', [4, 5, 6]],
    ['2001:DB8:0::2', [4, 6]],
    ['fe80::1', [6]],
    ['no address', []],
    ['', []],
  ])('%s', (address, found) => {
    expect(index.at(address)).toEqual(found);
  });

  test('what contains a range: itself and the wider ones', () => {
    expect(index.around(range('10.1.0.0/25')).sort()).toEqual([0, 2, 3]);
    expect(index.around(range('10.1.0.0/24')).sort()).toEqual([0, 2, 3]);
    expect(index.around(range('10.0.0.0/7'))).toEqual([3]);
  });

  test('one value under several ranges comes out once', () => {
    const twice = new AddressIndex([[range('10.0.0.0/8'), 'a'] as const, [range('10.1.0.0/16'), 'a'] as const]);
    expect(twice.at('10.1.2.3')).toEqual(['a']);
  });

  test('agrees with a look at each, for what chance brings', () => {
    const random = seededRandom(7);
    const byte = (): number => random.bytes(1)[0]!;
    const v6 = (): string => `2001:db8:${(byte() & 3).toString(16)}::${(byte() & 7).toString(16)}`;
    const v4 = (): string => `10.${byte() & 1}.${byte() & 3}.${byte()}`;
    const ranges = Array.from({ length: 300 }, (_, at) =>
      range(at % 3 === 0 ? `${v6()}/${byte() % 129}` : `${v4()}/${byte() % 33}`),
    );
    const known = new AddressIndex(ranges.map((one, at) => [one, at] as const));
    for (let round = 0; round < 500; round++) {
      const address = round % 2 === 0 ? v4() : v6();
      expect(known.at(address)).toEqual(ranges.flatMap((one, at) => (rangeContains(one, address) ? [at] : [])));
    }
    for (const one of ranges) {
      const around = ranges.flatMap((other, at) => (other.bits <= one.bits && rangesOverlap(other, one) ? [at] : []));
      expect(known.around(one).sort((a, b) => a - b)).toEqual(around);
    }
  });
});
