/** shared/platforms/cisco/log-counters.ts, in the forms of the field: one line or two, old releases, the whole output and the filtered one. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';

const sample = (name: string): string => readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');
const read = (output: string) => ciscoIos.parsers.logCounters(output).value;

describe('what the device counted of its log', () => {
  test.each<[title: string, output: string, value: ReturnType<typeof read>]>([
    [
      'through the filter',
      'Syslog logging: enabled (12 messages dropped, 149 messages rate-limited, 1 flushes, 2 overruns, xml disabled, filtering disabled)\n    Trap logging: level informational, 9780 message lines logged\n              787 message lines logged,\n              0 message lines dropped-by-MD,\n',
      { dropped: 12, rateLimited: 149, flushes: 1, overruns: 2, sent: 9_780 },
    ],
    ['the sample', sample('log-counters'), { dropped: 12, rateLimited: 149, flushes: 1, overruns: 2, sent: 9_780 }],
    [
      'on two lines, with CRLF',
      'Syslog logging: enabled (12 messages dropped, 3 messages rate-limited,\r\n                4 flushes, 5 overruns, xml disabled, filtering disabled)\r\n',
      { dropped: 12, rateLimited: 3, flushes: 4, overruns: 5, sent: null },
    ],
    [
      'of an old release',
      'Syslog logging: enabled (7 messages dropped, 1 flushes, 0 overruns)\n',
      { dropped: 7, rateLimited: null, flushes: 1, overruns: 0, sent: null },
    ],
    [
      'and not what a line of the log says of it',
      'Syslog logging: enabled (7 messages dropped, 1 flushes, 0 overruns)\n*Mar 12 18:22:10: %X-1-Y: 99 flushes, 99 overruns\nSyslog logging: enabled (99 messages dropped, 9 messages rate-limited)\nLog Buffer (4096 bytes):\n    Trap logging: level debugging, 99 message lines logged\n',
      { dropped: 7, rateLimited: 9, flushes: 1, overruns: 0, sent: null },
    ],
    ['another filter', '*Mar 12 18:22:10: %X-1-Y: 99 flushes, 99 overruns\n', null],
    ['nothing', '', null],
  ])('%s', (_title, output, value) => expect(read(output)).toEqual(value));

  test('in the whole output', () => {
    expect(read(sample('logging'))).toMatchObject({ dropped: expect.any(Number), overruns: expect.any(Number) });
  });

  test('anything at all is read without harm', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (text) => {
        read(`Syslog logging: ${text}`);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
