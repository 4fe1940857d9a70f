/**
 * A process that feeds the index of a folder from an engine, as `spitrap fleet` does without its page: `node … <folder> <url>`. Says every so often
 * how many messages it has put in. Started by index-writers.ts; ends on SIGTERM.
 */
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { openLiveIndex } from '../../agent/fleet/live-index.ts';
import { silentLog } from '../../agent/log.ts';
import { natsEngines } from '../../agent/net/nats.ts';
import { createRandom } from '../../agent/random.ts';

const [folder, url] = process.argv.slice(2) as [string, string];
const clock = createClock();
const random = createRandom();
const engine = natsEngines(clock, random).open({ servers: [url], name: 'consumer', tls: null, login: { kind: 'none' } });
const live = await openLiveIndex({
  folder,
  clock,
  random,
  disk: createDisk(),
  engine,
  log: silentLog,
  keepMs: 3_650 * 86_400_000,
  version: '0.2.0',
  pid: process.pid,
  page: () => null,
});
const timer = setInterval(() => process.stdout.write(`${live.messages()}\n`), 50);
process.once('SIGTERM', async () => {
  clearInterval(timer);
  process.stdout.write(`${live.messages()}\n`);
  await live.close();
  await engine.close();
});
