/**
 * Several processes write to one folder, and some are killed while they do: all is there, once, and what is derived counts up. More kills:
 * `SPITRAP_INDEX_KILLS=30 npx vitest run --project unit test/fleet/index/processes.test.ts`
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FleetIndex } from '../../../agent/fleet/index/fleet-index.ts';
import { writtenRecords } from '../../support/index-writer.ts';
import { makeWriters, type Writer, type Writers } from '../../support/index-writers.ts';
import { indexAsk, openTestIndex, testFolder } from '../../support/open-test-index.ts';
import { seededRandom } from '../../support/seeded-random.ts';

let writers: Writers;
beforeAll(async () => {
  writers = await makeWriters();
}, 60_000);
afterAll(() => writers.remove());

const ever = { fromMs: 0, toMs: Date.UTC(2027, 0, 1), where: [] };

async function said(index: FleetIndex): Promise<unknown> {
  const { incidents, records } = index.state();
  return {
    incidents,
    records,
    list: index.incidents(ever, { limit: 1_000, after: null }),
    top: index.dimensions().map((dimension) => [dimension, index.top(dimension, ever, 1_000)]),
    groups: await index.groups(ever, 1_000),
    agents: index.agents(0),
  };
}

async function byOneProcess(count: number): Promise<unknown> {
  const index = await openTestIndex(indexAsk(testFolder()));
  await index.upsert(writtenRecords(count));
  return said(index);
}

test('three processes at the same incidents', { timeout: 120_000 }, async () => {
  const count = 3_000;
  const folder = testFolder();
  // Each has a third of it, and what its neighbour has too.
  const started = [0, 1, 2].map((third) => writers.start(folder, third * 800, third * 800 + 1_400, 7));
  for (const { ended } of started) expect(await ended).toEqual({ code: 0, errors: '' });
  const index = await openTestIndex(indexAsk(folder));
  expect(index.verify()).toEqual([]);
  expect(await said(index)).toEqual(await byOneProcess(count));
});

const KILLS = Number(process.env['SPITRAP_INDEX_KILLS'] ?? 6);

test(`${KILLS} times kill -9 while another goes on`, { timeout: 60_000 + 10_000 * KILLS }, async () => {
  const count = 200 * KILLS;
  const folder = testFolder();
  const random = seededRandom(30);
  const survivor = writers.start(folder, 0, count, 5);
  const index = await openTestIndex(indexAsk(folder));
  let from = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    const writer: Writer = writers.start(folder, from, count, 1 + Math.floor(random.uniform() * 40));
    await writer.reached(1 + Math.floor(random.uniform() * 120));
    writer.child.kill('SIGKILL');
    const { code } = await writer.ended;
    expect(code).toBeNull();
    const acknowledged = from + writer.acknowledged();
    const { sequence } = index.state();
    const events = writtenRecords(acknowledged).filter((one) => one.sequence > 0);
    expect(sequence).toBeGreaterThanOrEqual(events.at(-1)?.sequence ?? 0);
    expect(index.verify()).toEqual([]);
    // As the engine would: what was acknowledged is not given out again.
    from = Math.min(acknowledged, count - 100);
  }
  survivor.child.kill('SIGKILL');
  await survivor.ended;
  expect(await writers.start(folder, Math.min(from, survivor.acknowledged()), count, 100).ended).toEqual({ code: 0, errors: '' });
  expect(index.verify()).toEqual([]);
  expect(await said(index)).toEqual(await byOneProcess(count));
});
