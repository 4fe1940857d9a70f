/** `spitrap detect` in this process: what it prints, what it refuses, and that its help says how. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../agent/cli/main.ts';
import type { CliContext } from '../../agent/cli/subcommand.ts';
import { createWorld } from '../../agent/world.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { noteA } from '../support/invalid-spi-lines.ts';
import { cli } from './cli-run.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-detect-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Buffer, name = 'router.log'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const trusted = (at: string): string => `<188>91: hub: ${noteA.replace('*Mar 12 18:22:10.706', at)}\n`;
const blackHole = trusted('Mar 12 18:22:10.706') + trusted('Mar 12 18:23:10.710') + trusted('Mar 12 18:24:10.712');
const ipv6 = trusted('Mar 12 18:25:00')
  .replace('213.163.222.7', '2001:db8:aaaa:bbbb::7')
  .replace('11.1.1.3', '2001:db8:cccc:dddd:eeee::3');

describe('what it prints', () => {
  test('--json: a line a flow, with the keys of the page and no other', async () => {
    const { code, stdout, stderr } = await cli(['detect', '--json', fileOf(`noise\n${blackHole}`)]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      '{"src":"11.1.1.3","dst":"213.163.222.7","spi":"0x68842105","count":3,"first":"Mar 12 18:22:10.706","last":"Mar 12 18:24:10.712","class":"persistent","interface":"Ethernet0/0"}\n',
    );
  });

  test('--json of a file without any: nothing, and exit 0', async () => {
    expect(await cli(['detect', '--json', fileOf('noise\n')])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('the table, its totals, what could not be read', async () => {
    const broken = noteA.replace('srcaddr', 'scraddr');
    const { code, stdout } = await cli([
      'detect',
      fileOf(`${noteA.replace('68842105(1753489669)', '1(1)')}\n${blackHole}${ipv6}${broken}\n`),
    ]);
    expect(code).toBe(0);
    expect(stdout.replace(folder, '/logs')).toMatchInlineSnapshot(`
      " COUNT CLASS      SPI        SOURCE -> DESTINATION              LAST SEEN
           3 persistent 0x68842105 11.1.1.3 -> 213.163.222.7          Mar 12 18:24:10
           1 unknown    0x68842105                                    Mar 12 18:25:00
             2001:db8:cccc:dddd:eeee::3 -> 2001:db8:aaaa:bbbb::7
           1 unknown    0x00000001 11.1.1.3 -> 213.163.222.7          *Mar 12 18:22:10

      found      5 messages of 3 flows: 1 persistent, 2 unknown
                 persistent: came again after its minute, traffic is black-holed
                 unknown: a file alone proves no flow benign; silence is no proof
                 1 flow without a stamp that can be trusted (*, ., uptime, none)
      read       6 lines, 1288 bytes of /logs/router.log
      unreadable 1: a field is missing
      headers    3: <PRI>, counter, host, datetime with ms
                 1: datetime with ms, clock never set
                 1: <PRI>, counter, host, datetime
      "
    `);
    for (const line of stdout.replace(folder, '/logs').split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('text of the file never reaches the terminal as it is', async () => {
    const hostile = `${noteA.replace('Ethernet0/0', '\u001b]0;owned\u0007')}\n`;
    const { stdout } = await cli(['detect', fileOf(hostile)], { tty: true, noColor: true });
    expect(stdout).not.toContain('\u001b');
  });

  test('standard input, when piped or by its name', async () => {
    const stdin = [Buffer.from(blackHole.slice(0, 100)), Buffer.from(blackHole.slice(100))];
    const [bare, named] = [await cli(['detect', '--json'], { stdin }), await cli(['detect', '-', '--json'], { stdin })];
    expect(bare).toEqual(named);
    expect(JSON.parse(bare.stdout)).toMatchObject({ count: 3, class: 'persistent' });
  });
});

test('a long file shows its progress on a terminal, and takes it away again', async () => {
  const clock = new FakeClock();
  const said = { stdout: '', stderr: '' };
  const write = (name: 'stdout' | 'stderr', isTty: boolean) => ({
    isTty,
    write: (text: string): void => {
      said[name] += text;
    },
  });
  async function* slowly(): AsyncGenerator<Buffer> {
    for (let n = 0; n < 4; n++) {
      yield Buffer.from(blackHole);
      await clock.advance(400);
    }
  }
  const context = {
    world: { ...createWorld(), clock },
    stdin: { isTty: false, pieces: slowly },
    stdout: write('stdout', false),
    stderr: write('stderr', true),
    noColor: true,
    version: '0',
  } as unknown as CliContext;
  expect(await main(['detect', '--json'], context)).toBe(0);
  expect(JSON.parse(said.stdout)).toMatchObject({ count: 12 });
  expect(said.stderr).toBe('\r\u001b[K0 MiB read, 9 messages of 1 flows\r\u001b[K');
});

describe('what it refuses, in one line', () => {
  test.each<[what: string, args: () => string[], code: number, says: RegExp]>([
    ['no file and nobody piping', () => ['detect'], 2, /^spitrap: USAGE: which file\?/],
    [
      'a file that is not there',
      () => ['detect', join(folder, 'nothing')],
      1,
      /^spitrap: FILE_UNREADABLE: cannot open .*nothing: no such file/,
    ],
    ['a folder', () => ['detect', folder], 1, /^spitrap: FILE_UNREADABLE: cannot open .*EISDIR/],
    [
      'a device',
      () => ['detect', '/dev/null'],
      1,
      /^spitrap: FILE_UNREADABLE: .*no regular file; spitrap detect - < \/dev\/null/,
    ],
    ['two files', () => ['detect', 'a', 'b'], 2, /^spitrap: USAGE: /],
    [
      'gzip',
      () => ['detect', fileOf(gzipSync(blackHole), 'log.gz')],
      1,
      /log\.gz is compressed \(gzip\): zcat .*log\.gz \| spitrap detect/,
    ],
    ['UTF-16', () => ['detect', fileOf(Buffer.from(`\ufeff${blackHole}`, 'utf16le'), 'wide.log')], 1, /is in UTF-16: iconv/],
  ])('%s', async (_, args, code, says) => {
    const run = await cli(args());
    expect(run.code).toBe(code);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(says);
    if (code === 1) expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a disk that gives up midway: what was found is printed, and the exit code says that it is not all', async () => {
    const stdin = {
      async *[Symbol.asyncIterator]() {
        yield Buffer.from(blackHole);
        throw Object.assign(new Error('i/o'), { code: 'EIO' });
      },
    };
    const { code, stdout, stderr } = await cli(['detect', '--json'], { stdin: stdin as unknown as Buffer[] });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ count: 3 });
    expect(stderr).toBe('spitrap: FILE_UNREADABLE: cannot read standard input: EIO\n');
  });
});
