/**
 * `npm run bench:fleet [-- --quick] [-- --only peer,rates,kills,index] [-- --agents N] [-- --incidents N]`: the fleet on one machine. Needs
 * nats-server (test/live/setup.sh). Figures are of the machine and of what else runs on it: its load stands beside them (docs/scale.md).
 */
import { existsSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { natsServerPath } from '../../support/nats-server.ts';
import { benchIndex } from './index-bench.ts';
import { killEverything } from './kill.ts';
import { measurePeer, measureRates, type Rows } from './rates.ts';
import type { BenchAsk } from './stand.ts';

const PARTS = ['peer', 'rates', 'kills', 'index'] as const;

export async function main(args: readonly string[], paths: Readonly<Record<string, string>>): Promise<number> {
  const value = (name: string): string | null => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? null : (args[at + 1] ?? null);
  };
  const quick = args.includes('--quick');
  const only = value('only')?.split(',') ?? PARTS;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const bin = process.env['SPITRAP_BENCH_BIN'] ?? 'dist/bin/spitrap.js';
  if (natsServerPath === null || !existsSync(bin)) {
    process.stderr.write('bench:fleet needs nats-server (Debian package of that name) and a build\n');
    return 1;
  }
  const plan = {
    agents: Number(value('agents') ?? (quick ? 50 : 1_000)),
    incidents: Number(value('incidents') ?? (quick ? 5_000 : 100_000)),
    toMs: Date.now(),
    seed: 11,
  };
  const ask: BenchAsk = { plan, quick, processes: 2, bundle: paths['agents']!, bin, say };
  const load = (): string => loadavg()[0]!.toFixed(1);
  say(
    `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB, node ${process.version}; load ${load()}`,
  );
  // So that what was started is ended: crew.ts and stand.ts do so at our exit.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  let isWell = true;
  for (const part of PARTS.filter((name) => only.includes(name))) {
    const began = performance.now();
    say(`\n== ${part}: ${plan.agents} agents, ${plan.incidents} incidents; load ${load()}`);
    if (part === 'peer') table(await measurePeer(ask), say);
    if (part === 'rates') table(await measureRates(ask), say);
    if (part === 'kills') isWell &&= await kills(ask);
    if (part === 'index')
      await benchIndex({ incidents: quick ? 50_000 : 1_000_000, batch: 500, folder: '/tmp/spitrap-index-bench', say });
    say(`${part}: ${((performance.now() - began) / 60_000).toFixed(1)} minutes; load ${load()}`);
  }
  return isWell ? 0 : 1;
}

function table(rows: Rows, say: (line: string) => void): void {
  say('\n| what | figure |\n| --- | --- |');
  for (const [what, figure] of rows) say(`| ${what} | ${figure} |`);
}

async function kills(ask: BenchAsk): Promise<boolean> {
  const count = await killEverything({ ...ask, perSecond: null });
  const wrong = [count.missing, count.foreign, count.twice, count.partial, count.verify];
  ask.say(
    [
      `killed: nats-server ${count.kills.server} times, fleet processes ${count.kills.fleet}, processes of agents ${count.kills.agents}`,
      `told:   ${count.incidentsTold} incidents, ${count.recordsTold} records`,
      `stream: ${count.messages} messages, ${count.messagesTwice} of them say again what another says`,
      `index:  ${count.incidents} incidents, ${count.records} records`,
      `missing ${count.missing.length}, foreign ${count.foreign.length}, twice ${count.twice.length}, not whole ${count.partial.length}; dropped ${count.dropped}, unreadable ${count.unreadable}`,
      `verify: ${count.verify.join('; ') || 'nothing differs'}`,
      ...wrong.flatMap((list) => list.slice(0, 5)),
    ].join('\n'),
  );
  return wrong.every((list) => list.length === 0) && count.incidents === count.incidentsTold && count.dropped === 0;
}
