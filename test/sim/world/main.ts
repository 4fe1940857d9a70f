/**
 * `npm run sim -- --worlds N --seed S [--jobs J] [--minutes M] [--first]`: N bad nights from seed S on J processes (or as many as M minutes take),
 * then what they covered. A run in which a kind of happening never took effect, or a cell of the machine was never met, fails; so does one
 * with a night that broke a promise: its seed, its shortest plan and how to play it again (`--replay FILE`) are printed. Compiled by the
 * script; runs without vitest, so that 100,000 nights take no longer than they must.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ENDS_IN_TIME, playAll, RUNS, work } from './crew.ts';
import { type Plan, planOf } from './plan.ts';
import { type Night, play } from './play.ts';
import { shrink } from './shrink.ts';
import { Tally } from './tally.ts';

const FAILURES_SHRUNK = 3;
const FAILURES_NAMED = 50;
const REPORT_EVERY_MS = 15_000;
const WORLDS = 200;

const { values } = parseArgs({
  options: {
    worlds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    minutes: { type: 'string' },
    replay: { type: 'string' },
    // Ends at the first night that fails and shrinks nothing (test/sim/sabotage).
    first: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
  },
});

function whole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`--${name} ${text}: a whole number above 0 is needed`);
  process.exit(2);
}

if (values.worker) {
  process.on('SIGINT', () => {});
  work();
} else if (values.replay !== undefined) await replay(values.replay);
else await lead();

async function replay(file: string): Promise<void> {
  const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
  const night = await play(plan);
  tell(night);
  process.exitCode = night.violations.length > 0 ? 1 : 0;
}

function tell({ seed, story, violations, trace }: Night): void {
  for (const line of story) console.log(`  ${line}`);
  for (const { checker, what } of violations) console.log(`  FAILED ${checker}\n         ${what}`);
  console.log(`  seed ${seed}, trace ${trace}`);
}

function nameOf({ seed, violations: [first] }: Night): string {
  return `seed ${seed} failed: ${first!.checker}: ${first!.what.slice(0, 160)}`;
}

async function lead(): Promise<void> {
  const firstSeed = whole('seed', values.seed);
  const untilMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : whole('minutes', values.minutes) * 60_000;
  const worlds =
    values.worlds === undefined
      ? values.minutes === undefined
        ? WORLDS
        : Number.POSITIVE_INFINITY
      : whole('worlds', values.worlds);
  const jobs = Math.min(whole('jobs', values.jobs), worlds);
  const tally = new Tally();
  const startedAt = performance.now();
  let next = firstSeed;
  let toldAt = startedAt;
  // Ends it as if these were all: what was covered until then is told. A worker of a terminal's group is not to die of it.
  let isOver = false;
  process.once('SIGINT', () => {
    isOver = true;
  });
  const rate = (): string => (tally.nights / ((performance.now() - startedAt) / 1_000)).toFixed(1);
  await playAll({
    file: fileURLToPath(import.meta.url),
    jobs,
    next: () => {
      isOver ||= next - firstSeed >= worlds || performance.now() - startedAt >= untilMs;
      isOver ||= values.first && tally.failures.length > 0;
      return isOver ? null : next++;
    },
    onNight: (night) => {
      tally.add(night);
      // At once: a long run is looked at before it ends.
      if (night.violations.length > 0 && tally.failures.length <= FAILURES_NAMED && !values.first) console.log(nameOf(night));
      if (performance.now() - toldAt < REPORT_EVERY_MS) return;
      toldAt = performance.now();
      console.log(`${tally.nights} worlds, ${rate()} a second, ${tally.failures.length} failed`);
    },
  });
  const took = rate();
  const shrunk = values.first ? 0 : FAILURES_SHRUNK;
  for (const night of tally.failures.slice(0, shrunk)) await explain(night);
  for (const night of tally.failures.slice(shrunk, FAILURES_NAMED)) console.log(nameOf(night));
  console.log(`\n${tally.nights} worlds from seed ${firstSeed}, ${took} a second on ${jobs} processes`);
  for (const line of tally.lines) console.log(line);
  console.log(`${tally.nights - tally.failures.length} passed, ${tally.failures.length} failed`);
  process.exitCode = tally.passes ? 0 : 1;
}

/** The shortest night that fails in the same way, and a file to play it from. */
async function explain(night: Night): Promise<void> {
  const plan = planOf(night.seed);
  const [first] = night.violations;
  const canPlay = first!.checker !== RUNS && first!.checker !== ENDS_IN_TIME;
  console.log(`\nseed ${night.seed} failed${canPlay ? '; the shortest night that does:' : ''}`);
  const shortest = canPlay ? await shrink(plan, night) : { plan, night };
  const file = `sim-${night.seed}.json`;
  writeFileSync(file, JSON.stringify(shortest.plan, null, 1));
  tell(shortest.night);
  console.log(`  again: npm run sim -- --replay ${file}`);
}
