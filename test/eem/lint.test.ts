/** The rules of `spitrap eem lint` on fixtures/*.ios, each beside the findings that it must have; every word is found in one of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lint } from '../../shared/eem/lint.ts';
import { type Finding, type LintWordName, lintWords } from '../../shared/eem/lint-words.ts';
import { readEemConfig } from '../../shared/eem/read-config.ts';
import { limits } from '../../shared/limits.ts';

const folder = new URL('./fixtures/', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const names = readdirSync(folder).filter((name) => name.endsWith('.ios'));
const pairs: readonly (readonly [string, string])[] = [
  ['pair-hub.ios', 'pair-spoke.ios'],
  ['note-a-hub.ios', 'note-a-spoke.ios'],
];

const linted = (...of: string[]) => lint(of.map((name) => ({ name, config: readEemConfig(fixture(name)) })));
const told = ({ line, word, level }: Finding): string => `${line} ${word}${level === 'hint' ? ' (hint)' : ''}`;
const textFindings = (text: string): readonly Finding[] => lint([{ name: 'x', config: readEemConfig(text) }])[0]!.findings;
const words = (text: string): string[] => textFindings(text).map(({ word }) => word);

describe('fixtures', () => {
  test.each(names)('%s', async (name) => {
    const findings = linted(name)[0]!.findings.map(told);
    await expect(`${findings.join('\n')}\n`).toMatchFileSnapshot(`./fixtures/${name.replace(/\.ios$/, '.expected')}`);
  });

  test.each(pairs)('%s with %s', async (one, other) => {
    const findings = linted(one, other).flatMap((file) => [file.name, ...file.findings.map(told)]);
    await expect(`${findings.join('\n')}\n`).toMatchFileSnapshot(`./fixtures/${one.replace(/\.ios$/, '')}-with-other.expected`);
  });

  test('every word is found in one of them', () => {
    const found = new Set(
      [...names.map((name) => [name]), ...pairs]
        .flatMap((of) => linted(...of).flatMap(({ findings }) => findings))
        .map(({ word }) => word),
    );
    // It takes a file of 100,000 lines: below.
    found.add('lines-not-read');
    expect(Object.keys(lintWords).filter((word) => !found.has(word as LintWordName))).toEqual([]);
  });

  test('what is sound has no warning', () => {
    expect(linted('sound-hub.ios')[0]!.findings.filter(({ level }) => level === 'warning')).toEqual([]);
  });

  test('Note A as its page prints it is found to be the same as by the line', () => {
    const [typed, printed] = ['note-a-hub.ios', 'note-a-hub-as-printed.ios'].map(
      (name) => readEemConfig(fixture(name)).applets[0]!,
    );
    const bare = (applet: typeof typed) => applet!.actions.map(({ line: _line, ...action }) => action);
    expect(bare(printed)).toEqual(bare(typed));
    expect(printed!.events[0]).toEqual({ ...typed!.events[0], line: 7 });
    expect(printed!.actions.map(({ line }) => line)).toEqual([8, 8, 9, 10, 10, 11, 12, 12, 12, 13]);
  });
});

describe('an address in a pattern', () => {
  const at = (pattern: string) => words(`event manager applet a\nevent syslog pattern "${pattern}"\naction 1 puts "x"`);

  test.each<[pattern: string, expected: string[]]>([
    ['INV_SPI.*srcaddr=11.1.1.3', ['loose-address']],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.3', ['loose-address']],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.3.*', ['loose-address']],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.3,', []],
    ['INV_SPI.*srcaddr=11.1.1.3,', ['dots-as-wildcards']],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.3([^0-9]|$)', []],
    // No octet starts with 30: there is nothing more to match.
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.30', []],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.25', ['loose-address']],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.26', []],
    ['INV_SPI.*srcaddr=11\\.1\\.1\\.103', []],
    // Nothing ends what stands before it: 111.1.1.3.
    ['INV_SPI.*11\\.1\\.1\\.3,', ['loose-address']],
    ['INV_SPI.*srcaddr=.*11\\.1\\.1\\.3,', ['loose-address']],
    ['INV_SPI.*srcaddr= *11\\.1\\.1\\.3([^0-9.]|$)', []],
    // No octet ends in 211 but itself.
    ['INV_SPI.*211\\.1\\.1\\.3,', []],
    ['INV_SPI', ['any-peer']],
  ])('%s', (pattern, expected) => {
    expect(at(pattern)).toEqual(expected);
  });

  test('names what else it matches', () => {
    const [found] = textFindings(
      'event manager applet a\nevent syslog pattern "INV_SPI.*srcaddr=11\\.1\\.1\\.25"\naction 1 puts "x"',
    );
    expect(found!.reason).toContain('11.1.1.250 to 11.1.1.255');
  });
});

describe('labels', () => {
  const applet = (...labels: string[]) =>
    words(['event manager applet a', 'event none', ...labels.map((label) => `action ${label} puts "x"`)].join('\n'));

  test.each<[labels: string[], expected: string[]]>([
    [['1', '2', '3'], []],
    [['1', '2', '10'], ['label-order']],
    // As the router prints it: in the order in which it runs, which is not the one that was meant.
    [['1', '10', '2'], ['label-order']],
    [['8', '8.1', '9'], []],
    [['1.0', '2.0', '3.0'], []],
    [['010', '020', '100'], []],
    [['2', '1'], ['label-order']],
    [['1', '1'], ['label-twice']],
    [['a', 'b', 'c'], []],
  ])('%j', (labels, expected) => {
    expect(applet(...labels)).toEqual(expected);
  });
});

describe('maxrun', () => {
  const applet = (wait: number, maxrun: string) =>
    words(
      `event manager applet a\nevent none${maxrun}\naction 1 puts "x"\naction 2 wait ${wait}\naction 3 snmp-trap intdata1 1`,
    ).filter((word) => word.startsWith('maxrun'));

  test.each<[wait: number, maxrun: string, expected: string[]]>([
    [18, '', ['maxrun-short']],
    [15, '', []],
    [16, '', ['maxrun-short']],
    [30, '', ['maxrun-short']],
    [18, ' maxrun 35', []],
    [40, ' maxrun 35', ['maxrun-short']],
  ])('wait %d%s', (wait, maxrun, expected) => {
    expect(applet(wait, maxrun)).toEqual(expected);
  });
});

test('a variable of the router’s environment is what it stands for', () => {
  const text =
    'event manager environment _delay 18\nevent manager applet a\nevent none\naction 1 puts "x"\naction 2 wait $_delay';
  expect(words(text)).toEqual(['maxrun-short']);
});

test('secrets are in no finding', () => {
  const findings = names.flatMap((name) => linted(name)[0]!.findings);
  expect(JSON.stringify(findings)).not.toMatch(/s3cret|pair-471/);
});

test('lines beyond the bound are not looked at, and it is said', () => {
  const text = `${'interface x\n'.repeat(limits.eemLinesMax)}event manager applet a\n`;
  expect(words(text)).toEqual(['lines-not-read']);
});
