/**
 * The wrecks that debugs make of a router once they are on, and what ends them in time: in every test a person is at one box, over SSH, as
 * people are, and wrecks it; its twin has the built agent, and is well. The boxes are the truth. What takes minutes is in virtual time.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { addresses, SimPair } from '../sim/sim-pair.ts';
import { ForwardClock } from '../support/forward-clock.ts';
import { bothOf, CONDITION, TwinBoxes, type TwinOptions, until } from '../support/twin-boxes.ts';

const WRECKED = 95;
const WELL = 50;
const ARMED = [CONDITION, 'debug crypto isakmp', 'debug crypto ipsec'];
const OURS_OFF = ['no debug crypto isakmp', 'no debug crypto ipsec'];
const MINUTE = 60_000;

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function boxesWith(options: TwinOptions): Promise<TwinBoxes> {
  const twins = await TwinBoxes.boxes(options);
  closes.push(() => twins.close());
  return twins;
}

/** Debugs are on at both boxes, under their condition: typed at one, armed at the other. */
async function armedTwins(options: TwinOptions = {}): Promise<TwinBoxes> {
  const twins = await boxesWith(options);
  const { naive, guarded } = twins;
  const byAgent = async (): Promise<unknown> => {
    await twins.startAgent();
    if (options.arm !== 'always') return await twins.spitrap('arm');
    return await until('it is armed', async () => (await twins.solo.status()).arming.state === 'armed');
  };
  await bothOf(
    twins.login().then((person) => person.types(...ARMED)),
    byAgent(),
  );
  for (const end of [naive, guarded]) expect([end.acts, end.debugs.length]).toEqual([ARMED, 2]);
  return twins;
}

const arming = async (twins: TwinBoxes) => (await twins.solo.status()).arming;

