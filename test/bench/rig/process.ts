/** Programs under measurement: started, watched through /proc (CPU, memory), ended by their own process id. Linux. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const TICKS_A_SECOND = 100;
const MIB = 1024 * 1024;
const TERM_PATIENCE_MS = 10_000;

export interface Watched {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves with the exit code, null after a signal. */
  readonly gone: Promise<number | null>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** All that it prints goes to `logFile`. */
export function start(argv: readonly string[], logFile: string, env: NodeJS.ProcessEnv = process.env): Watched {
  const log = openSync(logFile, 'a');
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { stdio: ['ignore', log, log], env });
  closeSync(log);
  running.add(child);
  const gone = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return {
    pid: child.pid ?? 0,
    child,
    gone,
    async stop() {
      child.kill('SIGTERM');
      const bound = setTimeout(() => child.kill('SIGKILL'), TERM_PATIENCE_MS);
      await gone;
      clearTimeout(bound);
    },
  };
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** To its end. Its CPU time is what the kernel adds to its parent's account of ended children: nothing else may end meanwhile. */
export async function run(argv: readonly string[], logFile: string, env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  const began = performance.now();
  const cpuBefore = childrenCpuSeconds();
  const log = openSync(logFile, 'a');
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', log], env });
  closeSync(log);
  running.add(child);
  let stdout = '';
  child.stdout!.on('data', (bytes: Buffer) => {
    stdout += bytes.toString('latin1');
  });
  let peakMiB = 0;
  const look = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakMiBOf(child.pid ?? 0));
  }, 5);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(look);
  running.delete(child);
  return { code, stdout, seconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakMiB };
}

/** Of all children that have ended and were awaited: cutime and cstime. */
function childrenCpuSeconds(): number {
  const fields = statFields('self');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_A_SECOND;
}

function statFields(pid: number | 'self'): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in brackets may hold spaces; the field after it is the third.
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** User and system, of all threads. */
export function cpuSecondsOf(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function statusMiB(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  try {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return (Number(kib ?? 0) * 1024) / MIB;
  } catch {
    return 0;
  }
}

/** Resident memory at its most, since the process began. */
export const peakMiBOf = (pid: number): number => statusMiB(pid, 'VmHWM');
export const residentMiBOf = (pid: number): number => statusMiB(pid, 'VmRSS');

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks every few milliseconds; throws after `withinMs`, saying `what` did not come. */
export async function until<T>(
  what: string,
  look: () => T | null | Promise<T | null>,
  withinMs = 30_000,
  everyMs = 5,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() - began > withinMs) throw new Error(`bench: ${what} did not come within ${withinMs} ms`);
    await pause(everyMs);
  }
}

/** Bytes of the files whose names end so, 0 while the folder is not there. */
export function bytesIn(folder: string, ending: string): number {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    return 0;
  }
}

export function bytesOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
