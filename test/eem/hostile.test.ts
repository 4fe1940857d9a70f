/** Whatever the text: it is read and linted within bounds, nothing throws, and no line of an applet is lost. Seeded, so that it can be run again. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lint } from '../../shared/eem/lint.ts';
import { readEemConfig } from '../../shared/eem/read-config.ts';
import { limits } from '../../shared/limits.ts';
import { seededRandom } from '../support/seeded-random.ts';

const folder = new URL('./fixtures/', import.meta.url);
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.ios'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));

const read = (text: string) => {
  const config = readEemConfig(text);
  return {
    config,
    files: lint([
      { name: 'x', config },
      { name: 'y', config: readEemConfig(texts[0]!) },
    ]),
  };
};

/** 0 to `most`, both included. */
const upTo = (random: ReturnType<typeof seededRandom>, most: number): number => Math.floor(random.uniform() * (most + 1));

const PIECES = [
  ...[
    '"',
    '\\"',
    '\n',
    '\r',
    '!',
    ' ',
    '$_x',
    'action ',
    'action 1 ',
    'event ',
    'event manager applet ',
    'event syslog pattern "',
    'maxrun ',
  ],
  ...[
    '9'.repeat(400),
    '(((((((((',
    'snmp-server host ',
    'end\n',
    'cli command "',
    'hub#',
    '\u0000',
    '\ud800',
    '\u202e',
    '--More--',
    '.*.*.*.*',
  ],
];

describe('hostile text', () => {
  test.each(Array.from({ length: 40 }, (_none, seed) => seed))('seed %d', (seed) => {
    const random = seededRandom(seed);
    let text = texts[seed % texts.length]!;
    for (let change = 0; change < 30; change += 1) {
      const at = upTo(random, text.length);
      const to = Math.min(text.length, at + upTo(random, 12));
      text = `${text.slice(0, at)}${PIECES[upTo(random, PIECES.length - 1)]}${text.slice(to)}`;
    }
    const { config, files } = read(text);
    for (const { findings } of files)
      for (const found of findings) {
        expect(found.line).toBeLessThanOrEqual(config.lines);
        expect(found.reason.length + found.remedy.length).toBeLessThan(2_000);
      }
  });

  test('each line of an applet is read or kept as not understood', () => {
    for (const seed of Array.from({ length: 40 }, (_none, index) => index)) {
      const random = seededRandom(seed + 1_000);
      const rest = Array.from({ length: 12 }, (_none, at) =>
        upTo(random, 1) === 0
          ? `action ${at} puts "${at}"`
          : `action ${at} ${['frob', 'wait x', 'cli', 'snmp-trap what'][upTo(random, 3)]}`,
      );
      const config = readEemConfig(['event manager applet a', 'event none', ...rest].join('\n'));
      const lines = [...config.applets.flatMap(({ actions }) => actions), ...config.unread].map(({ line }) => line);
      expect(lines.sort((a, b) => a - b)).toEqual(rest.map((_line, at) => at + 3));
    }
  });

  test.each<[what: string, text: string]>([
    ['one endless line', `event manager applet a\nevent syslog pattern "${'a.*'.repeat(400_000)}`],
    ['a quote in each line', 'action 1 cli command "x\n'.repeat(100_000)],
    ['many applets', Array.from({ length: 5_000 }, (_none, at) => `event manager applet a${at}\nevent none`).join('\n')],
    [
      'many actions',
      `event manager applet a\nevent none\n${Array.from({ length: 50_000 }, (_none, at) => `action ${at} puts "x"`).join('\n')}`,
    ],
    ['nothing', ''],
    ['spaces', ' '.repeat(1_000_000)],
  ])('%s', (_what, text) => {
    const { config, files } = read(text);
    expect(config.applets.length).toBeLessThanOrEqual(limits.eemAppletsMax);
    for (const { findings } of files) expect(findings.length).toBeLessThanOrEqual(limits.eemFindingsMax);
  });
});
