/**
 * Our polls against a real snmpd (Debian package snmpd), which answers from a pass_persist script of this test: v2c and v3, a counter that rises,
 * wraps and begins anew, the event manager's history under both roots. Loopback, a port of its own, files of its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { PeerConfig } from '../../agent/config/config.ts';
import type { Notification, PollCredentials } from '../../agent/net/signalling.ts';
import { snmpPolls } from '../../agent/net/snmp-poll.ts';
import type { Endpoint, SnmpPolls, World } from '../../agent/ports.ts';
import { eemHistory, readHistory } from '../../agent/sources/eem-history.ts';
import { readNoSaFails, snmpCounter } from '../../agent/sources/snmp-counter.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import type { Observation } from '../../shared/model/observation.ts';

const SNMPD = '/usr/sbin/snmpd';
const missing = existsSync(SNMPD) && spawnSync('which', ['sh']).status === 0 ? [] : ['snmpd'];

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toEqual([]);
});

const clock = createClock();
const polls = snmpPolls(clock);
const STOP = 2323232;
const FAILS = '.1.3.6.1.4.1.9.9.171.1.3.1.29.0';
const cell = (root: 91 | 134, column: number, index: number): string => `.1.3.6.1.4.1.9.10.${root}.1.2.3.1.${column}.${index}`;

const v2c: PollCredentials = { version: '2c', community: 'lookonly' };
const v3 = (auth: 'sha1' | 'sha256' | 'sha512', priv: 'aes128' | 'aes256' | null): PollCredentials => ({
  version: 3,
  user: `u${auth}${priv ?? 'none'}`,
  auth: { protocol: auth, key: 'auth-password-1' },
  priv: priv === null ? null : { protocol: priv, key: 'priv-password-2' },
});
const users = [v3('sha1', 'aes128'), v3('sha256', 'aes128'), v3('sha512', 'aes256'), v3('sha256', null)];

let folder: string;
let daemon: ChildProcess;
let to: Endpoint;

/** Lines `oid type value`, in the order of the tree; whole at once, as the script may be reading. */
async function table(rows: readonly (readonly [oid: string, type: string, value: string | number])[]): Promise<void> {
  const sorted = [...rows].sort(([a], [b]) => order(a, b));
  await writeFile(join(folder, 'next'), `${sorted.map((row) => row.join(' ')).join('\n')}\n`);
  await rename(join(folder, 'next'), join(folder, 'table'));
}
const order = (a: string, b: string): number => {
  const [left, right] = [a, b].map((oid) => oid.split('.').slice(1).map(Number)) as [number[], number[]];
  for (let n = 0; n < Math.min(left.length, right.length); n++) if (left[n] !== right[n]) return left[n]! - right[n]!;
  return left.length - right.length;
};

/** snmpd's pass_persist (snmpd.conf(5)): it keeps no answer for half a minute, as pass does. Ends with its standard input. */
const SCRIPT = `#!/usr/bin/env bash
arcs() { IFS=. read -r -a "$2" <<< "\${1#.}"; }
find() {
  arcs "$2" asked
  while read -r oid type value; do
    if [ "$1" = get ]; then
      if [ "$oid" = "$2" ]; then printf '%s\\n' "$oid" "$type" "$value"; return; fi
      continue
    fi
    arcs "$oid" known
    for ((n = 0; ; n++)); do
      if [ $n -ge \${#asked[@]} ]; then
        if [ \${#known[@]} -gt $n ]; then printf '%s\\n' "$oid" "$type" "$value"; return; fi
        break
      fi
      if [ $n -ge \${#known[@]} ]; then break; fi
      if [ "\${known[n]}" -gt "\${asked[n]}" ]; then printf '%s\\n' "$oid" "$type" "$value"; return; fi
      if [ "\${known[n]}" -lt "\${asked[n]}" ]; then break; fi
    done
  done < "$(dirname "$0")/table"
  echo NONE
}
while read -r word; do
  case "$word" in
    PING) echo PONG ;;
    get | getnext) read -r oid; find "$word" "$oid" ;;
    set) read -r _; read -r _; echo not-writable ;;
    *) exit 0 ;;
  esac
done
`;

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

