/**
 * The Spawn port on this host, over node:child_process. Wired by world.ts, used by alarms/command.ts and device/local-shell.ts. No shell, no environment of ours,
 * a process group of its own: when its time is up, the program goes with what it started, and nothing else does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock, Timer } from '../shared/clock.ts';
import { SpitrapError } from '../shared/errors.ts';
import { bounded } from './lifecycle.ts';
import type { Conversation, ProgramEnd, ProgramRun, Spawn } from './ports.ts';

/** From SIGTERM to SIGKILL. */
const MERCY_MS = 1_000;
/** Its last words may still be in the pipe when it is gone; a grandchild may hold the pipe for ever. */
const LAST_WORDS_MS = 200;

export function nodeSpawn(clock: Clock): Spawn {
  return { run: (program, signal) => run(program, signal, clock), converse: (program) => converse(program, clock) };
}

async function run(program: ProgramRun, signal: AbortSignal, clock: Clock): Promise<ProgramEnd> {
  const [file = '', ...args] = program.argv;
  const notStarted = (error: unknown): SpitrapError => {
    const errno = (error as { code?: unknown }).code;
    const why = typeof errno === 'string' ? errno : String(error);
    return new SpitrapError('ALARM_UNDELIVERED', `${file} could not be started: ${why}`, {
      context: { file, errno: why },
      cause: error,
    });
  };
  if (signal.aborted) throw notStarted('ABORTED');
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      cwd: '/',
      env: { ...program.environment },
      stdio: ['pipe', 'ignore', 'pipe'],
      shell: false,
      detached: true,
    });
  } catch (error) {
    throw notStarted(error);
  }
  const words = listen(child, program.outputBytesMax);
  // A program need not read what it is given.
  child.stdin?.on('error', () => {});
  child.stdin?.end(program.input);
  let kill: Timer | null = null;
  const onAbort = (): void => {
    end(child, 'SIGTERM');
    kill = clock.timer('kill alarm command', MERCY_MS, () => end(child, 'SIGKILL'));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { exitCode, killedBy } = await new Promise<Omit<ProgramEnd, 'output'>>((resolve, reject) => {
      child.on('error', (error) => reject(notStarted(error)));
      child.once('exit', (code, by) => resolve({ exitCode: code, killedBy: by }));
    });
    await bounded(words.ended, LAST_WORDS_MS, clock, 'last words');
    return { exitCode, killedBy, output: words.said() };
  } finally {
    signal.removeEventListener('abort', onAbort);
    (kill as Timer | null)?.cancel();
    child.stderr?.destroy();
    child.stdin?.destroy();
  }
}

/** The group, by the id of its leader, and only while that lives: the id is then nobody else's. */
function end(child: ChildProcess, how: 'SIGHUP' | 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, how);
  } catch {
    // Gone meanwhile.
  }
}

function listen(child: ChildProcess, bytesMax: number): { readonly ended: Promise<void>; said(): Buffer } {
  const parts: Buffer[] = [];
  let bytes = 0;
  child.stderr?.on('data', (part: Buffer) => {
    if (bytes < bytesMax) parts.push(part.subarray(0, bytesMax - bytes));
    bytes += part.length;
  });
  child.stderr?.on('error', () => {});
  return { ended: new Promise((resolve) => child.stderr?.once('close', () => resolve())), said: () => Buffer.concat(parts) };
}

/** From SIGHUP to SIGKILL, and from that to giving up. */
const HANG_UP_MS = 1_000;

async function converse({ argv, environment }: Pick<ProgramRun, 'argv' | 'environment'>, clock: Clock): Promise<Conversation> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    cwd: '/',
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    shell: false,
    detached: true,
  });
  let how: string | null = null;
  let listeners: ((how: string) => void)[] = [];
  const ended = new Promise<void>((resolve) => {
    const onEnd = (words: string): void => {
      if (how !== null) return;
      how = words;
      for (const listener of listeners) listener(words);
      listeners = [];
      resolve();
    };
    child.once('exit', (code, by) => onEnd(by === null ? `exit code ${code}` : `signal ${by}`));
    child.once('error', (error) => onEnd(error.message));
  });
  child.stdin.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause: Error & { code?: unknown }) => {
      const what = `${file} could not be started: ${typeof cause.code === 'string' ? cause.code : cause.message}`;
      reject(new SpitrapError('SSH_UNREACHABLE', `${what}. Tried again later.`, { retryable: true, cause }));
    });
  });
  return {
    onOutput(handler) {
      child.stdout.on('data', handler);
      child.stderr.on('data', handler);
    },
    onEnd(handler) {
      if (how !== null) handler(how);
      else listeners.push(handler);
    },
    write(text) {
      if (child.stdin.writable) child.stdin.write(text);
    },
    async end() {
      end(child, 'SIGHUP');
      if (!(await bounded(ended, HANG_UP_MS, clock, 'hang up')).inTime) end(child, 'SIGKILL');
      await bounded(ended, HANG_UP_MS, clock, 'kill shell');
    },
  };
}
