/** Plays one night and judges it: the plan's happenings on the stage, every checker after every step. Used by main.ts, worlds tests, shrink.ts. */
import { createHash } from 'node:crypto';
import { decodeRecord } from '../../../agent/journal/record.ts';
import { machineRules } from '../../../agent/wiring.ts';
import { emptyBook } from '../../../shared/coordinate/book.ts';
import type { Input } from '../../../shared/coordinate/input.ts';
import { step } from '../../../shared/coordinate/step.ts';
import { platformNamed } from '../../../shared/platforms/index.ts';
import { checkersFor, skewOf, Watch } from './checkers.ts';
import { happen } from './happenings.ts';
import type { Plan } from './plan.ts';
import { ENDS, Stage } from './stage.ts';

export interface Violation {
  readonly checker: string;
  readonly what: string;
}

export interface Night {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly story: readonly string[];
  /** What was there to be seen: kinds of happenings, and cells (state x input) of the machine. */
  readonly happened: readonly string[];
  readonly cells: readonly string[];
  readonly incidents: number;
  readonly skewMs: number | null;
  /** The same seed twice gives the same. */
  readonly trace: string;
}

const LOOK_EVERY_MS = 500;

export async function play(plan: Plan): Promise<Night> {
  const stage = new Stage(plan.seed, plan.setting);
  const violations: Violation[] = [];
  const watch = new Watch(stage);
  const checkers = checkersFor(stage, watch, (checker, what) =>
    violations.push({ checker, what: `${Math.round(stage.now)} ${what}` }),
  );
  const look = (): void => {
    watch.look();
    for (const checker of checkers) checker.look?.();
  };
  const pass = async (untilMs: number): Promise<void> => {
    // Less than a microsecond is nothing: a sum that no number can hold would never be reached.
    while (untilMs - stage.now > 0.001) {
      await stage.clock.advance(Math.min(LOOK_EVERY_MS, untilMs - stage.now));
      look();
    }
  };
  try {
    await stage.open();
    const start = stage.now;
    for (const { atMs, kind, end, amount } of plan.happenings) {
      await pass(start + atMs);
      stage.say(`${kind} ${end} ${amount.toFixed(2)}`);
      await happen(kind, stage, end, amount);
      look();
    }
    await pass(start + plan.healAtMs);
    await stage.heal();
    await pass(stage.now + 150_000);
    for (const failure of stage.failures) violations.push({ checker: 'an agent starts', what: failure });
    for (const checker of checkers) await checker.end?.();
    const skew = skewOf(stage, watch);
    return {
      seed: plan.seed,
      violations,
      story: stage.story,
      happened: plan.happenings.map(({ kind }) => kind),
      cells: cellsOf(stage),
      incidents: (await Promise.all(ENDS.map(async (end) => (await stage.sim.incidents(end)).length))).reduce(
        (sum, count) => sum + count,
        0,
      ),
      skewMs: skew === null ? null : skew.skewMs,
      trace: traceOf(stage),
    };
  } finally {
    await stage.close();
  }
}

/** Replays each journal through the production machine: which inputs came in which states. */
function cellsOf(stage: Stage): string[] {
  const cells = new Set<string>();
  for (const end of ENDS) {
    const station = stage.station(end);
    const platform = platformNamed(station.config.device.platform)!;
    const rules = machineRules(station.config, platform.debugOff.all, platform.arming.remedies);
    let book = emptyBook;
    const path = `/${end}/journal/journal.jsonl`;
    if (!station.disk.paths.includes(path)) continue;
    for (const line of station.disk.content(path).toString().split('\n')) {
      const record = decodeRecord(line);
      if (record?.kind !== 'step') continue;
      const { input } = record.data as { readonly input: Input };
      const incident = book.incidents.at(-1);
      const state =
        incident === undefined
          ? book.closed.length > 0
            ? 'closed'
            : 'watching'
          : `${incident.stop.kind}${incident.sealing === 'no' ? '' : `/${incident.sealing}`}`;
      cells.add(`${end} ${state} x ${input.kind}`);
      cells.add(`${end} arming:${book.arming.state.kind} x ${input.kind}`);
      try {
        book = step(rules, book, input).book;
      } catch {
        break;
      }
    }
  }
  return [...cells];
}

function traceOf(stage: Stage): string {
  const hash = createHash('sha256');
  for (const end of ENDS) {
    for (const { at, line, expanded } of stage.boxes[end].commandLog) hash.update(`${at} ${line} ${expanded}\n`);
    for (const { at, line } of stage.delivered[end]) hash.update(`${at} ${line}\n`);
    for (const { sentAt, at } of stage.arrivals[end]) hash.update(`${sentAt} ${at}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
