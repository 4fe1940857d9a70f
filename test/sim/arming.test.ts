/** Arming, played through on a whole pair in virtual time: what the boxes say they received, and what is on there, is the truth. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { addresses, type End, type SimOptions, SimPair } from './sim-pair.ts';

const MINUTE = 60_000;
const ENDS: readonly End[] = ['hub', 'spoke'];

let sim: SimPair;
afterEach(() => sim.stop());

type Arming = Partial<Config['arming']> & { readonly arm?: Config['arm']; readonly mode?: 'all' | 'own' };

function arming({ arm = 'always', mode = 'own', ...more }: Arming = {}): NonNullable<SimOptions['config']> {
  const change = (config: Config): Config => ({
    ...config,
    arm,
    arming: { ...config.arming, rearm: { kind: 'if-transient' }, ...more },
    stop: { ...config.stop, mode },
  });
  return { hub: change, spoke: change };
}

async function start(options: Arming = {}, more: SimOptions = {}): Promise<void> {
  sim = new SimPair({ config: arming(options), ...more });
  await sim.start();
}

const armedAt = (end: End): string => sim.status(end).arming.state;
/** What was typed into a box, without what only looks. */
const typed = (end: End): string[] =>
  sim.boxes[end].commandLog
    .map((entry) => entry.expanded)
    .filter((line) => !/^(show|enable|terminal|exit|logout)\b|^$/.test(line));
const conditionsAt = (end: End): boolean =>
  /peer/i.test(sim.boxes[end].console('show crypto debug-condition')) &&
  sim.boxes[end].console('show crypto debug-condition').includes(end === 'hub' ? addresses.spoke.crypto : addresses.hub.crypto);

describe('arm: always', () => {
  test('arms both ends after the pre-flight, the condition before the debugs', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    for (const end of ENDS) {
      expect(armedAt(end)).toBe('armed');
      const other = addresses[end === 'hub' ? 'spoke' : 'hub'].crypto;
      expect(typed(end)).toEqual([`debug crypto condition peer ipv4 ${other}`, 'debug crypto isakmp', 'debug crypto ipsec']);
      expect(sim.boxes[end].debugsOn()).toHaveLength(2);
      expect(sim.status(end).alarms).toEqual([]);
      expect(sim.status(end).peers[0]).toMatchObject({ armed: 'yes', leaseEndsAt: expect.any(String) });
    }
  });

  test('an incident turns off what was armed, by name, and the conditions after it; nobody else is touched', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    sim.boxes.hub.console('debug ip packet');
    sim.lab.desync();
    await sim.clock.advance(90_000);
    for (const end of ENDS) {
      const other = addresses[end === 'hub' ? 'spoke' : 'hub'].crypto;
      expect(
        typed(end)
          .filter((line) => line !== 'debug ip packet')
          .slice(3),
      ).toEqual(['no debug crypto isakmp', 'no debug crypto ipsec', `no debug crypto condition peer ipv4 ${other}`]);
      expect((await sim.incidentOf(end)).stop).toMatchObject({ off: 'verified' });
      expect((await sim.incidentOf(end)).outcome.kind).toBe('complete');
      expect(armedAt(end)).toBe('disarmed');
      expect(conditionsAt(end)).toBe(false);
    }
    expect(sim.boxes.hub.debugsOn().join()).toMatch(/IP packet/i);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  });

  test('a busy CPU refuses, says so, and is tried again', async () => {
    sim = new SimPair({ config: arming() });
    sim.boxes.hub.behave({ cpuPercent: 75 });
    await sim.clock.advance(2 * MINUTE);
    await sim.start();
    await sim.clock.advance(3 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
    expect(typed('hub')).toEqual([]);
    expect(
      sim
        .status('hub')
        .alarms.map((alarm) => alarm.text)
        .join(),
    ).toMatch(/not armed.*CPU/s);
    sim.boxes.hub.behave({ cpuPercent: 5 });
    await sim.clock.advance(10 * MINUTE);
    expect(armedAt('hub')).toBe('armed');
    expect(
      sim
        .status('hub')
        .alarms.map((alarm) => alarm.text)
        .filter((text) => /not armed/.test(text)),
    ).toEqual([]);
  });

  test('waits for its peer: half a pair records half of what happened', async () => {
    sim = new SimPair({ config: arming() });
    await sim.start(['hub']);
    await sim.clock.advance(5 * MINUTE);
    expect(typed('hub')).toEqual([]);
    await sim.startAgent('spoke');
    await sim.clock.advance(3 * MINUTE);
    expect(ENDS.map(armedAt)).toEqual(['armed', 'armed']);
  });
});