describe.skipIf(missing.length > 0)('a real snmpd (skipped without it)', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spitrap-snmpd-'));
    // snmpd may give up root; the script and its table are no secret.
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'answer'), SCRIPT);
    await chmod(join(folder, 'answer'), 0o755);
    await table([[FAILS, 'counter', 0]]);
    const port = await freePort();
    to = { address: '127.0.0.1', port };
    const createUser = users.map((credentials) => {
      if (credentials.version !== 3) return '';
      const auth = { sha1: 'SHA', sha224: 'SHA-224', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }[
        credentials.auth.protocol
      ];
      const priv =
        credentials.priv === null ? '' : ` ${credentials.priv.protocol === 'aes128' ? 'AES' : 'AES-256'} ${credentials.priv.key}`;
      return `createUser ${credentials.user} ${auth} ${credentials.auth.key}${priv}\nrouser ${credentials.user} ${credentials.priv === null ? 'auth' : 'priv'}`;
    });
    const script = join(folder, 'answer');
    await writeFile(
      join(folder, 'snmpd.conf'),
      [
        `agentAddress udp:127.0.0.1:${port}`,
        'rocommunity lookonly 127.0.0.1',
        ...createUser,
        `pass_persist .1.3.6.1.4.1.9.9.171.1.3.1 ${script}`,
        `pass_persist .1.3.6.1.4.1.9.10.91.1.2.3.1 ${script}`,
        `pass_persist .1.3.6.1.4.1.9.10.134.1.2.3.1 ${script}`,
        '',
      ].join('\n'),
    );
    const args = ['-f', '-Lo', '-C', '-c', join(folder, 'snmpd.conf'), '-I', '-smux', '-p', join(folder, 'pid')];
    const environment = { ...process.env, MIBS: '', SNMP_PERSISTENT_DIR: join(folder, 'state') };
    daemon = spawn(SNMPD, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    let said = '';
    const up = new Promise<void>((resolve, reject) => {
      const read = (bytes: Buffer): void => {
        said += bytes.toString();
        if (said.includes('NET-SNMP version')) resolve();
      };
      daemon.stdout!.on('data', read);
      daemon.stderr!.on('data', read);
      daemon.once('exit', () => reject(new Error(`snmpd ended: ${said}`)));
    });
    await up;
  });
  afterAll(async () => {
    if (daemon.exitCode === null) {
      const gone = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  });

  const world = { clock, snmp: polls } as unknown as World;
  /** Resolves when so many further questions were answered. */
  const answered = (() => {
    const waiting = new Set<{ left: number; done: () => void }>();
    const counted = <T>(answer: T): T => {
      for (const one of waiting) if (--one.left === 0) one.done();
      return answer;
    };
    const snmp: SnmpPolls = {
      get: async (...asked) => counted(await polls.get(...asked)),
      walk: (...asked) => polls.walk(...asked),
    };
    const next = (count: number) => new Promise<void>((done) => waiting.add({ left: count, done }));
    return { world: { clock, snmp } as unknown as World, next };
  })();

  test.each([['v2c', v2c] as const, ...users.map((user) => [user.version === 3 ? user.user : '', user] as const)])(
    'cipSecGlobalNoSaFails by %s',
    async (_name, snmp) => {
      await table([[FAILS, 'counter', 4_294_967_295]]);
      const reading = await readNoSaFails({ send: to, snmp }, world);
      expect(reading?.fails).toBe(4_294_967_295);
      expect(reading?.upTimeMs).toBeGreaterThanOrEqual(0);
    },
  );
  test('a device without the counter, one that does not answer, and one that does not know us', async () => {
    await table([]);
    expect(await readNoSaFails({ send: to, snmp: v2c }, world)).toBeNull();
    const silent = { address: '127.0.0.1', port: await freePort() };
    const target = { to: silent, credentials: v2c, timeoutMs: 200 };
    const failed = (error: unknown) => isSpitrapError(error, 'SNMP_POLL_FAILED');
    await expect(polls.get(target, ['1.3.6.1.2.1.1.3.0'])).rejects.toSatisfy(failed);
    const stranger = { ...users[0]!, user: 'nobody' } as PollCredentials;
    await expect(polls.get({ to, credentials: stranger, timeoutMs: 500 }, ['1.3.6.1.2.1.1.3.0'])).rejects.toSatisfy(failed);
    const wrong = { ...v3('sha256', 'aes128'), auth: { protocol: 'sha256', key: 'another-password' } } as PollCredentials;
    await expect(polls.get({ to, credentials: wrong, timeoutMs: 500 }, ['1.3.6.1.2.1.1.3.0'])).rejects.toSatisfy(failed);
  });
  test('the source: it learns, a flood is a symptom, a wrap is no reset', async () => {
    const start = 4_294_967_295 - 50;
    await table([[FAILS, 'counter', start]]);
    const seen: Observation[] = [];
    let wake: () => void = () => {};
    const emit = (observation: Observation): void => {
      seen.push(observation);
      wake();
    };
    const config = { kind: 'snmp-counter', name: 'fails', send: to, snmp: v2c, everyMs: 200, atLeast: 100, opens: true } as const;
    const source = await snmpCounter.open('fails', config, { world: answered.world, emit, device: null });
    const symptom = (async () => {
      while (!seen.some((o) => o.kind === 'symptom')) await new Promise<void>((resolve) => (wake = resolve));
    })();
    // Past five intervals, then over the end of the counter.
    await answered.next(8);
    expect(seen.filter((o) => o.kind === 'symptom')).toEqual([]);
    await table([[FAILS, 'counter', 500]]);
    await symptom;
    await source.close();
    expect(seen.find((o) => o.kind === 'symptom')).toMatchObject({
      cause: 'no-sa-fails',
      detail: expect.stringContaining(': 551 packets'),
    });
  });
  test.each([91, 134] as const)('the history under root %i: a row that a lost trap left is heard once', async (root) => {
    const rows = (indexes: readonly (readonly [index: number, value: number])[]) =>
      indexes.flatMap(([index, value]) => [
        [cell(root, 7, index), 'string', 'command_hub'] as const,
        [cell(root, 9, index), 'integer', value] as const,
        [cell(root, 10, index), 'integer', 0] as const,
        [cell(root, 11, index), 'string', 'text'] as const,
      ]);
    await table(
      rows([
        [4, STOP],
        [5, 99],
      ]),
    );
    expect((await readHistory({ send: to, snmp: v2c }, world)).rows).toEqual([
      { root, index: 4, intData1: STOP },
      { root, index: 5, intData1: 99 },
    ]);
    const heard: Notification[] = [];
    const opened: string[] = [];
    let wake: () => void = () => {};
    const peer = { name: 'router', kind: 'eem', op: 'eq' } as unknown as PeerConfig;
    const config = { kind: 'eem-history', name: 'history', peer: 'router', send: to, snmp: v2c, everyMs: 100 } as const;
    const source = await eemHistory.open('history', config, {
      world: answered.world,
      emit: (o) => {
        if (o.kind === 'source-state') opened.push(o.state);
        wake();
      },
      device: null,
      peer,
      stopValue: STOP,
      eemWindowMs: 60_000,
      onSignal: (notification) => {
        heard.push(notification);
        wake();
      },
    });
    while (!opened.includes('open')) await new Promise<void>((resolve) => (wake = resolve));
    await table(
      rows([
        [4, STOP],
        [5, 99],
        [6, STOP],
      ]),
    );
    while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    await answered.next(4);
    await source.close();
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({
      peer: 'router',
      root,
      intData1: STOP,
      intData2: 0,
      strData: 'text',
      policyName: 'command_hub',
    });
  });
});
