/**
 * `npm run bench:load`: what the promises are worth under load, on built agents and simulated boxes: strangers at the port for signals, a
 * debug flood during an incident, a storm of 5,000 flows. Each beside the same without load, in one run and in turn. Exit 1 when a bar is missed.
 */
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bars } from './bars.ts';
import { measureFlood } from './flood.ts';
import { measureStorm } from './storm.ts';
import { measureStrangers } from './strangers.ts';

const parts = ['strangers', 'flood', 'storm'] as const;

export async function main(generator: string): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: parts.join() },
      rounds: { type: 'string', default: '5' },
      stops: { type: 'string', default: '20' },
      alerts: { type: 'string', default: '10' },
      flows: { type: 'string', default: '5000' },
      profile: { type: 'string' },
    },
  });
  const binPath = process.env['SPITRAP_BENCH_BIN'] ?? join(process.cwd(), 'dist/bin/spitrap.js');
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const bars = new Bars(print);
  const wanted = values.only.split(',');
  process.setMaxListeners(0);
  const busy = tellMachine(print);
  if (wanted.includes('strangers'))
    await measureStrangers({ binPath, generator, rounds: Number(values.rounds), stopsARound: Number(values.stops) }, bars, print);
  if (wanted.includes('flood'))
    await measureFlood({ binPath, generator, rounds: Number(values.rounds), alertsARound: Number(values.alerts) }, bars, print);
  if (wanted.includes('storm'))
    await measureStorm({ binPath, flows: Number(values.flows), profile: values.profile ?? null }, bars, print);
  if (busy && bars.missed > 0)
    print('others had the processors too: run it again on a quiet machine before you believe what was missed');
  print(bars.missed === 0 ? 'load: every bar holds' : `load: ${bars.missed} MISSED`);
  return bars.missed === 0 ? 0 : 1;
}

/** True: something else runs, and milliseconds are its as well as ours. */
function tellMachine(print: (line: string) => void): boolean {
  const cores = availableParallelism();
  const load = loadavg()[0] ?? 0;
  const busy = load > cores / 2;
  print(`machine: ${cores} cores, load average ${load.toFixed(1)} before we began${busy ? ': busy' : ''}`);
  return busy;
}
