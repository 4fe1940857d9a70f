import { describe, expect, test } from 'vitest';
import { chunkOwnership, ownLines } from '../../shared/detect/origin.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { DeviceMatch } from '../../shared/model/watch.ts';

const match: DeviceMatch[] = [
  { kind: 'address', range: parseRange('192.0.2.1')! },
  { kind: 'relay', range: parseRange('198.51.100.0/24')!, hostname: 'hub' },
  { kind: 'relay', range: parseRange('198.51.100.0/24')!, hostname: '2001:DB8::1' },
];

describe('a chunk', () => {
  test.each([
    ['192.0.2.1', 'all'],
    ['198.51.100.7', 'by-line'],
    ['203.0.113.9', 'none'],
    ['', 'none'],
  ])('from %s: %s', (from, ownership) => {
    expect(chunkOwnership(match, from)).toBe(ownership);
  });
});

describe("a relay's chunk, line by line", () => {
  const own = (text: string) => {
    const { bytes, dropped } = ownLines(match, '198.51.100.7', Buffer.from(text));
    return { text: bytes.toString(), dropped };
  };
  const mine = '<189>9: hub: *Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured\n';
  const debug = '<191>10: HUB: *Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA\r\n';
  const six = '<191>10: 2001:db8::1: *Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA\n';
  const other = '<189>9: spoke: *Mar 12 18:22:10.706: %SYS-5-CONFIG_I: hub: Configured\n';
  const rest = '        connection id=29, sequence number=219\n';

  test.each([
    ['all of them, as the same bytes', mine + debug + six, mine + debug + six, 0],
    ['none of them', other + other, '', 2],
    ['some of them', other + mine + other + debug + other, mine + debug, 3],
    ['a wrapped rest goes where its line went', mine + rest + other + rest, mine + rest, 2],
    ['a rest without its line is nobody`s', rest + mine, mine, 1],
    ['a last line without a newline', other + mine.trimEnd(), mine.trimEnd(), 1],
    ['nothing', '', '', 0],
  ])('%s', (_why, text, kept, dropped) => {
    expect(own(text)).toEqual({ text: kept, dropped });
  });
  test('nothing is copied when all of it is kept', () => {
    const bytes = Buffer.from(mine + debug);
    expect(ownLines(match, '198.51.100.7', bytes).bytes).toBe(bytes);
  });
  test('garbage is dropped and counted, and does no harm', () => {
    const bytes = Buffer.from([...Array(2048).keys()].map((i) => (i * 7919) % 256));
    expect(ownLines(match, '198.51.100.7', bytes).bytes).toHaveLength(0);
  });
});
