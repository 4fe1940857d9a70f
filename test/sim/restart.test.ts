/** Agents that die and come back, with their dataDir, without it, after a reboot of their host (pair-protocol.md, "Crash, restart, disk"). */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { readPieces } from '../../agent/evidence/bundle-files.ts';
import { limits } from '../../shared/limits.ts';
import { between, type End, SIGNAL_PORT, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

async function comeBack(end: End, awayMs: number): Promise<void> {
  await sim.kill(end);
  await sim.clock.advance(awayMs);
  await sim.startAgent(end);
}

describe('a restart during an incident', () => {
  test('captures that were under way are made again and have their output, marked late', async () => {
    sim = await SimPair.armed();
    sim.boxes.spoke.behave({ thinkMs: 1_500 });
    sim.lab.desync();
    await sim.clock.advance(3_000);
    await comeBack('spoke', 10 * 60_000);
    await sim.clock.advance(180_000);
    const spoke = await sim.incidentOf('spoke');
    const late = spoke.captures.filter((capture) => capture.round === 'late');
    expect(late.filter((capture) => capture.status === 'ok').length).toBeGreaterThan(10);
    expect(late.every((capture) => capture.late)).toBe(true);
  });

  test('found due hours later: only what was on at t0 is looked at, read before anything is sent, and a person is told', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(3_000);
    await sim.kill('hub');
    await sim.clock.advance(60_000);
    // Somebody has ended ours and begun his own meanwhile.
    sim.boxes.hub.console('undebug all');
    sim.boxes.hub.console('debug ip packet');
    const from = sim.boxes.hub.commandLog.length;
    await sim.clock.advance(3 * 3_600_000);
    await sim.startAgent('hub');
    await sim.clock.advance(60_000);
    const after = sim.boxes.hub.commandLog.slice(from).map((entry) => entry.expanded);
    expect(after.filter((line) => /^(no |un)debug/.test(line))).toEqual([]);
    expect(sim.boxes.hub.debugsOn().join()).toMatch(/IP packet/);
    expect(sim.alarms('hub').join()).toContain('show debugging');
  });

  test('two runs of which no line was kept: the bundle knows that nobody ran between them too', async () => {
    sim = new SimPair();
    await sim.start();
    const diedAt = sim.clock.wall();
    await comeBack('hub', 60_000);
    await sim.clock.advance(3_000);
    await comeBack('hub', 5_000);
    sim.armByHand();
    await sim.clock.advance(61_000);
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const { holes } = (await sim.incidentOf('hub')).log;
    expect(holes.map(({ reason }) => reason)).toContain('agent-not-running');
    expect(Math.min(...holes.map(({ from }) => Date.parse(from.at)))).toBeLessThanOrEqual(diedAt);
  });

  test('a host that reboots: the stop that was planned is due at once', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(3_000);
    await sim.reboot('spoke');
    const backAt = sim.clock.monotonic();
    await sim.startAgent('spoke');
    await sim.clock.advance(2_000);
    expect(sim.undebugs('spoke').map((at) => at - backAt <= 2_000)).toEqual([true]);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  });

  test('a host that reboots between the message and the stop: its bundle has each moment as it was, on both clocks', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(3_000);
    const { bootId } = sim.clock;
    await sim.reboot('hub');
    const offMs = 60_000;
    await sim.clock.advance(offMs);
    const restartedAt = sim.clock.wall();
    await sim.startAgent('hub');
    await sim.clock.advance(90_000);
    const { opened, plannedStop, stop, timeline, flows } = await sim.incidentOf('hub');
    expect(opened).toMatchObject({ bootId, at: flows[0]!.first.at });
    expect(timeline[0]!.at).toEqual(opened);
    const step = timeline.find(({ phase }) => phase === 'stop-verified');
    expect(stop.verified).toEqual(step!.at);
    expect(Date.parse(stop.verified!.at)).toBeGreaterThanOrEqual(Date.parse(stop.sent!.at));
    expect(Date.parse(plannedStop!.at.at)).toBeGreaterThanOrEqual(restartedAt);
    expect(plannedStop!.delayMs / 1_000).toBeCloseTo((Date.parse(plannedStop!.at.at) - Date.parse(opened.at)) / 1_000);
    expect(plannedStop!.delayMs).toBeGreaterThan(offMs);
  });

  test('died again when its new run had said no more than that it began: the old boot is still known for what it is', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(3_000);
    await sim.reboot('spoke');
    const { boot, disk } = sim.stations.spoke;
    const path = '/spoke/journal/journal.jsonl';
    const kept = disk.content(path).toString();
    const seq = kept.split('\n').length + 10;
    const began = {
      seq,
      monotonic: 5_000,
      wall: sim.clock.wall(),
      bootId: boot.id,
      kind: 'agent-started',
      incident: null,
      data: {},
    };
    disk.put(path, `${kept}${JSON.stringify(began)}\n`);
    await sim.startAgent('spoke');
    await sim.clock.advance(5_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  });

  test('a disk that does not answer for the HOLD file keeps no due stop waiting', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(3_000);
    await sim.kill('spoke');
    await sim.clock.advance(16_000);
    sim.stations.spoke.disk.stall((operation, path) => operation === 'stat' && path.endsWith('/HOLD'));
    const starting = sim.startAgent('spoke');
    await sim.clock.advance(5_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    sim.stations.spoke.disk.heal();
    await sim.clock.advance(0);
    await starting;
  });
});

