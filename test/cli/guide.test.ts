/** docs/guide.md keeps up with the program: each command line in it exists with its options, and its configurations load. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../agent/cli/main.ts';
import type { CliContext } from '../../agent/cli/subcommand.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { host } from '../config/smallest-pair.ts';

const page = readFileSync(new URL('../../docs/guide.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === language).map((match) => match[2]!);

const commands = blocks('sh').flatMap((block) =>
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
  await buildProgram(context, async () => {}).parseAsync([...words], { from: 'user' });
}

describe('commands', () => {
  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(8);
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
  const files = { '/etc/spitrap/community': 'public\n' };
  expect(blocks('yaml').length).toBeGreaterThan(0);
  for (const text of blocks('yaml')) expect(loadConfigText(text, '/etc/spitrap/hub.yaml', host({ files })).warnings).toEqual([]);
});

test('its links lead somewhere', () => {
  for (const [, target] of page.matchAll(/\]\(([\w-]+\.md)\)/g))
    expect(() => readFileSync(new URL(`../../docs/${target}`, import.meta.url))).not.toThrow();
});
