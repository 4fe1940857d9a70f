/** What keeps an agent from starting, as a person meets it: one clear message, the right exit code, nothing opened. And what does not keep it. */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LivingPair } from '../support/living-pair.ts';
import { runSpitrap, type SpitrapExit } from '../support/run-spitrap.ts';

let pair: LivingPair;
let good = '';
beforeAll(async () => {
  pair = await LivingPair.set();
  good = readFileSync(pair.config('hub'), 'utf8');
});
afterAll(() => pair.close());

const path = (name: string): string => join(pair.folder, name);

async function runWith(content: string | Buffer): Promise<SpitrapExit> {
  writeFileSync(path('bad.yaml'), content);
  return runSpitrap(['run', '-c', path('bad.yaml')]);
}

const change = (from: string | RegExp, to: string): string => {
  expect(good).toMatch(from);
  return good.replace(from, to);
};

const dataDir = (to: string): string => change(/dataDir: .*/, `dataDir: ${to}`);

describe('a malformed configuration: exit 2, every fault at once, nothing opened', () => {
  afterEach(() => expect(existsSync(path('bad-data'))).toBe(false));

  const refused = async (content: string | Buffer): Promise<string> => {
    const { code, stdout, stderr } = await runWith(content);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toContain('    at ');
    return stderr;
  };

  test('values, keys and rules together, each with line, value and remedy; a secret is masked', async () => {
    const text = dataDir('bad-data')
      .replace('role: hub', 'role: hob')
      .replace('mode: act', 'mod: act')
      .replace(/delay: \S+/, 'delay: 3')
      .replace('{ file: secrets/hub-ssh }', 'hunter2')
      .replace('cryptoAddresses: [213.163.222.7]', 'cryptoAddresses: [213.163.222.999]');
    const said = await refused(text);
    expect(said).toMatch(/^spitrap: CONFIG_INVALID: .*bad\.yaml has 5 faults; nothing was started$/m);
    expect(said).toMatch(/^ {2}role \(line \d+\) = "hob": one of hub, spoke, both; did you mean hub\?$/m);
    expect(said).toMatch(/^ {2}mod \(line \d+\): unknown key; did you mean mode\?$/m);
    expect(said).toMatch(/^ {2}stop\.delay \(line \d+\) = 3: a bare number has no unit; write 3s, 3m or 3ms$/m);
    expect(said).toMatch(/^ {2}device\.password \(line \d+\) = <masked>: a secret in plain text; move it to a file/m);
    expect(said).toMatch(/^ {2}device\.cryptoAddresses\[0\] \(line \d+\) = "213\.163\.222\.999": an IPv4 or IPv6 address/m);
    expect(said).not.toContain('hunter2');
  });

  test.each<[string, () => string | Buffer, RegExp]>([
    ['torn YAML', () => 'role: hub\n  mode: [act\n', /CONFIG_INVALID: .*\n {2}the file \(line 1\): not YAML/],
    ['binary', () => Buffer.from([...Array(3_000).keys()].map((n) => (n * 7919) & 255)), /CONFIG_INVALID: .*\n {2}the file/],
    ['nothing', () => '', /the file = empty: a mapping of settings is expected/],
    ['3 MB', () => 'a'.repeat(3_000_000), /CONFIG_UNREADABLE: .*3000000 bytes, at most 1048576 expected; nothing was started/],
    ['a bomb of aliases', () => `a: &a [x,x]\n${'b: [*a]\n'.repeat(120)}`, /the file \(line \d+\): /],
  ])('%s', async (_name, content, words) => {
    const said = await refused(content());
    expect(said).toMatch(words);
    expect(said.length).toBeLessThan(4_000);
  });

  test('no file, a folder, no secret', async () => {
    const missing = await runSpitrap(['run', '-c', path('nope.yaml')]);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(
      /^spitrap: CONFIG_UNREADABLE: can not read .*nope\.yaml: no such file; nothing was started\n$/,
    );
    const folder = await runSpitrap(['run', '-c', pair.folder]);
    expect(folder).toMatchObject({ code: 2, stdout: '' });
    expect(folder.stderr).toMatch(/CONFIG_UNREADABLE: can not read .*: it is a folder; nothing was started/);
    const said = await refused(dataDir('bad-data').replace('secrets/hub-ssh', 'secrets/nope'));
    expect(said).toMatch(
      /SECRET_UNREADABLE: .*\n {2}device\.password \(line \d+\): .*secrets\/nope can not be read: no such file/,
    );
  });
});

