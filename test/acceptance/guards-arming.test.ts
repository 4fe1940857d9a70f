/**
 * The wrecks that arming can make of a router, and the guard that keeps each away. In every test a person types at one box, over SSH, what
 * people type, and wrecks it; its twin has the built agent, and is well. The boxes are the truth. In virtual time: test/sim/arming-guards.test.ts.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { SshPerson } from '../support/ssh-person.ts';
import { bothOf, CONDITION, TwinBoxes, type TwinOptions, until } from '../support/twin-boxes.ts';

const WRECKED = 95;
const WELL = 50;
const ARMED = [CONDITION, 'debug crypto isakmp', 'debug crypto ipsec'];
const COLLEAGUES = '203.0.113.77';
const COLLEAGUES_CONDITION = `debug crypto condition peer ipv4 ${COLLEAGUES}`;
/** Their debug, under their own condition. */
const COLLEAGUES_WORK = [COLLEAGUES_CONDITION, 'debug crypto ikev2'];
const COLLEAGUES_DEBUG = 'IKEv2 default debugging is on';

let twins: TwinBoxes;
afterEach(() => twins.close());

type Half = () => Promise<unknown>;

/** Both halves at the same time, so that neither waits for the other's physics. `before`: what both boxes are found with. */
async function play(options: TwinOptions, naive: Half, guarded: Half, before: readonly string[] = []): Promise<void> {
  twins = await TwinBoxes.boxes(options);
  twins.both((box) => before.map((line) => box.console(line)));
  await bothOf(naive(), twins.startAgent().then(guarded));
}

const types = async (...lines: string[]): Promise<string> => await (await twins.login()).types(...lines);
const naiveCpuIsGone = () => until('the naive box has nothing left', () => twins.naive.box.cpuPercent() > WRECKED);

/** What `spitrap arm` says, on one line. Nothing may have been turned on. */
async function refusal(): Promise<string> {
  const { code, stdout, stderr } = await twins.spitrap('arm');
  expect(twins.guarded.acts).toEqual([]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/ARM_REFUSED/);
  return stderr.replaceAll(/\s+/g, ' ');
}

async function arms(): Promise<string> {
  const { code, stdout, stderr } = await twins.spitrap('arm');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('the order', () => {
  test('debugs before their condition: all tunnels are debugged, the CPU is gone. The agent: the condition first, read back, then the debugs', async () => {
    // Each line takes its time: long enough for a debug without a condition to be heard.
    await play(
      { box: { behaviour: { thinkMs: 100 } } },
      async () => {
        await types('debug crypto isakmp');
        await naiveCpuIsGone();
      },
      async () => {
        const said = await arms();
        expect(said).toContain('armed: Crypto ISAKMP debugging, Crypto IPSEC debugging');
        expect(said.replaceAll(/\s+/g, ' ')).toMatch(
          /warning: none of [\d.]+ is a logging host of the device: .*; enter there: logging host/,
        );
        expect(twins.guarded.debugLines).toBe(0);
      },
    );
    const { naive, guarded } = twins;
    expect(naive.debugLines).toBeGreaterThan(300);
    expect(guarded.acts).toEqual(ARMED);
    const typed = guarded.box.commandLog.map(({ expanded }) => expanded);
    const readBack = typed.indexOf('show crypto debug-condition', typed.indexOf(CONDITION));
    expect(readBack).toBeGreaterThan(typed.indexOf(CONDITION));
    expect(typed.indexOf('debug crypto isakmp')).toBeGreaterThan(readBack);
    guarded.pair.repair();
    await until('its peer is heard', () => guarded.debugLines > 10);
    expect(guarded.mostCpuPercent).toBeLessThan(WELL);
  });

  test('a condition that AAA refuses midway: whoever goes on floods the box. The agent undoes what it had done, and says what was refused', async () => {
    const second = 'debug crypto condition peer ipv4 203.0.113.9';
    await play(
      { box: { behaviour: { refuse: [/ 203\.0\.113\.9$/] } }, arming: '{ conditions: [11.1.1.3, 203.0.113.9] }' },
      async () => {
        expect(await types(second)).toContain('% Authorization failed.');
        await types('debug crypto isakmp');
        await naiveCpuIsGone();
      },
      async () => {
        const { code, stderr } = await twins.spitrap('arm');
        expect(twins.guarded.acts).toEqual([CONDITION, second, `no ${CONDITION}`]);
        expect(code).toBe(1);
        expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/ARM_REFUSED.* 203\.0\.113\.9.*Authorization failed.*is off again/);
      },
    );
    expect(twins.guarded.has('11.1.1.3')).toBe(false);
    expect(twins.guarded.mostCpuPercent).toBeLessThan(WELL);
  });
});