describe('what ends it', () => {
  test('the lease, when the peer is gone: turned off, with an alarm, and not on again before it is back', async () => {
    await start({ leaseMs: 5 * MINUTE });
    await sim.clock.advance(2 * MINUTE);
    await sim.kill('spoke');
    await sim.clock.advance(4 * MINUTE);
    expect(armedAt('hub')).toBe('armed');
    await sim.clock.advance(6 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(conditionsAt('hub')).toBe(false);
    expect(
      sim
        .status('hub')
        .alarms.map((alarm) => alarm.text)
        .join('\n'),
    ).toMatch(/lease of hub/);
    await sim.clock.advance(20 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
  });

  test('the breaker: off at once, told to the peer, not on again by itself', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    sim.boxes.hub.behave({ cpuPercent: 92 });
    await sim.clock.advance(30_000);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    await sim.clock.advance(60_000);
    expect(sim.status('hub').arming).toMatchObject({ state: 'disarmed', blocked: 'breaker' });
    sim.boxes.hub.behave({ cpuPercent: 5 });
    await sim.clock.advance(30 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
    expect(
      sim
        .status('spoke')
        .alarms.map((alarm) => alarm.text)
        .join('\n'),
    ).toMatch(/half-armed.*breaker/);
  });

  test('while it disarms a starved router, no hello asks it anything in between', async () => {
    const often = (config: Config): Config => ({ ...config, signal: { ...config.signal, helloMs: 1_000 } });
    const { hub, spoke } = arming();
    sim = new SimPair({ config: { hub: (config) => often(hub!(config)), spoke: (config) => often(spoke!(config)) } });
    await sim.start();
    await sim.clock.advance(MINUTE);
    expect(armedAt('hub')).toBe('armed');
    sim.boxes.hub.behave({ thinkMs: 2_000 });
    const disarming = sim.stations.hub.handlers!.disarm({ pair: false, leaseMs: null, who: 'ops' });
    await sim.clock.advance(MINUTE);
    await disarming;
    const lines = sim.boxes.hub.commandLog.map(({ expanded }) => expanded);
    const off = lines.indexOf('no debug crypto isakmp');
    expect(lines.slice(off, off + 3)).toEqual(['no debug crypto isakmp', 'no debug crypto ipsec', 'show debugging']);
  });

  test('the breaker during an incident brings the stop of both ends forward', async () => {
    const slow = (config: Config): Config => ({ ...config, stop: { ...config.stop, delayMs: MINUTE } });
    const { hub, spoke } = arming();
    sim = new SimPair({ config: { hub: (config) => slow(hub!(config)), spoke: (config) => slow(spoke!(config)) } });
    await sim.start();
    await sim.clock.advance(2 * MINUTE);
    const from = sim.clock.monotonic();
    sim.lab.desync();
    await sim.clock.advance(1_000);
    sim.boxes.hub.behave({ cpuPercent: 95 });
    await sim.clock.advance(60_000);
    const [here] = sim.received('hub', 'no debug crypto isakmp');
    const [there] = sim.received('spoke', 'no debug crypto isakmp');
    expect(here! - from).toBeLessThan(40_000);
    expect(there! - from).toBeLessThan(40_000);
    for (const end of ENDS) expect(sim.boxes[end].debugsOn()).toEqual([]);
  });

  test('a hold: nothing is armed under it', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    await sim.stations.hub.handlers!.hold({ on: true, forMs: null });
    await sim.clock.advance(10_000);
    expect(armedAt('hub')).toBe('disarmed');
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    await sim.clock.advance(20 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
  });

  test('the end of the agent', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    const stopping = sim.stations.hub.agent!.stop('SIGTERM');
    sim.stations.hub.agent = null;
    await sim.clock.advance(30_000);
    await stopping;
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(conditionsAt('hub')).toBe(false);
  });

  test('maxDebug, with a warning before it; a person renews', async () => {
    await start({ maxDebugMs: 60 * MINUTE });
    await sim.clock.advance(50 * MINUTE);
    expect(
      sim
        .status('hub')
        .alarms.map((alarm) => alarm.text)
        .join(),
    ).toMatch(/48m of 1h/);
    const renewing = sim.stations.hub.handlers!.arm({ pair: false, leaseMs: null, who: 'ops' });
    await sim.clock.advance(1_000);
    expect((await renewing).state).toBe('armed');
    expect(sim.status('hub').alarms).toEqual([]);
    await sim.clock.advance(30 * MINUTE);
    expect(armedAt('hub')).toBe('armed');
    expect(armedAt('spoke')).toBe('disarmed');
    await sim.clock.advance(32 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
    expect(sim.status('hub').arming.blocked).toBe('max-debug');
  });
});

describe('a crash', () => {
  test.each([0, 20, 60, 100, 200, 400, 800, 1_500, 3_000])(
    '%i ms into arming: nothing is left on, nothing is armed twice',
    async (ms) => {
      await start();
      const isArming = () => sim.boxes.hub.commandLog.some((entry) => entry.expanded.startsWith('debug crypto condition'));
      for (let step = 0; step < 4_000 && !isArming(); step++) await sim.clock.advance(20);
      await sim.clock.advance(ms);
      await sim.kill('hub');
      sim.stations.hub.config = { ...sim.stations.hub.config, arm: 'manual' };
      await sim.startAgent('hub');
      await sim.clock.advance(2 * MINUTE);
      // Either it had come to its end, and its lease goes on, or it is resolved by turning off.
      if (armedAt('hub') === 'armed') expect(sim.boxes.hub.debugsOn()).toHaveLength(2);
      else {
        expect(sim.boxes.hub.debugsOn()).toEqual([]);
        expect(conditionsAt('hub')).toBe(false);
      }
      expect(typed('hub').filter((line) => line === 'debug crypto isakmp').length).toBeLessThan(2);
    },
  );

  test('shorter than the lease: it stays armed; longer: it is turned off', async () => {
    await start({ leaseMs: 5 * MINUTE });
    await sim.clock.advance(2 * MINUTE);
    await sim.kill('hub');
    await sim.clock.advance(MINUTE);
    await sim.startAgent('hub');
    await sim.clock.advance(2 * MINUTE);
    expect(armedAt('hub')).toBe('armed');
    await sim.kill('hub');
    await sim.clock.advance(8 * MINUTE);
    sim.stations.hub.config = { ...sim.stations.hub.config, arm: 'manual' };
    await sim.startAgent('hub');
    await sim.clock.advance(20_000);
    expect(armedAt('hub')).toBe('disarmed');
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
  });

  test('of the host: the age of the lease is not known, so it is turned off', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    await sim.reboot('hub');
    sim.stations.hub.config = { ...sim.stations.hub.config, arm: 'manual' };
    await sim.startAgent('hub');
    await sim.clock.advance(20_000);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(conditionsAt('hub')).toBe(false);
  });
});

describe('a person', () => {
  test('arms and disarms; refused with what to enter on the router', async () => {
    await start({ arm: 'manual', mode: 'all' });
    const arm = async (change: object = {}) => {
      const asked = sim.stations.hub.handlers!.arm({ pair: false, leaseMs: null, who: 'ops', ...change });
      asked.catch(() => {});
      await sim.clock.advance(60_000);
      return await asked;
    };
    sim.boxes.hub.console('debug crypto condition peer ipv4 203.0.113.77');
    await expect(arm()).rejects.toMatchObject({
      code: 'ARM_REFUSED',
      message: expect.stringMatching(/hub is not armed.*203\.0\.113\.77/s),
    });
    sim.boxes.hub.console('no debug crypto condition peer ipv4 203.0.113.77');
    const debugs = expect.arrayContaining([expect.stringMatching(/ISAKMP/)]);
    expect(await arm()).toMatchObject({ state: 'armed', was: 'disarmed', debugs });
    expect(await arm()).toMatchObject({ state: 'armed', was: 'armed', debugs });
    const disarm = async () => {
      const asked = sim.stations.hub.handlers!.disarm({ pair: false, leaseMs: null, who: 'ops' });
      await sim.clock.advance(30_000);
      return await asked;
    };
    expect(await disarm()).toMatchObject({ state: 'disarmed', was: 'armed', conditions: [] });
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(await disarm()).toMatchObject({ state: 'disarmed', was: 'disarmed' });
  });

  test('is refused at once where there is nothing to wait for, and never told of a renewal that was refused', async () => {
    await start({ arm: 'manual', mode: 'all' });
    const hub = sim.stations.hub.handlers!;
    const ask = () => hub.arm({ pair: false, leaseMs: null, who: 'ops' });
    const armed = ask();
    await sim.clock.advance(60_000);
    expect(await armed).toMatchObject({ state: 'armed' });
    sim.lab.desync();
    await sim.clock.advance(5_000);
    await expect(ask()).rejects.toMatchObject({
      code: 'ARM_REFUSED',
      message: expect.stringMatching(/^hub is armed, and not renewed: an incident has not had its stop yet/),
    });
    await sim.clock.advance(90_000);
    const again = ask();
    await sim.clock.advance(60_000);
    expect(await again).toMatchObject({ state: 'armed' });
    sim.boxes.hub.behave({ refuse: [/debug/] });
    const off = hub.disarm({ pair: false, leaseMs: null, who: 'ops' });
    await sim.clock.advance(5_000);
    await expect(ask()).rejects.toMatchObject({
      message: expect.stringMatching(/^hub is not armed: the last debugs are not verified off/),
    });
    await sim.clock.advance(120_000);
    expect(await off).toMatchObject({ state: 'disarming', was: 'armed' });
  });

  test('arms the pair only where that end allows it', async () => {
    await start({ arm: 'manual', mode: 'all' });
    const asked = sim.stations.hub.handlers!.arm({ pair: true, leaseMs: null, who: 'ops' });
    await sim.clock.advance(90_000);
    expect((await asked).peers).toMatchObject([{ peer: 'spoke', told: true }]);
    expect(armedAt('spoke')).toBe('disarmed');
    expect(sim.status('spoke').refusals).toMatchObject({ 'remote-arm': expect.any(Number) });
  });

  test('arms the pair', async () => {
    await start({ arm: 'manual', mode: 'all', allowRemoteArm: true });
    const asked = sim.stations.hub.handlers!.arm({ pair: true, leaseMs: 4 * MINUTE, who: 'ops' });
    await sim.clock.advance(90_000);
    await asked;
    expect(ENDS.map(armedAt)).toEqual(['armed', 'armed']);
    const ended = sim.stations.hub.handlers!.disarm({ pair: true, leaseMs: null, who: 'ops' });
    await sim.clock.advance(60_000);
    await ended;
    expect(ENDS.map(armedAt)).toEqual(['disarmed', 'disarmed']);
    for (const end of ENDS) expect(sim.boxes[end].debugsOn()).toEqual([]);
  });
});

describe('stop: all', () => {
  test('what was armed by `spitrap arm` ends with undebug all, its conditions after it', async () => {
    await start({ arm: 'manual', mode: 'all', allowRemoteArm: true });
    const asked = sim.stations.hub.handlers!.arm({ pair: true, leaseMs: null, who: 'ops' });
    await sim.clock.advance(90_000);
    await asked;
    sim.lab.desync();
    await sim.clock.advance(90_000);
    for (const end of ENDS) {
      expect(sim.undebugs(end)).toHaveLength(1);
      expect(sim.boxes[end].debugsOn()).toEqual([]);
      expect(conditionsAt(end)).toBe(false);
      expect((await sim.incidentOf(end)).outcome.kind).toBe('complete');
    }
  });
});

describe('re-arming', () => {
  test('a black hole waits for a person', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    sim.lab.desync();
    await sim.clock.advance(12 * MINUTE);
    expect(sim.status('hub').arming).toMatchObject({ state: 'disarmed', blocked: 'persistent' });
    expect(armedAt('spoke')).toBe('disarmed');
    expect(await sim.incidents('hub')).toHaveLength(1);
  });

  test('debugs that a person types at the hub, to look into a black hole, arm nobody at the other end', async () => {
    await start();
    await sim.clock.advance(2 * MINUTE);
    sim.lab.desync();
    await sim.clock.advance(5 * MINUTE);
    sim.boxes.hub.console(`debug crypto condition peer ipv4 ${addresses.spoke.crypto}`);
    sim.boxes.hub.console('debug crypto isakmp');
    await sim.clock.advance(6 * MINUTE);
    expect(sim.status('spoke').peers[0]).toMatchObject({ armed: 'yes', leaseEndsAt: null });
    expect(armedAt('spoke')).toBe('disarmed');
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    expect(sim.boxes.hub.debugsOn()).toHaveLength(1);
  });

  test('after a while, in any case', async () => {
    await start({ rearm: { kind: 'after', afterMs: 10 * MINUTE } });
    await sim.clock.advance(2 * MINUTE);
    sim.lab.desync();
    await sim.clock.advance(5 * MINUTE);
    expect(armedAt('hub')).toBe('disarmed');
    sim.lab.repair();
    await sim.clock.advance(8 * MINUTE);
    expect(ENDS.map(armedAt)).toEqual(['armed', 'armed']);
  });
});

describe('arm: on-first-sighting', () => {
  test('the first message is captured and arms; the next event is recorded with debugs on', async () => {
    await start({ arm: 'on-first-sighting' });
    await sim.clock.advance(2 * MINUTE);
    expect(typed('hub')).toEqual([]);
    sim.lab.desync();
    await sim.clock.advance(90_000);
    expect((await sim.incidentOf('hub')).outcome.kind).toBe('captured');
    sim.lab.repair();
    await sim.clock.advance(3 * MINUTE);
    expect(ENDS.map(armedAt)).toEqual(['armed', 'armed']);
    sim.lab.desync();
    await sim.clock.advance(3 * MINUTE);
    const incidents = await sim.incidents('hub');
    expect(incidents.map((incident) => incident.outcome.kind)).toEqual(['captured', 'complete']);
    for (const end of ENDS) expect(sim.boxes[end].debugsOn()).toEqual([]);
  });
});
