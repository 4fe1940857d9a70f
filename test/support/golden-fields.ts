/**
 * A parser's value held against the origin's own parse of the same output (../shared/corpus, `.golden.json`), field by field. Ours is put
 * in the origin's schema by the test; here both are walked. Used by test/platforms/corpus-*.test.ts. The corpus is no part of the project.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../shared/model/address.ts';
import type { Parser } from '../../shared/platforms/platform.ts';

const corpus = new URL('../../../shared/corpus/', import.meta.url);

export const corpusPresent = existsSync(corpus);

/** `show-crypto-map/genie-iosxe-01`, without its ending. */
export const corpusFiles = (...folders: readonly string[]): string[] =>
  corpusPresent
    ? folders.flatMap((folder) =>
        readdirSync(new URL(`${folder}/`, corpus))
          .filter((name) => name.endsWith('.txt'))
          .map((name) => `${folder}/${name.replace(/\.txt$/, '')}`),
      )
    : [];

export const corpusOutput = (file: string): string => readFileSync(new URL(`${file}.txt`, corpus), 'utf8');
export const corpusGolden = (file: string): unknown => JSON.parse(readFileSync(new URL(`${file}.golden.json`, corpus), 'utf8'));

export interface Comparison {
  /** Fields of the golden that we have too, equal or not. */
  readonly compared: number;
  /** `interface/Tunnel1/dh_group: golden mlkem512, ours group14`, sorted. */
  readonly differing: readonly string[];
  /** Names of fields of the golden that we do not read, once each, sorted. */
  readonly notRead: readonly string[];
  /** Names of fields that we read and the golden lacks, once each, sorted. */
  readonly goldenLacks: readonly string[];
}

/** Texts are compared without case, doubled blanks, brackets around them, a comma behind them; addresses as addresses. `undefined` in ours: not read; null: read as nothing. */
export function compareGolden(ours: unknown, golden: unknown): Comparison {
  const [mine, theirs] = [leaves(ours), leaves(golden)];
  const differing: string[] = [];
  const notRead = new Set<string>();
  let compared = 0;
  for (const [path, value] of theirs) {
    const own = mine.get(path);
    if (own === undefined) notRead.add(lastName(path));
    else {
      compared += 1;
      if (own !== value) differing.push(`${path}: golden ${value}, ours ${own}`);
    }
  }
  const goldenLacks = new Set([...mine.keys()].filter((path) => !theirs.has(path)).map(lastName));
  return { compared, differing: differing.sort(), notRead: [...notRead].sort(), goldenLacks: [...goldenLacks].sort() };
}

/** The name nearest to the leaf that is no index. */
const lastName = (path: string): string =>
  path
    .split('/')
    .filter((part) => !/^\d+$/.test(part))
    .at(-1) ?? path;

function leaves(node: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (node === undefined) return found;
  if (typeof node !== 'object' || node === null) return found.set(path, plain(String(node)));
  const entries = Object.entries(node);
  // An empty table is a field too: it says that there is none.
  if (entries.length === 0) return found.set(path, 'empty');
  for (const [key, value] of entries) leaves(value, path === '' ? plain(key) : `${path}/${plain(key)}`, found);
  return found;
}

function plain(text: string): string {
  const bare = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^\((.*)\)$/, '$1')
    .replace(/[\s,]+$/, '')
    .toLowerCase();
  return canonicalAddress(bare) ?? bare.replaceAll('/', '|');
}

/** A place where the golden is not what the output says, or does not say what the output does. */
export interface GoldenFault {
  readonly file: string;
  readonly why: string;
  /** As in Comparison. */
  readonly differing?: readonly string[];
  /** Names of fields, as in `goldenLacks`. */
  readonly lacks?: readonly string[];
}

export interface GoldenCheck<T> {
  readonly command: string;
  readonly files: readonly string[];
  readonly parse: Parser<T>;
  readonly compare: (file: string) => Comparison;
  readonly faults: readonly GoldenFault[];
  /** Names of fields of the golden that are of no use to us, by why. */
  readonly passedOver?: Readonly<Record<string, readonly string[]>>;
  /** That many fields at least: less would be a test that went blind. */
  readonly fieldsMin: number;
}

/** Every file has no unread line, and differs from its golden in just the places that are written down. */
export function checkGoldens<T>({ command, files, parse, compare, faults, fieldsMin, passedOver = {} }: GoldenCheck<T>): void {
  const comparisons = files.map((file) => ({ file, ...compare(file) }));
  const unwanted = new Set(Object.values(passedOver).flat());
  const total = comparisons.reduce((sum, { compared }) => sum + compared, 0);

  describe.skipIf(!corpusPresent)(`${command} of real devices (../shared/corpus; skipped when that folder is absent)`, () => {
    test.each(files)('%s has no unread line', (file) => {
      expect(parse(corpusOutput(file)).unread).toEqual([]);
    });

    for (const { file, compared, differing, notRead, goldenLacks } of comparisons) {
      test(`${file} agrees with its golden in ${compared} fields`, () => {
        const known = faults.filter((fault) => fault.file === file);
        expect(differing).toEqual(known.flatMap((fault) => fault.differing ?? []).sort());
        expect(goldenLacks).toEqual(known.flatMap((fault) => fault.lacks ?? []).sort());
        expect(notRead.filter((name) => !unwanted.has(name))).toEqual([]);
        expect(compared).toBeGreaterThan(0);
      });
    }

    test(`${files.length} files, ${total} fields compared, ${faults.length} files with faults of the golden`, () => {
      process.stdout.write(`${command}: ${files.length} files, ${total} fields compared\n`);
      expect(total).toBeGreaterThanOrEqual(fieldsMin);
      expect(faults.filter(({ file }) => !files.includes(file))).toEqual([]);
    });
  });
}

/** 107 is `00:01:47`, as IOS prints what lasts less than a day. */
export const clockText = (seconds: number): string =>
  [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
