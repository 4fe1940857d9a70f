/** `spitrap parse` in this process: its JSON, its exit codes, and the line that it names. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandHead } from '../../agent/evidence/bundle-text.ts';
import { shows } from '../../shared/platforms/cisco/shows.ts';
import { cli } from './cli-run.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-parse-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string): string {
  const path = join(folder, 'output.txt');
  writeFileSync(path, content);
  return path;
}
const sample = (name: string): string => readFileSync(new URL(`../platforms/fixtures/${name}.txt`, import.meta.url), 'utf8');
const CLOCK = 'hub#show clock\n*18:22:10.706 UTC Thu Mar 12 2026\n';

describe('an output', () => {
  test('read whole: the JSON of the page, exit 0', async () => {
    const { code, stdout, stderr } = await cli(['parse', 'sh clock', fileOf(CLOCK)]);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      command: 'sh clock',
      platform: 'cisco-ios',
      reader: 'show clock',
      value: {
        text: '18:22:10.706 UTC Thu Mar 12 2026',
        localMs: Date.UTC(2026, 2, 12, 18, 22, 10, 706),
        zone: 'UTC',
        year: 2026,
        mark: '*',
      },
      unread: [],
    });
  });

  test('piped in, on IOS XE, SPIs in hex', async () => {
    const args = ['parse', 'show crypto ipsec sa peer 11.1.1.3 detail', '--platform', 'cisco-iosxe'];
    for (const more of [[], ['-']]) {
      const { code, stdout } = await cli([...args, ...more], { stdin: [Buffer.from(sample('ipsec-sa'))] });
      expect(code).toBe(0);
      const told = JSON.parse(stdout) as { value: { currentOutboundSpi: string; sas: { spi: string }[] }[] };
      expect(told).toMatchObject({ platform: 'cisco-iosxe', reader: 'show crypto ipsec sa' });
      expect(told.value[0]!.currentOutboundSpi).toBe('0xb761863e');
      expect(told.value[0]!.sas.slice(0, 2).map(({ spi }) => spi)).toEqual(['0x68842105', '0x0000011c']);
    }
  });

  test('a line that was not understood: all is printed, exit 1, the line is named', async () => {
    const { code, stdout, stderr } = await cli(['parse', 'show clock', fileOf(`${CLOCK}what\x1b[2J is this\n`)]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ value: { year: 2026 }, unread: [{ number: 3 }] });
    expect(stderr).toContain('LINES_UNREAD: show clock: not understood: line 3 ');
    expect(stderr).not.toContain('\x1b');
  });

  test('a file of a bundle: its head is no output, and lines keep their numbers', async () => {
    const head = commandHead({
      number: 1,
      round: 'first',
      late: false,
      peer: null,
      command: 'show clock',
      file: 'commands/01-first-show-clock.txt',
      session: 'capture',
      status: 'ok',
      detail: null,
      sent: null,
      tookMs: 41,
      bytes: 60,
      redacted: 0,
    });
    expect(head).toMatch(/^# command/);
    const whole = await cli(['parse', 'show clock', fileOf(head + CLOCK)]);
    expect([whole.code, whole.stderr, JSON.parse(whole.stdout).value.year]).toEqual([0, '', 2026]);
    const { code, stderr } = await cli(['parse', 'show clock', fileOf(`${head}${CLOCK}what is this\n`)]);
    expect(code).toBe(1);
    expect(stderr).toContain(`not understood: line ${head.split('\n').length + 2} "what is this"`);
  });

  test('many such lines: the first of them, and how many more', async () => {
    const { stderr } = await cli(['parse', 'show clock', fileOf('a b\nc d\ne f\ng h\ni j\n')]);
    expect(stderr).toMatch(/line 1 .*line 2 .*line 3 .* and 2 more\n/);
  });

  test('nothing is an empty value', async () => {
    const { code, stdout } = await cli(['parse', 'show crypto isakmp sa'], { stdin: [] });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { value: [], unread: [] }]);
  });
});

describe('a log', () => {
  test('its events', async () => {
    const log =
      '*Mar 12 18:22:10.706: IPSEC(delete_sa): deleting SA,\n  (sa) sa_dest= 213.163.222.7, sa_proto= 50,\n    sa_spi= 0x68842105(1753489669),\nnoise\n';
    const { code, stdout } = await cli(['parse', 'log', fileOf(log)]);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        reader: 'log',
        value: [{ kind: 'sa-deleted', line: 1, lines: 3, spis: ['0x68842105'], dst: '213.163.222.7' }],
        unread: [],
      },
    ]);
  });

  test('a platform that has only a log', async () => {
    const { code, stdout } = await cli(['parse', '--platform', 'linux-strongswan', '--list']);
    expect([code, stdout]).toEqual([0, 'log\n']);
    expect((await cli(['parse', '--platform', 'linux-strongswan', 'log'], { stdin: [] })).code).toBe(0);
    expect((await cli(['parse', '--platform', 'linux-strongswan', 'show clock'], { stdin: [] })).code).toBe(2);
  });
});

describe('usage', () => {
  test('--list: each readable command, and the log', async () => {
    const { code, stdout } = await cli(['parse', '--list']);
    expect([code, stdout.trimEnd().split('\n')]).toEqual([0, [...shows.map(({ name }) => name), 'log']]);
  });

  test.each([
    [['parse'], /^spitrap: USAGE: which command\?/],
    [['parse', 'show clock'], /^spitrap: USAGE: which file\?/],
    [['parse', 'reload', '-'], /no reader for "reload", or several; there are: show crypto ipsec sa, .*, log/],
    [['parse', 'show clock', '-', '--platform', 'junos'], /no platform "junos"; there are cisco-ios/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await cli(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('a file that is not there', async () => {
    const { code, stderr } = await cli(['parse', 'show clock', join(folder, 'none')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/FILE_UNREADABLE: cannot read .*none: no such file/);
  });
});
