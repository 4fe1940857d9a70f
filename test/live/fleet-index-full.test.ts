/** The fleet's index on a disk that is full: a file system of 2 MiB of its own, which only root can mount. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isSpitrapError } from '../../shared/errors.ts';
import { incidentRecord } from '../support/fleet-records.ts';
import { indexAsk, openTestIndex, testFolder } from '../support/open-test-index.ts';

test.skipIf(process.getuid?.() !== 0)(
  'no room left: the batch is not taken, the index is whole (skipped without root)',
  async () => {
    const mount = join(testFolder(), 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'spitrap-test', mount]);
    onTestFinished(() => void execFileSync('umount', ['-l', mount]));
    const ask = indexAsk(join(mount, 'fleet'));
    const index = await openTestIndex(ask);
    let taken = 0;
    const batch = () =>
      Array.from({ length: 50 }, (_, number) => ({
        record: incidentRecord({ about: `01KFULL${String(taken + number).padStart(6, '0')}` }),
        sequence: taken + number + 1,
        storedAtMs: 1,
      }));
    let problem: unknown = null;
    while (problem === null) {
      problem = await index.upsert(batch()).then(
        () => null,
        (error: unknown) => error,
      );
      if (problem === null) taken += 50;
    }
    expect(isSpitrapError(problem, 'INDEX_FAILED')).toBe(true);
    expect(String(problem)).toMatch(/full, or fails.*nothing of this was written/);
    expect(index.state().incidents).toBe(taken);
    expect(index.verify()).toEqual([]);
    await index.close();
    const again = await openTestIndex(ask);
    expect(again.state().incidents).toBe(taken);
  },
);
