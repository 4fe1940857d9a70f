/**
 * `npm run soak -- --minutes 20`: a real pair of agents beside simulated boxes, an incident every five seconds with a delay of one, and
 * something else going wrong in most of them. Each incident must end with the debugs of both boxes off, or the alarm; at the end nothing may
 * have grown: memory, descriptors, sessions, files. The first half is warm-up, in which agents are killed too; the second is measured, by
 * the line of least squares through its looks. What the agents are fed must not grow either: the boxes' logging buffers, which each incident
 * captures, are full within the warm-up. Exit 1 when something did not hold.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { End } from '../../agent/cli/lab/relay.ts';
import { Dice } from '../support/dice.ts';
import { ends, filesBelow, type Held, PairStand, world } from '../support/pair-stand.ts';
import { faultKinds, openFaults } from './faults.ts';
import { type Look, slopeOf } from './growth.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const binPath = process.env['SPITRAP_BENCH_BIN'] ?? join(process.cwd(), 'dist/bin/spitrap.js');
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { clock } = world;

const DELAY_MS = 1_000;
const EVERY_MS = 5_000;
/** pair-protocol.md, promise 1: from the stop time to "off, or the alarm stands". A second for the looks. */
const STOP_BOUND_MS = 30_000 + 1_000;
/** After the last message: `holdDown` must be over, or the next message belongs to the incident before. */
const PAUSE_MS = 2_000;
const FAULTY_PERCENT = 60;
const LOOK_EVERY_MS = 15_000;
const BUNDLES_MAX = 10;
/** Of the boxes, in bytes: full after some minutes of this; 512,000 would take an hour, and captures, bundles and reports grow until then. */
const LOGGING_BUFFERED = 32_768;
/**
 * Per minute, in the second half, in which twelve incidents a minute leave their ids and verdicts in the book (some KiB each, for 7 days).
 *
 * Resident memory as a whole swings by 40 MiB, V8's pages and glibc's with it: as it comes, glibc keeps up to 60 MiB of what was freed, and
 * the most that was ever in use decides. So the allocator is told to give back, and what native code holds is looked at by itself, while no
 * thread makes a report. The bar is a leak of 25 KiB an incident.
 */
const THRIFTY = ['MALLOC_ARENA_MAX=1', 'MALLOC_TRIM_THRESHOLD_=131072', 'MALLOC_MMAP_THRESHOLD_=131072'];
const BARS = {
  'heap KiB': 512,
  'native KiB': 300,
  descriptors: 0.5,
  sessions: 0.2,
  files: 2,
} as const;
type Measure = keyof typeof BARS;
/** For less than this many looks, four minutes, a slope says nothing: so long the warm-up may last. */
const LOOKS_MIN = 16;

process.setMaxListeners(0);
const dice = new Dice(seed);
const faults = openFaults();
const wrong: string[] = [];
const fail = (what: string): void => {
  wrong.push(what);
  print(`  WRONG ${what}`);
};

/** An incident every five seconds is no field's; the rest of its settings follow from it. */
function hurried(text: string): string {
  return text
    .replace(/^evidence:$/m, `evidence:\n  before: 30s\n  holdDown: 1s\n  ringMaxAge: 1m\n  retainMaxCount: ${BUNDLES_MAX}`)
    .replace(/^log:/m, 'budgets: { incidentsPerHour: 1000 }\n\nlog:');
}

const stand = await PairStand.set({
  binPath,
  delayMs: DELAY_MS,
  seed,
  setting: { messageIntervalMs: 1_000, limitByFlow: true },
  edit: hurried,
  environment: THRIFTY,
  unreachable: (sender) => faults.unreachable.has(sender),
});
const onSignal = (): void => void stand.close().finally(() => process.exit(130));
for (const end of ends)
  for (const line of ['configure terminal', `logging buffered ${LOGGING_BUFFERED}`, 'end']) stand.stage.boxes[end].console(line);
process.once('SIGINT', onSignal);
process.once('SIGTERM', onSignal);

