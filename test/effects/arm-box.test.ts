/** Arming and disarming on a simulated router, end to end: what it was sent, in which order, and what stands on it afterwards. */
import { afterEach, describe, expect, test } from 'vitest';
import { armDevice, renewDeadMan } from '../../agent/effects/arm-debugs.ts';
import { type DisarmOrder, disarmDevice } from '../../agent/effects/disarm-debugs.ts';
import { readPreflight } from '../../agent/effects/preflight.ts';
import { judgePreflight } from '../../shared/arming/preflight.ts';
import type { ArmPlan } from '../../shared/model/arming.ts';
import { ArmedBox, type ArmedBoxOptions, SPOKE } from '../support/armed-box.ts';

let lab: ArmedBox;
afterEach(() => lab.close());

const plan: ArmPlan = { conditions: [SPOKE, '11.1.1.4'], debugs: ['isakmp', 'ipsec'], deadManS: null };
const order: DisarmOrder = {
  via: 'control',
  debugs: plan.debugs,
  conditions: plan.conditions,
  deadMan: false,
  all: false,
  timeoutMs: 60_000,
};
const ON = ['Crypto ISAKMP debugging', 'Crypto IPSEC debugging'];

const arm = async (options: ArmedBoxOptions = {}, change: Partial<ArmPlan> = {}) => {
  lab = await ArmedBox.ready(options);
  return await lab.finish(armDevice(lab.device, lab.clock, { ...plan, ...change }, { timeoutMs: 90_000 }));
};
const disarm = async (change: Partial<DisarmOrder> = {}) =>
  await lab.finish(disarmDevice(lab.device, lab.clock, { ...order, ...change }));
const debugLines = () => lab.acts.filter((line) => /^debug crypto (?!condition)/.test(line));

