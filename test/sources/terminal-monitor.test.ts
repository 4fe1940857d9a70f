import { describe, expect, test } from 'vitest';
import { noAudit } from '../../agent/device/audit.ts';
import { openDevice } from '../../agent/device/pool.ts';
import type { World } from '../../agent/ports.ts';
import { terminalMonitor } from '../../agent/sources/terminal-monitor.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { LineChunk, Observation, SourceState } from '../../shared/model/observation.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { target } from '../support/log-in.ts';
import { ScriptedIos, type ScriptedOptions } from '../support/scripted-ios.ts';

const EVENT =
  "*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3";
const DEBUGS = 'Cryptographic Subsystem:\n  Crypto ISAKMP debugging is on\n';

async function open(options: ScriptedOptions = {}) {
  const box = new ScriptedIos({ answer: () => '', ...options });
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
  });
  const seen: Observation[] = [];
  const world = { clock, random: fixedRandom } as unknown as World;
  const source = await terminalMonitor.open(
    'tm',
    { kind: 'terminal-monitor', name: 'tm' },
    { world, device, emit: (observation) => seen.push(observation) },
  );
  await clock.advance(3_000);
  const states = () =>
    seen.filter((observation): observation is SourceState => observation.kind === 'source-state').map((state) => state.state);
  const lines = () => seen.filter((observation): observation is LineChunk => observation.kind === 'lines');
  return { box, clock, source, seen, states, lines };
}

const text = (chunks: readonly LineChunk[]) => chunks.map((chunk) => chunk.bytes.toString('utf8'));

describe('terminal-monitor', () => {
  test('what the device logs comes as connected lines, without prompts and echoes', async () => {
    const { box, clock, lines, states } = await open();
    expect(box.typed.slice(-2)).toEqual(['show debugging', 'terminal monitor']);
    box.last.say(`\r\n${EVENT}\r\nhub#${EVENT}\r\nhub#`);
    await clock.advance(1_000);
    expect(text(lines())).toEqual([`${EVENT}\n`, `${EVENT}\n`]);
    expect(lines()[0]).toMatchObject({ source: 'tm', trust: 'connected', from: '192.0.2.1', backlog: false });
    expect(states()).toEqual(['open']);
  });

  test('a keepalive every 4 min makes no line; one without a line end comes after a moment', async () => {
    const { box, clock, lines } = await open();
    await clock.advance(5 * 60_000);
    expect(box.typed.at(-1)).toBe('');
    box.last.say(`\r\n${EVENT}`);
    await clock.advance(1_000);
    expect(text(lines())).toEqual([`${EVENT}\n`]);
  });

  test('an interruption is told, it comes back, and a burst that repeats is backlog', async () => {
    const { box, clock, lines, states } = await open();
    box.last.say(`\r\n${EVENT}\r\n`);
    await clock.advance(1_000);
    box.last.drop();
    await clock.advance(100);
    expect(states()).toEqual(['open', 'interrupted']);
    await clock.advance(2_400);
    expect(states()).toEqual(['open', 'interrupted', 'open']);
    box.last.say(`\r\n${EVENT}\r\n${EVENT.replace('18:22:10', '18:23:10')}\r\n`);
    await clock.advance(1_000);
    expect(lines().map((line) => line.backlog)).toEqual([false, true, false]);
  });

  test('debugs are turned on while it listens: told to look again, it gives its line back and stays off until they are off', async () => {
    let debugs = '';
    const monitor = '    Monitor logging: level debugging, 0 messages logged, xml disabled,\n';
    const answer = (command: string) =>
      command === 'show debugging' ? debugs : command.startsWith('show logging') ? monitor : '';
    const { box, clock, source, states } = await open({ answer });
    debugs = DEBUGS;
    await source.lookAgain();
    await clock.advance(5_000);
    expect(states()).toEqual(['open', 'interrupted', 'interrupted']);
    expect(box.typed.filter((command) => command === 'terminal monitor')).toHaveLength(1);
    debugs = '';
    await clock.advance(40_000);
    expect(states().at(-1)).toBe('open');
    expect(box.typed.filter((command) => command === 'terminal monitor')).toHaveLength(2);
  });

  test('not turned on while debugs are on, unless the monitor level keeps them away; asked again later', async () => {
    let debugs = DEBUGS;
    let monitor = '    Monitor logging: level debugging, 0 messages logged, xml disabled,\n';
    const answer = (command: string) =>
      command === 'show debugging' ? debugs : command.startsWith('show logging') ? monitor : '';
    const { box, clock, seen, states } = await open({ answer });
    expect(box.typed).not.toContain('terminal monitor');
    expect(seen[0]).toMatchObject({
      kind: 'source-state',
      state: 'interrupted',
      detail: expect.stringContaining('debugs are on'),
    });
    await clock.advance(60_000);
    expect(states()).toEqual(['interrupted']);
    monitor = '    Monitor logging: level warnings, 0 messages logged, xml disabled,\n';
    await clock.advance(31_000);
    expect(states()).toEqual(['interrupted', 'open']);
    debugs = '';
    expect(box.typed.filter((line) => line === 'terminal monitor')).toHaveLength(1);
  });

  test('an unreachable device: told once, tried again with backoff', async () => {
    let down = true;
    const { box, clock, states } = await open({
      refuse: () => (down ? new SpitrapError('SSH_UNREACHABLE', 'no route', { retryable: true }) : null),
    });
    await clock.advance(30_000);
    expect(states()).toEqual(['interrupted']);
    expect(box.opens).toBeGreaterThan(3);
    down = false;
    await clock.advance(60_000);
    expect(states()).toEqual(['interrupted', 'open']);
  });

  test('close: terminal no monitor, logout, nothing left', async () => {
    const { box, clock, source, states } = await open();
    const closing = source.close();
    await clock.advance(5_000);
    await closing;
    expect(box.typed.slice(-2)).toEqual(['terminal no monitor', 'exit']);
    expect(box.openLines).toBe(0);
    expect(states()).toEqual(['open', 'closed']);
    expect(clock.waiting).toEqual([]);
  });
});

test('closed while it logs in: the line is given back', async () => {
  const box = new ScriptedIos({ answer: () => '' });
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
  });
  const world = { clock, random: fixedRandom } as unknown as World;
  const source = await terminalMonitor.open('tm', { kind: 'terminal-monitor', name: 'tm' }, { world, device, emit: () => {} });
  await clock.advance(50);
  expect(box.openLines).toBe(1);
  const closing = source.close();
  await clock.advance(5_000);
  await closing;
  expect(box.openLines).toBe(0);
  expect(box.typed).not.toContain('terminal monitor');
  expect(clock.waiting).toEqual([]);
});