describe('what the router is in', () => {
  test('a console that logs at debugging: one rekey hangs the box, for good. The agent refuses, with the line to enter, and arms once it is entered', async () => {
    await play(
      { box: { consoleLevel: 'debugging' } },
      () => types(...ARMED),
      async () => {
        expect(await refusal()).toMatch(
          /the console logs at level debugging: .* can hang the router; enter there: no logging console/,
        );
        expect(twins.guarded.box.configure(['no logging console'])).toEqual([]);
        await arms();
      },
    );
    const { naive, guarded } = twins;
    twins.both((_box, pair) => pair.repair());
    await until('the naive box hangs', () => naive.box.isHung());
    await until('the rekey is heard', () => guarded.debugLines > 10);
    expect(guarded.debugs).toHaveLength(2);
    expect(guarded.box.isHung()).toBe(false);
  });

  test('a busy CPU: what one peer in trouble says takes the rest of it. The agent refuses, with the figures', async () => {
    await play(
      { box: { behaviour: { cpuPercent: 80, peerDebugLinesPerSecond: 60 } } },
      async () => {
        await types(...ARMED);
        await naiveCpuIsGone();
      },
      async () =>
        expect(await refusal()).toContain(
          'the CPU is at 80% over one minute and 80% over five seconds; debugs are turned on below 50% and 70%',
        ),
    );
    expect(twins.guarded.mostCpuPercent).toBeLessThan(85);
  });

  test('little memory left: soon nobody can log in to turn it off. The agent refuses, with the figure', async () => {
    await play(
      { box: { behaviour: { freeMemoryPercent: 8, peerDebugLinesPerSecond: 300 }, floodMemoryPercentPerSecond: 2 } },
      async () => {
        await types(...ARMED);
        await until('the memory is gone', () => twins.naive.box.freeMemoryPercent() < 3);
        await expect(twins.login()).rejects.toThrow(/Low on memory/);
        expect(twins.naive.debugs).toHaveLength(2);
      },
      async () => expect(await refusal()).toContain('8% of the processor memory is free; debugs are turned on from 10% on'),
    );
    expect(twins.guarded.box.freeMemoryPercent()).toBeGreaterThan(7);
    await (await SshPerson.at(twins.solo.ssh)).leaves();
  });

  test('VTY lines: debugs are on, and no line is left for the person who has to turn them off. The agent refuses, with the count', async () => {
    await play(
      { box: { vtysTaken: 2 } },
      async () => {
        const [tool] = await Promise.all([twins.login(), twins.login(), twins.login()]);
        await tool.types(...ARMED);
        await expect(twins.login()).rejects.toThrow(/ECONNRESET|closed/);
        expect(twins.naive.debugs).toHaveLength(2);
      },
      async () => expect(await refusal()).toMatch(/\b1\b[^;]*; 2 [^;]*left to people while debugs are on/),
    );
    await (await SshPerson.at(twins.solo.ssh)).leaves();
    expect(twins.guarded.debugs).toEqual([]);
  });
});

describe("a colleague's work", () => {
  test('their crypto debug: `undebug all` at the stop ends it too. The agent arms nothing over it, says whose is in the way, and its stop leaves it on', async () => {
    await play(
      { arm: 'always' },
      async () => {
        await types(...ARMED, 'undebug all');
        expect(twins.naive.debugs).toEqual([]);
      },
      async () => {
        const { text, remedy } = await twins.alarm('arm-refused');
        expect(text).toMatch(/^hub1 \([\d.]+\) is not armed: somebody is debugging already: IKEv2 default debugging/);
        expect(remedy).toContain('spitrap check');
        twins.guarded.pair.desync();
        await until('the incident is over', async () => (await twins.solo.status()).incidents[0]?.phase === 'sealed');
      },
      COLLEAGUES_WORK,
    );
    expect(twins.guarded.acts).toEqual([]);
    expect(twins.guarded.debugs).toEqual([COLLEAGUES_DEBUG]);
  });

  test('their condition: `reset` takes it away, and their next debug floods the box. The agent refuses, names it, and leaves it', async () => {
    await play(
      {},
      () => types(...ARMED, 'undebug all', 'debug crypto condition reset'),
      async () =>
        expect(await refusal()).toMatch(/somebody has set crypto debug conditions: .* 203\.0\.113\.77; they are left alone/),
      [COLLEAGUES_CONDITION],
    );
    twins.both((box) => box.console('debug crypto ikev2'));
    await naiveCpuIsGone();
    expect(twins.guarded.has(COLLEAGUES)).toBe(true);
    expect(twins.guarded.mostCpuPercent).toBeLessThan(WELL);
  });

  test('what AAA lets nobody see: a debug that is not shown is ended with the rest. The agent does not guess: it refuses, with what came back', async () => {
    await play(
      { box: { behaviour: { refuse: [/^show debugging/, /^show crypto debug-condition/] } } },
      async () => {
        expect(await types('show debugging')).toContain('% Authorization failed.');
        await types(...ARMED, 'undebug all');
        expect(twins.naive.debugs).toEqual([]);
      },
      async () => {
        const said = await refusal();
        expect(said).toMatch(/what is being debugged could not be read: .*show debugging.*Authorization failed/);
        expect(said).toMatch(
          /the crypto debug conditions could not be read: .*show crypto debug-condition.*Authorization failed/,
        );
      },
      COLLEAGUES_WORK,
    );
    expect(twins.guarded.debugs).toEqual([COLLEAGUES_DEBUG]);
    expect(twins.guarded.has(COLLEAGUES)).toBe(true);
  });
});
