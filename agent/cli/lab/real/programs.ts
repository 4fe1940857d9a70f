/**
 * Programs of the real lab: run to their end, or kept running and ended by their own process. Adapter over node:child_process, used by
 * end.ts and requirements.ts. Everything that is started here dies with this process, a SIGKILL included (`dieWithUs`).
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../../../shared/clock.ts';
import { SpitrapError } from '../../../../shared/errors.ts';
import { quoted } from '../../../../shared/model/printable.ts';
import type { DurationMs } from '../../../../shared/model/time.ts';
import { bounded } from '../../../lifecycle.ts';

export interface Ended {
  /** Null: a signal ended it, or it could not be started. */
  readonly code: number | null;
  /** Standard output, then standard error. */
  readonly output: string;
}

export interface Running {
  readonly pid: number;
  onLine(handler: (line: string) => void): void;
  readonly gone: Promise<Ended>;
  /** Closes its input, then SIGTERM, then SIGKILL; bounded. */
  stop(): Promise<void>;
}

/** The kernel sends the signal when this process is gone, however it went; kept over exec. */
const dieWithUs = (argv: readonly string[]): readonly string[] => ['setpriv', '--pdeathsig', 'KILL', ...argv];

/** What an administrator's shell would have; nothing of ours. UTC: logs of both ends are compared. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC', HOME: '/' };

const OUTPUT_CHARACTERS_MAX = 256 * 1024;
const STOP_MS: DurationMs = 1_500;
const RUN_MS: DurationMs = 15_000;

export class Programs {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Kept running, in a session of its own: a Ctrl-C is for the lab alone. */
  start(argv: readonly string[]): Running {
    const [file = '', ...args] = dieWithUs(argv);
    const child = spawn(file, args, { cwd: '/', env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    child.stdin.on('error', () => {});
    const heard = new Heard(child);
    const gone = new Promise<Ended>((resolve) => {
      child.once('error', (error) => resolve({ code: null, output: error.message }));
      child.once('close', (code) => resolve({ code, output: heard.text }));
    });
    let isEnded = false;
    void gone.then(() => {
      isEnded = true;
    });
    const stop = async (): Promise<void> => {
      child.stdin.end();
      if (isEnded) return;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      if ((await bounded(gone, STOP_MS, this.#clock, 'lab program')).inTime) return;
      child.kill('SIGKILL');
      await bounded(gone, STOP_MS, this.#clock, 'lab program');
    };
    return { pid: child.pid ?? 0, onLine: (handler) => heard.lines.push(handler), gone, stop };
  }

  /** To its end, within 15 s. Never rejects. */
  async run(argv: readonly string[]): Promise<Ended> {
    const running = this.start(argv);
    const ended = await bounded(running.gone, RUN_MS, this.#clock, 'lab program');
    if (!ended.inTime) await running.stop();
    return await running.gone;
  }

  /** Rejects with LAB_FAILED, in the program's own words. */
  async must(argv: readonly string[]): Promise<string> {
    const { code, output } = await this.run(argv);
    if (code === 0) return output;
    throw new SpitrapError('LAB_FAILED', `${argv.join(' ')} ended with ${code ?? 'a signal'}: ${quoted(output.trim(), 400)}`);
  }
}

/** Both outputs as text, bounded, and line by line. */
class Heard {
  text = '';
  readonly lines: ((line: string) => void)[] = [];

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        if (this.text.length < OUTPUT_CHARACTERS_MAX) this.text += text;
        const lines = (rest + text).split('\n');
        rest = (lines.pop() ?? '').slice(0, OUTPUT_CHARACTERS_MAX);
        for (const line of lines) for (const handler of this.lines) handler(line);
      });
    }
  }
}