describe('a bundle and a crash', () => {
  test('sealed and renamed, the record of it not yet on disk: found sealed, done says so, nothing is sealed twice', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(27_000);
    const { disk } = sim.stations.spoke;
    disk.stall((operation, path) => operation === 'append' && path.includes('/journal/'));
    await sim.clock.advance(3_000);
    expect(disk.paths.some((path) => path.endsWith('MANIFEST.sha256') && !path.includes('.open'))).toBe(true);
    const manifest = disk.paths.find((path) => path.endsWith('MANIFEST.sha256'))!;
    const before = disk.content(manifest);
    await sim.kill('spoke');
    disk.heal();
    await sim.startAgent('spoke');
    await sim.clock.advance(130_000);
    expect(disk.content(manifest)).toEqual(before);
    expect((await sim.incidentOf('hub')).done[0]).toMatchObject({ off: 'verified', sealed: true });
  });

  test('dies when a capture has ended and its outputs are not on the disk yet: they are captured again', async () => {
    sim = await SimPair.armed();
    const { disk } = sim.stations.spoke;
    disk.stall((operation, path) => operation === 'append' && path.includes('/incidents/'));
    sim.lab.desync();
    await sim.clock.advance(1_500);
    expect(sim.boxes.spoke.commandLog.some((entry) => entry.expanded === 'show dmvpn detail')).toBe(true);
    await sim.kill('spoke');
    disk.heal();
    await sim.startAgent('spoke');
    await sim.clock.advance(150_000);
    const { captures, outcome } = await sim.incidentOf('spoke');
    expect(outcome.reasons.join()).not.toContain('outputs-missing');
    expect(captures.some((capture) => capture.command === 'show dmvpn detail' && capture.bytes > 0)).toBe(true);
  });

  test('its folder is gone when the agent comes back: sealed all the same, and it says how much is missing', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(20_000);
    await sim.kill('spoke');
    await sim.stations.spoke.disk.remove('/spoke/incidents');
    await sim.startAgent('spoke');
    await sim.clock.advance(130_000);
    const { outcome } = await sim.incidentOf('spoke');
    expect(outcome.kind).toBe('partial');
    expect(outcome.reasons.join()).toMatch(/outputs-missing:\d\d/);
  });
});

