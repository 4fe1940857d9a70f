/** Appends records for ever and prints the number of each that was acknowledged as synced. Killed by journal.test.ts. */
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { openJournal } from '../../agent/journal/journal.ts';

const { journal } = await openJournal(process.argv[2]!, { disk: createDisk(), clock: createClock() });
for (;;) {
  const group = Array.from({ length: 7 }, () => journal.append('record', null, { padding: 'x'.repeat(300) }));
  await Promise.all(group.map((entry) => entry.synced));
  process.stdout.write(`${group.at(-1)!.record.seq}\n`);
}
