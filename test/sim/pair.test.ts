/** Whole incidents between two production agents in virtual time (pair-protocol.md). The boxes are the judges. */
import { afterEach, describe, expect, test } from 'vitest';
import { parseIncidentFile } from '../../agent/evidence/incident-file.ts';
import { addresses, between, type End, type SimOptions, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

async function begin(options: SimOptions = {}): Promise<void> {
  sim = new SimPair(options);
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
}

async function incidentOf(end: End) {
  const { disk } = sim.stations[end];
  const names = (await disk.list(`/${end}/incidents`)).filter((name) => /^[0-9A-Z]{26}$/.test(name));
  expect(names).toHaveLength(1);
  const read = parseIncidentFile((await disk.readFile(`/${end}/incidents/${names[0]}/incident.json`)).toString());
  if (read.kind !== 'incident') throw new Error(read.why);
  return read.incident;
}

const undebugs = (end: End): number[] => sim.received(end, 'undebug all');

describe('desync: the hub lost its SAs', () => {
  test('both ends stop together, are verified, captured, sealed, complete', async () => {
    await begin();
    const spi = sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(undebugs('hub')).toHaveLength(1);
    expect(undebugs('spoke')).toHaveLength(1);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    const [hub, spoke] = [await incidentOf('hub'), await incidentOf('spoke')];
    expect(hub.id).toBe(spoke.id);
    expect(hub.outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(spoke.outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(hub.flows[0]).toMatchObject({
      src: addresses.spoke.crypto,
      dst: addresses.hub.crypto,
      spi: `0x${spi.toString(16).padStart(8, '0')}`,
    });
    expect(hub.done[0]).toMatchObject({ peer: 'spoke', off: 'verified', captured: true, sealed: true });
    expect(hub.done[0]?.keys['spi']).toBe('outbound');
  });
});
