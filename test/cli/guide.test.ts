/** docs/guide.md and the pages that it leads to keep up with the program: each command line exists with its options, and the guide's configurations load. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../agent/cli/main.ts';
import type { CliContext } from '../../agent/cli/subcommand.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { host } from '../config/smallest-pair.ts';

const pageOf = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const page = pageOf('guide.md');
const blocks = (language: string, text = page): string[] =>
  [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === language).map((match) => match[2]!);

const pages = ['guide.md', 'rollout.md', 'eem.md', 'router.md', '../README.md'];
const scripts = pages.flatMap((name) => blocks('sh', pageOf(name)));
const commands = scripts.flatMap((block) =>
  block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.startsWith('spitrap '))
    .map((line) =>
      line
        .replace(/\s+#.*$/, '')
        .trim()
        .split(/\s+/)
        .slice(1),
    ),
);

/** As the program reads it, without doing it. */
async function parses(words: readonly string[]): Promise<void> {
  const silent = { write: () => {}, isTty: false };
  const context = { stdout: silent, stderr: silent, version: 'test' } as unknown as CliContext;
  const program = await buildProgram(context, async () => {});
  await program.parseAsync([...words], { from: 'user' });
}

describe('commands', () => {
  test('there are some', () => {
    for (const name of pages) expect(blocks('sh', pageOf(name)), name).not.toEqual([]);
    expect(commands.length).toBeGreaterThan(20);
  });

  test.each(commands.map((words) => [words.join(' '), words] as const))('spitrap %s', async (_line, words) => {
    await expect(parses(words)).resolves.toBeUndefined();
  });

  test('one that is wrong is found', async () => {
    await expect(parses(['check', '-c', 'hub.yaml', '--nope'])).rejects.toThrow(/unknown option/);
    await expect(parses(['check', '-c', 'hub.yaml', 'more'])).rejects.toThrow(/too many arguments/);
  });
});

test('its configurations load', () => {
  const files = Object.fromEntries(
    ['pair-auth', 'pair-priv', 'redaction'].map((name) => [`/etc/spitrap/secrets/${name}`, 'a key of the pair\n']),
  );
  expect(blocks('yaml').length).toBeGreaterThan(0);
  for (const text of blocks('yaml')) expect(loadConfigText(text, '/etc/spitrap/hub.yaml', host({ files })).warnings).toEqual([]);
});

test.each([...pages, 'examples/first-pair.md'])('the links of %s lead somewhere', (name) => {
  const from = new URL(`../../docs/${name}`, import.meta.url);
  const targets = [...readFileSync(from, 'utf8').matchAll(/\]\(([\w./-]+\.(?:md|mjs))\)/g)].map(([, target]) => target!);
  expect(targets).not.toEqual([]);
  for (const target of targets) expect(() => readFileSync(new URL(target, from)), target).not.toThrow();
});
