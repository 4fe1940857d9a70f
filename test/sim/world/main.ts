/**
 * `npm run sim -- --worlds N --seed S [--jobs J]`: N bad nights from seed S on J processes, then what was covered. A run in which a kind of
 * happening never came, or a cell of the machine that must be visited was not, fails. A failure prints its seed, its shortest plan and how
 * to play it again (`--replay FILE`). Compiled by the script; runs without vitest, so that 100,000 nights take no longer than they must.
 */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { happeningKinds } from './happenings.ts';
import { type Plan, planOf } from './plan.ts';
import { type Night, play } from './play.ts';
import { shrink } from './shrink.ts';

const FAILURES_SHOWN = 5;
/** Fewer nights than that cannot be asked to show everything. */
const COVERAGE_FROM = 1_000;
const REPORT_EVERY_MS = 15_000;

interface Tally {
  nights: number;
  incidents: number;
  worstSkewMs: number;
  readonly happened: Map<string, number>;
  readonly cells: Map<string, number>;
  readonly failures: { readonly plan: Plan; readonly night: Night }[];
}

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    replay: { type: 'string' },
    worker: { type: 'boolean', default: false },
  },
});
const worlds = whole('worlds', values.worlds);
const firstSeed = whole('seed', values.seed);
const jobs = whole('jobs', values.jobs);

function whole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`--${name} ${text}: a whole number above 0 is needed`);
  process.exit(2);
}

if (values.worker) await work();
else if (values.replay !== undefined) await replay(values.replay);
else await lead();

/** Seeds come in over IPC, nights go back. */
async function work(): Promise<void> {
  process.on('message', (seed: number) => {
    void play(planOf(seed)).then(
      (night) => process.send?.(night),
      (error: unknown) =>
        process.send?.({
          ...{ seed, story: [], happened: [], cells: [], incidents: 0, skewMs: null, trace: '' },
          violations: [
            { checker: 'the simulation runs', what: error instanceof Error ? (error.stack ?? error.message) : String(error) },
          ],
        } satisfies Night),
    );
  });
}

async function replay(file: string): Promise<void> {
  const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
  const night = await play(plan);
  for (const line of night.story) console.log(line);
  show(night);
  process.exitCode = night.violations.length > 0 ? 1 : 0;
}

function show({ seed, violations, trace }: Night): void {
  for (const { checker, what } of violations) console.log(`  FAILED ${checker}\n         ${what}`);
  console.log(`  seed ${seed}, trace ${trace}`);
}

async function lead(): Promise<void> {
  const tally: Tally = { nights: 0, incidents: 0, worstSkewMs: 0, happened: new Map(), cells: new Map(), failures: [] };
  const startedAt = performance.now();
  let next = firstSeed;
  const end = firstSeed + worlds;
  let toldAt = startedAt;
  const rate = (): string => (tally.nights / ((performance.now() - startedAt) / 1_000)).toFixed(1);
  await Promise.all(
    Array.from({ length: Math.min(jobs, worlds) }, () => {
      const child = fork(fileURLToPath(import.meta.url), ['--worker']);
      return new Promise<void>((resolve, reject) => {
        const more = (): void => {
          if (next < end) child.send(next++);
          else {
            child.disconnect();
            resolve();
          }
        };
        child.on('message', (night: Night) => {
          count(tally, night);
          if (performance.now() - toldAt > REPORT_EVERY_MS) {
            toldAt = performance.now();
            console.log(`${tally.nights} of ${worlds} worlds, ${rate()} a second, ${tally.failures.length} failed`);
          }
          more();
        });
        child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
        more();
      });
    }),
  );
  for (const { plan, night } of tally.failures.slice(0, FAILURES_SHOWN)) {
    console.log(`\nseed ${plan.seed} failed; looking for the shortest night that does:`);
    const shortest = night.violations[0]!.checker === 'the simulation runs' ? { plan, night } : await shrink(plan, night);
    const file = `sim-${plan.seed}.json`;
    writeFileSync(file, JSON.stringify(shortest.plan, null, 1));
    for (const line of shortest.night.story) console.log(`  ${line}`);
    show(shortest.night);
    console.log(`  again: npm run sim -- --replay ${file}`);
  }
  const unseen = happeningKinds.filter((kind) => !tally.happened.has(kind));
  console.log(`\n${tally.nights} worlds from seed ${firstSeed}, ${rate()} a second on ${jobs} processes`);
  console.log(
    `happenings: ${[...tally.happened]
      .sort(([, a], [, b]) => b - a)
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', ')}`,
  );
  console.log(
    `incidents sealed: ${tally.incidents}; machine cells visited: ${tally.cells.size}; worst skew where both sessions were healthy: ${tally.worstSkewMs.toFixed(1)} ms`,
  );
  if (unseen.length > 0) console.log(`never happened: ${unseen.join(', ')}`);
  console.log(`${tally.nights - tally.failures.length} passed, ${tally.failures.length} failed`);
  process.exitCode = tally.failures.length > 0 || (worlds >= COVERAGE_FROM && unseen.length > 0) ? 1 : 0;
}

function count(tally: Tally, night: Night): void {
  tally.nights++;
  tally.incidents += night.incidents;
  for (const kind of night.happened) tally.happened.set(kind, (tally.happened.get(kind) ?? 0) + 1);
  for (const cell of night.cells) tally.cells.set(cell, (tally.cells.get(cell) ?? 0) + 1);
  if (night.violations.length > 0) tally.failures.push({ plan: planOf(night.seed), night });
}
