/**
 * The wrecks that arming can make of a router, and the guard that keeps each away: every case is played twice on the simulated box, which
 * has the physics of facts.md §5: once as a person in a hurry would type it, once as the agent does it.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { ArmWatch } from '../../agent/arm-watch.ts';
import { armDevice } from '../../agent/effects/arm-debugs.ts';
import { disarmDevice } from '../../agent/effects/disarm-debugs.ts';
import { readPreflight } from '../../agent/effects/preflight.ts';
import { judgePreflight } from '../../shared/arming/preflight.ts';
import type { ArmPlan } from '../../shared/model/arming.ts';
import { ArmedBox, type ArmedBoxOptions, SPOKE } from '../support/armed-box.ts';

const CONDITION = `debug crypto condition peer ipv4 ${SPOKE}`;
const plan: ArmPlan = { conditions: [SPOKE], debugs: ['isakmp', 'ipsec'], deadManS: null };

let lab: ArmedBox;
afterEach(() => lab.close());
const routerWith = async (options: ArmedBoxOptions = {}) => {
  lab = await ArmedBox.ready(options);
};
const type = (...lines: string[]) => lines.map((line) => lab.box.console(line));
const arm = async (change: Partial<ArmPlan> = {}) =>
  await lab.finish(armDevice(lab.device, lab.clock, { ...plan, ...change }, { timeoutMs: 90_000 }));
const disarm = async () =>
  await lab.finish(
    disarmDevice(lab.device, lab.clock, { via: 'control', ...plan, deadMan: false, all: false, timeoutMs: 60_000 }),
  );
const refusals = async () => {
  const reading = await lab.finish(readPreflight(lab.device, lab.clock, { timeoutMs: 60_000 }));
  return judgePreflight(reading, { plan, ourConditions: [], ourHosts: [] }).refusals.map(({ word }) => word);
};
/** The busiest that it was in the next half minute. */
const busiest = async (ms = 30_000) => {
  let most = 0;
  for (let passed = 0; passed < ms; passed += 1_000) {
    most = Math.max(most, lab.box.cpuPercent());
    await lab.clock.advance(1_000);
  }
  return most;
};
const WRECKED = 95;
const WELL = 50;

