/** agent/arm-watch.ts: when it asks the device, what it counts, whom it tells, and when the lease may be renewed. */
import { afterEach, describe, expect, test } from 'vitest';
import { ArmWatch } from '../../agent/arm-watch.ts';
import { armDevice } from '../../agent/effects/arm-debugs.ts';
import { ArmedBox, SPOKE } from '../support/armed-box.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Answer, FakeDevice } from '../support/fake-device.ts';

const CPU = 'show processes cpu | include CPU utilization';
const MEMORY = 'show processes memory | include Processor Pool';
const cpu = (five: number) => `CPU utilization for five seconds: ${five}%/1%; one minute: 3%; five minutes: 3%\n`;
const memory = (free: number) => `Processor Pool Total: 1000 Used: ${1000 - free} Free: ${free}\n`;

function watching(answers: { cpu?: () => Answer | Promise<Answer>; memory?: () => Answer } = {}) {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  device.answer = (command) => (command === CPU ? (answers.cpu?.() ?? cpu(5)) : (answers.memory?.() ?? memory(600)));
  const told: string[] = [];
  const state = { quiet: false };
  const onTrip = (trip: string, detail: string) => told.push(`${trip}: ${detail}`);
  const watch = new ArmWatch({ device, clock, onTrip, quiet: () => state.quiet });
  watch.start();
  const asked = (command: string) => device.sent.filter((line) => line.command === command).length;
  return { clock, device, watch, told, state, asked };
}
const lines = (count: number, line = '*Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA\n') => Buffer.from(line.repeat(count));

describe('asks', () => {
  test('the CPU at once and every 5 s, the memory every 30 s, on session B, never urgently', async () => {
    const { clock, device, asked } = watching();
    await clock.advance(59_900);
    expect(asked(CPU)).toBe(12);
    expect(asked(MEMORY)).toBe(2);
    expect(new Set(device.sent.map(({ session }) => session))).toEqual(new Set(['control']));
    expect(device.sent.some(({ options }) => options.urgent === true || options.first === true)).toBe(false);
  });

  test('nothing in the quiet time of a stop, and that is not held against the device', async () => {
    const { clock, state, asked, told } = watching();
    await clock.advance(1_000);
    state.quiet = true;
    await clock.advance(40_000);
    expect(asked(CPU)).toBe(1);
    state.quiet = false;
    await clock.advance(10_000);
    expect(asked(CPU)).toBe(3);
    expect(told).toEqual([]);
  });

  test('not again while the last answer is awaited', async () => {
    let release: (answer: Answer) => void = () => {};
    const { clock, asked } = watching({ cpu: () => new Promise<Answer>((resolve) => (release = resolve)) });
    await clock.advance(20_000);
    expect(asked(CPU)).toBe(1);
    release(cpu(5));
    await clock.advance(5_000);
    expect(asked(CPU)).toBe(2);
  });

  test('nothing after it was stopped; no timer is left', async () => {
    const { clock, watch, asked } = watching();
    await clock.advance(6_000);
    watch.stop();
    await clock.advance(60_000);
    expect(asked(CPU)).toBe(2);
    expect(clock.waiting).toEqual([]);
    expect(watch.isOn).toBe(false);
  });

  test('an answer that comes after a new start belongs to the old one', async () => {
    let release: (answer: Answer) => void = () => {};
    let first = true;
    const { clock, watch } = watching({
      cpu: () => {
        if (!first) return cpu(5);
        first = false;
        return new Promise<Answer>((resolve) => (release = resolve));
      },
    });
    await clock.advance(1_000);
    watch.start();
    await clock.advance(1_000);
    release(cpu(99));
    await clock.advance(1_000);
    expect(watch.last.cpu?.fiveSeconds).toBe(5);
  });
});

