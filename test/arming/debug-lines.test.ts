/** Which of a device's lines are debug output. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countDebugLines } from '../../shared/arming/debug-lines.ts';

const count = (text: string): number => countDebugLines(Buffer.from(text, 'latin1'));

describe('counted', () => {
  test.each<[title: string, text: string, expected: number]>([
    ['a debug line', '<191>812: *Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA reason\n', 1],
    ['without a line feed, as a datagram comes', '<191>812: *Mar 12 18:22:10.706: IPSEC(key_engine): got a queue event', 1],
    ['a system message', '<188>91: *Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: …\n', 0],
    ['both', 'ISAKMP: x\n%SYS-5-CONFIG_I: y\nISAKMP: z\n', 2],
    ['a percent sign that names nothing', 'CPU utilization: 99%/3% in a debug\n', 1],
    ['blank lines and CRLF', '\r\n\r\nISAKMP: x\r\n\r\n', 1],
    ['nothing', '', 0],
  ])('%s', (_title, text, expected) => {
    expect(count(text)).toBe(expected);
  });
});

test('never more than there are lines, whatever comes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const lines = Buffer.from(bytes).toString('latin1').split('\n').length;
      expect(countDebugLines(Buffer.from(bytes))).toBeLessThanOrEqual(lines);
    }),
  );
});

test('a flood in one chunk is counted in time that grows with its size alone', () => {
  expect(count('ISAKMP: (0):no message at all\n'.repeat(100_000))).toBe(100_000);
  expect(count('%'.repeat(200_000))).toBe(1);
});