describe('arming', () => {
  test.each(['cisco-ios', 'cisco-iosxe'] as const)('%s: conditions, then debugs, each read back', async (platform) => {
    const attempt = await arm({ box: { platform } });
    expect(attempt).toMatchObject({ result: 'armed', deadMan: false });
    expect(attempt.flags.map(({ text }) => text).sort()).toEqual([...ON].sort());
    expect(lab.acts).toEqual([
      `debug crypto condition peer ipv4 ${SPOKE}`,
      'debug crypto condition peer ipv4 11.1.1.4',
      'debug crypto isakmp',
      'debug crypto ipsec',
    ]);
    expect(lab.conditions).toEqual([SPOKE, '11.1.1.4']);
  });

  test('ikev2 and engine by their names', async () => {
    const attempt = await arm({}, { debugs: ['ikev2', 'engine'] });
    expect(attempt.flags.map(({ text }) => text).sort()).toEqual(['Crypto Engine debugging', 'IKEv2 default debugging']);
  });

  test('one condition is refused by AAA: the other is taken away again, and no debug was ever sent', async () => {
    const attempt = await arm({ box: { behaviour: { refuse: [/^debug crypto condition peer ipv4 11\.1\.1\.4/] } } });
    expect(attempt).toMatchObject({ result: 'undone', detail: expect.stringContaining('uthorization failed') });
    expect(debugLines()).toEqual([]);
    expect(lab.conditions).toEqual([]);
  });

  test('a debug is refused: the one before it goes off, verified, and only then the conditions', async () => {
    const attempt = await arm({ box: { behaviour: { refuse: [/^debug crypto ipsec/] } } });
    expect(attempt.result).toBe('undone');
    expect(lab.debugs).toEqual([]);
    expect(lab.conditions).toEqual([]);
    expect(lab.acts.slice(-3)).toEqual([
      'no debug crypto isakmp',
      `no debug crypto condition peer ipv4 ${SPOKE}`,
      'no debug crypto condition peer ipv4 11.1.1.4',
    ]);
  });

  test('show crypto debug-condition is refused: what cannot be read back is not armed', async () => {
    const attempt = await arm({ box: { behaviour: { refuse: [/^show crypto debug-condition/] } } });
    // The conditions are there, and nobody can see it: that is for the machine, and a person.
    expect(attempt).toMatchObject({ result: 'unresolved', flags: [] });
    expect(debugLines()).toEqual([]);
  });

  test('the session is lost between the conditions and the debugs: undone on a session that is logged in anew', async () => {
    let dropped = false;
    const attempt = await arm({
      meddle: (command, _box, shells) => {
        if (command !== 'debug crypto isakmp' || dropped) return;
        dropped = true;
        shells.dropAll();
        shells.refuseWith('SSH_UNREACHABLE');
        lab.clock.timer('test', 20_000, () => shells.refuseWith(null));
      },
    });
    expect(dropped).toBe(true);
    expect(attempt).toMatchObject({ result: 'undone', detail: expect.stringContaining('debug crypto isakmp') });
    expect(debugLines()).toEqual([]);
    expect(lab.conditions).toEqual([]);
  });

  test('the session is lost for good: unresolved, and it says so', async () => {
    const attempt = await arm({
      meddle: (command, _box, shells) => {
        if (command !== 'debug crypto isakmp') return;
        shells.dropAll();
        shells.refuseWith('SSH_UNREACHABLE');
      },
    });
    expect(attempt).toMatchObject({ result: 'unresolved', detail: expect.stringContaining('SSH_UNREACHABLE') });
    lab.shells.refuseWith(null);
  });

  test("somebody else's debug appears after the conditions: ours is not turned on, and theirs keeps its conditions", async () => {
    const attempt = await arm({
      meddle: (command, box) => {
        if (command === 'debug crypto condition peer ipv4 11.1.1.4') box.console('debug crypto ipsec');
      },
    });
    expect(attempt).toMatchObject({ result: 'unresolved', detail: expect.stringContaining('Crypto IPSEC debugging') });
    expect(debugLines().filter((line) => line === 'debug crypto isakmp')).toEqual([]);
    expect(lab.debugs).toContain('Crypto IPSEC debugging');
    // Taking them away would flood the router with what the other one is debugging.
    expect(lab.conditions).toEqual([SPOKE, '11.1.1.4']);
  });

  test('somebody resets all conditions while the debugs go on: they go off again at once', async () => {
    const attempt = await arm({
      meddle: (command, box) => {
        if (command === 'debug crypto ipsec') box.console('debug crypto condition reset');
      },
    });
    expect(attempt).toMatchObject({ result: 'undone', detail: expect.stringContaining('not there when read back') });
    expect(lab.debugs).toEqual([]);
  });

  test('without a condition nothing is sent', async () => {
    expect(await arm({}, { conditions: [] })).toMatchObject({ result: 'undone' });
    expect(lab.acts).toEqual([]);
  });

  test('a text that is no address is no condition', async () => {
    expect(await arm({}, { conditions: ['11.1.1.0/24'] })).toMatchObject({ result: 'undone' });
    expect(lab.acts).toEqual([]);
  });
});

