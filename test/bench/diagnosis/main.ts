/**
 * `npm run bench:diagnosis [-- --n N --seed S]`: N cases, each with all evidence and with a third removed, judged against what really
 * happened. `--only INDEX [--write DIR]` replays one and writes its bundles. Exit 1 when a bar of the issue is missed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { diagnose } from '../../../shared/analyze/diagnose.ts';
import { platformNamed } from '../../../shared/platforms/index.ts';
import { makeCase } from './case-maker.ts';
import { bundlesOf, runCase } from './run-case.ts';
import { bars, type Evidence, mark, matrix, type Scored, type Shares, shares } from './score.ts';
import { writeBundle } from './write-bundle.ts';

const SHOWN_WRONG = 40;
const KINDS: readonly Evidence[] = ['full', 'third-removed'];

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    write: { type: 'string' },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const seed = Number(values.seed);

if (values.only === undefined) process.exitCode = bench(Number(values.n));
else replay(Number(values.only));

function bench(n: number): number {
  const began = performance.now();
  const scored: Scored[] = [];
  for (let index = 0; index < n; index += 1) {
    scored.push(...runCase(seed, index));
    if (process.stderr.isTTY && index % 100 === 99) process.stderr.write(`\r${index + 1} of ${n}`);
  }
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1_000_000;
  print(`${n} cases, seed ${seed}, ${seconds.toFixed(1)} s (${(n / cpuSeconds).toFixed(0)} a CPU second, each judged twice)`);
  const results = KINDS.map((evidence) =>
    report(
      evidence,
      scored.filter((one) => one.evidence === evidence),
    ),
  );
  print('');
  const judged = bars(results[0]!, results[1]!);
  for (const { text, met } of judged) print(`${met ? 'met   ' : 'MISSED'}  ${text}`);
  return judged.every(({ met }) => met) ? 0 : 1;
}

function report(evidence: Evidence, scored: readonly Scored[]): Shares {
  const found = shares(scored);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  print(`\n== ${evidence === 'full' ? 'full evidence' : 'a third of the evidence removed'}: truth by row, verdict by column`);
  for (const line of matrix(scored)) print(line);
  print(
    `right first ${percent(found.right)}, true but less specific ${percent(found.lessSpecific)}, cannot tell ${percent(found.cannotTell)}, ` +
      `right among given ${percent(found.rightOfGiven)}, likely right ${percent(found.likelyRight)} of ${found.likely}`,
  );
  for (const one of [...found.wrong].sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN_WRONG)) {
    print(`  wrong: ${one.confidence.padEnd(8)} ${one.cause} for ${one.truth.cause}: --seed ${seed} --only ${one.index}`);
  }
  if (found.wrong.length > SHOWN_WRONG) print(`  … and ${found.wrong.length - SHOWN_WRONG} more`);
  return found;
}

function rank({ confidence }: Scored): number {
  return ['certain', 'likely', 'possible'].indexOf(confidence);
}

function replay(index: number): void {
  const made = makeCase(seed, index);
  print(`case ${index} of seed ${seed}: ${made.truth.cause}; ${made.truth.what}`);
  for (const evidence of KINDS) {
    const bundles = bundlesOf(made, seed, evidence);
    const { verdict } = diagnose(bundles, platformNamed);
    print(
      `\n${evidence}: ${verdict.cause}, ${verdict.confidence} (${mark(made.truth, evidence, verdict.cause)}): ${verdict.sentence}`,
    );
    for (const finding of verdict.findings) print(`  ${finding.confidence.padEnd(8)} ${finding.cause}: ${finding.sentence}`);
    if (values.write === undefined) continue;
    for (const bundle of bundles) {
      const folder = join(values.write, evidence, bundle.incident.role);
      writeBundle(folder, bundle);
      print(`  written: ${folder}`);
    }
  }
}
