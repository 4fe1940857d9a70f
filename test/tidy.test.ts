/** The house rules of architecture.md, held by machine: rules per file (support/tidy-rules.ts), and pages that must keep up with the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { subcommands } from '../agent/cli/index.ts';
import { exitCodes } from '../agent/cli/subcommand.ts';
import { reasons } from '../shared/coordinate/reason.ts';
import { errorCodes } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import { stripSource } from './support/strip-source.ts';
import {
  codesIn,
  differences,
  fileRules,
  importsOf,
  longFiles,
  type SourceFile,
  undocumentedLimits,
} from './support/tidy-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const files: SourceFile[] = ['agent', 'bin', 'shared', 'test'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: `${top}/${path}`, text: read(`${top}/${path}`) })),
);

describe('every file', () => {
  test('there are files', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  test.each(fileRules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    expect(files.flatMap((file) => rule.check(file).map((finding) => `${file.path}: ${finding}`))).toEqual([]);
  });

  test('the list of long files names no file that is short or gone', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path);
    expect(Object.keys(longFiles).filter((path) => !long.includes(path))).toEqual([]);
  });
});

/** Each rule with a file that it must find fault with, and one that it must not: a rule that can not fail is no rule. */
describe('every rule can fail', () => {
  const header = '/** What this file is and who calls it. */\n';
  const file = (path: string, text: string): SourceFile => ({ path, text });
  const cases: Record<string, [bad: SourceFile, good: SourceFile]> = {
    'shared/ imports nothing of agent/, bin/, test/': [
      file('shared/model/a.ts', "import { b } from '../../agent/b.ts';"),
      file('shared/model/a.ts', "import { b } from './b.ts';"),
    ],
    'agent/ imports nothing of bin/, test/': [
      file('agent/a.ts', "export { b } from '../test/b.ts';"),
      file('agent/a.ts', "import { b } from '../shared/b.ts';"),
    ],
    'bin/ imports nothing of test/': [
      file('bin/a.ts', "await import('../test/b.ts')"),
      file('bin/a.ts', "import '../agent/b.ts';"),
    ],
    'agent/cli/ is imported only in agent/cli/, bin/': [
      file('agent/app.ts', "import { x } from './cli/run.ts';"),
      file('bin/s.ts', "import { x } from '../agent/cli/main.ts';"),
    ],
    'agent/lab/ imports nothing of agent/device/, agent/cli/, agent/net/, shared/platforms/, shared/analyze/, shared/wire/, shared/detect/, shared/coordinate/':
      [
        file('agent/lab/box.ts', "import type {\n  A,\n} from '../../shared/wire/ber.ts';"),
        file('agent/lab/box.ts', "import { A } from '../../shared/model/flow.ts';"),
      ],
    'agent/lab/ is imported only in agent/lab/, agent/cli/lab.ts, agent/cli/lab/': [
      file('agent/coordinator.ts', "import { A } from './lab/box.ts';"),
      file('agent/cli/lab/stage.ts', "import { A } from '../../lab/box.ts';"),
    ],
    'shared/ is pure: of Node only node:crypto and node:buffer': [
      file('shared/a.ts', "import { readFile } from 'node:fs';"),
      file('shared/a.ts', "import { createHmac } from 'node:crypto';"),
    ],
    'kebab-case file names that say what is in them': [file('agent/bundleHelpers.ts', ''), file('agent/bundle-log.ts', '')],
    'a header comment of what the file is': [file('agent/a.ts', "import { b } from './b.ts';"), file('agent/a.ts', header)],
    'at most 400 lines': [file('shared/a.ts', 'x\n'.repeat(401)), file('shared/a.ts', 'x\n'.repeat(400))],
    'relative imports end in .ts (or .json)': [
      file('agent/a.ts', "import { b } from './b.js';"),
      file('agent/a.ts', "import { b } from './b.ts';\nimport c from 'zod';"),
    ],
    'no barrels but the shelves’ registries': [file('agent/net/index.ts', ''), file('agent/sources/index.ts', '')],
    'no event is named error: eventemitter3 does not throw on it': [
      file('agent/a.ts', "events.emit('error', e)"),
      file('agent/a.ts', "events.emit('alarm', e)"),
    ],
    ...Object.fromEntries(
      fileRules
        .map(({ name }) => /^(\S+) is imported only in (.*)$/.exec(name))
        .filter((match) => match !== null && !match[1]!.endsWith('/'))
        .map(
          (match) =>
            [
              match![0],
              [
                file('shared/other.ts', `import { x } from '${match![1]}';`),
                file('shared/other.ts', `// import { x } from '${match![1]}';`),
              ],
            ] as const,
        ),
    ),
    ...Object.fromEntries(
      (
        [
          ['Date.now', 'const at = Date.now();'],
          ['new Date() without a time', 'const at = new Date();'],
          ['performance.now or hrtime', 'const at = performance.now();'],
          ['setTimeout, setInterval, setImmediate', 'setTimeout(() => {}, 5);'],
          ['Math.random', ['const x = `$', '{Math.random()}`;'].join('')],
          ['randomUUID, randomBytes, randomInt', 'const id = randomUUID();'],
          ['process.env', "const x = process.env['HOME'];"],
          ['process.exit', 'process.exit(1);'],
          ['console', 'console.log(1);'],
          ['any', 'const x = y as any;'],
          ['enum', 'export enum A { B }'],
          ['TODO or FIXME in code', 'const TODO = 1;'],
        ] as const
      ).map(([what, code]) => [
        fileRules.find(({ name }) => name.startsWith(`${what} only in`))!.name,
        [
          file('shared/other.ts', code),
          file(
            'shared/other.ts',
            `// ${code}\n/* ${code} */\nconst text = "${code.replaceAll('"', '')}";\nconst re = /${'Date.now'}/;`,
          ),
        ],
      ]),
    ),
  };

  test.each(fileRules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
    const [bad, good] = cases[name] ?? [];
    expect(bad, 'every rule has a case here').toBeDefined();
    expect(rule.check(bad!)).not.toEqual([]);
    expect(rule.check(good!)).toEqual([]);
  });

  test('imports are found in every form', () => {
    const text =
      "import a from 'x';\nimport {\n  b,\n} from '../y.ts';\nexport type { c } from './z.ts';\nimport 'side';\nconst d = await import('./d.ts');";
    expect(importsOf({ path: 'agent/net/f.ts', text })).toEqual(['x', 'agent/y.ts', 'agent/net/z.ts', 'side', 'agent/net/d.ts']);
  });

  test('comments and strings are not code, templates’ expressions are', () => {
    const stripped = stripSource(
      "a('Date.now'); // Date.now\nb(/['Date.now]/); `x ${Date.now()} y` /* Date.now */ c = 4 / 2; // it's",
    );
    expect(stripped.match(/Date\.now/g)).toHaveLength(1);
    expect(stripped).toContain('c = 4 / 2');
  });

  test('differences of two lists', () => {
    expect(differences(['A', 'B'], ['B', 'C', 'C'])).toEqual([
      'A is not in the page',
      'C is in the page and nowhere else',
      'C is in the page and nowhere else',
      'C stands twice in the page',
    ]);
    expect(codesIn('| `A_B` | x |\n| other | `C` |\n')).toEqual(['A_B']);
  });

  test('a limit without its reason', () => {
    expect(undocumentedLimits('export const limits = {\n  /** why */\n  a: 1,\n  b: 2,\n} as const')).toEqual(['b']);
  });
});

