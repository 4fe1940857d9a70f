/**
 * `npm run bench [-- --only intake,offline --quick]`: each measurement beside what people would use instead, a table with its bars, and
 * docs/benchmarks.md written anew where all of them ran in full. Exit 1 when a bar is missed. Called by run.mjs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Finding, Measurement } from './measurement.ts';
import { measurements } from './measurements.ts';
import { printFinding, writePage } from './report.ts';

export async function main(load: string): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, page: { type: 'string' } },
  });
  const bin = process.env['SPITRAP_BENCH_BIN'] ?? join(process.cwd(), 'dist/bin/spitrap.js');
  const wanted = values.only?.split(',') ?? measurements.map(({ name }) => name);
  for (const name of wanted)
    if (!measurements.some((known) => known.name === name))
      throw new Error(`bench: no measurement ${name}; there are ${measurements.map((known) => known.name).join(', ')}`);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'spitrap-bench-'));
  const done: { readonly measurement: Measurement; readonly finding: Finding; readonly minutes: number }[] = [];
  try {
    for (const measurement of measurements.filter(({ name }) => wanted.includes(name))) {
      print(`\n== ${measurement.title}`);
      const own = join(folder, measurement.name);
      mkdirSync(own);
      const began = performance.now();
      const say = (line: string): void => print(`   ${line}`);
      const finding = await measurement.run({ quick: values.quick, folder: own, bin, load, say });
      if (process.env['KEEP'] === undefined) rmSync(own, { recursive: true });
      done.push({ measurement, finding, minutes: (performance.now() - began) / 60_000 });
      printFinding(finding, print);
    }
  } finally {
    if (process.env['KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
  }
  const missed = done.flatMap(({ finding }) => finding.bars).filter(({ met }) => !met);
  print(`\n${missed.length === 0 ? 'every bar met' : `${missed.length} bars missed`}`);
  const page = values.page ?? (values.quick || values.only !== undefined ? null : 'docs/benchmarks.md');
  if (page !== null) {
    writePage(page, done);
    print(`written: ${page}`);
  }
  process.exitCode = missed.length === 0 ? 0 : 1;
}
