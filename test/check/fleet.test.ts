/** `spitrap check` and the fleet: whether the engine lets us in, and takes what we would tell. */
import { describe, expect, test } from 'vitest';
import { checkFleet } from '../../agent/check/fleet.ts';
import type { Lock } from '../../agent/check/host.ts';
import { type CheckRow, rowsOf } from '../../agent/check/row.ts';
import type { Config } from '../../agent/config/config.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import type { World } from '../../agent/ports.ts';
import { cluster, engineOptions, records } from '../publish/publishing.ts';
import { statusSample } from '../status/status-sample.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { FakeCluster } from '../support/fake-engine.ts';

const fleet = { engine: engineOptions, bundles: true, heartbeatMs: 60_000, spoolBytesMax: 1024 * 1024 };
const config = { site: 'east', device: { name: 'hub1' }, fleet } as Config;

async function rowsFor(set: (engines: FakeCluster) => void, about: Config = config, lock: Lock = { kind: 'ours' }) {
  const clock = new FakeClock();
  const engines = cluster(clock);
  set(engines);
  const rows: CheckRow[] = [];
  const cleanup = new Cleanup(clock);
  const world = { clock, engines } as unknown as World;
  const checking = checkFleet(
    about,
    lock,
    { world, version: '1.0.0' },
    cleanup,
    rowsOf('this host', (row) => rows.push(row)),
  );
  await clock.advance(60_000);
  await checking;
  const stopping = cleanup.stop();
  await clock.advance(1_000);
  await stopping;
  return { rows, engines, shown: rows.map(({ title, state }) => `${title}: ${state}`) };
}

describe('check of the fleet', () => {
  test('none, no row', async () => {
    expect((await rowsFor(() => {}, { ...config, fleet: null })).rows).toEqual([]);
  });

  test('connected, and the stream takes it; what it told of is over', async () => {
    const { shown, engines, rows } = await rowsFor(() => {});
    expect(shown).toEqual(['fleet: ok', 'fleet stream: ok']);
    expect(rows[1]!.detail).toBe('takes spitrap.east.hub1.alarm');
    expect(records(engines)).toMatchObject([{ about: 'spitrap-check', body: { state: 'cleared' } }]);
    expect(engines.opened[0]!.closed).toBe(true);
  });

  test('away: said with the reason, soon', async () => {
    const { shown, rows } = await rowsFor((engines) => void Object.assign(engines, { away: true }));
    expect(shown).toEqual(['fleet: fail']);
    expect(rows[0]).toMatchObject({
      detail: expect.stringContaining('connection refused'),
      remedy: expect.stringContaining('fleet.servers'),
    });
  });

  test('not allowed, no such stream, no answer', async () => {
    expect(
      (await rowsFor((engines) => void Object.assign(engines, { refuse: () => 'the account may not' }))).rows[1],
    ).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('the account may not'),
    });
    expect((await rowsFor((engines) => engines.streams.clear())).rows[1]).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('no such stream'),
    });
    expect((await rowsFor((engines) => void Object.assign(engines, { hangs: true }))).rows[1]).toMatchObject({
      state: 'fail',
      detail: 'no answer within 15 s',
    });
  });

  test('beside the agent that runs: what that one says', async () => {
    const beside = async (more: Partial<NonNullable<typeof statusSample.fleet>>) => {
      const status = { ...statusSample, fleet: { ...statusSample.fleet!, ...more } };
      const { rows, engines } = await rowsFor(() => {}, config, { kind: 'agent', status } as Lock);
      expect(engines.opened).toEqual([]);
      return rows[0]!;
    };
    expect(await beside({})).toMatchObject({ state: 'fail', detail: expect.stringContaining('12 records wait') });
    expect(await beside({ state: 'connected', server: 'n1:4222', waitingRecords: 0 })).toMatchObject({
      state: 'ok',
      detail: 'connected to n1:4222, 40 records told, 0 wait',
    });
    expect(await beside({ state: 'connected', server: 'n1:4222', refusing: 'may not publish' })).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('may not publish'),
    });
    const none = await rowsFor(() => {}, config, { kind: 'agent', status: { ...statusSample, fleet: null } } as Lock);
    expect(none.rows).toMatchObject([{ state: 'warn', remedy: expect.stringContaining('restart') }]);
  });
});
