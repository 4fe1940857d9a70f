/** `spitrap check`, this host: what a router must be told of us, the warnings of a configuration, and a log file that is looked at and not read. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfiguration, checkSources, routerLines, type SourceRoom } from '../../agent/check/host.ts';
import { type CheckRow, rowsOf } from '../../agent/check/row.ts';
import type { Config, PeerConfig } from '../../agent/config/config.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import { createWorld } from '../../agent/world.ts';
import { host, load, SMALLEST } from '../config/smallest-pair.ts';

const { config } = load(SMALLEST);
const peer = (change: Partial<PeerConfig>): PeerConfig => ({ ...config.peers[0]!, ...change });
const listening: Config = { ...config, signal: { ...config.signal, listen: { address: '198.51.100.1', port: 10_162 } } };
const KEYS = ['authpassword', 'privpassword', 'public'];

describe('what a router needs to signal us', () => {
  test('v3: our engine id first, then the user at that engine, then where informs go; no key', () => {
    const lines = routerLines(peer({}), listening, '80007ed905aa');
    expect(lines).toEqual([
      'snmp-server enable traps event-manager',
      'snmp-server manager',
      'snmp-server engineID remote 198.51.100.1 udp-port 10162 80007ED905AA',
      'snmp-server group spitrap v3 priv',
      'snmp-server user pair spitrap remote 198.51.100.1 udp-port 10162 v3 auth sha256 <authentication key> priv aes 128 <privacy key>',
      'snmp-server host 198.51.100.1 informs version 3 priv pair udp-port 10162 event-manager',
    ]);
  });

  test('v2c: the host; a peer that we never signal needs no manager', () => {
    const lines = routerLines(peer({ snmp: { version: '2c', community: 'public' }, send: [] }), listening, '80007ed905aa');
    expect(lines).toEqual([
      'snmp-server enable traps event-manager',
      'snmp-server host 198.51.100.1 version 2c <community> udp-port 10162 event-manager',
    ]);
  });

  test('no secret is in any of them, and a wildcard is said to be one', () => {
    for (const snmp of [config.peers[0]!.snmp, { version: '2c', community: 'public' } as const]) {
      const text = routerLines(peer({ snmp }), config, '80007ed905aa').join('\n');
      for (const key of KEYS) expect(text).not.toContain(key);
      expect(text).toContain('<address of this host>');
    }
  });
});

test('each warning of the configuration is a row, a readable secret a failure', () => {
  const rows: CheckRow[] = [];
  const text = SMALLEST.replace('hostKey: "SHA256:…"', 'hostKey: []');
  checkConfiguration(
    load(text, host({ permissions: 0o644 })),
    '/etc/spitrap/hub.yaml',
    rowsOf('configuration', (row) => rows.push(row)),
  );
  expect(rows.find(({ title }) => title === 'device.hostKey')).toMatchObject({
    state: 'warn',
    detail: 'is empty: every login is refused',
    remedy: expect.stringContaining('--trust-on-first-use'),
  });
  const readable = rows.filter(({ title }) => title === 'secrets');
  expect(readable).toHaveLength(3);
  for (const row of readable) expect(row).toMatchObject({ state: 'fail', remedy: expect.stringContaining('chmod 0600') });
});

describe('a log file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spitrap-check-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function rowFor(path: string): Promise<CheckRow> {
    const world = createWorld();
    const rows: CheckRow[] = [];
    const sources: Config['sources'] = [
      { kind: 'file', name: 'log', path, relay: '127.0.0.1', positionFile: join(folder, 'position') },
    ];
    const cleanup = new Cleanup(world.clock);
    const room = { world, device: {} as SourceRoom['device'], engine: null, cleanup };
    await checkSources(
      { ...config, sources },
      { kind: 'ours' },
      room,
      rowsOf('this host', (row) => rows.push(row)),
    );
    await cleanup.stop();
    expect(rows).toHaveLength(1);
    // How far the agent has read is its own.
    expect(existsSync(join(folder, 'position'))).toBe(false);
    return rows[0]!;
  }

  test('there, missing, a folder', async () => {
    writeFileSync(join(folder, 'router.log'), 'x\n');
    mkdirSync(join(folder, 'logs'));
    expect(await rowFor(join(folder, 'router.log'))).toMatchObject({ state: 'ok', detail: expect.stringContaining('2 bytes') });
    expect(await rowFor(join(folder, 'none.log'))).toMatchObject({ state: 'fail', detail: expect.stringContaining('not there') });
    expect(await rowFor(join(folder, 'logs'))).toMatchObject({ state: 'fail', detail: expect.stringContaining('regular') });
  });

  test.skipIf(process.getuid?.() === 0)('not for this user (skipped for root, who may read all)', async () => {
    writeFileSync(join(folder, 'router.log'), 'x\n');
    chmodSync(join(folder, 'router.log'), 0o000);
    expect(await rowFor(join(folder, 'router.log'))).toMatchObject({ state: 'fail' });
  });
});
