/**
 * The thread that report-thread.ts starts: a folder or two in, three files' text or a reason out. It steps back for everything else on
 * this host: on two cores another incident's alert waits for whatever else runs.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

const THIS_THREAD = 0;
/** A tenth of what others get, when they want all of it. */
const NICE = 10;
// On Linux it is this thread's alone (setpriority(2), "Bugs"); elsewhere it would be the whole agent's.
try {
  if (process.platform === 'linux') setPriority(THIS_THREAD, NICE);
} catch {
  // A sandbox may forbid the call; the report is made all the same.
}

const onRead = (): void => parentPort?.postMessage({ read: true });
try {
  // Only now: to read a hundred modules is half of what a report costs.
  const [{ createDisk }, { makeReport }] = await Promise.all([import('./disk.ts'), import('./make-report.ts')]);
  parentPort?.postMessage({ files: await makeReport(workerData as readonly string[], createDisk(), onRead) });
} catch (error) {
  parentPort?.postMessage({ why: error instanceof Error ? error.message : String(error) });
}
