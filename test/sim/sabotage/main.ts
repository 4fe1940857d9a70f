/**
 * `npm run sim:sabotage [-- --only WORD --seed S --worlds N --jobs J --search --check]`: each sabotage of the two lists in a copy of the
 * code (stand.ts), compiled, and as many worlds as it takes until a checker reports a broken promise; that very night must then pass with
 * the code as it is. `--search` leaves out the nights that are known to catch one. Last line: `n of n caught`; exit code 1 when one was not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { blindSabotages } from './blind.ts';
import type { Sabotage } from './sabotage.ts';
import { seeingSabotages } from './seeing.ts';
import { Stand } from './stand.ts';

const WORLDS_MAX = 1_500;
/** The code as it is must pass that many; and each night that catches a sabotage. */
const HEALTHY_WORLDS = 100;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    worlds: { type: 'string', default: String(WORLDS_MAX) },
    jobs: { type: 'string', default: '2' },
    search: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

const root = process.cwd();
const all = [...blindSabotages, ...seeingSabotages];
const only = values.only?.split('|');
const chosen = all
  .filter(({ name, file }) => only === undefined || only.some((word) => `${file} ${name}`.includes(word)))
  // Those that take a search last: what is quick is known soon.
  .sort((a, b) => Number(a.night === undefined) - Number(b.night === undefined));
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

const firstSeed = Number(values.seed);
const startedAt = performance.now();
const sinceMin = (): string => ((performance.now() - startedAt) / 60_000).toFixed(1);
const stand = new Stand(root, values.jobs);
let caught = 0;
try {
  const fault = stand.faultOfTypes(chosen);
  if (fault !== null) fail(`sabotages that do not compile:\n${fault}`);
  const healthy = stand.playWhole(firstSeed, HEALTHY_WORLDS);
  if (healthy.breach !== null || healthy.fault !== null || healthy.worlds < HEALTHY_WORLDS)
    fail(`the code as it is fails: ${healthy.fault ?? `seed ${healthy.breach?.seed}: ${healthy.breach?.what}`}`);
  console.log(`the code as it is: ${healthy.worlds} worlds passed`);
  for (const [index, sabotage] of chosen.entries()) {
    const search = [firstSeed, sabotage.worldsMax ?? Number(values.worlds)] as const;
    const known = sabotage.night === undefined || values.search ? [] : [[sabotage.night, 1] as const];
    const { breach, fault, worlds } = await stand.playWrong(sabotage, [...known, search]);
    if (breach !== null) caught++;
    const word = breach === null ? 'NOT CAUGHT' : 'caught';
    const how = blindSabotages.includes(sabotage) ? 'blind' : 'seeing';
    console.log(`${index + 1}. ${word} (${how}) ${sabotage.name}`);
    console.log(`     ${sabotage.file}; ${worlds} ${worlds === 1 ? 'world' : 'worlds'}, ${sinceMin()} min`);
    if (breach !== null) console.log(`     seed ${breach.seed}: ${breach.what}`);
    else if (fault !== null) console.log(`     ${fault}`);
  }
} finally {
  stand.close();
}
console.log(`${sinceMin()} minutes on ${values.jobs} processes`);
console.log(`${caught} of ${chosen.length} caught`);
process.exitCode = caught === chosen.length ? 0 : 1;