describe('an occupied port: exit 1, LISTEN_REFUSED with the setting, the address and who to ask', () => {
  test('TCP', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => taken.once('listening', resolve));
      const { port } = taken.address() as { port: number };
      const text = dataDir('tcp-data').replace(/listen: "[^"]*", allow/, `listen: "127.0.0.1:${port}", allow`);
      const { code, stderr } = await runWith(text);
      expect(code).toBe(1);
      expect(stderr).toBe(
        `spitrap: LISTEN_REFUSED: source syslog-tcp: cannot listen on TCP 127.0.0.1:${port}: EADDRINUSE, another process has it (ss -lntp shows which); nothing was started\n`,
      );
    } finally {
      taken.close();
    }
  });

  test('UDP, and an address that is not here', async () => {
    const taken = createSocket('udp4');
    try {
      await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
      const text = dataDir('udp-data').replace(/(signal:\n {2}listen: )"[^"]*"/, `$1"127.0.0.1:${taken.address().port}"`);
      const { code, stderr } = await runWith(text);
      expect(code).toBe(1);
      expect(stderr).toBe(
        `spitrap: LISTEN_REFUSED: signal.listen: cannot listen on UDP 127.0.0.1:${taken.address().port}: EADDRINUSE, another process has it (ss -lnup shows which); nothing was started\n`,
      );
      const elsewhere = await runWith(dataDir('udp-data').replace(/(signal:\n {2}listen: )"[^"]*"/, '$1"192.0.2.77:10162"'));
      expect(elsewhere.code).toBe(1);
      expect(elsewhere.stderr).toContain(
        '192.0.2.77:10162: EADDRNOTAVAIL, no interface of this host has that address; nothing was started',
      );
    } finally {
      taken.close();
    }
  });
});

describe('a dataDir that can not be had', () => {
  test.each([
    ['a file', 'in-the-way', /ENOTDIR, a file is in the way; nothing was started/],
    ['a folder in a file', 'in-the-way/sub', /ENOTDIR, a file is in the way; nothing was started/],
    // Root may write everywhere, but not here; and Node's own recursive mkdir would try for ever.
    ['a folder in /proc', '/proc/spitrap/data', /(ENOENT|EACCES|EPERM); nothing was started/],
  ])('%s: exit 1', async (_name, folder, words) => {
    writeFileSync(path('in-the-way'), 'mine');
    const { code, stdout, stderr } = await runWith(dataDir(folder));
    expect(code, stderr).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^spitrap: DATADIR_UNWRITABLE: dataDir \S+ can not be written: /);
    expect(stderr).toMatch(words);
    expect(readFileSync(path('in-the-way'), 'utf8')).toBe('mine');
  });

  test('mounted read-only', async (context) => {
    mkdirSync(path('ro'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', path('ro')], { stdio: 'ignore' });
    } catch {
      context.skip('only root may mount a read-only tmpfs');
    }
    try {
      const { code, stderr } = await runWith(dataDir('ro/data'));
      expect(code).toBe(1);
      expect(stderr).toMatch(/DATADIR_UNWRITABLE: .*EROFS, the file system is mounted read-only; nothing was started/);
    } finally {
      execFileSync('umount', [path('ro')]);
    }
  });

  test.each(['journal', 'ring', 'incidents', 'control.sock'])('a file where its %s belongs: named, exit 1', async (name) => {
    mkdirSync(path(`with-${name}`));
    writeFileSync(path(`with-${name}/${name}`), 'mine');
    const { code, stderr } = await runWith(dataDir(`with-${name}`));
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^spitrap: (DISK_FAILED|CONTROL_FAILED): /m);
    expect(stderr).toContain(path(`with-${name}/${name}`));
    expect(readFileSync(path(`with-${name}/${name}`), 'utf8')).toBe('mine');
  });

  test('another agent runs on it: exit 3 with its pid, and that one goes on', async () => {
    await pair.start('hub');
    const { code, stderr } = await runWith(good);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^spitrap: ALREADY_RUNNING: another agent, pid \d+, has dataDir \S+; nothing was started\. Stop it, or /,
    );
    expect(stderr).toContain(`pid ${pair.agent('hub').pid},`);
    await pair.alive('hub');
    await pair.stop('hub');
  });

  test('a command for an agent that does not run: exit 3', async () => {
    const { code, stderr } = await runSpitrap(['status', '-c', pair.config('spoke')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^spitrap: NOT_RUNNING: no agent runs on dataDir \S+: .*; start it with spitrap run -c FILE\n$/);
  });
});
