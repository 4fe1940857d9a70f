/** The thread that report-thread.ts starts: one folder in, three files' text or a reason out. */
import { parentPort, workerData } from 'node:worker_threads';
import { createDisk } from './disk.ts';
import { makeReport } from './make-report.ts';

parentPort?.postMessage({ loaded: true });
try {
  parentPort?.postMessage({ files: await makeReport(String(workerData), createDisk()) });
} catch (error) {
  parentPort?.postMessage({ why: error instanceof Error ? error.message : String(error) });
}