describe('disarming', () => {
  test('debugs off, verified, then the conditions one by one; nobody else is touched', async () => {
    await arm();
    lab.box.console('debug crypto condition peer ipv4 10.9.9.9');
    lab.box.console('debug nhrp');
    const from = lab.acts.length;
    const attempt = await disarm();
    expect(attempt).toMatchObject({ debugs: 'off', conditions: 'removed', conditionsLeft: [], deadMan: 'none' });
    expect(attempt.sentAt).not.toBeNull();
    expect(lab.acts.slice(from)).toEqual([
      'no debug crypto isakmp',
      'no debug crypto ipsec',
      `no debug crypto condition peer ipv4 ${SPOKE}`,
      'no debug crypto condition peer ipv4 11.1.1.4',
    ]);
    expect(lab.conditions).toEqual(['10.9.9.9']);
    expect(lab.debugs).toEqual(['NHRP protocol debugging']);
  });

  test("somebody's crypto debug is on: ours go off, the conditions stay and are named", async () => {
    await arm();
    lab.box.console('debug crypto engine');
    const attempt = await disarm();
    expect(attempt).toMatchObject({ debugs: 'off', conditions: 'left', conditionsLeft: plan.conditions });
    expect(attempt.detail).toContain('Crypto Engine debugging');
    expect(lab.conditions).toEqual(plan.conditions);
    expect(lab.debugs).toEqual(['Crypto Engine debugging']);
  });

  test('it comes on just before the last condition: the question is answered no, and the condition stays', async () => {
    await arm();
    lab.meddle = (command, box) => {
      if (command === 'no debug crypto condition peer ipv4 11.1.1.4') box.console('debug crypto engine');
    };
    const attempt = await disarm();
    expect(attempt).toMatchObject({ debugs: 'off', conditions: 'left', conditionsLeft: ['11.1.1.4'] });
    expect(attempt.detail).toContain('Proceed with removal');
    expect(lab.conditions).toEqual(['11.1.1.4']);
  });

  test('the off line is refused: still on, and no condition is touched', async () => {
    await arm();
    lab.box.behave({ refuse: [/^no debug crypto ipsec/] });
    const attempt = await disarm();
    expect(attempt).toMatchObject({ debugs: 'still-on', conditions: 'failed', conditionsLeft: plan.conditions });
    expect(attempt.detail).toContain('Crypto IPSEC debugging');
    expect(lab.conditions).toEqual(plan.conditions);
    expect(lab.acts.some((line) => line.startsWith('no debug crypto condition'))).toBe(false);
    // The escalation.
    expect(await disarm({ all: true })).toMatchObject({ debugs: 'off', conditions: 'removed' });
  });

  test('show debugging is refused: unreadable, and no condition is touched', async () => {
    await arm();
    lab.box.behave({ refuse: [/^show debugging/] });
    expect(await disarm()).toMatchObject({ debugs: 'unreadable', conditions: 'failed' });
    expect(lab.conditions).toEqual(plan.conditions);
  });

  test('no session: not sent', async () => {
    await arm();
    lab.shells.dropAll();
    lab.shells.refuseWith('SSH_UNREACHABLE');
    const attempt = await disarm({ conditions: [], timeoutMs: 8_000 });
    expect(attempt).toMatchObject({ debugs: 'not-sent', sentAt: null });
    lab.shells.refuseWith(null);
  });

  test('twice: the second finds nothing to do and says that it is off', async () => {
    await arm();
    await disarm();
    const from = lab.acts.length;
    expect(await disarm()).toMatchObject({ debugs: 'off', conditions: 'removed', sentAt: null });
    expect(lab.acts.slice(from)).toEqual([]);
  });

  test('conditions alone, left by an earlier arming', async () => {
    await arm();
    lab.box.console('undebug all');
    expect(await disarm({ debugs: [] })).toMatchObject({ debugs: 'off', conditions: 'removed' });
    expect(lab.conditions).toEqual([]);
  });
});

describe('the dead-man', () => {
  test('is set before the debugs, fires when nobody sets it anew, and ends them', async () => {
    const attempt = await arm({}, { deadManS: 120 });
    expect(attempt).toMatchObject({ result: 'armed', deadMan: true });
    const { acts } = lab;
    expect(acts.indexOf('end')).toBeLessThan(acts.indexOf('debug crypto isakmp'));
    expect(acts.indexOf('configure terminal')).toBeGreaterThan(acts.indexOf('debug crypto condition peer ipv4 11.1.1.4'));
    await lab.clock.advance(100_000);
    expect(lab.debugs).toEqual(expect.arrayContaining(ON));
    await lab.clock.advance(30_000);
    expect(lab.debugs).toEqual([]);
  });

  test('set anew in time it never fires; after the disarm it is gone', async () => {
    await arm({}, { deadManS: 120 });
    for (let round = 0; round < 3; round++) {
      await lab.clock.advance(60_000);
      expect(await lab.finish(renewDeadMan(lab.device, lab.clock, 120, { timeoutMs: 15_000 }))).toMatchObject({ ok: true });
    }
    expect(lab.debugs).toEqual(expect.arrayContaining(ON));
    const attempt = await disarm({ deadMan: true });
    expect(attempt).toMatchObject({ debugs: 'off', conditions: 'removed', deadMan: 'removed' });
    expect(lab.applets).not.toContain('spitrap-deadman');
  });

  test('no right to configure: no debug is turned on without the net that was asked for', async () => {
    const attempt = await arm({ box: { behaviour: { refuse: [/^configure/] } } }, { deadManS: 120 });
    expect(attempt).toMatchObject({ result: 'undone', detail: expect.stringContaining('dead-man') });
    expect(debugLines()).toEqual([]);
    expect(lab.conditions).toEqual([]);
  });

  test('a line of it is refused: what is there of it is removed again', async () => {
    const attempt = await arm({ box: { behaviour: { refuse: [/^action 3/] } } }, { deadManS: 120 });
    expect(attempt.result).toBe('undone');
    expect(lab.applets).not.toContain('spitrap-deadman');
    expect(debugLines()).toEqual([]);
  });
});

