import { describe, expect, test } from 'vitest';
import { noAudit } from '../../agent/device/audit.ts';
import { type DeviceOptions, type DevicePool, openDevice } from '../../agent/device/pool.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { target } from '../support/log-in.ts';
import { ScriptedIos, type ScriptedOptions } from '../support/scripted-ios.ts';

const CLOCK = '.18:22:10.706 UTC Thu Mar 12 2026\n';
const refused = () => new SpitrapError('SSH_AUTH_REFUSED', 'refused');
const unreachable = () => new SpitrapError('SSH_UNREACHABLE', 'no route', { retryable: true });

function pool(
  options: ScriptedOptions = {},
  more: Partial<DeviceOptions> = {},
): { box: ScriptedIos; clock: FakeClock; device: DevicePool } {
  const box = new ScriptedIos({ answer: (command) => (command === 'show clock' ? CLOCK : ''), ...options });
  const clock = new FakeClock();
  const device = openDevice({
    name: 'hub1',
    platform: ciscoIos,
    target,
    enablePassword: null,
    shells: box,
    clock,
    random: fixedRandom,
    audit: noAudit,
    ...more,
  });
  return { box, clock, device };
}

const states = (device: DevicePool) => [device.status().sessions.capture.state, device.status().sessions.control.state];

