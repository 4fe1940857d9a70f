/**
 * Whole incidents under what a seed throws at them: losses, delays, crashes, reboots, dead disks, slow boxes, dropped sessions. However it
 * comes, the promises hold (pair-protocol.md): debugs end, or a person is told what to type; nobody's later debugs are ended.
 */
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../support/seeded-random.ts';
import { type End, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(async () => {
  for (const station of Object.values(sim.stations)) station.disk.heal();
  await sim.stop();
});

const ENDS = ['hub', 'spoke'] as const;
const SEEDS = Array.from({ length: 24 }, (_, n) => n + 1);

test.each(SEEDS)('seed %i', async (seed) => {
  const random = seededRandom(seed * 7_919);
  const upTo = (most: number): number => Math.floor(random.uniform() * most);
  const chance = (p: number): boolean => random.uniform() < p;
  const oneOf = <T>(...all: readonly T[]): T => all[upTo(all.length)]!;
  const told: string[] = [];
  const tell = (what: string): void => void told.push(`${Math.round(sim.clock.monotonic())} ${what}`);

  sim = await SimPair.armed({ seed, syslog: oneOf('syslog-tcp', 'syslog-udp', 'both') });
  const loss = oneOf(0, 0.2, 0.5);
  const lagMs = oneOf(1, 40, 400);
  sim.network.onPacket = (packet) => {
    if (!chance(loss)) sim.clock.timer('network', random.uniform() * lagMs, () => sim.network.inject(packet));
    return false;
  };
  for (const end of ENDS) sim.boxes[end].behave({ thinkMs: oneOf(0, 0, 200, 1_500) });
  sim.lab.desync();
  const until = sim.clock.monotonic() + 60_000;
  const healDisk = (end: End) => sim.stations[end].disk.heal();

  while (sim.clock.monotonic() < until) {
    await sim.clock.advance(upTo(9_000));
    const end = oneOf(...ENDS);
    const { disk, shells } = sim.stations[end];
    switch (upTo(6)) {
      case 0:
        tell(`kill ${end}`);
        healDisk(end);
        await (chance(0.3) ? sim.reboot(end) : sim.kill(end));
        await sim.clock.advance(upTo(12_000));
        await sim.startAgent(end);
        break;
      case 1:
        tell(`disk of ${end} hangs`);
        disk.stall((operation, path) => (operation === 'append' || operation === 'sync') && !path.endsWith('audit.log'));
        await sim.clock.advance(upTo(5_000));
        healDisk(end);
        break;
      case 2:
        tell(`disk of ${end} is full`);
        disk.fail('append', 'ENOSPC');
        await sim.clock.advance(upTo(5_000));
        healDisk(end);
        break;
      case 3:
        tell(`sessions of ${end} drop`);
        shells.dropAll();
        break;
      case 4:
        tell(`${end} lets nobody in`);
        shells.refuseWith('SSH_UNREACHABLE');
        shells.dropAll();
        await sim.clock.advance(upTo(8_000));
        shells.refuseWith(null);
        break;
      default:
        break;
    }
  }
  for (const end of ENDS) {
    healDisk(end);
    sim.boxes[end].behave({ thinkMs: 0 });
  }
  sim.network.onPacket = () => true;
  await sim.clock.advance(260_000);

  const context = told.join('; ');
  for (const end of ENDS) {
    const alarms = sim.alarms(end).join();
    // A spoke of which the hub was away at the stop may only be told by an alarm at the hub.
    const handedOver = /undebug all|show debugging/.test(`${alarms} ${sim.alarms('hub').join()}`);
    expect(sim.boxes[end].debugsOn().length === 0 || handedOver, `${end} still debugs: ${context}`).toBe(true);
  }
  const incidents = sim.status('hub').incidents;
  expect(incidents, context).toHaveLength(1);
  expect(incidents[0], context).toMatchObject({ phase: 'sealed' });

  // Hours later somebody debugs again, and the black hole still says its word each minute.
  const before = ENDS.map((end) => sim.undebugs(end).length);
  for (const end of ENDS) sim.boxes[end].console('debug ip packet');
  await sim.clock.advance(180_000);
  expect(
    ENDS.map((end) => sim.undebugs(end).length),
    context,
  ).toEqual(before);
});
