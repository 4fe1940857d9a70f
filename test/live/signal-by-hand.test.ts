/** `spitrap signal send|listen` against net-snmp's C programs. Skipped without the Debian packages snmp and snmptrapd, but not in CI. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliRun, cli } from '../cli/cli-run.ts';
import { AUTH_KEY, PRIV_KEY, v3 } from '../support/snmp-peers.ts';
import { freePort, run, SnmpFolder, SnmpTrapDaemon, snmpToolsPresent, v3Arguments } from './snmp-tools.ts';

const TRAP_ENGINE = '80007ed905cafecafe';
const R = '1.3.6.1.4.1.9.10.91';

describe.skipIf(!snmpToolsPresent && !process.env['CI'])(
  'signals by hand (skipped without the Debian packages snmp and snmptrapd)',
  () => {
    const folder = new SnmpFolder();
    const secrets = mkdtempSync(join(tmpdir(), 'spitrap-by-hand-'));
    let daemon: SnmpTrapDaemon;
    let to: string;
    const file = (name: string, text: string): string => {
      const path = join(secrets, name);
      writeFileSync(path, `${text}\n`, { mode: 0o600 });
      return path;
    };
    const asUser = (authKey = AUTH_KEY): string[] => [
      ...['--snmp', '3', '--user', v3().user, '--auth-key-file', file('auth', authKey)],
      ...['--priv-key-file', file('priv', PRIV_KEY)],
    ];
    const asCommunity = (version: string): string[] => ['--snmp', version, '--community-file', file('c', 'public')];
    const send = (...args: string[]): Promise<CliRun> => cli(['signal', 'send', '--to', to, ...args]);

    beforeAll(async () => {
      daemon = new SnmpTrapDaemon(folder, await freePort(), TRAP_ENGINE);
      to = `127.0.0.1:${daemon.port}`;
      await daemon.start();
      // It prints its version a moment before it binds.
      while ((await send(...asCommunity('2c'), '--phase', 'hello', '--timeout', '250ms')).code !== 0);
    });
    afterAll(async () => {
      await daemon?.stop();
      folder.remove();
      rmSync(secrets, { recursive: true, force: true });
    });

    test('every version and both kinds are printed by snmptrapd', async () => {
      const stop = ['--phase', 'stop', '--bare', '--yes'];
      expect(await send(...asCommunity('1'), ...stop)).toMatchObject({ code: 0 });
      await daemon.printed(
        /TRAP, SNMP v1, community public\s+\.1\.3\.6\.1\.4\.1\.9\.10\.91 Enterprise Specific Trap \(2\)[\s\S]*INTEGER: 2323232/,
      );
      expect(await send(...asCommunity('2c'), ...stop, '--trap', '--root', '134')).toMatchObject({ code: 0 });
      await daemon.printed(/OID: \.1\.3\.6\.1\.4\.1\.9\.10\.134\.0\.2[\s\S]*INTEGER: 2323232/);
      const inform = await send(...asUser(), '--phase', 'hello');
      expect(inform).toMatchObject({ code: 0, stdout: expect.stringContaining('acknowledged by') });
      expect(
        await send(...asUser(), '--phase', 'alert', '--in', '4321ms', '--trap', '--engine-id', TRAP_ENGINE, '--yes'),
      ).toMatchObject({
        code: 0,
      });
      await daemon.printed(/INTEGER: 2323231[\s\S]*INTEGER: 4321/);
    });

    test('the wrong key: the Report of snmptrapd in words', async () => {
      const { code, stdout } = await send(...asUser('another-password'), '--phase', 'hello', '--timeout', '500ms');
      expect(code).toBe(1);
      expect(stdout).toContain('Report wrongDigests');
      expect(stdout.replace(/\s+/g, ' ')).toContain('compare snmp.auth.protocol and the authentication key at both ends');
    });

    test('snmptrap and snmpinform of every version to listen, which believes nobody', async () => {
      const port = await freePort();
      let begin: () => void = () => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const listening = cli(['signal', 'listen', '--listen', `127.0.0.1:${port}`, '--count', '3', '--json'], {
        stopSignal: () => new Promise(() => {}),
        onOutput: (text) => void (text.startsWith('listening on') && begin()),
      });
      await begun;
      const event = [`${R}.1.2.3.1.9.1`, 'i', '2323232', `${R}.1.2.3.1.11.1`, 's', ''];
      await run(folder, 'snmptrap', ['-v1', '-c', 'public', `127.0.0.1:${port}`, R, '203.0.113.66', '6', '2', '', ...event]);
      await run(folder, 'snmptrap', ['-v2c', '-c', 'public', `127.0.0.1:${port}`, '', `${R}.0.2`, ...event]);
      await run(folder, 'snmpinform', [
        ...v3Arguments('sha256', 'aes128'),
        '-r',
        '0',
        '-t',
        '1',
        `127.0.0.1:${port}`,
        '',
        `${R}.0.2`,
        ...event,
      ]);
      const { stdout } = await listening;
      const told = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(told).toMatchObject([
        { version: '1', pdu: 'trap-v1', agentAddress: '203.0.113.66', root: 91, intData1: 2323232, strData: '' },
        { version: '2c', pdu: 'trap', root: 91, intData1: 2323232, intData2: null },
        { version: '3', engineId: '', reportable: true },
      ]);
      expect(stdout).not.toContain('public');
    });
  },
);
