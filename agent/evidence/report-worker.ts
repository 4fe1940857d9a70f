/** The thread that report-thread.ts starts: a folder or two in, three files' text or a reason out. */
import { parentPort, workerData } from 'node:worker_threads';
import { createDisk } from './disk.ts';
import { makeReport } from './make-report.ts';

const onRead = (): void => parentPort?.postMessage({ read: true });
try {
  parentPort?.postMessage({ files: await makeReport(workerData as readonly string[], createDisk(), onRead) });
} catch (error) {
  parentPort?.postMessage({ why: error instanceof Error ? error.message : String(error) });
}