describe('tells, once', () => {
  test('a busy CPU, after three samples', async () => {
    const { clock, told, watch } = watching({ cpu: () => cpu(99) });
    await clock.advance(9_900);
    expect(told).toEqual([]);
    await clock.advance(60_000);
    expect(told).toEqual(['cpu: the CPU was at 99%, 99%, 99% in 3 samples in a row (the bound is 80%)']);
    expect(watch.tripped?.trip).toBe('cpu');
  });

  test('memory that is nearly gone, at the next sample', async () => {
    const { clock, told } = watching({ memory: () => memory(99) });
    await clock.advance(1_000);
    expect(told).toEqual(['memory: 9.9% of the processor memory is free (the bound is 10%)']);
  });

  test('a CPU that cannot be read for 60 s', async () => {
    const { clock, told } = watching({ cpu: () => ({ status: 'timeout' }) });
    await clock.advance(59_000);
    expect(told).toEqual([]);
    await clock.advance(6_000);
    expect(told).toEqual([expect.stringMatching(/^cpu-unreadable: the CPU could not be read for 1m/)]);
  });

  test('a flood of debug lines within a second; messages are none', async () => {
    const { clock, told, watch } = watching();
    await clock.advance(1_000);
    watch.noteBytes(lines(5_000, '*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured\n'));
    watch.noteBytes(lines(2_000));
    await clock.advance(1_000);
    expect(told).toEqual([]);
    expect(watch.last).toMatchObject({ debugLinesPerSecond: 2_000, debugLines: 2_000 });
    watch.noteBytes(lines(2_001));
    await clock.advance(1_000);
    expect(told).toEqual([expect.stringMatching(/^debug-rate: the device sent 2001 debug lines a second/)]);
  });

  test('lines that come while it is off count for nothing', async () => {
    const { clock, told, watch } = watching();
    watch.stop();
    watch.noteBytes(lines(90_000));
    watch.start();
    await clock.advance(2_000);
    expect(told).toEqual([]);
  });

  test('a new start is told anew', async () => {
    const { clock, told, watch } = watching({ memory: () => memory(10) });
    await clock.advance(1_000);
    watch.start();
    expect(watch.tripped).toBeNull();
    await clock.advance(1_000);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^memory: /);
  });
});

describe('healthy', () => {
  test('from the first good sample on, for 15 s', async () => {
    let answer: Answer = cpu(79);
    const { clock, watch } = watching({ cpu: () => answer });
    expect(watch.healthy()).toBe(false);
    await clock.advance(100);
    expect(watch.healthy()).toBe(true);
    answer = { status: 'timeout' };
    await clock.advance(14_800);
    expect(watch.healthy()).toBe(true);
    await clock.advance(200);
    expect(watch.healthy()).toBe(false);
  });

  test('not with a busy CPU, nor after a trip, nor when it is off, nor without session B', async () => {
    const busy = watching({ cpu: () => cpu(80) });
    await busy.clock.advance(100);
    expect(busy.watch.healthy()).toBe(false);

    const tripped = watching({ memory: () => memory(1) });
    await tripped.clock.advance(100);
    expect(tripped.watch.healthy()).toBe(false);

    const off = watching();
    await off.clock.advance(100);
    off.watch.stop();
    expect(off.watch.healthy()).toBe(false);

    const down = watching();
    await down.clock.advance(100);
    const { status } = down.device;
    down.device.status = () => {
      const now = status.call(down.device);
      return { ...now, sessions: { ...now.sessions, control: { ...now.sessions.control, state: 'backing-off' } } };
    };
    expect(down.watch.healthy()).toBe(false);
  });
});

describe('on a simulated router', () => {
  let lab: ArmedBox | null = null;
  afterEach(async () => {
    await lab?.close();
    lab = null;
  });

  async function armed(options: ConstructorParameters<typeof ArmedBox>[0] = {}) {
    lab = await ArmedBox.ready(options);
    const plan = { conditions: [SPOKE], debugs: ['isakmp', 'ipsec'] as const, deadManS: null };
    expect(await lab.finish(armDevice(lab.device, lab.clock, plan, { timeoutMs: 90_000 }))).toMatchObject({ result: 'armed' });
    const told: string[] = [];
    const onTrip = (trip: string) => told.push(trip);
    const watch = new ArmWatch({ device: lab.device, clock: lab.clock, onTrip, quiet: () => false });
    watch.start();
    return { lab, watch, told };
  }

  test('armed with its conditions it stays well', async () => {
    const { lab: box, watch, told } = await armed();
    await box.clock.advance(120_000);
    expect(told).toEqual([]);
    expect(watch.healthy()).toBe(true);
    watch.stop();
  });

  test("somebody's reset of the conditions floods it: the CPU trips the breaker while the box still answers", async () => {
    const { lab: box, watch, told } = await armed();
    await box.clock.advance(10_000);
    box.box.console('debug crypto condition reset');
    await box.clock.advance(75_000);
    expect(told).toHaveLength(1);
    expect(['cpu', 'cpu-unreadable']).toContain(told[0]);
    expect(watch.healthy()).toBe(false);
    watch.stop();
  });
});
