/**
 * `npm run bench:load`: what the promises are worth under load, on built agents and simulated boxes: strangers at the port for signals, a
 * debug flood during an incident, a storm of 5,000 flows. Each beside the same without load, in one run and in turn. Exit 1 when a bar is missed.
 */
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
  if (wanted.includes('strangers'))
    await measureStrangers({ binPath, generator, rounds: Number(values.rounds), stopsARound: Number(values.stops) }, bars, print);
  if (wanted.includes('flood'))
    await measureFlood({ binPath, generator, rounds: Number(values.rounds), alertsARound: Number(values.alerts) }, bars, print);
  if (wanted.includes('storm'))
    await measureStorm({ binPath, flows: Number(values.flows), profile: values.profile ?? null }, bars, print);
  print(bars.missed === 0 ? 'load: every bar holds' : `load: ${bars.missed} MISSED`);
  return bars.missed === 0 ? 0 : 1;
}