describe('two held sessions', () => {
  test('connect: both are ready, the host name and the clock are known', async () => {
    const { box, clock, device } = pool();
    const seen: string[] = [];
    device.onChange((status) => seen.push(status.sessions.control.state));
    device.connect();
    await clock.advance(3_000);
    expect(states(device)).toEqual(['ready', 'ready']);
    expect(device.status()).toMatchObject({
      hostname: 'hub',
      refusedLoginsInARow: 0,
      clock: { reading: { mark: '.', year: 2026 } },
    });
    expect(box.openLines).toBe(2);
    expect(seen[0]).toBe('connecting');
  });

  test('a line whose time is up by a timer that fires a fraction early is not typed when the device lets us in again', async () => {
    const clock = new FakeClock();
    const early: FakeClock['timer'] = (name, delayMs, fire) =>
      clock.timer(name, name === 'session wanted' ? Math.max(0, delayMs - 0.4) : delayMs, fire);
    let isShut = true;
    const { box, device } = pool(
      { refuse: () => (isShut ? refused() : null) },
      {
        clock: {
          ...{ bootId: clock.bootId, monotonic: () => clock.monotonic(), wall: () => clock.wall() },
          ...{ timer: early, sleep: (name, delayMs) => new Promise((resolve) => void early(name, delayMs, resolve)) },
        },
      },
    );
    device.connect();
    await clock.advance(60_000);
    let status = '';
    void device.run('control', 'undebug all', { timeoutMs: 8_000, urgent: true }).then((result) => {
      status = result.status;
    });
    await clock.advance(10_000);
    expect(status).toBe('closed');
    isShut = false;
    await clock.advance(600_000);
    expect(box.typed.filter((line) => line.includes('undebug all'))).toEqual([]);
  });

  test('lines of two captures that wait for a device that is gone wait together, each its own time and no longer', async () => {
    const { clock, device } = pool({ refuse: unreachable });
    device.connect();
    const begun = clock.monotonic();
    const ended: string[] = [];
    for (const name of ['first', 'stop'])
      void device.run('capture', 'show version', { timeoutMs: 30_000 }).then((result) => {
        ended.push(`${name} ${result.status} after ${Math.round((clock.monotonic() - begun) / 1_000)} s`);
        expect(result.detail).toBe('SSH_UNREACHABLE: no route (no session within 30s)');
      });
    await clock.advance(31_000);
    expect(ended).toEqual(['first closed after 30 s', 'stop closed after 30 s']);
    await device.close();
  });

  test('a line with less time is answered in its time, also behind one that waits longer for the same session', async () => {
    const { clock, device } = pool({ refuse: unreachable });
    device.connect();
    const begun = clock.monotonic();
    void device.run('capture', 'show version', { timeoutMs: 30_000 });
    let answeredMs: number | null = null;
    const asked = device.run('capture', 'show logging | include 0x1', { timeoutMs: 2_000, first: true });
    void asked.then(() => (answeredMs = clock.monotonic() - begun));
    await clock.advance(2_500);
    expect(answeredMs).toBeLessThanOrEqual(2_100);
    expect(await asked).toMatchObject({
      status: 'closed',
      sentAt: null,
      detail: 'SSH_UNREACHABLE: no route (no session within 2s)',
    });
    await clock.advance(31_000);
    await device.close();
  });

  test('a command that hangs on A holds up nothing on B', async () => {
    const { clock, device } = pool({ answer: (c) => (c === 'show crypto ipsec sa detail' || c === '^C' ? null : '') });
    device.connect();
    await clock.advance(3_000);
    const stuck = device.run('capture', 'show crypto ipsec sa detail', { timeoutMs: 30_000 });
    const behind = device.run('capture', 'show version', { timeoutMs: 1_000 });
    const stop = device.run('control', 'undebug all', { timeoutMs: 8_000, urgent: true });
    await clock.advance(100);
    expect(await stop).toMatchObject({ status: 'ok' });
    await clock.advance(30_000);
    expect(await stuck).toMatchObject({ status: 'timeout' });
    await clock.advance(5_000);
    expect(await behind).toMatchObject({ command: 'show version' });
  });

  test('a stop overtakes the queue and, after a grace, what runs', async () => {
    const { box, clock, device } = pool({ answer: (c) => (c === 'show debugging' ? null : '') });
    device.connect();
    await clock.advance(3_000);
    const reading = device.run('control', 'show debugging', { timeoutMs: 8_000, urgent: true });
    const other = device.run('control', 'show version', { timeoutMs: 8_000 });
    const stop = device.run('control', 'undebug all', { timeoutMs: 8_000, urgent: true });
    await clock.advance(700);
    expect(await reading).toMatchObject({ status: 'timeout', detail: 'interrupted: undebug all had to be sent' });
    expect(await stop).toMatchObject({ status: 'ok' });
    await clock.advance(200);
    expect(await other).toMatchObject({ status: 'ok' });
    expect(box.typed.slice(-2)).toEqual(['undebug all', 'show version']);
  });

  test('a dropped session comes back by itself', async () => {
    const { box, clock, device } = pool();
    device.connect();
    await clock.advance(3_000);
    box.lines[0]!.drop();
    expect(device.status().sessions.control).toMatchObject({
      state: 'backing-off',
      lastError: expect.stringContaining('SSH_CLOSED'),
    });
    await clock.advance(4_000);
    expect(states(device)).toEqual(['ready', 'ready']);
    expect(device.status().sessions.control.lastError).toBeNull();
  });

  test('keepalive: an empty line every 4 min of idleness', async () => {
    const { box, clock, device } = pool();
    device.connect();
    await clock.advance(3_000);
    const before = box.typed.length;
    await clock.advance(9 * 60_000);
    expect(box.typed.slice(before)).toEqual(['', '', '', '']);
  });

  test('close logs out of both; nothing is left waiting', async () => {
    const { box, clock, device } = pool();
    device.connect();
    await clock.advance(3_000);
    const closing = device.close();
    await clock.advance(100);
    await closing;
    expect(box.openLines).toBe(0);
    expect(box.typed.filter((line) => line === 'exit')).toHaveLength(2);
    expect(clock.waiting).toEqual([]);
    expect(await device.run('control', 'undebug all', { timeoutMs: 1_000 })).toMatchObject({ status: 'closed' });
  });

  test('outside the grammar: rejected, no session is opened for it', async () => {
    const { box, device } = pool();
    await expect(device.run('fresh', 'clear crypto sa', { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'COMMAND_OUTSIDE_GRAMMAR',
    });
    expect(box.opens).toBe(0);
  });
});

describe('a fresh session', () => {
  test('serves an errand of two lines with one login, then logs out', async () => {
    const { box, clock, device } = pool();
    const stop = device.run('fresh', 'undebug all', { timeoutMs: 8_000, urgent: true });
    await clock.advance(1_000);
    expect(await stop).toMatchObject({ status: 'ok' });
    const check = device.run('fresh', 'show debugging', { timeoutMs: 8_000, urgent: true });
    await clock.advance(1_000);
    expect(await check).toMatchObject({ status: 'ok' });
    await clock.advance(5_000);
    expect(box.opens).toBe(1);
    expect(box.openLines).toBe(0);
  });
});

describe('logins', () => {
  test('unreachable: tried again with backoff, never counted as refused; the line says why it was not sent', async () => {
    const { box, clock, device } = pool({ refuse: unreachable });
    device.connect();
    const run = device.run('control', 'show clock', { timeoutMs: 5_000 });
    await clock.advance(5_000);
    expect(await run).toMatchObject({
      status: 'closed',
      sentAt: null,
      detail: expect.stringContaining('SSH_UNREACHABLE: no route'),
    });
    await clock.advance(10 * 60_000);
    expect(box.opens).toBeGreaterThan(20);
    expect(device.status().refusedLoginsInARow).toBe(0);
  });

  test('refused three times: one attempt every 5 min, and one more for a stop', async () => {
    const { box, clock, device } = pool({ refuse: refused });
    device.connect();
    await clock.advance(60_000);
    expect(device.status().refusedLoginsInARow).toBe(3);
    expect(box.opens).toBe(3);
    await clock.advance(10 * 60_000);
    expect(box.opens).toBeGreaterThanOrEqual(4);
    expect(box.opens).toBeLessThanOrEqual(5);
    const before = box.opens;
    const stop = device.run('control', 'undebug all', { timeoutMs: 8_000, urgent: true });
    await clock.advance(8_000);
    expect(await stop).toMatchObject({ status: 'closed', detail: expect.stringContaining('SSH_AUTH_REFUSED') });
    expect(box.opens).toBe(before + 1);
    await expect(device.openSession('terminal-monitor', () => {})).rejects.toMatchObject({
      code: 'LOGIN_BACKOFF',
      retryable: true,
    });
  });

  test('the right password after a refusal: the count starts again', async () => {
    let wrong = 2;
    const { clock, device } = pool({ refuse: () => (wrong-- > 0 ? refused() : null) });
    device.connect();
    await clock.advance(20_000);
    expect(states(device)).toEqual(['ready', 'ready']);
    expect(device.status().refusedLoginsInARow).toBe(0);
  });
});

describe('a stop on a session that is at work', () => {
  const stop = 'undebug all';
  /** Says nothing to this one line, nor to the `^C` after it. */
  const silent: ScriptedOptions = { answer: (command) => (command === 'show processes cpu' || command === '^C' ? null : '') };

  test('waits for the prompt of a starved router, which a new login would not get sooner', async () => {
    const { box, clock, device } = pool(silent);
    device.connect();
    await clock.advance(3_000);
    const opens = box.opens;
    const control = box.lines[0]!;
    const show = device.run('control', 'show processes cpu', { timeoutMs: 10_000 });
    await clock.advance(1_000);
    const stopping = device.run('control', stop, { timeoutMs: 8_000, urgent: true });
    await clock.advance(3_500);
    control.release('');
    await clock.advance(1_000);
    expect(await show).toMatchObject({ status: 'timeout', detail: expect.stringContaining('interrupted') });
    expect(await stopping).toMatchObject({ status: 'ok' });
    expect(box.opens).toBe(opens);
  });

  test('a session that hangs for good is ended in time for the next attempt, on a fresh one', async () => {
    const { box, clock, device } = pool(silent);
    device.connect();
    await clock.advance(3_000);
    const show = device.run('control', 'show processes cpu', { timeoutMs: 10_000 });
    await clock.advance(1_000);
    const stopping = device.run('control', stop, { timeoutMs: 8_000, urgent: true });
    await clock.advance(5_100);
    expect((await show).status).toBe('timeout');
    expect(await stopping).toMatchObject({ status: 'closed', sentAt: null });
    const again = device.run('fresh', stop, { timeoutMs: 8_000, urgent: true });
    await clock.advance(2_000);
    expect(await again).toMatchObject({ status: 'ok' });
    expect(box.typed).toContain(stop);
  });

  test('an errand in configuration mode gives way: nothing of it is typed behind the stop', async () => {
    const { deadMan } = ciscoIos.arming;
    const { box, clock, device } = pool({
      answer: (command, line) => {
        if (command === '^C' || command === 'end') line.mode = '';
        if (command === 'configure terminal') line.mode = '(config)';
        return command.startsWith('event timer') ? null : '';
      },
    });
    device.connect();
    await clock.advance(3_000);
    const errand = device.configure('control', deadMan.set(600), { timeoutMs: 30_000 });
    await clock.advance(1_000);
    const stopping = device.run('control', stop, { timeoutMs: 8_000, urgent: true });
    await clock.advance(8_000);
    expect(await errand).toMatchObject({ status: 'timeout', detail: expect.stringContaining('interrupted') });
    expect(await stopping).toMatchObject({ status: 'ok' });
    expect(box.typed.slice(box.typed.indexOf(stop))).toEqual([stop]);
    expect(box.typed.some((line) => line.startsWith('action'))).toBe(false);
  });

  test('one that still waits is not typed before the stop is verified', async () => {
    const { deadMan } = ciscoIos.arming;
    const { box, clock, device } = pool({ answer: (command) => (command === 'show processes cpu' ? null : '') });
    device.connect();
    await clock.advance(3_000);
    const options = { timeoutMs: 30_000 };
    const show = device.run('control', 'show processes cpu', options);
    const errand = device.configure('control', deadMan.set(600), options);
    await clock.advance(1_000);
    const stopping = device.run('control', stop, { timeoutMs: 8_000, urgent: true });
    const given = { status: 'closed', sentAt: null, detail: 'a stop had to be sent first' };
    expect(await errand).toMatchObject(given);
    expect(await device.configure('control', deadMan.set(600), options)).toMatchObject(given);
    await clock.advance(8_000);
    expect(await show).toMatchObject({ status: 'timeout' });
    expect(await stopping).toMatchObject({ status: 'ok' });
    expect(box.typed).not.toContain('configure terminal');
  });

  test('a line of no grammar for configuration mode is refused before anything is sent', async () => {
    const { device } = pool();
    const options = { timeoutMs: 1_000 };
    await expect(device.configure('control', ['no logging console'], options)).rejects.toMatchObject({
      code: 'COMMAND_OUTSIDE_GRAMMAR',
    });
  });
});
