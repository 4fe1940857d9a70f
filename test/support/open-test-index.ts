/** An index in a folder of its own that goes with the test, on a clock under our thumb. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { FleetIndex, FleetIndexAsk } from '../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../agent/fleet/index/open-index.ts';
import { createRandom } from '../../agent/random.ts';
import { FakeClock } from './fake-clock.ts';

export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spitrap-index-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const indexAsk = (folder: string, wallMs = Date.UTC(2026, 10, 22)): FleetIndexAsk & { readonly clock: FakeClock } => ({
  folder,
  clock: new FakeClock({ wallMs }),
  disk: createDisk(),
  random: createRandom(),
});

export async function openTestIndex(ask: FleetIndexAsk = indexAsk(testFolder())): Promise<FleetIndex> {
  const index = await openFleetIndex(ask);
  onTestFinished(() => index.close());
  return index;
}
