/**
 * The lines that turn charon's levels on and off, on a real charon, as the user whom docs/linux.md makes: on, off, and what a syntax error
 * in somebody's file does to them. Root and Debian packages as for lab-real.test.ts; skipped without them, but not in CI.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayEnd } from '../../agent/cli/lab/real/end.ts';
import { labLogin } from '../../agent/cli/lab/real/files.ts';
import { Programs } from '../../agent/cli/lab/real/programs.ts';
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import * as lines from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';

const isReady = process.getuid?.() === 0 && ['/usr/sbin/charon-systemd', '/usr/bin/sudo'].every((program) => existsSync(program));
const { arming, definition, parsers } = linuxStrongswan;
const BROKEN = '/etc/strongswan.d/zz-somebodys.conf';

describe.skipIf(!isReady && !process.env['CI'])(
  'debug levels of a real charon (skipped without root and its Debian packages)',
  () => {
    let folder: string;
    let hub: GatewayEnd;
    beforeEach(async () => {
      const clock = createClock();
      folder = mkdtempSync(join(tmpdir(), 'spitrap-live-debugs-'));
      hub = new GatewayEnd({ end: 'hub', folder: join(folder, 'hub'), programs: new Programs(clock), disk: createDisk(), clock });
      await hub.open({ ike: 2, psk: 'only-for-this-run' }, '');
      await hub.startCharon();
    });
    afterEach(async () => {
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** As the agent's user: root would need no rules. */
    const type = async (line: string): Promise<string> =>
      (await hub.run('setpriv', '--reuid', labLogin, '--regid', labLogin, '--init-groups', 'bash', '-c', line)).output;
    const read = async () => parsers.debugging(await type(lines.SHOW_DEBUGS));
    const ON = { value: [{ text: 'charon debug levels', crypto: true }], unread: [] };
    const OFF = { value: [], unread: [] };

    test('off, on, off: each seen by what charon logs', async () => {
      expect(await read()).toEqual(OFF);
      expect(await type(lines.DEBUGS_ON)).toBe('exit 0\n');
      expect(await read()).toEqual(ON);
      expect(await type(lines.DEBUGS_OFF)).toBe('exit 0\n');
      expect(await read()).toEqual(OFF);
    });

    test('a syntax error in another file: swanctl stops before it tells charon, and nothing says off until it is', async () => {
      await type(lines.DEBUGS_ON);
      await hub.must('bash', '-c', `echo '}' > ${BROKEN}`);
      const said = await type(lines.DEBUGS_OFF);
      expect(said).toMatch(/syntax error[\s\S]*exit 64\n$/);
      expect(arming.complaint.test(said)).toBe(true);
      // Our own request does not get through either.
      expect((await read()).unread).not.toEqual([]);
      await hub.must('rm', BROKEN);
      expect(await type(lines.DEBUGS_OFF)).toBe('exit 0\n');
      expect(await read()).toEqual(OFF);
    });

    test('on, and charon starts anew: still on, for the link says so', async () => {
      await type(lines.DEBUGS_ON);
      await hub.crashCharon();
      await hub.startCharon();
      expect(await read()).toEqual(ON);
    });

    test('without charon nothing is read as off', async () => {
      await hub.crashCharon();
      expect((await read()).unread).not.toEqual([]);
    });

    test('each reading line may be sent by that user; what is no rule is refused', async () => {
      const spelled = definition.grammar
        .filter(({ purpose }) => purpose === 'reads state')
        .map(({ pattern }) => pattern.source.slice(1, -1).replaceAll(/\\(.)/g, '$1'));
      expect(spelled.length).toBeGreaterThan(10);
      for (const line of spelled)
        expect(`${line}\n${await type(line)}`).not.toMatch(/sudo: |not allowed|Permission denied|not found/);
      for (const line of [
        '/usr/sbin/ip xfrm state',
        '/usr/sbin/swanctl --terminate --ike peer',
        '/usr/bin/ln -sfn /tmp/x /etc/strongswan.d/spitrap/levels',
        'bash',
      ])
        expect(await type(`sudo -n ${line}`)).toMatch(/^(?:sudo: a password is required|Sorry, user spitrap is not allowed)/);
    });
  },
);
