/** agent/effects/device-lines.ts: one deadline over many lines, and nothing taken for read that was not understood. */
import { describe, expect, test } from 'vitest';
import { armDevice } from '../../agent/effects/arm-debugs.ts';
import { DeviceLines, said } from '../../agent/effects/device-lines.ts';
import { disarmDevice } from '../../agent/effects/disarm-debugs.ts';
import { readPreflight } from '../../agent/effects/preflight.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Answer, FakeDevice } from '../support/fake-device.ts';

const OFF = 'Crypto conditional debug currently is turned OFF\n';

function lines(answer: (command: string) => Answer = () => '', timeoutMs = 20_000) {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  device.answer = answer;
  return { clock, device, lines: new DeviceLines(device, clock, 'control', timeoutMs) };
}

describe('time', () => {
  test('a line gets eight seconds at most, and never more than is left of all', async () => {
    const { clock, device, lines: asked } = lines();
    await asked.run('show clock');
    await clock.advance(15_000);
    await asked.run('show clock');
    expect(device.sent.map(({ options }) => options.timeoutMs)).toEqual([8_000, 5_000]);
    await clock.advance(5_000);
    expect(await asked.run('show clock')).toMatchObject({ status: 'skipped', detail: 'no time left', sentAt: null });
    expect(await asked.configure(['x'])).toMatchObject({ status: 'skipped' });
    expect(device.sent).toHaveLength(2);
  });

  test.each([
    ['a pre-flight', (device: FakeDevice, clock: FakeClock) => readPreflight(device, clock, { timeoutMs: 60_000 }), 60_000],
    [
      'an arming',
      (device: FakeDevice, clock: FakeClock) =>
        armDevice(device, clock, { conditions: ['11.1.1.3'], debugs: ['isakmp'], deadManS: 60 }, { timeoutMs: 90_000 }),
      90_000,
    ],
    [
      'a disarm',
      (device: FakeDevice, clock: FakeClock) =>
        disarmDevice(device, clock, {
          via: 'control',
          debugs: ['isakmp', 'ipsec'],
          conditions: ['11.1.1.3'],
          deadMan: true,
          all: false,
          timeoutMs: 60_000,
        }),
      60_000,
    ],
  ] as const)('%s on a device that never answers ends in its time', async (_title, work, mostMs) => {
    const clock = new FakeClock();
    const device = new FakeDevice(clock);
    device.answer = () => ({ status: 'timeout', detail: 'no prompt' });
    const slow = device.run.bind(device);
    device.run = async (session, command, options) => {
      await clock.sleep('device', options.timeoutMs);
      return await slow(session, command, options);
    };
    const from = clock.monotonic();
    let endedAt: number | null = null;
    const ended = work(device, clock).finally(() => {
      endedAt = clock.monotonic();
    });
    await clock.advance(mostMs + 1_000);
    await ended;
    expect(endedAt! - from).toBeLessThanOrEqual(mostMs);
  });
});

describe('what is taken for read', () => {
  test('debugs and conditions, whole', async () => {
    const { lines: asked } = lines((command) => (command === 'show debugging' ? '' : OFF));
    expect(await asked.debugs()).toEqual({ value: [], why: null });
    expect((await asked.conditions()).value).toMatchObject({ conditional: false, filters: [] });
  });

  test.each<[title: string, answer: Answer, why: RegExp]>([
    ['refused', { status: 'refused', detail: '% Authorization failed.' }, /refused \(% Authorization failed\.\)/],
    ['cut off', { status: 'timeout', detail: 'no prompt', output: 'Crypto' }, /timeout/],
    ['a line that nobody knows', 'Frobnication: 42 % odd !\n', /line not understood: "Frobnication/],
  ])('%s: nothing', async (_title, answer, why) => {
    const { lines: asked } = lines(() => answer);
    expect(await asked.debugs()).toMatchObject({ value: null, why: expect.stringMatching(why) });
    expect(await asked.conditions()).toMatchObject({ value: null, why: expect.stringMatching(why) });
  });

  test('conditions that say nothing at all', async () => {
    expect(await lines().lines.conditions()).toMatchObject({ value: null, why: expect.stringContaining('did not say') });
  });
});

describe('complaints', () => {
  const complaint = async (answer: Answer) => {
    const { lines: asked } = lines(() => answer);
    return asked.complaint(await asked.run('debug crypto isakmp'));
  };

  test.each<[title: string, answer: Answer, expected: RegExp | null]>([
    ['taken', 'Crypto ISAKMP debugging is on\n', null],
    ['a log message in between', '*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured\nCrypto ISAKMP debugging is on\n', null],
    ['refused', { status: 'refused', detail: '% Authorization failed.' }, /Authorization failed/],
    ['a percent sign of its own kind', '% Maximum number of conditions reached\n', /Maximum number/],
    ['a question', 'This condition is the last\nProceed with removal? [yes/no]: \nno\n', /asked "Proceed with removal/],
    ['nobody knows what', { status: 'timeout', detail: 'no prompt' }, /timeout/],
  ])('%s', async (_title, answer, expected) => {
    if (expected === null) expect(await complaint(answer)).toBeNull();
    else expect(await complaint(answer)).toMatch(expected);
  });

  test('what the device said is escaped and bounded', async () => {
    const told = (await complaint({ status: 'refused', detail: `% bad\x1b]0;x\x07${'y'.repeat(10_000)}` })) ?? '';
    expect(told).not.toMatch(/[\x00-\x1f]/);
    expect(told.length).toBeLessThan(400);
    const { lines: asked } = lines(() => ({ status: 'closed', detail: null }));
    expect(said(await asked.run('show clock'))).toBe('show clock: closed');
  });

  test('a line outside the grammar is a result, not a throw', async () => {
    const { device, lines: asked } = lines();
    device.run = () => Promise.reject(new Error('COMMAND_OUTSIDE_GRAMMAR'));
    expect(await asked.run('reload')).toMatchObject({ status: 'skipped', sentAt: null });
  });
});