const began = clock.monotonic();
const endsAt = began + minutes * 60_000;
const elapsedMinutes = (): number => (clock.monotonic() - began) / 60_000;
const isMeasured = (): boolean => clock.monotonic() >= began + (endsAt - began) / 2;
const looks: Record<End, Record<Measure, Look[]>> = { hub: noLooks(), spoke: noLooks() };
function noLooks(): Record<Measure, Look[]> {
  return { 'heap KiB': [], 'native KiB': [], descriptors: [], sessions: [], files: [] };
}
/** Without one that makes a report. */
const fewestThreads: Record<End, number> = { hub: Number.POSITIVE_INFINITY, spoke: Number.POSITIVE_INFINITY };
const tally = { incidents: 0, quiet: 0, alarmed: 0, faulty: 0 };
const settleMs: number[] = [];

try {
  await Promise.all(ends.map((end) => stand.start(end)));
  await Promise.all(ends.map((end) => stand.ready(end)));
  print(`soak: ${minutes} minutes, seed ${seed}, an incident every ${EVERY_MS / 1_000} s; ${stand.folder}`);
  let nextLook = clock.monotonic() + LOOK_EVERY_MS;
  for (let next: number = clock.monotonic(); clock.monotonic() < endsAt; next = Math.max(next + EVERY_MS, clock.monotonic())) {
    if (next > clock.monotonic()) await clock.sleep('soak pace', next - clock.monotonic());
    await oneIncident();
    if (clock.monotonic() < nextLook) continue;
    nextLook += LOOK_EVERY_MS;
    await look();
  }
  await atTheEnd();
} catch (error) {
  fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  const keep = values.keep || wrong.length > 0;
  await stand.close(keep);
  if (keep) print(`kept: ${stand.folder}`);
}
process.off('SIGINT', onSignal);
process.off('SIGTERM', onSignal);
print(wrong.length === 0 ? 'soak: nothing grew, every incident ended' : `soak: ${wrong.length} WRONG`);
process.exitCode = wrong.length === 0 ? 0 : 1;

async function oneIncident(): Promise<void> {
  const pair = stand.stage.pair!;
  tally.incidents += 1;
  for (const end of ends) stand.debugsOn(end);
  const at = clock.monotonic();
  pair.desync();
  const fault = dice.percent() < FAULTY_PERCENT ? faults.happen(stand, dice, !isMeasured()) : null;
  const name = fault === null ? 'no fault' : fault;
  if (fault !== null) tally.faulty += 1;
  const isOff = (): boolean => ends.every((end) => stand.isQuiet(end));
  const bound = at + DELAY_MS + STOP_BOUND_MS;
  while (!isOff() && clock.monotonic() < bound) await clock.sleep('soak look', 20);
  const what = await name;
  if (isOff()) {
    tally.quiet += 1;
    settleMs.push(clock.monotonic() - at);
  } else {
    await mustBeAlarmed(what);
    // A person comes, as the alarm asks; then it goes on.
    for (const end of ends) stand.stage.boxes[end].console('undebug all');
  }
  pair.repair();
  await clock.sleep('soak pause', PAUSE_MS);
}

/** Still on at the bound: then somebody must have been told, by this end or by the other. */
async function mustBeAlarmed(fault: string): Promise<void> {
  for (const end of ends) {
    if (stand.isQuiet(end)) continue;
    const statuses = await Promise.all(ends.map((one) => stand.status(one)));
    const device = stand.stage.facts[end].deviceName;
    const told = statuses.some(
      (status) => status?.alarms.some(({ text, remedy }) => `${text} ${remedy}`.includes(device)) ?? false,
    );
    if (told) tally.alarmed += 1;
    else
      fail(
        `incident ${tally.incidents} (${fault}): debugs of ${device} are on ${STOP_BOUND_MS / 1_000} s after the stop time, and no alarm names it`,
      );
  }
}

