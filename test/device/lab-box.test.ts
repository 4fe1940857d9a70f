/** The device room against the lab's simulated head-ends over real SSH on loopback: two programs that share no code about what IOS says. */
import { afterEach, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { noAudit } from '../../agent/device/audit.ts';
import { type DevicePool, openDevice } from '../../agent/device/pool.ts';
import { sshShells } from '../../agent/device/transport.ts';
import { armDevice } from '../../agent/effects/arm-debugs.ts';
import { disarmDevice } from '../../agent/effects/disarm-debugs.ts';
import { readPreflight } from '../../agent/effects/preflight.ts';
import type { BoxBehaviour } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { startSshServer } from '../../agent/lab/ssh-server.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { fixedRandom } from '../support/fixed-random.ts';

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

async function lab(platform: 'cisco-ios' | 'cisco-iosxe', behaviour: Partial<BoxBehaviour> = {}) {
  const clock = createClock();
  const box = {
    platform,
    clock,
    seed: 7,
    enableSecret: 'lab-enable',
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
    behaviour,
  };
  const pair = createLabPair(
    { ...box, hostname: 'hub', cryptoAddress: '213.163.222.7' },
    { ...box, hostname: 'spoke', cryptoAddress: '11.1.1.3', seed: 8 },
  );
  pair.start();
  cleanup.push(() => pair.close());
  const server = await startSshServer({
    box: pair.hub,
    clock,
    listen: { address: '127.0.0.1', port: 0 },
    users: [{ user: 'spitrap', password: 'pw' }],
    legacy: platform === 'cisco-ios',
  });
  cleanup.push(() => server.close());
  const device: DevicePool = openDevice({
    name: 'hub',
    platform: platformNamed(platform)!,
    target: {
      ...server.local,
      user: 'spitrap',
      password: 'pw',
      hostKeys: [server.hostKeyFingerprint],
      legacy: platform === 'cisco-ios',
      keepaliveMs: 0,
    },
    enablePassword: 'lab-enable',
    shells: sshShells(clock),
    clock,
    random: fixedRandom,
    audit: noAudit,
  });
  cleanup.push(() => device.close());
  return { pair, device };
}

test.each(['cisco-ios', 'cisco-iosxe'] as const)(
  '%s: every line of the capture plan has output that our parsers read whole',
  async (name) => {
    const { device } = await lab(name);
    const { platform } = device;
    const outputs = new Map<string, string>();
    for (const { command } of platform.capturePlan('first', { peers: ['11.1.1.3'], maxUnscopedSas: 200 })) {
      const result = await device.run('capture', command, { timeoutMs: 10_000 });
      expect(result, command).toMatchObject({ status: 'ok', detail: null });
      outputs.set(command, result.output);
    }
    const { parsers } = platform;
    const sas = parsers.ipsecSas(outputs.get('show crypto ipsec sa peer 11.1.1.3 detail')!);
    expect(sas.unread).toEqual([]);
    expect(sas.value.flatMap((ident) => ident.sas).length).toBeGreaterThan(1);
    expect(sas.value[0]!.peer).toBe('11.1.1.3');
    for (const [parse, command] of [
      [parsers.saCount, 'show crypto isakmp sa'],
      [parsers.saCount, 'show crypto ikev2 sa'],
      [parsers.conditions, 'show crypto debug-condition'],
      [parsers.clock, 'show clock'],
      [parsers.cpu, 'show processes cpu | include CPU utilization'],
      [parsers.debugging, 'show debugging'],
    ] as const) {
      expect(parse(outputs.get(command)!).unread, command).toEqual([]);
    }
    expect(device.status()).toMatchObject({ hostname: 'hub', clock: { reading: { zone: expect.any(String) } } });
  },
  30_000,
);

test('the stop: debugs that are on are read, turned off and read off again, with pages and preambles in the way', async () => {
  const { pair, device } = await lab('cisco-ios', { refuseTerminalSettings: true, promptTimestamp: true });
  pair.hub.console('debug crypto isakmp');
  const read = async () => {
    const result = await device.run('control', device.platform.showDebugging, { timeoutMs: 8_000, urgent: true });
    expect(result.status).toBe('ok');
    return device.platform.parsers.debugging(result.output);
  };
  const on = await read();
  expect(on.unread).toEqual([]);
  expect(on.value.some((flag) => flag.crypto)).toBe(true);
  expect(await device.run('control', device.platform.debugOff.all, { timeoutMs: 8_000, urgent: true })).toMatchObject({
    status: 'ok',
  });
  expect(pair.hub.debugsOn()).toEqual([]);
  expect(await read()).toEqual({ value: [], unread: [] });
  const long = await device.run('capture', 'show logging', { timeoutMs: 10_000 });
  expect(long.status).toBe('ok');
  expect(long.output).not.toContain('More');
  expect(device.platform.parsers.logging(long.output).value.bufferLevel).not.toBeNull();
}, 30_000);

test('arming with a dead-man and disarming, over real SSH, with pages and preambles in the way', async () => {
  const { pair, device } = await lab('cisco-ios', { refuseTerminalSettings: true, promptTimestamp: true });
  const clock = createClock();
  device.connect();
  const reading = await readPreflight(device, clock, { timeoutMs: 60_000 });
  expect(reading.unread).toEqual([]);
  const plan = { conditions: ['11.1.1.3'], debugs: ['isakmp', 'ipsec'] as const, deadManS: 1_800 };
  expect(await armDevice(device, clock, plan, { timeoutMs: 90_000 })).toMatchObject({ result: 'armed', deadMan: true });
  expect(pair.hub.debugsOn()).toHaveLength(2);
  expect(pair.hub.console('show event manager policy registered')).toContain('spitrap-deadman');
  const order = { via: 'control' as const, ...plan, deadMan: true, all: false, timeoutMs: 60_000 };
  expect(await disarmDevice(device, clock, order)).toMatchObject({ debugs: 'off', conditions: 'removed', deadMan: 'removed' });
  expect(pair.hub.debugsOn()).toEqual([]);
  expect(pair.hub.console('show event manager policy registered')).not.toContain('spitrap-deadman');
}, 60_000);
