/** What comes while a whole agent arms, or between the stops of its two ends: played on the simulated pair, the boxes say what they received. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { addresses, type End, SimPair } from './sim-pair.ts';

const MINUTE = 60_000;

let sim: SimPair;
afterEach(() => sim.stop());

const armedAlways = (config: Config, stop: Partial<Config['stop']> = {}): Config => ({
  ...config,
  arm: 'always',
  arming: { ...config.arming, rearm: { kind: 'if-transient' } },
  stop: { ...config.stop, mode: 'own', ...stop },
});
const typed = (end: End): string[] =>
  sim.boxes[end].commandLog.map((entry) => entry.expanded).filter((line) => /^(no )?(debug|undebug)\b/.test(line));
const conditionsAt = (end: End): boolean =>
  sim.boxes[end].console('show crypto debug-condition').includes(addresses[end === 'hub' ? 'spoke' : 'hub'].crypto);

/** Acts at the moment at which the hub's box takes its first condition: in virtual time all lines of an arming are one moment. */
async function atFirstLine(act: () => unknown): Promise<void> {
  sim = new SimPair({ config: { hub: (config) => armedAlways(config), spoke: (config) => armedAlways(config) } });
  const log = sim.boxes.hub.commandLog as unknown as { expanded: string }[];
  const push = log.push.bind(log);
  let acted = false;
  log.push = (entry) => {
    if (!acted && entry.expanded.startsWith('debug crypto condition')) {
      acted = true;
      void act();
    }
    return push(entry);
  };
  await sim.start();
  await sim.clock.advance(2 * MINUTE);
  expect(acted).toBe(true);
}

describe('while the lines go on', () => {
  test('a person’s disarm: no debug is turned on, the condition goes, and the agent leaves it at that', async () => {
    await atFirstLine(() => sim.stations.hub.handlers!.disarm({ pair: false, leaseMs: null, who: 'ops' }));
    expect(typed('hub').filter((line) => /^debug crypto (?!condition)/.test(line))).toEqual([]);
    expect(conditionsAt('hub')).toBe(false);
    await sim.clock.advance(20 * MINUTE);
    expect(sim.status('hub').arming).toMatchObject({ state: 'disarmed', blocked: 'person' });
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
  });

  test('a hold: the same, and it arms after it', async () => {
    await atFirstLine(() => sim.stations.hub.handlers!.hold({ on: true, forMs: null }));
    await sim.clock.advance(10 * MINUTE);
    expect(typed('hub').filter((line) => /^debug crypto (?!condition)/.test(line))).toEqual([]);
    expect(conditionsAt('hub')).toBe(false);
    await sim.stations.hub.handlers!.hold({ on: false });
    await sim.clock.advance(10 * MINUTE);
    expect(sim.status('hub').arming.state).toBe('armed');
  });

  test('the message: the incident has the device, and nothing of ours is left on at either end', async () => {
    await atFirstLine(() => sim.lab.desync());
    await sim.clock.advance(4 * MINUTE);
    for (const end of ['hub', 'spoke'] as const) {
      expect(sim.boxes[end].debugsOn()).toEqual([]);
      expect(conditionsAt(end)).toBe(false);
      expect((await sim.incidentOf(end)).stop).toMatchObject({ off: 'verified' });
    }
  });
});

test('an end that stops earlier does not take its peer, which has its stop still ahead, for one that has armed again', async () => {
  const hub = (config: Config) => armedAlways(config, { delayMs: MINUTE });
  const spoke = (config: Config) => armedAlways(config, { delayMs: MINUTE, maxDelayMs: 5_000 });
  sim = new SimPair({ config: { hub, spoke } });
  await sim.start();
  await sim.clock.advance(2 * MINUTE);
  sim.lab.desync();
  await sim.clock.advance(45_000);
  expect(sim.status('hub').arming.state).toBe('armed');
  expect(sim.status('spoke').arming).toMatchObject({ state: 'disarmed', blocked: 'judging' });
  await sim.clock.advance(2 * MINUTE);
  for (const end of ['hub', 'spoke'] as const) expect(sim.boxes[end].debugsOn()).toEqual([]);
  expect(typed('spoke').filter((line) => line === 'debug crypto isakmp')).toHaveLength(1);
});

test('somebody types undebug all at an armed box: it is no longer called armed, its conditions go, and a person is told', async () => {
  sim = new SimPair({ config: { hub: (config) => armedAlways(config), spoke: (config) => armedAlways(config) } });
  await sim.start();
  await sim.clock.advance(2 * MINUTE);
  sim.boxes.hub.console('undebug all');
  await sim.clock.advance(3 * MINUTE);
  expect(sim.status('hub').arming).toMatchObject({ state: 'disarmed', blocked: 'person' });
  expect(conditionsAt('hub')).toBe(false);
  expect(
    sim
      .status('hub')
      .alarms.map((alarm) => alarm.text)
      .join(),
  ).toMatch(/somebody has turned them off there/);
  expect(
    sim
      .status('spoke')
      .alarms.map((alarm) => alarm.text)
      .join(),
  ).toMatch(/half-armed/);
});
