/** Our SSH client against OpenSSH's sshd: keys, passwords, host keys, old algorithms, a jump host, and a whole session over it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { noAudit } from '../../agent/device/audit.ts';
import { openSession } from '../../agent/device/open-session.ts';
import { sshShells } from '../../agent/device/transport.ts';
import type { Shell, ShellTarget } from '../../agent/ports.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { freePort, haveSshd, makeKeys, removeKeys, type SshDaemon, type SshKeys, startSshd } from '../support/ssh-daemon.ts';

const root = userInfo().uid === 0;
const SOME_KEY = `SHA256:${'A'.repeat(43)}`;

/** What an IOS line looks like, as far as the dialogue needs it; the terminal echoes. */
const BOX = `#!/bin/bash
while printf 'box#'; IFS= read -r line; do
  case "$line" in
    exit) exit 0 ;;
    "show clock") echo "*18:22:10.706 UTC Thu Mar 12 2026" ;;
    "show version") echo "slow"; sleep 30 ;;
  esac
done
`;

describe.skipIf(!haveSshd())('OpenSSH sshd (skipped when openssh-server is not installed)', () => {
  const clock = createClock();
  const shells = sshShells(clock);
  const open = (target: ShellTarget, timeoutMs = 10_000) => shells.open(target, { timeoutMs });
  const daemons: SshDaemon[] = [];
  let keys: SshKeys;
  let sshd: SshDaemon;
  let target: ShellTarget;

  const start = async (lines: readonly string[], keyType: 'ed25519' | 'rsa' = 'ed25519') => {
    const daemon = await startSshd(keys, lines, keyType);
    daemons.push(daemon);
    return daemon;
  };
  const to = (daemon: SshDaemon, more: Partial<ShellTarget> = {}): ShellTarget => ({
    ...target,
    port: daemon.port,
    hostKeys: [daemon.hostKey],
    ...more,
  });

  beforeAll(async () => {
    keys = makeKeys();
    sshd = await startSshd(keys, ['PasswordAuthentication no', 'KbdInteractiveAuthentication no']);
    daemons.push(sshd);
    target = {
      address: '127.0.0.1',
      port: sshd.port,
      user: userInfo().username,
      privateKey: keys.privateKey,
      hostKeys: [sshd.hostKey],
      legacy: false,
      keepaliveMs: 0,
    };
  });

  afterAll(async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    removeKeys(keys);
  });

  test('a key logs in, the shell answers, close is clean', async () => {
    const shell = await open(target);
    expect(shell.hostKeyFingerprint).toBe(sshd.hostKey);
    expect(await says(shell, 'echo a$((20+3))b $(tput -T vt100 cols 2>/dev/null; stty size)\r', /a23b.*\b511\b/)).toContain(
      'a23b',
    );
    const reason = new Promise((resolve) => shell.onClose(resolve));
    await shell.close();
    expect(await reason).toBeNull();
  });

  test('the far end hangs up: SSH_CLOSED, and writing afterwards is harmless', async () => {
    const shell = await open(target);
    const reason = new Promise((resolve) => shell.onClose(resolve));
    shell.onData(() => {});
    shell.write('exec kill -9 $$\r');
    expect(await reason).toMatchObject({ code: 'SSH_CLOSED', retryable: true });
    shell.write('more\r');
    await shell.close();
  });

  test('another host key is refused, both fingerprints named, also with trust on first use', async () => {
    const refused = {
      code: 'SSH_HOST_KEY_REFUSED',
      retryable: false,
      message: expect.stringMatching(new RegExp(`${sshd.hostKey.replace(/[+/]/g, '\\$&')}.*${SOME_KEY}`)),
    };
    await expect(open({ ...target, hostKeys: [SOME_KEY] })).rejects.toMatchObject(refused);
    await expect(open({ ...target, hostKeys: [SOME_KEY], trustOnFirstUse: () => {} })).rejects.toMatchObject(refused);
  });

  test('no pinned key: refused with the key named, accepted and told with trust on first use', async () => {
    await expect(open({ ...target, hostKeys: [] })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_REFUSED',
      message: expect.stringContaining(sshd.hostKey),
    });
    const told: string[] = [];
    const shell = await open({ ...target, hostKeys: [], trustOnFirstUse: (fingerprint) => told.push(fingerprint) });
    await shell.close();
    expect(told).toEqual([sshd.hostKey]);
  });

  test('nothing listens: SSH_UNREACHABLE, retryable', async () => {
    const port = await freePort();
    await expect(open({ ...target, port })).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining(`port ${port}`),
    });
  });

  test('a key that is not authorised: SSH_AUTH_REFUSED names what is offered', async () => {
    const other = makeKeys();
    await expect(open({ ...target, privateKey: other.privateKey })).rejects.toMatchObject({
      code: 'SSH_AUTH_REFUSED',
      retryable: false,
      message: expect.stringContaining('publickey'),
    });
    await expect(open({ ...target, privateKey: 'not a key' })).rejects.toMatchObject({ code: 'SSH_AUTH_REFUSED' });
    removeKeys(other);
  });

  test('old algorithms: the offers are named, `legacy` logs in', async () => {
    const old = await start(
      ['KexAlgorithms diffie-hellman-group14-sha1', 'HostKeyAlgorithms ssh-rsa', 'Ciphers aes128-cbc', 'MACs hmac-sha1'],
      'rsa',
    );
    await expect(open(to(old))).rejects.toMatchObject({
      code: 'SSH_NO_COMMON_ALGORITHM',
      message: expect.stringMatching(/diffie-hellman-group14-sha1.*legacy: true/),
    });
    const shell = await open(to(old, { legacy: true }));
    await shell.close();
  });

  test('through a jump host; its own trouble is its own', async () => {
    const inner = await start(['PasswordAuthentication no']);
    const { jump: _none, ...jump } = target;
    const shell = await open(to(inner, { jump }));
    expect(shell.hostKeyFingerprint).toBe(inner.hostKey);
    expect(await says(shell, 'echo a$((20+3))b\r', /a23b/)).toContain('a23b');
    await shell.close();
    await expect(open(to(inner, { jump: { ...jump, hostKeys: [SOME_KEY] } }))).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_REFUSED',
      message: expect.stringContaining(`port ${sshd.port}`),
    });
    const nobody = await freePort();
    await expect(open({ ...to(inner, { jump }), port: nobody })).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: expect.stringContaining('jump host'),
    });
  });

  test('no terminal to be had: NO_FREE_VTY, retryable', async () => {
    const full = await start(['PermitTTY no', 'MaxSessions 0']);
    await expect(open(to(full))).rejects.toMatchObject({ code: 'NO_FREE_VTY', retryable: true });
  });

  test('a whole session: prompt, command, time-out, prompt again, logout', async () => {
    const script = join(keys.folder, 'box.sh');
    writeFileSync(script, BOX);
    chmodSync(script, 0o755);
    const box = await start([`ForceCommand ${script}`]);
    const session = await openSession({
      transport: shells,
      target: to(box),
      platform: ciscoIos,
      clock,
      audit: noAudit,
      device: 'box',
      purpose: 'capture',
      enablePassword: null,
      loginTimeoutMs: 10_000,
    });
    expect(session.hostname).toBe('box');
    const limits = { timeoutMs: 5_000, bytesMax: 10_000 };
    expect(await session.run('show clock', limits)).toMatchObject({
      status: 'ok',
      output: '*18:22:10.706 UTC Thu Mar 12 2026\n',
    });
    expect(await session.run('show version', { ...limits, timeoutMs: 300 })).toMatchObject({
      status: 'timeout',
      output: 'slow\n',
    });
    await session.close();
    expect(session.closed).toBe(true);
  });

  describe.skipIf(!root)('passwords (skipped when not root: a user has to be made)', () => {
    const user = `spitrap${randomBytes(3).toString('hex')}`;
    const password = randomBytes(9).toString('base64url');

    beforeAll(() => {
      execFileSync('useradd', ['-M', '-d', '/', '-s', '/bin/sh', user]);
      execFileSync('chpasswd', { input: `${user}:${password}\n` });
    });
    // sshd's process of that user takes a moment to go.
    afterAll(() => vi.waitFor(() => expect(spawnSync('userdel', [user]).status).toBe(0), { timeout: 10_000, interval: 200 }));

    const login = (daemon: SshDaemon, secret: string) => {
      const { privateKey: _none, ...rest } = to(daemon, { user, password: secret });
      return open(rest);
    };

    test.each([
      ['password', ['UsePAM yes', 'PasswordAuthentication yes', 'KbdInteractiveAuthentication no']],
      ['keyboard-interactive', ['UsePAM yes', 'PasswordAuthentication no', 'KbdInteractiveAuthentication yes']],
    ])('by %s: the right one logs in, the wrong one is refused after one attempt', async (method, lines) => {
      const daemon = await start(lines);
      const shell = await login(daemon, password);
      await shell.close();
      expect(daemon.log()).toContain(`Accepted ${method}`);
      await expect(login(daemon, 'wrong')).rejects.toMatchObject({
        code: 'SSH_AUTH_REFUSED',
        retryable: false,
        message: expect.not.stringContaining('wrong'),
      });
      expect(daemon.log().match(/Failed password|authentication failure|error: PAM/g)?.length ?? 0).toBeLessThanOrEqual(2);
    });
  });
});

/** Writes, and resolves with what came once it matches. */
function says(shell: Shell, line: string, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    shell.onData((bytes) => {
      seen += bytes.toString('utf8');
      if (wanted.test(seen.replace(line.trim(), ''))) resolve(seen);
    });
    shell.onClose(() => reject(new Error(`closed after ${JSON.stringify(seen)}`)));
    shell.write(line);
  });
}
