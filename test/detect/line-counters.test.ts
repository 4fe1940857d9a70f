/** Every form of the numbers in front of a message (facts of the field: with and without each part), read from bytes. */
import { describe, expect, test } from 'vitest';
import { readLineCounters } from '../../shared/detect/line-counters.ts';
import { parseSyslog } from '../../shared/wire/syslog.ts';

const read = (line: string) => readLineCounters(Buffer.from(`before\n${line}\nafter`), 7, 7 + Buffer.byteLength(line));

describe('the numbers in front of a message', () => {
  test.each<[line: string, numbers: number[] | null, padded: boolean, sent: boolean]>([
    ['<188>179767: host: Nov 23 22:23:27.833 NewYork: %CRYPTO-4-X: x', [179_767], false, true],
    ['<190>421370: 421366: Nov 23 22:23:27: %SYS-6-X: x', [421_370, 421_366], false, true],
    ['<190>421370: 000123: *Nov 23 22:23:27: %SYS-6-X: x', [421_370, 123], true, true],
    ['<165>7433: ASR920: 007439: 2y10w: %SYS-5-X: x', [7_433, 7_439], true, true],
    ['<180>782431: machine1: .Nov 18 10:11:12.123 GMT: %SYS-5-X: x', [782_431], false, true],
    ['<188>989474: *Feb  2 11:39:59KST: %SYS-5-X: x', [989_474], false, true],
    ['<189>91: %SYS-5-X: x', [91], false, true],
    ['000123: *Mar 12 18:22:10.706: ISAKMP: x', [123], true, false],
    ['1234567: Mar 12 18:22:10.706: ISAKMP: x', [1_234_567], false, false],
    ['Mar 12 18:22:10 192.0.2.1 91: hub: *Mar 12 18:22:10.706: %SYS-5-X: x', [91], false, true],
    ['2026-03-12T18:22:10.706+00:00 hub 92: 000093: *Mar 12 18:22:10.706: %SYS-5-X: x', [92, 93], true, true],
    ['<189>1 2026-03-12T18:22:10.706Z hub - - - - 93: *Mar 12 18:22:10.706: %SYS-5-X: x', [93], false, true],
    ['<189>*Mar 12 18:22:10.706: %SYS-5-X: x', null, false, false],
    ['*Mar 12 18:22:10.706: %SYS-5-X: x', null, false, false],
    ['%SYS-5-X: x', null, false, false],
    ['  spi: 0x68842105(1753489669)', null, false, false],
    ['12345678901234567890: x', null, false, false],
    ['91:', null, false, false],
    ['91', null, false, false],
    ['<188>', null, false, false],
    ['', null, false, false],
  ])('%s', (line, numbers, padded, sent) => {
    expect(read(line)).toEqual(numbers === null ? null : { numbers, padded, sent });
  });

  test('the short way says what the parser says', () => {
    for (const line of [
      '<188>179767: host: Nov 23 22:23:27.833 NewYork: %CRYPTO-4-X: x',
      '<190>421370: 421366: Nov 23 22:23:27: %SYS-6-X: x',
      '<165>7433: ASR920: 007439: 2y10w: %SYS-5-X: x',
      '<188>989474: *Feb  2 11:39:59KST: %SYS-5-X: x',
    ])
      expect(read(line)?.numbers).toEqual(parseSyslog(line).counters);
  });
});