describe('done that is owed', () => {
  test('across a restart: it is offered on the next hello, and the hub writes it beside its sealed bundle', async () => {
    sim = await SimPair.armed();
    const cut = { on: false };
    sim.network.onPacket = (packet) => !(cut.on && (between(packet, 'spoke', 'hub') || between(packet, 'hub', 'spoke')));
    sim.lab.desync();
    await sim.clock.advance(17_000);
    cut.on = true;
    await sim.clock.advance(150_000);
    const hub = await sim.incidentOf('hub');
    expect(hub.outcome.reasons).toContain('no-done:spoke');
    await comeBack('spoke', 1_000);
    cut.on = false;
    await sim.clock.advance(130_000);
    const addenda = sim.stations.hub.disk.content(`/hub/incidents/${hub.id}.addendum.jsonl`).toString();
    expect(addenda).toContain('"off":"verified"');
    expect(sim.alarms('hub').filter((text) => text.includes('never acknowledged'))).toEqual([]);
  });

  test('a step of the wall clock of years does not make it too old', async () => {
    sim = await SimPair.armed();
    const cut = { on: false };
    sim.network.onPacket = (packet) => !(cut.on && (between(packet, 'spoke', 'hub') || between(packet, 'hub', 'spoke')));
    sim.lab.desync();
    await sim.clock.advance(17_000);
    cut.on = true;
    await sim.clock.advance(150_000);
    sim.clock.stepWall(3 * 365 * 86_400_000);
    cut.on = false;
    await sim.clock.advance(130_000);
    const hub = await sim.incidentOf('hub');
    expect(sim.stations.hub.disk.content(`/hub/incidents/${hub.id}.addendum.jsonl`).toString()).toContain('"off":"verified"');
  });
});

describe('an end that lost its dataDir', () => {
  test.each(['hub', 'spoke'] as const)(
    'the %s comes back with a new engine id: the next incident is carried through',
    async (end) => {
      sim = await SimPair.armed();
      await sim.kill(end);
      await sim.stations[end].disk.remove(`/${end}`);
      await sim.clock.advance(10_000);
      await sim.startAgent(end);
      await sim.clock.advance(5_000);
      sim.lab.desync();
      await sim.clock.advance(60_000);
      expect(sim.undebugs('hub')).toHaveLength(1);
      expect(sim.undebugs('spoke')).toHaveLength(1);
      expect((await sim.incidentOf('hub')).outcome).toEqual({ kind: 'complete', reasons: [] });
      expect((await sim.incidentOf('spoke')).outcome).toEqual({ kind: 'complete', reasons: [] });
    },
  );

  describe('with debugs on that it does not know for its own, and a peer that is not heard', () => {
    async function cutOff(arm: Config['arm']): Promise<{ on: boolean }> {
      const change = (config: Config): Config => ({ ...config, arm, stop: { ...config.stop, mode: 'own' } });
      sim = new SimPair({ config: { hub: change, spoke: change } });
      await sim.start();
      if (arm === 'manual') sim.armByHand();
      await sim.clock.advance(61_000);
      expect(sim.boxes.hub.debugsOn()).not.toEqual([]);
      const cut = { on: true };
      sim.network.onPacket = (packet) => !(cut.on && (between(packet, 'hub', 'spoke') || between(packet, 'spoke', 'hub')));
      await sim.kill('hub');
      await sim.stations.hub.disk.remove('/hub');
      await sim.startAgent('hub');
      return cut;
    }
    const told = (): string[] => sim.alarms('hub').filter((alarm) => alarm.includes('did not turn on'));

    test('a person is told where to log in and what to type, once it has been silent for three hellos; off, it is over', async () => {
      await cutOff('always');
      await sim.clock.advance(170_000);
      expect(told()).toEqual([]);
      await sim.clock.advance(130_000);
      expect(told()).toEqual([
        expect.stringMatching(/spoke is not heard: nothing here ends them.*log in to hub \(.*\) and type: undebug all/),
      ]);
      sim.boxes.hub.console('undebug all');
      await sim.clock.advance(61_000);
      expect(told()).toEqual([]);
    });

    test('heard again, the pre-flight says so instead', async () => {
      const cut = await cutOff('always');
      await sim.clock.advance(300_000);
      expect(told()).toHaveLength(1);
      cut.on = false;
      await sim.clock.advance(6 * 60_000);
      expect(told()).toEqual([]);
      expect(sim.alarms('hub').join()).toMatch(/hub .* is not armed.*if nobody needs the debugs that are on, log in to hub/);
    });

    test('where a person arms they are a person’s', async () => {
      await cutOff('manual');
      await sim.clock.advance(300_000);
      expect(told()).toEqual([]);
      expect(sim.alarms('hub').join()).toMatch(/spoke has not been heard/);
    });
  });
});

