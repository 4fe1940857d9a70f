/** Feeds a ring for ever and prints the number of the last line that a flush acknowledged. Killed by ring.test.ts. */
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { openRing } from '../../agent/evidence/ring.ts';

const clock = createClock();
const ring = await openRing(process.argv[2]!, { maxAgeMs: 86_400_000, maxBytes: 2 ** 30 }, { disk: createDisk(), clock });
for (let line = 0; ; ) {
  for (let i = 0; i < 500; i++)
    ring.append(Buffer.from(`line ${++line} ${'x'.repeat(200)}\n`), {
      at: clock.monotonic(),
      wall: clock.wall(),
      source: line % 3 ? 'udp' : 'monitor',
    });
  if ((await ring.flush()) === 'synced') process.stdout.write(`${line}\n`);
}
