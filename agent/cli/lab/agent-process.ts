/**
 * One agent of the lab: a separate `spitrap run` process of this very build, its log read as it is written and kept in a file.
 * Started and stopped by run.ts, which must leave nothing running: stop() asks with SIGTERM and insists with SIGKILL, by process.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../../shared/clock.ts';
import { SpitrapError } from '../../../shared/errors.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import { bounded } from '../../lifecycle.ts';
import type { DiskFile } from '../../ports.ts';

/** One entry of an agent's JSON log (agent/log.ts). */
export interface LogEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface AgentProcessOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Interpreter and the executable of this build. */
  readonly nodePath: string;
  readonly binPath: string;
  readonly configFile: string;
  /** What to start in place of the agent's own argv: it becomes the agent without a process between. Default: as it is. */
  readonly launch?: (argv: readonly string[]) => readonly string[];
  /** Takes all that the agent writes. Closed by stop(). */
  readonly logFile: DiskFile;
  readonly onEntry: (entry: LogEntry) => void;
  /** Between SIGTERM and SIGKILL. */
  readonly termPatienceMs?: DurationMs;
}

export interface AgentProcess {
  readonly pid: number;
  /** Resolves when it is gone, in words: `exit code 2`, `signal SIGKILL`. */
  readonly gone: Promise<string>;
  running(): boolean;
  /** What it wrote that was no log entry, the last few lines: a configuration fault, a stack trace. */
  lastWords(): string;
  /** Bounded; resolves when the process is gone and its log is on disk. */
  stop(): Promise<void>;
}

/** The agent's own orderly end is bounded below this. */
const TERM_PATIENCE_MS: DurationMs = 8_000;
const KILL_PATIENCE_MS: DurationMs = 2_000;
const LINE_CHARACTERS_MAX = 64 * 1024;
const LAST_WORDS_LINES = 12;

/** Rejects with LAB_FAILED when the process cannot be started at all. */
export async function startAgentProcess(options: AgentProcessOptions): Promise<AgentProcess> {
  const { clock, name } = options;
  const argv = [options.nodePath, options.binPath, 'run', '-c', options.configFile, '--until-input-ends'];
  const [file = '', ...args] = options.launch?.(argv) ?? argv;
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    file,
    args,
    // A session of its own: the terminal's Ctrl-C is for the lab alone, which then asks its agents in good order.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  // Whatever ends this process ends the agents: here, and after a SIGKILL the end of their input.
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', killAtExit);
      resolve(signal ? `signal ${signal}` : `exit code ${code}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.stdin.on('error', () => {});
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new SpitrapError(
          'LAB_FAILED',
          `cannot start the ${name} agent (${options.nodePath} ${options.binPath}): ${cause.message}`,
          { cause },
        ),
      ),
    );
  });

  const words: string[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  const onLine = (line: string): void => {
    writing = writing.then(() => options.logFile.append(Buffer.from(`${line}\n`))).catch(() => {});
    const entry = parseEntry(line);
    if (entry) options.onEntry(entry);
    else if (line.trim() !== '') words.push(line);
    if (words.length > LAST_WORDS_LINES) words.shift();
  };
  const read = [child.stdout, child.stderr].map((stream) => readLines(stream, onLine));

  let running = true;
  void gone.then(() => {
    running = false;
  });
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    if (running) child.kill('SIGTERM');
    if (!(await bounded(gone, options.termPatienceMs ?? TERM_PATIENCE_MS, clock, `lab stop ${name}`)).inTime) {
      child.kill('SIGKILL');
      await bounded(gone, KILL_PATIENCE_MS, clock, `lab kill ${name}`);
    }
    await bounded(Promise.all(read), KILL_PATIENCE_MS, clock, `lab read ${name}`);
    await writing;
    await options.logFile.close();
  };
  return {
    pid: child.pid ?? 0,
    gone,
    running: () => running,
    lastWords: () => words.join('\n'),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function parseEntry(line: string): LogEntry | null {
  if (!line.startsWith('{')) return null;
  try {
    const entry = JSON.parse(line) as Partial<LogEntry>;
    return typeof entry.time === 'string' && typeof entry.msg === 'string' && typeof entry.level === 'string'
      ? (entry as LogEntry)
      : null;
  } catch {
    return null;
  }
}

/** Resolves at the end of the stream. A line beyond the limit is cut. */
function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  return new Promise((resolve) => {
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, LINE_CHARACTERS_MAX);
      for (const line of lines) onLine(line.slice(0, LINE_CHARACTERS_MAX));
    });
    stream.once('close', () => {
      if (rest !== '') onLine(rest);
      resolve();
    });
  });
}
