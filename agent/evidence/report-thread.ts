/**
 * The Reports port on this host: a thread a report, one after the other, with a heap of its own. A diagnosis takes tens of milliseconds, of
 * a storm's bundle seconds; in the agent's own thread another incident's stop would wait for it. Wired by world.ts, used by bundle.ts.
 */
import { Worker } from 'node:worker_threads';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { ReportFiles, Reports } from '../ports.ts';

/** Beside this file, built like it. */
const WORKER = new URL(`./report-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

export function threadReports(worker: URL = WORKER): Reports {
  let last: Promise<void> = Promise.resolve();
  return {
    make(folders, signal) {
      const mine = last.then(() => run(worker, folders, signal));
      last = mine.then(
        ({ over }) => over,
        () => {},
      );
      return mine.then(({ answer }) => answer);
    },
  };
}

interface Answer {
  readonly files?: ReportFiles;
  readonly why?: string;
  /** All its modules and all files are read. */
  readonly read?: true;
}

interface Running {
  readonly answer: Promise<ReportFiles>;
  /** The thread is gone; never rejects. */
  readonly over: Promise<void>;
}

async function run(worker: URL, folders: readonly string[], signal: AbortSignal): Promise<Running> {
  const failed = (why: string, cause?: unknown): SpitrapError =>
    new SpitrapError('REPORT_FAILED', `the report of ${folders.join(' and ')} could not be made: ${why}`, {
      context: { folder: folders[0] ?? '' },
      cause,
    });
  if (signal.aborted) throw failed('its time was up before its turn came');
  const thread = new Worker(worker, {
    workerData: folders,
    // Nothing of the agent's environment, where secrets stand; nothing on its terminal.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: limits.reportHeapMb, maxYoungGenerationSizeMb: limits.reportYoungHeapMb },
  });
  // Ended while node reads its modules, a hundred files at once, or while it reads the bundle itself, it leaves descriptors open for good:
  // first all is read.
  const read = new Promise<void>((resolve) => {
    thread.once('message', () => resolve());
    thread.once('error', () => resolve());
    thread.once('exit', () => resolve());
  });
  let onAbort = (): void => {};
  const answer = new Promise<ReportFiles>((resolve, reject) => {
    onAbort = () => reject(failed('its time was up'));
    signal.addEventListener('abort', onAbort, { once: true });
    thread.on('message', ({ files, why, read: isRead }: Answer) => {
      if (files) resolve(files);
      else if (!isRead) reject(failed(why ?? 'it gave nothing'));
    });
    thread.once('error', (error) => reject(failed(error instanceof Error ? error.message : String(error), error)));
    thread.once('exit', (code) => reject(failed(`its thread ended with ${code}`)));
  });
  const end = async (): Promise<void> => {
    signal.removeEventListener('abort', onAbort);
    await read;
    await thread.terminate();
  };
  return { answer, over: answer.then(end, end) };
}