describe('pre-flight', () => {
  const read = async (options: ArmedBoxOptions = {}) => {
    lab = await ArmedBox.ready(options);
    return await lab.finish(readPreflight(lab.device, lab.clock, { timeoutMs: 60_000 }));
  };
  const verdictOf = async (options: ArmedBoxOptions = {}) => {
    const reading = await read(options);
    const verdict = judgePreflight(reading, { plan, ourConditions: [], ourHosts: ['198.51.100.7'] });
    return { reading, refusals: verdict.refusals.map(({ word }) => word), warnings: verdict.warnings.map(({ word }) => word) };
  };

  test.each(['cisco-ios', 'cisco-iosxe'] as const)(
    '%s: everything can be read, and a good box is not refused',
    async (platform) => {
      const { reading, refusals } = await verdictOf({
        box: { platform, trapLevel: 'debugging', logHost: '198.51.100.7' },
      });
      expect(reading.unread).toEqual([]);
      expect(reading).toMatchObject({ flags: [], freeVtys: 3, logging: { console: -1, trap: 7, hosts: ['198.51.100.7'] } });
      expect(reading.memoryFreePercent).toBeGreaterThan(10);
      expect(refusals).toEqual([]);
      // It changes nothing.
      expect(lab.acts).toEqual([]);
    },
  );

  test.each<[title: string, options: ArmedBoxOptions, word: string]>([
    ['a busy CPU', { box: { behaviour: { cpuPercent: 85 } } }, 'cpu-busy'],
    ['little memory', { box: { behaviour: { freeMemoryPercent: 6 } } }, 'memory-low'],
    ['a console at debugging', { box: { consoleLevel: 'debugging' } }, 'console-logging'],
    ['people on the lines', { box: { vtysTaken: 2 } }, 'lines-short'],
    ['CPU refused by AAA', { box: { behaviour: { refuse: [/^show processes cpu/] } } }, 'cpu-unread'],
    ['lines refused by AAA', { box: { behaviour: { refuse: [/^show line/] } } }, 'lines-unread'],
    ['logging refused by AAA', { box: { behaviour: { refuse: [/^show logging/] } } }, 'logging-unread'],
    ['conditions refused by AAA', { box: { behaviour: { refuse: [/^show crypto debug/] } } }, 'conditions-unread'],
  ])('%s refuses', async (_title, options, word) => {
    const { refusals } = await verdictOf(options);
    expect(refusals).toEqual([word]);
  });

  test("somebody else's debug and condition refuse", async () => {
    lab = await ArmedBox.ready();
    lab.box.console('debug crypto condition peer ipv4 10.9.9.9');
    lab.box.console('debug crypto isakmp');
    const reading = await lab.finish(readPreflight(lab.device, lab.clock, { timeoutMs: 60_000 }));
    const { refusals } = judgePreflight(reading, { plan, ourConditions: [], ourHosts: [] });
    expect(refusals.map(({ word }) => word)).toEqual(['foreign-debugs', 'foreign-conditions']);
  });

  test('what only harms the evidence warns', async () => {
    const { refusals, warnings } = await verdictOf({
      box: {
        trapLevel: 'informational',
        timestamps: { log: 'datetime', debug: 'datetime' },
        rateLimit: { messagesPerSecond: 100 },
        behaviour: { clockMark: '.' },
      },
    });
    expect(refusals).toEqual([]);
    expect(warnings).toEqual([
      'trap-level',
      'no-logging-host',
      'rate-limited',
      'no-msec-stamps',
      'no-sequence-numbers',
      'clock-not-in-sync',
    ]);
  });

  test('session A is down: the line that it will take again is not counted as free', async () => {
    lab = await ArmedBox.ready();
    const { status } = lab.device;
    const down = {
      ...lab.device,
      status: () => {
        const now = status();
        return { ...now, sessions: { ...now.sessions, capture: { ...now.sessions.capture, state: 'backing-off' as const } } };
      },
    };
    const reading = await lab.finish(readPreflight(down, lab.clock, { timeoutMs: 60_000 }));
    expect(reading.freeVtys).toBe(2);
  });

  test.each([
    ['its line is counted once: looked at again when it is through', 3_000, 3],
    ['for longer than that is waited for: to the safe side', Number.POSITIVE_INFINITY, 2],
  ])('session A is just logging in, and holds a line already; %s', async (_title, forMs, free) => {
    lab = await ArmedBox.ready();
    const { status } = lab.device;
    let asked: number | null = null;
    const loggingIn = {
      ...lab.device,
      run: (...[via, command, options]: Parameters<typeof lab.device.run>) => {
        if (command.startsWith('show line')) asked ??= lab.clock.monotonic();
        return lab.device.run(via, command, options);
      },
      status: () => {
        const now = status();
        if (asked !== null && lab.clock.monotonic() - asked > forMs) return now;
        return { ...now, sessions: { ...now.sessions, capture: { ...now.sessions.capture, state: 'connecting' as const } } };
      },
    };
    const reading = await lab.finish(readPreflight(loggingIn, lab.clock, { timeoutMs: 60_000 }));
    expect(reading).toMatchObject({ freeVtys: free, unread: [] });
  });
});

