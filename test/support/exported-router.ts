/**
 * `spitrap eem export` of the built executable, pasted into the console of a simulated router as a person pastes it: every line, comments
 * too, with what only a person knows filled in. For the acceptance tests of routers without an agent.
 */
import { expect } from 'vitest';
import type { Box } from '../../agent/lab/contract.ts';
import { runSpitrap } from './run-spitrap.ts';

const filled = (text: string): string =>
  text
    .replaceAll('<address of your syslog server>', '192.0.2.200')
    .replaceAll('<address of a time server>', '192.0.2.201')
    .replace(/<user [^>]+>/g, 'eem');

/** Nothing that it prints may be refused, or taken for another command. `which`: `--for`, `--router`. */
export async function pasteExport(box: Box, configFile: string, ...which: readonly string[]): Promise<void> {
  const printed = await runSpitrap(['eem', 'export', '-c', configFile, '--with-secrets', '--explain', ...which]);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  const answers = filled(printed.stdout)
    .split('\n')
    .map((line) => box.console(line));
  expect(answers.filter((answer) => !/^(?:|Enter configuration commands.*)$/.test(answer))).toEqual([]);
}

/** Its debugs, on one peer alone. */
export async function armExported(box: Box, configFile: string, ...which: readonly string[]): Promise<void> {
  const printed = await runSpitrap(['eem', 'export', '-c', configFile, '--part', 'arm', ...which]);
  for (const line of printed.stdout.split('\n')) box.console(line);
  expect(box.debugsOn()).toHaveLength(2);
}
