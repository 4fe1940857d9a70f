/** `spitrap check` and the sources beside syslog: each is looked at, and what is wrong with it comes with what to do. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkSources, type SourceRoom } from '../../agent/check/host.ts';
import { checkCertificate, checkCounter, checkDropCounters, checkHistory } from '../../agent/check/polled-sources.ts';
import { type CheckRow, rowsOf } from '../../agent/check/row.ts';
import type { Config } from '../../agent/config/config.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import { openEngine } from '../../agent/net/engine.ts';
import { tlsStreams } from '../../agent/net/tls.ts';
import type { SnmpPolls, World } from '../../agent/ports.ts';
import { createWorld } from '../../agent/world.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';

const fixture = (name: string): string => readFileSync(new URL(`../net/fixtures/tls/${name}`, import.meta.url), 'utf8');
const snmp = { version: '2c', community: 'x' } as const;
const send = { address: '192.0.2.1', port: 161 };

function collect() {
  const found: CheckRow[] = [];
  return { found, rows: rowsOf('this host', (row) => found.push(row)) };
}
const asking = (polls: Partial<SnmpPolls>): World =>
  ({ snmp: { get: async () => [], walk: async () => [], ...polls } }) as unknown as World;
const failing = async (): Promise<never> => {
  throw new SpitrapError('SNMP_POLL_FAILED', 'SNMP 192.0.2.1:161: Request timed out; it is asked again at the next poll');
};

describe('the certificate of syslog-tls', () => {
  const DAY = 86_400_000;
  async function row(wallMs: number): Promise<CheckRow | undefined> {
    const disk = new FakeDisk();
    for (const name of ['server.pem', 'server.key']) {
      const file = await disk.open(`/${name}`, 'create');
      await file.append(Buffer.from(fixture(name)));
      await file.close();
    }
    const { found, rows } = collect();
    const world = { disk, tls: tlsStreams, clock: new FakeClock({ wallMs }) } as unknown as World;
    const files = { certificate: '/server.pem', key: { file: '/server.key' }, clientCa: null };
    await checkCertificate({ kind: 'syslog-tls', name: 'tls', listen: send, allow: [], files, clients: null }, world, rows);
    return found[0];
  }
  const end = tlsStreams.judge({ certificate: fixture('server.pem'), key: fixture('server.key'), clientCa: null }).validToMs;
  test.each<[string, number, CheckRow['state'], RegExp]>([
    ['in its time', end - 100 * DAY, 'ok', /certificate .*CN=server, until /],
    ['ends in a week', end - 7 * DAY, 'warn', /7 days left/],
    ['ended', end + 1_000, 'fail', /ended at/],
    ['not begun', 0, 'fail', /begins only at/],
  ])('%s', async (_name, wallMs, state, detail) => {
    expect(await row(wallMs)).toMatchObject({ title: 'tls certificate', state, detail: expect.stringMatching(detail) });
  });
});

describe('what is asked over SNMP', () => {
  const counter = { kind: 'snmp-counter', name: 'fails', send, snmp, everyMs: 30_000, atLeast: 10, opens: false } as const;
  const history = { kind: 'eem-history', name: 'history', peer: 'hub', send, snmp, everyMs: 5_000 } as const;
  test('the counter: its value, that there is none, that nobody answers', async () => {
    const number = (value: number) => ({ kind: 'number', value }) as const;
    const cases = [
      asking({ get: async () => [number(1), number(42)] }),
      asking({ get: async () => [number(1), { kind: 'absent' }] }),
      asking({ get: failing }),
    ];
    const { found, rows } = collect();
    for (const world of cases) await checkCounter(counter, world, rows);
    expect(found).toMatchObject([
      { state: 'ok', detail: '192.0.2.1:161: cipSecGlobalNoSaFails is 42' },
      { state: 'fail', detail: expect.stringContaining('has no cipSecGlobalNoSaFails') },
      { state: 'fail', detail: expect.stringContaining('SNMP_POLL_FAILED'), remedy: expect.stringContaining('snmpget') },
    ]);
  });
  test('the history: its rows, that it is empty, that nobody answers', async () => {
    const { found, rows } = collect();
    const row = (prefix: string) => [{ oid: `${prefix}.3`, value: { kind: 'number', value: 5 } as const }];
    await checkHistory(history, asking({ walk: async (_to, prefix) => (prefix.includes('.91.') ? row(prefix) : []) }), rows);
    await checkHistory(history, asking({}), rows);
    await checkHistory(history, asking({ get: failing }), rows);
    expect(found).toMatchObject([
      { state: 'ok', detail: '192.0.2.1:161: 1 rows under root 91' },
      { state: 'warn', detail: expect.stringContaining('history is empty') },
      { state: 'fail' },
    ]);
  });
});

describe('a source that listens', () => {
  const folder = new URL('../net/fixtures/tls/', import.meta.url).pathname;
  const any = { address: '127.0.0.1', port: 0 };
  const tls = (key: string): Config['sources'][number] => ({
    kind: 'syslog-tls',
    name: 'tls',
    listen: any,
    allow: [],
    files: { certificate: `${folder}server.pem`, key: { file: `${folder}${key}` }, clientCa: `${folder}authority.pem` },
    clients: null,
  });
  const trap: Config['sources'][number] = {
    kind: 'snmp-trap',
    name: 'traps',
    listen: any,
    from: [],
    snmp,
    engineId: null,
    opens: [],
  };
  async function rowsFor(source: Config['sources'][number], withEngine: boolean): Promise<CheckRow[]> {
    const world = createWorld();
    const cleanup = new Cleanup(world.clock);
    const { found, rows } = collect();
    const data = { ...world, disk: new FakeDisk() };
    const engine = withEngine ? await openEngine('/data', null, data) : null;
    const room = { world, device: {} as SourceRoom['device'], engine, cleanup };
    const config = { sources: [source], peers: [], mode: 'act' } as unknown as Config;
    await checkSources(config, { kind: 'ours' }, room, rows);
    await cleanup.stop();
    return found;
  }
  test('TLS: the certificate and the port; a key of another certificate is named, with what to do', async () => {
    expect(await rowsFor(tls('server.key'), true)).toMatchObject([
      { title: 'tls certificate', state: 'ok' },
      { title: 'tls', state: 'ok', detail: expect.stringMatching(/^listens on 127\.0\.0\.1:\d+$/) },
    ]);
    expect(await rowsFor(tls('hub1.key'), true)).toMatchObject([
      {
        title: 'tls',
        state: 'fail',
        detail: expect.stringMatching(/TLS_CREDENTIALS_REFUSED.*hub1\.key: key is not the key/),
        remedy: expect.stringContaining('openssl pkey'),
      },
    ]);
  });
  test('traps: the port; without an SNMP engine it is left out', async () => {
    expect(await rowsFor(trap, true)).toMatchObject([{ title: 'traps', state: 'ok' }]);
    expect(await rowsFor(trap, false)).toMatchObject([{ title: 'traps', state: 'skipped' }]);
  });
});

test('the QFP’s counters over the login: shown, refused, a platform without them', async () => {
  const config = {
    sources: [{ kind: 'qfp-drops', name: 'drops', everyMs: 30_000, atLeast: 10, opens: false }],
  } as unknown as Config;
  const answer = (status: CommandResult['status'], output: string) => async (command: string) =>
    ({
      command,
      status,
      output,
      detail: status === 'ok' ? null : '% Invalid input',
      sentAt: null,
      sentAtWall: null,
      tookMs: 1,
    }) as CommandResult;
  const { found, rows } = collect();
  const xe = platformNamed('cisco-iosxe')!;
  await checkDropCounters(
    config,
    xe,
    answer('ok', '        4  IN_US_V4_PKT_SA_NOT_FOUND_SPI                            64574'),
    rows,
  );
  await checkDropCounters(config, xe, answer('refused', ''), rows);
  await checkDropCounters(config, platformNamed('cisco-ios')!, answer('ok', ''), rows);
  expect(found).toMatchObject([
    { title: 'drops', state: 'ok', detail: 'IN_US_V4_PKT_SA_NOT_FOUND_SPI 64574' },
    { state: 'fail', detail: expect.stringContaining('refused % Invalid input') },
    { state: 'fail', detail: 'platform cisco-ios has no drop counters' },
  ]);
});