describe('the pages keep up with the code', () => {
  test('docs/errors.md has each error code, once, and none that does not exist', () => {
    expect(differences(errorCodes, codesIn(read('docs/errors.md')))).toEqual([]);
  });

  test('docs/reasons.md has each reason, once, and none that does not exist', () => {
    const rows = [...read('docs/reasons.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]!);
    expect(differences(reasons, rows)).toEqual([]);
  });

  test('docs/cli.md has each subcommand and each exit code', () => {
    const page = read('docs/cli.md');
    const headings = [...page.matchAll(/^## `spitrap (\w+)/gm)].map((match) => match[1]!);
    expect(
      differences(
        subcommands.map(({ name }) => name),
        headings,
      ),
    ).toEqual([]);
    const codes = [...page.matchAll(/^\| (\d+) \|/gm)].map((match) => match[1]!);
    expect(
      Object.values(exitCodes)
        .map(String)
        .filter((code) => !codes.includes(code)),
    ).toEqual([]);
  });

  test('every limit says why, and is used', () => {
    expect(undocumentedLimits(read('shared/limits.ts'))).toEqual([]);
    const code = files
      .filter(({ path }) => !path.startsWith('test/') && path !== 'shared/limits.ts')
      .map(({ text }) => text)
      .join('\n');
    expect(Object.keys(limits).filter((key) => !code.includes(`limits.${key}`))).toEqual([]);
  });

  test('every error code is used', () => {
    const code = files
      .filter(({ path }) => !path.startsWith('test/') && path !== 'shared/errors.ts')
      .map(({ text }) => text)
      .join('\n');
    expect(errorCodes.filter((error) => !code.includes(`'${error}'`))).toEqual([]);
  });

  test('every parser of the platforms shelf has a sample of its own', () => {
    const parsers = files.filter(
      ({ path, text }) => path.startsWith('shared/platforms/') && /^export const \w+: Parser</m.test(text),
    );
    expect(parsers.length).toBeGreaterThan(3);
    const fixtures = readdirSync(join(root, 'test/platforms/fixtures')).map((name) => basename(name, '.txt'));
    const tests = files
      .filter(({ path }) => path.startsWith('test/platforms/'))
      .map(({ text }) => text)
      .join('\n');
    const sampled = fixtures.filter((name) => tests.includes(`'${name}'`));
    const unsampled = parsers.flatMap(({ path }) => {
      const name = basename(path, '.ts');
      const wanted = samplesOf[name] ?? [name];
      return wanted
        .filter((sample) => !sampled.some((used) => used === sample || used.startsWith(`${sample}-`)))
        .map((sample) => `${path}: ${sample}`);
    });
    expect(unsampled).toEqual([]);
  });
});

/** Parsers that read the output of more than one command. */
const samplesOf: Readonly<Record<string, readonly string[]>> = { 'sa-count': ['isakmp-sa', 'ikev2-sa'] };