async function look(): Promise<void> {
  const parts: string[] = [];
  for (const end of ends) {
    const held = await stand.held(end);
    const status = await stand.status(end);
    if (held === null || status === null) {
      fail(`the ${end}'s agent is gone: ${stand.lastWords(end)}`);
      continue;
    }
    // Of incidents under way there are more on a busy machine; that none stays open is asked at the end.
    const { files, bytes } = filesBelow(stand.dataDir(end), (folder) => folder.includes('.open'));
    parts.push(
      `${end}: heap ${kib(held.heapBytes)} (buffers ${kib(held.bufferBytes)}) native ${kib(held.nativeBytes)} RSS ${kib(held.rssBytes)} KiB, ${held.threads} threads, ${held.descriptors} fds, ${stand.sessions(end)} sessions, ` +
        `${files} files ${kib(bytes)} KiB, journal ${kib(status.journal.bytes)} KiB, ${status.alarms.length} alarms`,
    );
    note(end, held, files);
  }
  print(`${elapsedMinutes().toFixed(1).padStart(5)} min, ${tally.incidents} incidents; ${parts.join('; ')}`);
}

function note(end: End, held: Held, files: number): void {
  fewestThreads[end] = Math.min(fewestThreads[end], held.threads);
  if (!isMeasured()) return;
  const at = elapsedMinutes();
  const add = (measure: Measure, value: number): void => void looks[end][measure].push({ minutes: at, value });
  add('heap KiB', held.heapBytes / 1_024);
  // A thread that makes a report has memory of its own, and reads a hundred modules at once.
  if (held.threads === fewestThreads[end]) {
    add('native KiB', held.nativeBytes / 1_024);
    add('descriptors', held.descriptors);
  }
  add('sessions', stand.sessions(end));
  add('files', files);
}

async function atTheEnd(): Promise<void> {
  // What is still under way ends: the last incident is sealed, its bundles are kept within their bound.
  for (const end of ends)
    await stand.until(
      `the ${end}'s incidents are sealed`,
      async () => {
        const status = await stand.status(end);
        return status?.incidents.every(({ phase }) => phase === 'sealed') ?? false;
      },
      180_000,
    );
  await look();
  print(
    `incidents ${tally.incidents}: ${tally.quiet} quiet at both boxes, ${tally.alarmed} alarmed; ${tally.faulty} with a fault: ` +
      faultKinds.map((kind) => `${kind} ${faults.counts[kind]}`).join(', '),
  );
  const sorted = settleMs.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  print(`message to both boxes quiet: median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms (the delay is ${DELAY_MS} ms)`);
  for (const end of ends) await judge(end);
}

async function judge(end: End): Promise<void> {
  for (const [measure, bar] of Object.entries(BARS) as [Measure, number][]) {
    const measured = looks[end][measure];
    const slope = slopeOf(measured);
    const few = measured.length < LOOKS_MIN;
    const ok = few || slope <= bar;
    print(
      `  ${end.padEnd(5)} ${measure.padEnd(12)} ${slope.toFixed(2).padStart(9)} a minute over ${measured.length} looks (bar ${bar}) ` +
        `${few ? 'too few looks: run longer' : ok ? 'ok' : 'MISSED'}`,
    );
    if (!ok) fail(`${end}: ${measure} grows by ${slope.toFixed(2)} a minute`);
  }
  const status = await stand.status(end);
  const bundles = status === null ? 0 : filesBelow(join(stand.dataDir(end), 'incidents')).files;
  const sessions = stand.sessions(end);
  print(
    `  ${end.padEnd(5)} at the end: ${sessions} sessions, ${bundles} files of bundles, journal ${kib(status?.journal.bytes ?? 0)} KiB`,
  );
  const open = readdirSync(join(stand.dataDir(end), 'incidents')).filter((name) => name.endsWith('.open')).length;
  if (open > 0) fail(`${end}: ${open} bundles are open for ever`);
  if (sessions > 2) fail(`${end}: ${sessions} sessions at the box, two are held`);
  for (const alarm of status?.alarms ?? []) print(`  ${end.padEnd(5)} alarm: ${alarm.text}`);
}

function kib(bytes: number): string {
  return (bytes / 1_024).toFixed(0);
}
