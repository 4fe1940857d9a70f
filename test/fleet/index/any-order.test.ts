/** Any order, any repetition of a set of records comes to the same index: what is derived is a function of what is kept. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FleetIndex, StoredRecord } from '../../../agent/fleet/index/fleet-index.ts';
import type { FleetRecord } from '../../../shared/fleet/record.ts';
import {
  alarmRecord,
  bundleRecord,
  gapRecord,
  heartbeatRecord,
  incidentRecord,
  iso,
  verdictRecord,
} from '../../support/fleet-records.ts';
import { indexAsk, openTestIndex, testFolder } from '../../support/open-test-index.ts';

const FROM = Date.UTC(2026, 10, 20, 5, 40);
const DAY = 86_400_000;

const ids = ['01KA', '01KB', '01KC', '01KD', '01KE'];
const devices = [
  ['fra', 'hub-1', 'hub'],
  ['fra', 'hub-2', 'hub'],
  ['bonn', 'branch-1', 'spoke'],
  ['kiel', 'branch-2', 'spoke'],
] as const;

const about = fc.constantFrom(...ids);
const device = fc.constantFrom(...devices);
const revision = fc.integer({ min: 1, max: 3 });
/** Around the end of a cell, so that rows move between two. */
const atMs = fc.integer({ min: 0, max: 40 }).map((minutes) => FROM + minutes * 60_000);
const harm = fc.constantFrom('transient' as const, 'persistent' as const, 'unknown' as const);

const anyRecord: fc.Arbitrary<FleetRecord> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({ about, device, revision, atMs, harm, aliases: fc.subarray(ids, { maxLength: 2 }), sealed: fc.boolean() })
      .map(({ device: [site, name, role], sealed, aliases, ...of }) =>
        incidentRecord({
          ...of,
          site,
          device: name,
          body: {
            role,
            harm: of.harm,
            aliases,
            sealedAt: sealed ? iso(of.atMs + 60_000) : null,
            peers: [{ name: role === 'hub' ? 'branch-1' : 'hub-1', tags: { carrier: of.harm } }],
          },
        }),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ about, device, revision, atMs, harm, cause: fc.constantFrom('failover', 'replay'), twoEnded: fc.boolean() })
      .map(({ device: [site, name], cause, twoEnded, ...of }) =>
        verdictRecord({
          ...of,
          site,
          device: name,
          body: { cause, twoEnded, harm: of.harm, healing: { kind: 'at', at: iso(of.atMs + DAY) } },
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ about, device, revision })
      .map(({ device: [site, name], ...of }) => bundleRecord({ ...of, site, device: name })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ device, revision, atMs, raised: fc.boolean() })
      .map(({ device: [site, name], raised, ...of }) =>
        alarmRecord({ ...of, site, device: name, body: { state: raised ? 'raised' : 'cleared' } }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ device, revision }).map(({ device: [site, name], ...of }) => gapRecord({ ...of, site, device: name })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ device, revision, atMs })
      .map(({ device: [site, name], ...of }) => heartbeatRecord({ ...of, site, device: name })),
  },
);

/** Everything that it says, but for its own numbers. */
async function said(index: FleetIndex): Promise<unknown> {
  const all = { fromMs: 0, toMs: FROM + 10 * DAY, where: [] };
  const { incidents, records, gaps, bytes: _bytes } = index.state();
  const { incidents: list } = index.incidents(all, { limit: 1_000, after: null });
  return {
    incidents,
    records,
    gaps,
    list,
    found: list.map(({ id, aliases }) => [id, ...aliases].map((one) => index.show(one)?.id)),
    top: index.dimensions().map((dimension) => [dimension, index.top(dimension, all, 100)]),
    filtered: index.top('hub', { ...all, where: [{ dimension: 'harm', value: 'persistent' }] }, 100),
    time: index.overTime({ ...all, fromMs: FROM - DAY, toMs: FROM + DAY }, 3_600_000),
    groups: await Promise.all(
      (await index.groups(all, 100)).map(async (group) => [
        group,
        await index.groupMembers(group.id, { limit: 100, after: null }),
      ]),
    ),
    now: index.now(FROM),
    agents: index.agents(FROM),
  };
}

async function fill(records: readonly StoredRecord[], batch: number): Promise<FleetIndex> {
  const index = await openTestIndex(indexAsk(testFolder(), FROM + 3_600_000));
  for (let at = 0; at < records.length; at += batch) await index.upsert(records.slice(at, at + batch));
  return index;
}

const cases = fc.array(anyRecord, { minLength: 1, maxLength: 40 }).chain((records) => {
  const stored = records.map((record, number) => ({ record, sequence: number + 1, storedAtMs: FROM + number }));
  return fc.record({
    stored: fc.constant(stored),
    again: fc
      .shuffledSubarray(stored, { minLength: 0 })
      .map((some) => some.map((one) => ({ ...one, storedAtMs: one.storedAtMs + 5_000 }))),
    seed: fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
    batch: fc.integer({ min: 1, max: 12 }),
  });
});

test('any order, any repetition: the same answers, and all that is derived counts up', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ stored, again, seed, batch }) => {
      // A heartbeat is the last that the engine has: one that comes twice is one that was stored twice, which it does not do.
      const repeated = again.filter(({ record }) => record.kind !== 'heartbeat');
      const shuffled = [...stored, ...repeated].map((one, at) => [seed[at]!, one] as const).sort(([a], [b]) => a - b);
      const [first, second] = [
        await fill(stored, 100),
        await fill(
          shuffled.map(([, one]) => one),
          batch,
        ),
      ];
      expect(second.verify()).toEqual([]);
      expect(first.verify()).toEqual([]);
      expect(await said(second)).toEqual(await said(first));
      const pruneAt = FROM + 30 * 60_000;
      expect(await second.prune(pruneAt, 1)).toBe(await first.prune(pruneAt, 1));
      expect(second.verify()).toEqual([]);
      expect(await said(second)).toEqual(await said(first));
      await Promise.all([first.close(), second.close()]);
    }),
    { numRuns: 40 },
  );
});
