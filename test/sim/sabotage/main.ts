/**
 * `npm run sim:sabotage [-- --only WORD --seed S --worlds N]`: each sabotage of the two lists in a copy of the code, compiled, and as many
 * worlds as it takes until a checker fails. The tree itself is never touched. First the code as it is, which must pass. Last line: `n of n
 * caught`; exit code 1 when one was not.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { blindSabotages } from './blind.ts';
import type { Sabotage } from './sabotage.ts';
import { seeingSabotages } from './seeing.ts';

const WORLDS_MAX = 3_000;
/** The code as it is must pass that many: else "caught" says nothing. */
const HEALTHY_WORLDS = 500;
/** Of one list of worlds; a sabotage that hangs every world is caught by the watchdog of the simulation long before. */
const RUN_MS_MAX = 20 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    worlds: { type: 'string', default: String(WORLDS_MAX) },
    jobs: { type: 'string', default: '2' },
    check: { type: 'boolean', default: false },
  },
});

const root = process.cwd();
const all = [...blindSabotages, ...seeingSabotages];
const chosen = all.filter(({ name, file }) => values.only === undefined || `${file} ${name}`.includes(values.only));
const faults = all.flatMap(faultOf);
if (faults.length > 0) fail(`sabotages that can not be applied:\n${faults.join('\n')}`);
if (chosen.length === 0) fail(`no sabotage has ${JSON.stringify(values.only)} in its name or file`);
if (values.check) {
  console.log(`${all.length} sabotages can be applied, ${blindSabotages.length} of them chosen blind`);
  process.exit(0);
}

function fail(why: string): never {
  console.error(why);
  process.exit(2);
}

/** A list that no longer fits the code must not pass as "not caught" or, worse, as caught. */
function faultOf({ name, file, find, replace }: Sabotage): string[] {
  if (!/^(?:agent|shared)\//.test(file)) return [`${name}: ${file} is no production code`];
  const times = readFileSync(join(root, file), 'utf8').split(find).length - 1;
  if (find === replace) return [`${name}: changes nothing`];
  if (find.includes('\n')) return [`${name}: more than one line`];
  return times === 1 ? [] : [`${name}: ${JSON.stringify(find)} stands ${times} times in ${file}`];
}

interface Run {
  readonly worlds: number;
  readonly failed: number;
  /** The first checker that failed, and on what; or why the simulation itself did not run. */
  readonly word: string;
}

const copy = mkdtempSync(join(tmpdir(), 'spitrap-sabotage-'));
let caught = 0;
try {
  for (const part of ['agent', 'shared', 'test/sim', 'test/support', 'package.json', 'tsconfig.json', 'tsconfig.sim.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const healthy = play(HEALTHY_WORLDS);
  if (healthy.failed > 0 || healthy.worlds < HEALTHY_WORLDS) fail(`the code as it is fails: ${healthy.word}`);
  console.log(`the code as it is: ${healthy.worlds} worlds passed`);
  for (const [index, sabotage] of chosen.entries()) {
    const how = blindSabotages.includes(sabotage) ? 'blind' : 'seeing';
    const file = join(copy, sabotage.file);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      whole.replace(sabotage.find, () => sabotage.replace),
    );
    const run = play(sabotage.worldsMax ?? Number(values.worlds));
    writeFileSync(file, whole);
    if (run.failed > 0) caught++;
    console.log(
      `${index + 1}. ${run.failed > 0 ? 'caught' : 'NOT CAUGHT'} (${how}) ${sabotage.name}\n     ${sabotage.file}; ${run.worlds} worlds${run.failed > 0 ? `; ${run.word}` : ''}`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${caught} of ${chosen.length} caught`);
process.exit(caught === chosen.length ? 0 : 1);

function play(worlds: number): Run {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  // Type errors are no matter: what counts is what runs.
  const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.sim.json'], { cwd: copy, encoding: 'utf8' });
  const args = [
    '.sim/test/sim/world/main.js',
    '--worlds',
    String(worlds),
    '--seed',
    values.seed,
    '--jobs',
    values.jobs,
    '--first',
  ];
  const played = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
    maxBuffer: 64 * 1024 ** 2,
  });
  const last = /(\d+) passed, (\d+) failed\s*$/.exec(played.stdout);
  const checker = /FAILED (.*)\n\s*(.*)/.exec(played.stdout);
  const word = checker ? `${checker[1]}: ${checker[2]!.slice(0, 160)}` : `${played.stderr || compiled.stdout}`.slice(0, 600);
  if (last === null) return { worlds: 0, failed: 0, word: `the simulation did not end: ${word}` };
  return { worlds: Number(last[1]) + Number(last[2]), failed: Number(last[2]), word };
}
