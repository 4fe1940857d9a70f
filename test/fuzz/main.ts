/**
 * `npm run fuzz [-- --inputs N] [--seed S] [--only NAME,…] [--kind network|text] [--replay FILE]`: every decoder and reader of what strangers
 * send, with N changed inputs each. A line a target; each find with its input in a file, to be replayed with `--only NAME --replay FILE`.
 * Exit 1 when there is one.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openCoverage } from './coverage.ts';
import { type Fuzzed, fuzz, GROWTH_BYTES_MAX, HANG_MS } from './fuzz.ts';
import type { Target } from './target.ts';
import { openTargets } from './targets.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    kind: { type: 'string' },
    replay: { type: 'string' },
  },
});
// Parsers that refuse by throwing pay for each line of the stack; a find is told by its first three.
Error.stackTraceLimit = 6;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const workMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const memory = (): number => {
  // The octets of a buffer that one collection found dead are given back during the next.
  for (let i = 0; i < 4; i += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

// Before anything else of the bundle runs: V8 counts the blocks of functions that it compiles from now on.
const coverage = openCoverage(import.meta.url);
const names = values.only?.split(',');
const targets = (await openTargets()).filter(
  ({ name, kind }) => (names?.includes(name) ?? true) && (values.kind ?? kind) === kind,
);
if (targets.length === 0) {
  print('no such target; they are:');
  for (const { name, kind } of await openTargets()) print(`  ${kind.padEnd(8)} ${name}`);
  process.exitCode = 2;
} else if (values.replay !== undefined) replay(targets[0]!, values.replay);
else process.exitCode = await run(Number(values.inputs), Number(values.seed));

async function run(inputs: number, seed: number): Promise<number> {
  const results: Fuzzed[] = [];
  for (const target of targets) {
    const count = Math.ceil(inputs * (target.share ?? 1));
    const result = await fuzz(target, { inputs: count, seed, coverage, now: workMs, glance: () => performance.now(), memory });
    results.push(result);
    const rate = Math.round(count / result.seconds);
    print(
      `${target.kind.padEnd(8)} ${target.name.padEnd(58)} ${String(count).padStart(7)} inputs  ${String(rate).padStart(7)}/s  slowest ${result.slowestMs.toFixed(1).padStart(5)} ms  ` +
        `kept ${String(result.kept).padStart(4)}  growth ${(result.growthBytes / 1024).toFixed(0).padStart(6)} KiB  finds ${result.finds.length}`,
    );
    for (const find of result.finds) show(target, find);
  }
  coverage.close();
  const finds = results.reduce((sum, { finds }) => sum + finds.length, 0);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  print(
    `${results.length} targets, ${inputs} inputs each, seed ${seed}: ${finds} finds in ${seconds.toFixed(0)} s ` +
      `(a throw, more than ${HANG_MS} ms in the best of three, more than ${GROWTH_BYTES_MAX >> 20} MiB grown)`,
  );
  return finds === 0 ? 0 : 1;
}

function show({ name }: Target, { what, detail, input }: Fuzzed['finds'][number]): void {
  print(`  ${what}: ${detail.split('\n').slice(0, 6).join('\n    ')}`);
  if (input.length === 0) return;
  const file = join(mkdtempSync(join(tmpdir(), 'spitrap-fuzz-')), 'input');
  writeFileSync(file, input);
  print(`    ${input.length} bytes: ${JSON.stringify(input.toString('latin1').slice(0, 300))}`);
  print(`    npm run fuzz -- --only '${name}' --replay ${file}`);
}

function replay(target: Target, file: string): void {
  const input = readFileSync(file);
  for (let i = 0; i < 3; i += 1) {
    const began = workMs();
    target.run(input);
    print(`${target.name}: ${(workMs() - began).toFixed(1)} ms`);
  }
}
