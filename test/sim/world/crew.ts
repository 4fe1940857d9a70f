/**
 * Plays nights on several processes: seeds go to workers over IPC, nights come back. A worker that dies, or hangs over a night, is a failure
 * of that night's seed, and another takes its place. Used by main.ts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { planOf } from './plan.ts';
import { type Night, play } from './play.ts';

/** Real time; a night takes a tenth of a second to two. */
const NIGHT_MS_MAX = 120_000;
/** Nearly all of a night is garbage soon: with room for it V8 copies a quarter of what it copies by default. */
const NURSERY = ['--max-semi-space-size=32'];

export const failedNight = (seed: number, checker: string, what: string): Night => ({
  seed,
  violations: [{ checker, what }],
  ...{ story: [], happened: [], cells: [], outcomes: [], skewsMs: [], trace: '' },
});

/** Of nights that can be played again in this process without harm to it. */
export const RUNS = 'the simulation runs';
export const ENDS_IN_TIME = 'a night comes to its end';

/** In the worker. */
export function work(): void {
  process.on('message', (seed: number) => {
    void play(planOf(seed)).then(
      (night) => process.send?.(night),
      (error: unknown) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        process.send?.(failedNight(seed, RUNS, what));
      },
    );
  });
}

export interface Crew {
  readonly file: string;
  readonly jobs: number;
  /** Null: no more. */
  readonly next: () => number | null;
  readonly onNight: (night: Night) => void;
}

export async function playAll(crew: Crew): Promise<void> {
  await Promise.all(Array.from({ length: crew.jobs }, () => workThrough(crew)));
}

/** One place of the crew: one worker after the other, for as long as there are seeds. */
async function workThrough(crew: Crew): Promise<void> {
  let child: ChildProcess | null = null;
  for (let seed = crew.next(); seed !== null; seed = crew.next()) {
    child ??= fork(crew.file, ['--worker'], { execArgv: NURSERY });
    const { night, isWell } = await playOne(child, seed);
    crew.onNight(night);
    if (!isWell) child = null;
  }
  child?.disconnect();
}

function playOne(child: ChildProcess, seed: number): Promise<{ readonly night: Night; readonly isWell: boolean }> {
  return new Promise((resolve) => {
    const settle = (night: Night, isWell: boolean): void => {
      clearTimeout(watchdog);
      child.off('message', onNight);
      child.off('exit', onExit);
      resolve({ night, isWell });
    };
    const onNight = (night: unknown): void => settle(night as Night, true);
    const onExit = (code: number | null, signal: string | null): void =>
      settle(failedNight(seed, ENDS_IN_TIME, `its worker ended with ${signal ?? code}`), false);
    const watchdog = setTimeout(() => {
      settle(failedNight(seed, ENDS_IN_TIME, `it took more than ${NIGHT_MS_MAX / 1_000} s`), false);
      child.kill('SIGKILL');
    }, NIGHT_MS_MAX);
    child.on('message', onNight);
    child.on('exit', onExit);
    child.send(seed);
  });
}
