/**
 * The simulated head-end before OpenSSH's client: the program that engineers will use on it. Skipped where the Debian package
 * openssh-client is missing, but not in CI.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { LabPair } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { type LabSshServer, startSshServer } from '../../agent/lab/ssh-server.ts';
import { OpensshFolder, opensshPresent } from './openssh-client.ts';

const clock = createClock();
const password = 'lab login';
/** An ed25519 public key of RFC 8032's first test vector. */
const ANOTHER_KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';

describe.skipIf(!opensshPresent && !process.env['CI'])(
  'OpenSSH logs into the simulated box (skipped without the Debian package openssh-client)',
  () => {
    let folder: OpensshFolder;
    let pair: LabPair;
    let server: LabSshServer | null = null;
    beforeEach(() => {
      folder = new OpensshFolder();
      const common = {
        platform: 'cisco-ios',
        clock,
        seed: 11,
        enableSecret: null,
        vtyLines: 2,
        messageIntervalMs: 60_000,
        consoleLevel: null,
      } as const;
      pair = createLabPair(
        { ...common, hostname: 'hub1', cryptoAddress: '213.163.222.7', banner: 'Authorized use only' },
        { ...common, hostname: 'spoke1', cryptoAddress: '11.1.1.3' },
      );
      pair.start();
    });
    afterEach(async () => {
      folder.remove();
      pair.close();
      await server?.close();
      server = null;
    });

    async function serve(legacy: boolean): Promise<LabSshServer> {
      const listen = { address: '127.0.0.1', port: 0 };
      server = await startSshServer({ box: pair.hub, clock, listen, users: [{ user: 'noc', password }], legacy });
      return server;
    }

    test.each(['keyboard-interactive', 'password'])('%s login, `show clock`, a sane screen, exit', async (method) => {
      const { local, hostKeyFingerprint } = await serve(false);
      const { lines, fingerprints } = await folder.scan(local);
      expect(fingerprints).toEqual([hostKeyFingerprint]);
      folder.trust(lines);
      const session = folder.login(local, 'noc', password, [`PreferredAuthentications=${method}`]);
      await session.until(/hub1#$/);
      session.type('show clock\r');
      expect(await session.until(/hub1#$/)).toMatch(
        /^show clock\r\n[.*]?\d\d:\d\d:\d\d\.\d{3} \S+ \w{3} \w{3} +\d+ \d{4}\r\nhub1#$/,
      );
      session.type('sh cry isa sa | inc QM_IDLE\r');
      expect(await session.until(/hub1#$/)).toMatch(/QM_IDLE/);
      session.type('exit\r');
      expect(await session.exit).toBe(0);
      expect(pair.hub.commandLog.map((entry) => entry.expanded)).toContain('show clock');
    });

    test('a wrong password is refused', async () => {
      const { local } = await serve(false);
      folder.trust((await folder.scan(local)).lines);
      const session = folder.login(local, 'noc', 'wrong');
      expect(await session.exit).toBe(255);
      expect(session.errors).toMatch(/Permission denied/);
    });

    test('another host key is refused by the client', async () => {
      const first = await serve(false);
      const { lines } = await folder.scan(first.local);
      folder.trust(lines.replace(/AAAA\S+/g, ANOTHER_KEY));
      const session = folder.login(first.local, 'noc', password);
      expect(await session.exit).toBe(255);
      expect(session.errors).toMatch(/Host key verification failed|IDENTIFICATION HAS CHANGED/);
    });

    test('an IOS 15.1 box: refused by a client of today, let in with the old algorithms', async () => {
      const { local } = await serve(true);
      const today = folder.login(local, 'noc', password);
      expect(await today.exit).toBe(255);
      expect(today.errors).toMatch(/no matching (key exchange|host key)/i);
      const old = [
        'KexAlgorithms=diffie-hellman-group14-sha1',
        'HostKeyAlgorithms=ssh-rsa',
        'Ciphers=aes128-cbc',
        'MACs=hmac-sha1',
      ];
      // ssh-keyscan no longer offers group14-sha1 by itself: the first login learns the key.
      const session = folder.login(local, 'noc', password, [...old, 'StrictHostKeyChecking=accept-new']);
      await session.until(/hub1#$/).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${session.errors}`);
      });
      session.type('exit\r');
      expect(await session.exit).toBe(0);
    });

    test('no VTY left: ssh says what it says before any router', async () => {
      const { local } = await serve(false);
      folder.trust((await folder.scan(local)).lines);
      const sessions = [folder.login(local, 'noc', password), folder.login(local, 'noc', password)];
      for (const session of sessions) await session.until(/hub1#$/);
      const third = folder.login(local, 'noc', password);
      expect(await third.exit).toBe(255);
      expect(third.errors).toMatch(/Connection (reset|closed|refused)/i);
    });
  },
);
