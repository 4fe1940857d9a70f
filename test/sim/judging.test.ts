/** Is it benign or real? Two production agents in virtual time, the lab's boxes showing a rekey's late packet and a black hole. */
import { afterEach, describe, expect, test } from 'vitest';
import { type End, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const MINUTE = 60_000;

async function addenda(end: End): Promise<{ kind: string; verdict?: string; flows?: { grounds: string[] }[] }[]> {
  const { disk } = sim.stations[end];
  const names = (await disk.list(`/${end}/incidents`)).filter((name) => name.endsWith('.addendum.jsonl'));
  const texts = await Promise.all(names.map((name) => disk.readFile(`/${end}/incidents/${name}`)));
  return texts
    .flatMap((text) => text.toString().trimEnd().split('\n'))
    .map((line) => (JSON.parse(line) as { record: { kind: string } }).record);
}

const verdicts = (end: End) => sim.status(end).incidents.map(({ verdict }) => verdict);

describe('rekey-transient: one late packet under the old SPI', () => {
  test('unknown at the seal; transient once it has been silent for three minutes, by the peer’s word', async () => {
    sim = await SimPair.armed();
    sim.lab.rekeyTransient();
    await sim.clock.advance(MINUTE);
    const sealed = await sim.incidentOf('hub');
    expect(sealed).toMatchObject({
      verdict: 'unknown',
      flows: [{ verdict: 'unknown', grounds: ['silent-too-short'], count: 1 }],
    });
    expect(verdicts('hub')).toEqual(['unknown']);
    await sim.clock.advance(2 * MINUTE + 5_000);
    expect(verdicts('hub')).toEqual(['transient']);
    const told = (await addenda('hub')).filter(({ kind }) => kind === 'judged');
    expect(told).toMatchObject([{ verdict: 'transient', flows: [{ grounds: ['not-current-at-sender', 'silent'] }] }]);
    expect(await sim.incidentOf('hub'), 'a sealed bundle is never changed').toEqual(sealed);
    expect(sim.alarms('hub').join()).not.toContain('black-holed');
    // Whether it comes again is seen at the hub alone.
    expect(verdicts('spoke')).toEqual(['unknown']);
  });

  test('the same after a restart in between: the silence counts from there', async () => {
    sim = await SimPair.armed();
    sim.lab.rekeyTransient();
    await sim.clock.advance(MINUTE);
    await sim.kill('hub');
    await sim.clock.advance(MINUTE);
    await sim.startAgent('hub');
    await sim.clock.advance(2 * MINUTE + 50_000);
    expect(verdicts('hub')).toEqual(['unknown']);
    await sim.clock.advance(20_000);
    expect(verdicts('hub')).toEqual(['transient']);
  });
});

describe('black-hole: the message repeats for ten minutes', () => {
  test('one incident, persistent, one alarm that says what to do; nobody’s later debugs are ended', async () => {
    sim = await SimPair.armed();
    sim.lab.blackHole();
    await sim.clock.advance(MINUTE);
    const off = [...sim.undebugs('hub'), ...sim.undebugs('spoke')];
    expect(off).toHaveLength(2);
    // Somebody debugs on.
    sim.armByHand();
    await sim.clock.advance(10 * MINUTE);
    expect([...sim.undebugs('hub'), ...sim.undebugs('spoke')]).toEqual(off);
    expect(sim.boxes.hub.debugsOn()).not.toEqual([]);
    expect(sim.status('hub').incidents).toMatchObject([{ verdict: 'persistent' }]);
    const alarms = sim.status('hub').alarms.filter(({ text }) => text.includes('black-holed'));
    expect(alarms).toHaveLength(1);
    expect(alarms[0]!.text).toMatch(
      /traffic of 11\.1\.1\.3 -> 213\.163\.222\.7 SPI 0x[0-9a-f]{8} is black-holed: 1\d messages in 1\dm/,
    );
    expect(alarms[0]!.remedy).toMatch(
      /at the sender, spoke .*show crypto ipsec sa peer 213\.163\.222\.7.*clear crypto sa peer 213\.163\.222\.7/,
    );
    expect((await addenda('hub')).filter(({ kind }) => kind === 'judged')).toMatchObject([{ verdict: 'persistent' }]);
  });

  test('repaired: the alarm is taken back when the flow has not been seen for the hold-down', async () => {
    sim = await SimPair.armed();
    sim.lab.blackHole();
    await sim.clock.advance(3 * MINUTE);
    expect(sim.alarms('hub').join()).toContain('black-holed');
    sim.lab.repair();
    await sim.clock.advance(50 * MINUTE);
    expect(sim.alarms('hub').join()).toContain('black-holed');
    await sim.clock.advance(20 * MINUTE);
    expect(sim.alarms('hub').join()).not.toContain('black-holed');
    // What it was it stays.
    expect(verdicts('hub')).toEqual(['persistent']);
  });
});

test('what recurs with a peer is counted, in status and in the next bundle', async () => {
  sim = await SimPair.armed();
  for (let n = 0; n < 3; n++) {
    sim.lab.rekeyTransient();
    await sim.clock.advance(70 * MINUTE);
    sim.armByHand();
  }
  expect(sim.status('hub').peers[0]!.recurrence).toEqual({ incidentsInDay: 3, incidentsInWeek: 3, flowsInWeek: 3 });
  const { disk } = sim.stations.hub;
  const newest = (await disk.list('/hub/incidents')).filter((name) => /^[0-9A-Z]{26}$/.test(name)).at(-1);
  const { peers } = JSON.parse((await disk.readFile(`/hub/incidents/${newest}/incident.json`)).toString());
  expect(peers[0].recurrence).toEqual({ incidentsInDay: 3, incidentsInWeek: 3, flowsInWeek: 3 });
});