describe('debugs before their condition', () => {
  test('without the order: every tunnel is debugged, and the CPU is gone', async () => {
    await routerWith();
    type('debug crypto isakmp');
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('the condition first', async () => {
    await routerWith();
    expect((await arm()).result).toBe('armed');
    expect(await busiest()).toBeLessThan(WELL);
  });
});

describe('a condition that the AAA server refuses', () => {
  const options = { box: { behaviour: { refuse: [/^debug crypto condition/] } } };

  test('without reading what came back: the debugs go on unconditioned', async () => {
    await routerWith(options);
    for (const line of [CONDITION, 'debug crypto isakmp']) {
      const sent = lab.device.run('control', line, { timeoutMs: 8_000 });
      await lab.finish(sent);
    }
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('each must be accepted, and be there when read back', async () => {
    await routerWith(options);
    expect((await arm()).result).toBe('undone');
    expect(lab.debugs).toEqual([]);
    expect(await busiest()).toBeLessThan(WELL);
  });
});

describe('conditions that somebody resets while the debugs go on', () => {
  const meddle: ArmedBoxOptions['meddle'] = (command, box) => {
    if (command === 'debug crypto ipsec') box.console('debug crypto condition reset');
  };

  test('without a second look: a flood', async () => {
    await routerWith();
    type(CONDITION, 'debug crypto isakmp', 'debug crypto condition reset');
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('they are read once more behind the debugs', async () => {
    await routerWith({ meddle });
    expect((await arm()).result).toBe('undone');
    await lab.clock.advance(5_000);
    expect(lab.debugs).toEqual([]);
    expect(await busiest()).toBeLessThan(WELL);
  });
});

describe('a console that logs at debugging', () => {
  const options: ArmedBoxOptions = { box: { consoleLevel: 'debugging' } };

  test('without asking: one rekey under the best of conditions hangs the box', async () => {
    await routerWith(options);
    type(CONDITION, 'debug crypto isakmp', 'debug crypto ipsec');
    lab.pair.repair();
    await lab.clock.advance(10_000);
    expect(lab.box.isHung()).toBe(true);
  });

  test('the pre-flight refuses', async () => {
    await routerWith(options);
    expect(await refusals()).toEqual(['console-logging']);
    lab.pair.repair();
    await lab.clock.advance(10_000);
    expect(lab.box.isHung()).toBe(false);
  });
});

describe('a router that is busy already', () => {
  const options: ArmedBoxOptions = { box: { behaviour: { cpuPercent: 80, peerDebugLinesPerSecond: 60 } } };

  test('without asking: what a peer in trouble says is too much', async () => {
    await routerWith(options);
    type(CONDITION, 'debug crypto isakmp');
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('the pre-flight refuses', async () => {
    await routerWith(options);
    expect(await refusals()).toEqual(['cpu-busy']);
    expect(await busiest()).toBeLessThan(85);
  });
});

describe('a router with little memory', () => {
  const options: ArmedBoxOptions = { box: { behaviour: { freeMemoryPercent: 8, peerDebugLinesPerSecond: 300 } } };

  test('without asking: soon nobody can log in', async () => {
    await routerWith(options);
    type(CONDITION, 'debug crypto isakmp');
    await lab.clock.advance(60_000);
    expect(lab.box.freeMemoryPercent()).toBeLessThan(3);
  });

  test('the pre-flight refuses', async () => {
    await routerWith(options);
    expect(await refusals()).toEqual(['memory-low']);
    await lab.clock.advance(60_000);
    expect(lab.box.freeMemoryPercent()).toBeGreaterThan(7);
  });
});

describe('an engine that heeds no condition', () => {
  const box = { floodLinesPerSecond: 3_000 };

  test('with `engine` among the debugs of a hub with many tunnels: a flood', async () => {
    await routerWith({ box });
    expect((await arm({ debugs: ['engine'] })).result).toBe('armed');
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('it is left out unless the configuration names it', async () => {
    await routerWith({ box });
    expect((await arm()).result).toBe('armed');
    expect(await busiest()).toBeLessThan(WELL);
  });
});

describe('the last condition, while somebody still debugs', () => {
  const theirs = async () => {
    await routerWith();
    await arm();
    type('debug crypto ikev2');
  };

  test('taken away with a yes: their debug floods the router', async () => {
    await theirs();
    type('no debug crypto isakmp', 'no debug crypto ipsec', 'debug crypto condition reset');
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('ours go off, the condition stays and is named', async () => {
    await theirs();
    expect(await disarm()).toMatchObject({ debugs: 'off', conditions: 'left', conditionsLeft: [SPOKE] });
    expect(await busiest()).toBeLessThan(WELL);
  });
});

describe('conditions before debugs, on the way off', () => {
  test('a condition removed while our debugs are on: a flood until they are off', async () => {
    await routerWith();
    await arm();
    type('debug crypto condition reset');
    expect(await busiest()).toBeGreaterThan(WRECKED);
  });

  test('debugs that would not go off keep their conditions', async () => {
    await routerWith();
    await arm();
    lab.box.behave({ refuse: [/^no debug crypto (?:isakmp|ipsec)/] });
    expect(await disarm()).toMatchObject({ debugs: 'still-on', conditions: 'failed', conditionsLeft: [SPOKE] });
    expect(await busiest()).toBeLessThan(WELL);
  });

  test('and the line that removes all of them at once is in no grammar', async () => {
    await routerWith();
    await arm();
    const reset = lab.pool.run('control', 'debug crypto condition reset', { timeoutMs: 1_000 });
    await expect(reset).rejects.toMatchObject({ code: 'COMMAND_OUTSIDE_GRAMMAR' });
    expect(lab.conditions).toEqual([SPOKE]);
  });
});

describe('a peer in trouble, whose own debugs are the flood', () => {
  const trouble = async () => {
    await routerWith();
    expect((await arm()).result).toBe('armed');
    lab.box.behave({ peerDebugLinesPerSecond: 400 });
  };

  test('without the breaker: for as long as nobody looks', async () => {
    await trouble();
    await lab.clock.advance(120_000);
    expect(lab.box.cpuPercent()).toBeGreaterThan(WRECKED);
  });

  test('the breaker trips, and the debugs end', async () => {
    await trouble();
    const trips: string[] = [];
    const onTrip = (trip: string) => trips.push(trip);
    const watch = new ArmWatch({ device: lab.device, clock: lab.clock, onTrip, quiet: () => false });
    watch.start();
    await lab.clock.advance(30_000);
    watch.stop();
    expect(trips).toEqual(['cpu']);
    expect(await disarm()).toMatchObject({ debugs: 'off', conditions: 'removed' });
    expect(lab.box.cpuPercent()).toBeLessThan(WELL);
  });
});

describe('an agent that is gone for good', () => {
  const gone = async (deadManS: number | null) => {
    await routerWith();
    expect((await arm({ deadManS })).result).toBe('armed');
    lab.shells.dropAll();
    lab.shells.refuseWith('SSH_UNREACHABLE');
    await lab.clock.advance(2_000_000);
    lab.shells.refuseWith(null);
  };

  test('without the dead-man: the debugs are on half an hour later', async () => {
    await gone(null);
    expect(lab.debugs).toHaveLength(2);
  });

  test('the dead-man on the router has ended them', async () => {
    await gone(1_800);
    expect(lab.debugs).toEqual([]);
  });
});

describe("somebody else's debugs", () => {
  const theirs = async () => {
    await routerWith();
    await arm();
    type('debug nhrp');
  };

  test('`undebug all` ends them too', async () => {
    await theirs();
    type('undebug all');
    expect(lab.debugs).toEqual([]);
  });

  test('ours go off by name', async () => {
    await theirs();
    expect(await disarm()).toMatchObject({ debugs: 'off', conditions: 'removed' });
    expect(lab.debugs).toEqual(['NHRP protocol debugging']);
  });

  test('what they are debugging already is not armed over', async () => {
    await routerWith();
    type(CONDITION, 'debug crypto isakmp');
    expect(await refusals()).toEqual(['foreign-debugs', 'foreign-conditions']);
  });
});
