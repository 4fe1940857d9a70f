/** The completion scripts: bash is really asked, word by word; zsh and fish are parsed where they are installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subcommands } from '../../agent/cli/index.ts';
import { cli } from './cli-run.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-completion-'));
  mkdirSync(join(folder, 'here', 'hub data'), { recursive: true });
  writeFileSync(join(folder, 'here', 'hub.yaml'), '');
  writeFileSync(join(folder, 'here', 'hub two.yaml'), '');
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(join(folder, `spitrap.${shell}`), (await cli(['completion', shell])).stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for the last of these words. `=` stands alone, as bash's readline splits it. */
function offered(...words: string[]): string[] {
  const script = `set -u
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_spitrap
printf '%s\\n' "\${COMPREPLY[@]+"\${COMPREPLY[@]}"}"`;
  const args = ['--noprofile', '--norc', '-c', script, 'bash', join(folder, 'spitrap.bash'), 'spitrap', ...words];
  const run = spawnSync('bash', args, { cwd: join(folder, 'here'), encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return run.stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  test('subcommands, all of the shelf and no other', () => {
    expect(offered('').sort()).toEqual([...subcommands.map(({ name }) => name), 'help'].sort());
    expect(offered('com')).toEqual(['commands', 'completion']);
    expect(offered('help', 'sta')).toEqual(['status']);
  });

  test('options of that subcommand, and those of the program', () => {
    expect(offered('status', '-').sort()).toEqual([
      '--config',
      '--data-dir',
      '--debug',
      '--every',
      '--help',
      '--json',
      '--watch',
      '-c',
      '-h',
    ]);
    expect(offered('--v')).toEqual(['--version']);
    expect(offered('incidents', 'show', '--j')).toEqual(['--json']);
    expect(offered('lab', '--scenario', 'lost')).toEqual(['lost-stop', 'lost-alert']);
  });

  test('deeper commands, and values that look like commands', () => {
    expect(offered('incidents', '')).toEqual(['list', 'show']);
    expect(offered('status', '--config', 'run', '--js')).toEqual(['--json']);
    expect(offered('incidents', '-c', 'show', '')).toEqual(['list', 'show']);
  });

  test('files and folders, with blanks in them, after = too', () => {
    expect(offered('run', '-c', 'hub').sort()).toEqual(['hub data', 'hub two.yaml', 'hub.yaml']);
    expect(offered('run', '--config', '=', 'hub.').sort()).toEqual(['hub.yaml']);
    expect(offered('status', '--data-dir', '')).toEqual(['hub data']);
  });

  test('words of a choice', () => {
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('completion', 'bash', '')).toEqual([]);
  });

  test('the script runs in the strictest of shells', () => {
    expect(spawnSync('bash', ['-n', join(folder, 'spitrap.bash')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe.each([
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
] as const)('%s', (shell, flags) => {
  const missing = spawnSync(shell, ['--version']).error !== undefined;

  test.skipIf(missing)(`the script parses${missing ? ` (skipped: ${shell} is not installed)` : ''}`, () => {
    const run = spawnSync(shell, [...flags, join(folder, `spitrap.${shell}`)], { encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
  });

  test('every subcommand is named, quotes are in pairs', async () => {
    const { stdout } = await cli(['completion', shell]);
    for (const { name } of subcommands) expect(stdout).toMatch(new RegExp(`\\b${name}\\b`));
    for (const line of stdout.split('\n').filter((each) => !each.startsWith('#')))
      expect(line.split("'").length % 2, line).toBe(1);
  });
});

test('another shell is a usage error that names the choices', async () => {
  expect(await cli(['completion', 'csh'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^spitrap: USAGE: .*'csh'.*bash, zsh, fish/),
  });
});
