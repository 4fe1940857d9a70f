/** `spitrap check` and the page: its port, its certificate, its token. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Lock } from '../../agent/check/host.ts';
import { checkPage } from '../../agent/check/page.ts';
import { type CheckRow, rowsOf } from '../../agent/check/row.ts';
import type { Config, PageConfig } from '../../agent/config/config.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import { createWorld } from '../../agent/world.ts';
import { wall } from '../../shared/model/time.ts';
import { statusSample } from '../status/status-sample.ts';
import { plainPage, securePage, standPage, tlsFixture } from '../support/page-stand.ts';

const system = createWorld();
/** Within the fixtures' hundred years. */
const world = {
  ...system,
  clock: {
    ...system.clock,
    bootId: 'x',
    monotonic: system.clock.monotonic.bind(system.clock),
    timer: system.clock.timer.bind(system.clock),
    sleep: system.clock.sleep.bind(system.clock),
    wall: () => wall(Date.UTC(2030, 0, 1)),
  },
};

let cleanup = new Cleanup(system.clock);
afterEach(async () => {
  await cleanup.stop();
  cleanup = new Cleanup(system.clock);
});

async function rowsFor(page: PageConfig | null, lock: Lock = { kind: 'ours' }): Promise<CheckRow[]> {
  const rows: CheckRow[] = [];
  await checkPage(
    { page } as Config,
    lock,
    world,
    cleanup,
    rowsOf('this host', (row) => rows.push(row)),
  );
  return rows;
}

const shown = (rows: readonly CheckRow[]): string[] => rows.map(({ title, state }) => `${title}: ${state}`);

describe('check of the page', () => {
  test('none, no row', async () => {
    expect(await rowsFor(null)).toEqual([]);
  });

  test('a free port', async () => {
    const rows = await rowsFor(plainPage);
    expect(shown(rows)).toEqual(['page: ok', 'page readers: ok']);
    expect(rows[0]!.detail).toMatch(/^http:\/\/127\.0\.0\.1:\d+, the port is free$/);
  });

  test('a port that somebody has', async () => {
    const { page, port } = await standPage();
    const [row] = await rowsFor({ ...plainPage, listen: { address: '127.0.0.1', port } });
    await page.close();
    expect(row).toMatchObject({ state: 'fail', detail: expect.stringContaining('EADDRINUSE') });
  });

  test('without a token, and asked for one on loopback', async () => {
    expect(shown(await rowsFor({ ...plainPage, token: null, loopback: 'token' }))).toEqual(['page: ok', 'page.token: warn']);
  });

  test('its certificate: good, over, no file', async () => {
    const files = (name: string): PageConfig => ({
      ...securePage,
      tls: {
        clients: null,
        files: { certificate: tlsFixture(`${name}.pem`), key: { file: tlsFixture(`${name}.key`) }, clientCa: null },
      },
    });
    expect(shown(await rowsFor(files('server')))).toEqual(['page certificate: ok', 'page: ok', 'page readers: ok']);
    const [over] = await rowsFor(files('expired'));
    expect(over).toMatchObject({ state: 'fail', detail: expect.stringContaining('whoever verifies it does not connect') });
    expect(await rowsFor(files('none'))).toMatchObject([{ state: 'fail', detail: expect.stringContaining('page: certificate') }]);
  });

  test('an agent that runs answers for its port', async () => {
    const served = await rowsFor(plainPage, { kind: 'agent', status: statusSample });
    expect(served[0]).toMatchObject({ state: 'ok', detail: expect.stringContaining('https://[2001:db8::7]:7423') });
    const not = await rowsFor(plainPage, { kind: 'agent', status: { ...statusSample, page: null } });
    expect(not[0]).toMatchObject({ state: 'warn', remedy: expect.stringContaining('restart') });
  });
});
