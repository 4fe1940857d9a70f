/** Plays one night and judges it: the plan's happenings on the stage, every checker after every step. Used by main.ts, nights.test.ts, shrink.ts. */
import { createHash } from 'node:crypto';
import { untilCalm } from './calm.ts';
import { cellsMet } from './cells.ts';
import { checkersFor } from './checkers/index.ts';
import { skewsOf } from './checkers/together.ts';
import { happen, type Took } from './happenings.ts';
import type { Plan } from './plan.ts';
import { Stage } from './stage.ts';
import { Truth } from './truth.ts';
import { ENDS } from './weather.ts';

export interface Violation {
  readonly checker: string;
  readonly what: string;
}

export interface Night {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly story: readonly string[];
  /** Kinds of happenings that took effect, once for each. */
  readonly happened: readonly string[];
  /** Of the machine (cells.ts). */
  readonly cells: readonly string[];
  /** Outcomes and verdicts of the sealed incidents of both ends. */
  readonly outcomes: readonly string[];
  /** Of each incident in which both sessions were well. */
  readonly skewsMs: readonly number[];
  /** The same seed twice gives the same. */
  readonly trace: string;
}

/** Also how late a checker may see what a bound allows. */
const LOOK_EVERY_MS = 500;
/** After the last fault: what the promises still have to do has its time. */
const AFTERWARDS_MS = 150_000;
/** So long in any case. */
const REST_MS = 5_000;

export async function play(plan: Plan): Promise<Night> {
  const stage = new Stage(plan.seed, plan.setting);
  const truth = new Truth(stage);
  const cells = new Set<string>();
  stage.onDecided = (_, { input }, before) => {
    for (const cell of cellsMet(before, input)) cells.add(cell);
  };
  const violations: Violation[] = [];
  const checkers = checkersFor(stage, truth, (checker, what) =>
    violations.push({ checker, what: `${Math.round(stage.now)} ${what}` }),
  );
  const look = (): void => {
    truth.look();
    for (const checker of checkers) checker.look?.();
  };
  const pass = async (untilMs: number, over: () => boolean = () => false): Promise<void> => {
    // Less than a microsecond is nothing: a sum that no number can hold would never be reached.
    while (untilMs - stage.now > 0.001 && !over()) {
      await stage.clock.advance(Math.min(LOOK_EVERY_MS, untilMs - stage.now));
      look();
    }
  };
  const took: { readonly kind: string; readonly answer: Took }[] = [];
  const happened: string[] = [];
  const settleTook = (): void => {
    for (const { kind, answer } of took.splice(0)) if (typeof answer === 'function' ? answer() : answer) happened.push(kind);
  };
  try {
    await stage.open();
    const start = stage.now;
    for (const { atMs, kind, end, amount } of plan.happenings) {
      await pass(start + atMs);
      stage.say(`${kind} ${end} ${amount.toFixed(2)}`);
      took.push({ kind, answer: happen(kind, stage, end, amount) });
      await stage.clock.advance(0);
      look();
    }
    await pass(start + plan.healAtMs);
    settleTook();
    await stage.heal(look);
    await pass(stage.now + AFTERWARDS_MS, untilCalm(stage, truth, REST_MS));
    for (const end of ENDS)
      for (const failure of stage.hosts[end].failures) violations.push({ checker: 'an agent starts', what: failure });
    for (const checker of checkers) await checker.end?.();
    const incidents = (await Promise.all(ENDS.map((end) => stage.sim.incidents(end)))).flat();
    return {
      seed: plan.seed,
      violations,
      story: stage.story,
      happened,
      cells: [...cells],
      outcomes: incidents.flatMap(({ outcome, verdict, aliases }) => [
        outcome.kind,
        verdict,
        ...(aliases.length > 0 ? ['merged'] : []),
      ]),
      skewsMs: skewsOf(stage, truth).map(({ skewMs }) => skewMs),
      trace: traceOf(stage, truth),
    };
  } finally {
    stage.close();
  }
}

function traceOf(stage: Stage, truth: Truth): string {
  const hash = createHash('sha256');
  for (const end of ENDS) {
    for (const { at, line, expanded } of stage.boxes[end].commandLog) hash.update(`${at} ${line} ${expanded}\n`);
    for (const { at, line } of truth.delivered[end]) hash.update(`${at} ${line}\n`);
    for (const { at, flags } of truth.flagsLog[end]) hash.update(`${at} ${flags.join(', ')}\n`);
  }
  for (const { from, path, sentAt, arrivedAt, bytes } of stage.weather.crossings)
    hash.update(`${from} ${path} ${sentAt} ${arrivedAt} ${bytes.length}\n`).update(bytes);
  return hash.digest('hex').slice(0, 16);
}
