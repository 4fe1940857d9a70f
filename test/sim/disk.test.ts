/** Disks that hang, fill up and heal under a running incident (pair-protocol.md, promises 1 and 2): the stop goes on, holes are said. */
import { afterEach, describe, expect, test } from 'vitest';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { type End, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(async () => {
  for (const station of Object.values(sim.stations)) station.disk.heal();
  await sim.stop();
});

const DELAY_MS = 18_000;
const OUTPUTS_MIN = 15;

/** Breaks the incident, and tells when the hub's box sent its message. */
async function breakIt(): Promise<number> {
  let saidAt = 0;
  sim.boxes.hub.onSyslog((line) => {
    if (line.includes('RECVD_PKT_INV_SPI') && saidAt === 0) saidAt = sim.clock.monotonic();
  });
  sim.lab.desync();
  await sim.clock.advance(1_000);
  expect(saidAt).toBeGreaterThan(0);
  return saidAt;
}

const doneOf = async (end: End) => (await sim.incidentOf(end)).done[0];

describe('the journal hangs in its sync', () => {
  test.each(['hub', 'spoke'] as const)(
    'at the %s: both ends stop at the planned moment, the outcome and an alarm say it',
    async (end) => {
      sim = await SimPair.armed();
      sim.stations[end].disk.stall((operation, path) => path.includes('/journal/') && operation === 'sync');
      const saidAt = await breakIt();
      await sim.clock.advance(DELAY_MS - 1_000 + 500);
      expect(sim.undebugs('hub').map((at) => at - saidAt)).toEqual([DELAY_MS]);
      // The spoke's plan is as old as the alert, which waited 250 ms for the record at most.
      expect(sim.undebugs('spoke')).toHaveLength(1);
      expect(Math.abs(sim.undebugs('spoke')[0]! - sim.undebugs('hub')[0]!)).toBeLessThanOrEqual(5);
      expect(sim.alarms(end).join()).toContain('journal');
      await sim.clock.advance(12_000);
      sim.stations[end].disk.resume();
      await sim.clock.advance(70_000);
      // It has healed long before the seal: what was done without it stays said.
      const incident = await sim.incidentOf(end);
      expect(incident.outcome).toMatchObject({ kind: 'partial', reasons: expect.arrayContaining(['journal=degraded']) });
      expect(incident.journalDegraded?.reason).toContain('250 ms');
      // What is left to tell is the black hole itself, at the end that logs it.
      expect(sim.alarms(end)).toEqual(end === 'hub' ? [expect.stringContaining('is black-holed')] : []);
    },
  );
});

describe('the evidence ring hangs', () => {
  test('the stop goes at its time, the bundle says what of the log is missing', async () => {
    sim = await SimPair.armed();
    sim.stations.hub.disk.stall((operation, path) => path.includes('/ring/') && (operation === 'append' || operation === 'sync'));
    const saidAt = await breakIt();
    await sim.clock.advance(60_000);
    expect(sim.undebugs('hub').map((at) => at - saidAt)).toEqual([DELAY_MS]);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    const hub = await sim.incidentOf('hub');
    expect(hub.outcome).toMatchObject({ kind: 'partial', reasons: expect.arrayContaining(['device-log-unreadable']) });
  });
});

describe('no room for the bundle', () => {
  test('its folder cannot be made during the captures: what was captured is in it all the same', async () => {
    sim = await SimPair.armed();
    sim.stations.hub.disk.fail('makeFolder', 'ENOSPC', Number.POSITIVE_INFINITY, '.open');
    const saidAt = await breakIt();
    await sim.clock.advance(DELAY_MS + 4_000);
    expect(sim.undebugs('hub').map((at) => at - saidAt)).toEqual([DELAY_MS]);
    sim.stations.hub.disk.heal();
    await sim.clock.advance(60_000);
    const hub = await sim.incidentOf('hub');
    expect(hub.captures.filter((capture) => capture.file !== null).length).toBeGreaterThanOrEqual(OUTPUTS_MIN);
    expect(hub.outcome).toEqual({ kind: 'complete', reasons: [] });
  });

  test('a full disk at the spoke: it stops, tells the hub without waiting for the disk, alarms, and seals when there is room', async () => {
    sim = await SimPair.armed();
    sim.stations.spoke.disk.fail('any', 'ENOSPC', Number.POSITIVE_INFINITY, '/incidents/');
    await breakIt();
    await sim.clock.advance(60_000);
    expect(sim.undebugs('spoke')).toHaveLength(1);
    expect(await doneOf('hub')).toMatchObject({ off: 'verified', sealed: false });
    expect(sim.alarms('spoke').join()).toContain('could not be sealed');
    sim.stations.spoke.disk.heal();
    await sim.clock.advance(60_000);
    expect((await sim.incidentOf('spoke')).captures.filter((capture) => capture.file !== null).length).toBeGreaterThanOrEqual(
      OUTPUTS_MIN,
    );
    expect(sim.alarms('spoke')).toEqual([]);
  });

  test('a disk that hangs at the seal: done does not wait for it, an alarm says it, and the bundle is sealed when it answers', async () => {
    sim = await SimPair.armed();
    await breakIt();
    await sim.clock.advance(DELAY_MS);
    sim.stations.spoke.disk.stall((_operation, path) => path.includes('/incidents'));
    await sim.clock.advance(80_000);
    expect(await doneOf('hub')).toMatchObject({ off: 'verified', sealed: false });
    expect(sim.alarms('spoke').join()).toContain('could not be sealed');
    sim.stations.spoke.disk.resume();
    await sim.clock.advance(40_000);
    expect((await sim.incidentOf('spoke')).stop.off).toBe('verified');
    expect(sim.alarms('spoke')).toEqual([]);
  });

  test('an output still on its way to the disk at the seal does not end up outside the manifest', async () => {
    sim = await SimPair.armed();
    const { disk } = sim.stations.hub;
    disk.stall((operation, path) => operation === 'append' && path.includes('commands/') && path.includes('dmvpn'));
    await breakIt();
    await sim.clock.advance(DELAY_MS + 125_000);
    expect(sim.alarms('hub').join()).toContain('could not be sealed');
    disk.resume();
    await sim.clock.advance(60_000);
    const { captures, outcome, planned } = await sim.incidentOf('hub');
    expect(captures.find((capture) => capture.command === 'show dmvpn detail')?.file).not.toBeNull();
    // The captures did not wait for it.
    expect(outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(captures.map(({ command }) => command)).toEqual(planned.map(({ command }) => command));
  });
});

describe('an incident of which the disk took no record', () => {
  async function left(): Promise<string> {
    sim = await SimPair.armed();
    const { disk } = sim.stations.spoke;
    disk.fail('any', 'ENOSPC', Number.POSITIVE_INFINITY, '/journal');
    await breakIt();
    await sim.clock.advance(DELAY_MS + 2_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    await sim.kill('spoke');
    disk.heal();
    const [name, ...more] = await openAtSpoke();
    expect(more).toEqual([]);
    return name!.slice(0, -'.open'.length);
  }
  const openAtSpoke = async () =>
    (await sim.stations.spoke.disk.list('/spoke/incidents')).filter((name) => name.endsWith('.open'));

  test('after a restart its folder is sealed, partial, with what is in it and a reason', async () => {
    const id = await left();
    await sim.clock.advance(5_000);
    await sim.startAgent('spoke');
    // A peer may still tell of it, so it is not sealed under its hands.
    await sim.clock.advance(100_000);
    expect(await openAtSpoke()).toHaveLength(1);
    await sim.clock.advance(40_000);
    expect(await openAtSpoke()).toEqual([]);
    const sealed = await sim.incidentOf('spoke');
    expect(sealed).toMatchObject({
      id,
      openedBy: 'unknown',
      role: 'spoke',
      journalRecords: 0,
      stop: { off: 'failed', sent: null },
    });
    expect(sealed.outcome).toMatchObject({ kind: 'partial', reasons: expect.arrayContaining(['left-unsealed']) });
    expect(sealed.captures.filter((capture) => capture.file !== null).length).toBeGreaterThanOrEqual(OUTPUTS_MIN);
    expect(await verifyBundle(`/spoke/incidents/${id}`, sim.stations.spoke.disk)).toMatchObject({ whole: true, problems: [] });
  });

  test('a disk that still refuses is tried again, and one without a file in it goes', async () => {
    const id = await left();
    const { disk } = sim.stations.spoke;
    await disk.makeFolder('/spoke/incidents/01KKHMJH5SR3N61YKQGAVRPCQX.open/commands');
    await sim.startAgent('spoke');
    disk.fail('any', 'ENOSPC', Number.POSITIVE_INFINITY, '/incidents/');
    await sim.clock.advance(200_000);
    expect(await openAtSpoke()).toContain(`${id}.open`);
    disk.heal();
    await sim.clock.advance(60_000);
    expect(await openAtSpoke()).toEqual([]);
    expect((await sim.incidentOf('spoke')).id).toBe(id);
  });

  test('it waits while an incident has its stop time ahead', async () => {
    const id = await left();
    await sim.startAgent('spoke');
    await sim.clock.advance(115_000);
    await sim.stations.spoke.handlers!.capture({ pair: false, who: 'jo' });
    await sim.clock.advance(DELAY_MS - 1_000);
    expect(await openAtSpoke()).toContain(`${id}.open`);
    await sim.clock.advance(120_000);
    expect(await openAtSpoke()).toEqual([]);
    expect((await sim.incidents('spoke')).map((one) => one.openedBy)).toEqual(['unknown', 'person']);
  });
});
