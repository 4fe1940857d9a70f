/** What the router answers to `spitrap advise -c`, in each way in which it is not the configuration. Over SSH: test/acceptance/advise.test.ts. */
import { expect, test } from 'vitest';
import type { PersonsDevice } from '../../agent/check/open-device.ts';
import { readRunningConfig } from '../../agent/check/running-config.ts';
import type { Config } from '../../agent/config/config.ts';
import { mayBeSent } from '../../agent/device/check-line.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { platformNamed } from '../../shared/platforms/index.ts';

const platform = platformNamed('cisco-ios')!;
const VTYS =
  '*   66 VTY                -    -      -    -    -      2      0    0/0      -\n    67 VTY                -    -      -    -    -      0      0    0/0      -';

type Answer = Partial<Pick<CommandResult, 'status' | 'output' | 'detail'>>;

async function read(answers: Readonly<Record<string, Answer>>) {
  const sent: string[] = [];
  const session = {
    run: async (command: string): Promise<CommandResult> => {
      sent.push(command);
      const answer = Object.entries(answers).find(([begins]) => command.includes(begins))?.[1] ?? {};
      return { command, status: 'ok', output: '', detail: null, sentAt: null, sentAtWall: null, tookMs: 1, ...answer };
    },
    close: async () => void sent.push('exit'),
  };
  const device = { name: 'hub1', openSession: async () => session };
  const config = { capture: { commandTimeoutMs: 1_000 } } as unknown as Config;
  const opened = { device, platform } as unknown as PersonsDevice;
  const result = await readRunningConfig(config, opened).catch(
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
  return { sent, result };
}

const VERSION = { '^(version': { output: 'version 15.7\nhostname hub1' }, 'show line': { output: VTYS } };

test('every line is one of the grammar, short enough for IOS, and asks for no key', () => {
  for (const line of platform.advise) {
    expect(mayBeSent(platform, line), line).toBe(true);
    // What IOS takes of a regular expression.
    expect(line.length).toBeLessThan(200);
  }
  const asked = platform.advise.map((line) => new RegExp(line.replace(/^.*?\| \w+ /, '')));
  for (const secret of [
    'crypto isakmp key s3cret address 192.0.2.1',
    'crypto keyring K',
    'crypto ikev2 keyring K',
    'crypto pki certificate chain C',
    'snmp-server community s3cret RO',
    'snmp-server user U G v3 auth sha s3cret',
    'username noc secret 5 x',
    'enable secret 5 x',
    'ntp authentication-key 1 md5 x',
    'tacacs server T',
  ])
    expect(
      asked.filter((pattern) => pattern.test(secret)),
      secret,
    ).toEqual([]);
});

test('whole: its parts, and the session is logged out', async () => {
  const { sent, result } = await read(VERSION);
  expect(result).toMatchObject({ text: expect.stringContaining('hostname hub1'), location: null });
  expect(sent.filter((line) => line.startsWith('show running-config'))).toEqual(platform.advise);
  expect(sent.at(-1)).toBe('exit');
});

test.each<[string, Record<string, Answer>, RegExp]>([
  [
    'AAA',
    { 'running-config': { status: 'refused', detail: '% Authorization failed.' } },
    /was refused: "% Authorization failed\."/,
  ],
  [
    'a parser view',
    { '^(version': { output: 'Building configuration...' } },
    /without the line version: the user sees only a part/,
  ],
  ['too long', { '^interface': { status: 'too-long', output: 'interface' } }, /more than 2097152 bytes/],
  ['a line that breaks', { '^crypto': { status: 'timeout', detail: 'no prompt within 60 s' } }, /ended with timeout: "no prompt/],
])('%s: the remedy, and logged out', async (_what, answers, says) => {
  const { sent, result } = await read({ ...answers, ...VERSION, ...answers });
  expect(result).toMatch(/^RUNNING_CONFIG_REFUSED: hub1: "show running-config /);
  expect(result).toMatch(says);
  expect(result).toContain('privilege 15');
  expect(sent.at(-1)).toBe('exit');
});

test('the last VTY line is given back before the configuration is asked for', async () => {
  const { sent, result } = await read({ ...VERSION, 'show line': { output: VTYS.replace('    67', '*   67') } });
  expect(result).toMatch(/^NO_FREE_VTY: hub1: this session has the last of 2 VTY lines/);
  expect(sent).toEqual([platform.arming.ask.lines, 'exit']);
});