describe('the way off', () => {
  test("the last condition goes while a colleague's debug is on: a flood. The agent: its debugs off, verified; the condition stays, with an alarm that says what to type when", async () => {
    const twins = await armedTwins();
    const { naive, guarded } = twins;
    twins.both((box) => box.console('debug crypto ikev2'));
    await bothOf(
      (async () => {
        await (await twins.login()).types(...OURS_OFF, `no ${CONDITION}`);
        await until('the naive box has nothing left', () => naive.box.cpuPercent() > WRECKED);
      })(),
      (async () => {
        const { stdout } = await twins.spitrap('disarm');
        expect(stdout).toContain('11.1.1.3');
        const { text, remedy } = await twins.alarm('conditions-left');
        expect(text).toMatch(/conditions of ours are left on hub1 .*somebody's debug is on: IKEv2 default debugging/);
        expect(remedy).toBe(`when no crypto debug is on there: no ${CONDITION}`);
      })(),
    );
    expect(guarded.debugs).toEqual(['IKEv2 default debugging is on']);
    expect(guarded.has('11.1.1.3')).toBe(true);
    expect(guarded.acts).toEqual([...ARMED, ...OURS_OFF]);
    expect(guarded.mostCpuPercent).toBeLessThan(WELL);

    guarded.box.console('no debug crypto ikev2');
    await until('the condition is gone', () => !guarded.has('11.1.1.3'));
    expect(guarded.acts.at(-1)).toBe(`no ${CONDITION}`);
  });

  test("Note A's `undebug all` ends a colleague's debug with the rest. `stop: own` ends what the agent armed, by name, and then its condition", async () => {
    const twins = await armedTwins({ arm: 'always' });
    const { naive, guarded } = twins;
    twins.both((box, pair) => {
      box.console('debug nhrp');
      pair.desync();
    });
    await (await twins.login()).types('undebug all');
    expect(naive.debugs).toEqual([]);
    await until('the condition is gone too', () => !guarded.has('11.1.1.3'));
    expect(guarded.debugs).toEqual(['NHRP protocol debugging is on']);
    expect(guarded.acts).toEqual([...ARMED, ...OURS_OFF, `no ${CONDITION}`]);
    expect((await twins.solo.status()).incidents[0]).toMatchObject({ debugsOff: 'verified' });
  });

  test('whoever leaves, leaves debugs on. The agent that ends takes its own with it', async () => {
    const twins = await boxesWith({});
    await bothOf(
      (async () => {
        const person = await twins.login();
        await person.types(...ARMED);
        await person.leaves();
      })(),
      (async () => {
        await twins.startAgent();
        await twins.spitrap('arm');
        expect(twins.guarded.debugs).toHaveLength(2);
        expect(await twins.solo.endOf()).toBe('exit code 0');
      })(),
    );
    expect(twins.naive.debugs).toHaveLength(2);
    expect(twins.guarded.debugs).toEqual([]);
    expect(twins.guarded.has('11.1.1.3')).toBe(false);
  });
});

describe('the breaker', () => {
  test('a peer in trouble takes the CPU: for as long as nobody looks. The breaker reads it thrice and ends the debugs; it alarms, and never arms again by itself', async () => {
    // A starved box takes seconds for a line; hello reads what is on, and each second is more often than anybody lets it.
    const twins = await armedTwins({ arm: 'always', hello: '20s' });
    const { naive, guarded } = twins;
    twins.both((box) => box.behave({ peerDebugLinesPerSecond: 400 }));
    await until('both boxes have nothing left', () => naive.box.cpuPercent() > WRECKED && guarded.box.cpuPercent() > WRECKED);
    await until('the debugs end', () => guarded.debugs.length === 0, 30_000);
    await until('the box is well again', () => guarded.box.cpuPercent() < WELL);
    const { text, remedy } = await twins.alarm('armed-ended');
    expect(text).toMatch(
      /^the breaker ended the debugs on hub1 .*: the CPU was at \d+%, \d+%, \d+% in 3 samples in a row \(the bound is 80%\)\. It does not arm again/,
    );
    expect(remedy).toMatch(/then: spitrap arm$/);
    await until('it is disarmed', async () => (await arming(twins)).state === 'disarmed');
    expect(await arming(twins)).toMatchObject({ blocked: 'breaker', armInMs: null });
    expect(guarded.has('11.1.1.3')).toBe(false);
    expect(naive.box.cpuPercent()).toBeGreaterThan(WRECKED);
    expect(naive.debugs).toHaveLength(2);
  });

  test('2,500 debug lines a second: they have pushed everything else out of the log buffer. The breaker ends them, with the figure', async () => {
    const twins = await armedTwins({ arm: 'always', box: { debugLinesAtFullCpu: 50_000 } });
    const { naive, guarded } = twins;
    const buffered = (box: typeof naive.box): boolean => box.console('show logging | include SYS-5-CONFIG_I') !== '';
    twins.both((box) => {
      box.configure(['logging buffered 512000']);
      expect(buffered(box)).toBe(true);
      box.behave({ peerDebugLinesPerSecond: 2_500 });
    });
    await until('the debugs end', () => guarded.debugs.length === 0, 20_000);
    const { text } = await twins.alarm('armed-ended');
    const perSecond = /the device sent (\d+) debug lines a second \(the bound is 2000\)/.exec(text)?.[1];
    expect(Number(perSecond)).toBeGreaterThan(2_000);
    const atTheEnd = guarded.debugLines;
    await until('the naive box has sent far more', () => naive.debugLines > guarded.debugLines + 10_000);
    expect(buffered(naive.box)).toBe(false);
    expect(guarded.debugLines).toBe(atTheEnd);
    expect(await arming(twins)).toMatchObject({ blocked: 'breaker' });
  });

  test('in virtual time: lines that the CPU can not print eat the memory, until nobody can log in. The breaker ends the debugs under 10 %', async () => {
    const sim = new SimPair({ box: ofBoth({ floodMemoryPercentPerSecond: 7 }) });
    closes.push(() => sim.stop());
    await sim.start(['hub']);
    for (const line of [`debug crypto condition peer ipv4 ${addresses.hub.crypto}`, ...ARMED.slice(1)])
      sim.boxes.spoke.console(line);
    const arming = sim.stations.hub.handlers!.arm({ pair: false, leaseMs: null, who: 'ops' });
    await sim.clock.advance(10_000);
    expect((await arming).state).toBe('armed');
    // Short of the next reading of the memory, so that three of the CPU have no time to come first.
    const readings = sim.received('hub', 'show processes memory | include Processor Pool');
    await sim.clock.advance(readings.at(-1)! + 30_000 - 8_000 - sim.clock.monotonic());
    for (const box of [sim.boxes.hub, sim.boxes.spoke]) box.behave({ peerDebugLinesPerSecond: 300 });
    await sim.clock.advance(25_000);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(sim.alarms('hub').join('\n')).toMatch(
      /the breaker ended the debugs on hub .*: [\d.]+% of the processor memory is free/,
    );
    await sim.clock.advance(10_000);
    expect(sim.boxes.hub.freeMemoryPercent()).toBeGreaterThan(10);
    expect(sim.boxes.spoke.debugsOn()).toHaveLength(2);
    let greeting = '';
    sim.boxes.spoke.connectVty('198.51.100.9')!.onOutput((text) => {
      greeting += text;
    });
    await sim.clock.advance(5_000);
    expect(greeting).toContain('Low on memory');
  });
});

describe('an agent that is gone', () => {
  test('killed -9 while armed: without a dead-man the debugs are on for good, and `arm` had said so. The dead-man on the router ends them', async () => {
    const hub = async (arming: string) => {
      const clock = new ForwardClock();
      const twins = await boxesWith({ arming, box: { clock } });
      await twins.startAgent();
      const { stdout } = await twins.spitrap('arm');
      expect(twins.guarded.debugs).toHaveLength(2);
      await twins.solo.killAgent();
      expect(twins.guarded.debugs).toHaveLength(2);
      // Minutes of the router, not of the test.
      clock.forward(7 * MINUTE);
      return { twins, said: stdout.replaceAll(/\s+/g, ' ') };
    };
    const [bare, sound] = await Promise.all([hub('{ lease: 3m }'), hub('{ lease: 3m, deadMan: true }')]);
    expect(bare.said).toContain('no dead-man on the router: were this agent and its host gone, nothing would turn them off');
    expect(sound.said).toContain('dead-man on the router: undebug all in 6m without us');
    await until('the applet has ended them', () => sound.twins.guarded.debugs.length === 0);
    expect(sound.twins.guarded.box.appletRuns.map(({ applet, event }) => [applet, event])).toEqual([
      ['spitrap-deadman', 'timer countdown'],
    ]);
    expect(bare.twins.guarded.debugs).toHaveLength(2);
  });

  test("in virtual time: the peer's agent is gone, and its debugs stay on. This one says where to log in and what to type, and its own end with the lease", async () => {
    const armed = (config: Config): Config => ({
      ...config,
      arm: 'always',
      arming: { ...config.arming, leaseMs: 5 * MINUTE },
      stop: { ...config.stop, mode: 'own' },
    });
    const sim = new SimPair({ config: ofBoth(armed) });
    closes.push(() => sim.stop());
    await sim.start();
    await sim.clock.advance(2 * MINUTE);
    expect([sim.boxes.hub, sim.boxes.spoke].map((box) => box.debugsOn().length)).toEqual([2, 2]);
    await sim.kill('spoke');
    await sim.clock.advance(10 * MINUTE);
    expect(sim.boxes.spoke.debugsOn()).toHaveLength(2);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    const alarms = sim.alarms('hub').join('\n');
    expect(alarms).toMatch(/the lease of hub .* was not renewed/);
    expect(alarms).toMatch(/spoke had debugs on and has not been heard .*log in to the device of spoke .* and type: undebug all/);
  });
});

const ofBoth = <T>(what: T) => ({ hub: what, spoke: what });