describe('a journal over its limit', () => {
  const journal = (end: End) => `/${end}/journal/journal.jsonl`;
  const fill = async (end: End) => {
    const { disk } = sim.stations[end];
    const line = `${JSON.stringify({ seq: 1, monotonic: 1, wall: 1, bootId: 'x', kind: 'filler', incident: null, data: 'x'.repeat(1_000_000) })}\n`;
    let filler = '';
    for (let at = 0; at <= limits.journalBytesMax; at += line.length)
      filler += line.replace('"seq":1,', `"seq":${at / line.length + 1},`);
    const renumbered = disk
      .content(journal(end))
      .toString()
      .replace(/^\{"seq":(\d+)/gm, (_whole, seq: string) => `{"seq":${Number(seq) + 100}`);
    disk.put(journal(end), filler + renumbered);
  };

  test('is rewritten as a snapshot, and a start from it knows closed ids, hold-down and what is owed', async () => {
    sim = await SimPair.armed();
    const cut = { on: false };
    sim.network.onPacket = (packet) => !(cut.on && between(packet, 'spoke', 'hub') && packet.to.port === SIGNAL_PORT);
    sim.lab.desync();
    await sim.clock.advance(17_000);
    // Only what the spoke says is lost: its done is owed, the hub's stop is acknowledged.
    cut.on = true;
    await sim.clock.advance(170_000);
    for (const end of ['hub', 'spoke'] as const) {
      await sim.kill(end);
      await fill(end);
      await sim.startAgent(end);
    }
    await sim.clock.advance(130_000);
    for (const end of ['hub', 'spoke'] as const) {
      expect(sim.stations[end].disk.content(journal(end)).length).toBeLessThan(limits.journalBytesMax / 4);
      await comeBack(end, 1_000);
    }
    cut.on = false;
    await sim.clock.advance(130_000);
    const hub = await sim.incidentOf('hub');
    // One incident still: hold-down and closed ids were known. And the done that was owed has come.
    expect(sim.status('hub').incidents.map((incident) => incident.id)).toEqual([hub.id]);
    expect(sim.status('spoke').incidents.map((incident) => incident.id)).toEqual([hub.id]);
    expect(sim.stations.hub.disk.content(`/hub/incidents/${hub.id}.addendum.jsonl`).toString()).toContain('"off":"verified"');
    expect(sim.undebugs('hub')).toHaveLength(1);
  });

  test('is rewritten under an incident that stays open, whose records still reach its bundle', async () => {
    sim = await SimPair.armed();
    sim.stations.hub.disk.fail('any', 'ENOSPC', Number.POSITIVE_INFINITY, '/incidents/');
    sim.lab.desync();
    await sim.clock.advance(60_000);
    await sim.kill('hub');
    await fill('hub');
    await sim.startAgent('hub').catch(() => {});
    sim.stations.hub.disk.heal();
    if (sim.stations.hub.agent === null) await sim.startAgent('hub');
    sim.stations.hub.disk.fail('any', 'ENOSPC', Number.POSITIVE_INFINITY, '/incidents/');
    await sim.clock.advance(130_000);
    expect(sim.stations.hub.disk.content(journal('hub')).length).toBeLessThan(limits.journalBytesMax / 4);
    await sim.kill('hub');
    sim.stations.hub.disk.heal();
    await sim.startAgent('hub');
    await sim.clock.advance(130_000);
    const hub = await sim.incidentOf('hub');
    expect(hub.event?.line).toContain('RECVD_PKT_INV_SPI');
    expect(hub.timeline[0]?.phase).toBe('incident-opened');
    let bytes = 0;
    for await (const piece of readPieces(`/hub/incidents/${hub.id}/journal.jsonl`, sim.stations.hub.disk)) bytes += piece.length;
    expect(bytes).toBeGreaterThan(1_000);
  });
});