describe('not wanted any more while it goes on', () => {
  const armUntil = async (lines: number) => {
    lab = await ArmedBox.ready();
    const wanted = () => lab.acts.length < lines;
    return await lab.finish(armDevice(lab.device, lab.clock, plan, { timeoutMs: 90_000, wanted }));
  };

  test.each([
    [0, []],
    [1, [`debug crypto condition peer ipv4 ${SPOKE}`]],
    [2, [`debug crypto condition peer ipv4 ${SPOKE}`, 'debug crypto condition peer ipv4 11.1.1.4']],
    [3, [`debug crypto condition peer ipv4 ${SPOKE}`, 'debug crypto condition peer ipv4 11.1.1.4', 'debug crypto isakmp']],
  ])('after %i lines: no further one goes on, and those are off again', async (lines, put) => {
    const attempt = await armUntil(lines);
    expect(attempt).toMatchObject({ result: 'undone', flags: [], detail: expect.stringMatching(/not wanted any more/) });
    expect(lab.acts.slice(0, lines)).toEqual(put);
    expect(lab.acts.slice(lines).every((line) => line.startsWith('no debug'))).toBe(true);
    expect(lab.box.debugsOn()).toEqual([]);
    expect(lab.box.console('show crypto debug-condition')).not.toContain(SPOKE);
  });

  test('nor does the dead-man', async () => {
    lab = await ArmedBox.ready();
    const wanted = () => lab.acts.length < 2;
    const options = { timeoutMs: 90_000, wanted };
    const attempt = await lab.finish(armDevice(lab.device, lab.clock, { ...plan, deadManS: 1_800 }, options));
    expect(attempt.result).toBe('undone');
    expect(lab.acts.join('\n')).not.toContain('applet');
  });
});
