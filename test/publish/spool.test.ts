/** The spool's own costs; what it keeps and loses is in publisher.test.ts. */
import { expect, test } from 'vitest';
import { Spool } from '../../agent/publish/spool.ts';
import type { FleetRecord } from '../../shared/fleet/record.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { incidentRecord } from '../support/fleet-records.ts';
import { seededRandom } from '../support/seeded-random.ts';

test('whoever is behind a writer reads a segment seldom, not for each record', async () => {
  const [clock, disk] = [new FakeClock(), new FakeDisk()];
  const refused: FleetRecord[] = [];
  const spool = new Spool({
    ...{ folder: '/data/fleet', world: { clock, disk, random: seededRandom(1) }, bytesMax: () => 64 * 1024 * 1024 },
    onDurable: () => {},
    onOverflow: async () => {},
    onRefused: (record) => refused.push(record),
  });
  await spool.recover(0, 0, () => {});
  const append = async (): Promise<void> => {
    spool.append(incidentRecord({ about: `A${spool.next}` }));
    await clock.advance(1);
  };
  for (let count = 0; count < 250; count++) await append();
  const from = disk.operations.length;
  const abouts: string[] = [];
  for (let after = 0; after < 100; ) {
    await append();
    const read = await spool.read(after, 2);
    for (const { seq, record } of read) {
      after = seq;
      abouts.push(record.about);
      spool.acknowledged(seq);
    }
  }
  expect(refused).toEqual([]);
  expect(abouts.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, at) => `A${at + 1}`));
  expect(disk.operations.slice(from).filter((operation) => operation.startsWith('readFile')).length).toBeLessThan(5);
});
