/** agent/effects/corroborate.ts: does the device bear out a line that somebody could have forged? */
import { describe, expect, test } from 'vitest';
import { type CorroborateOrder, Corroborator } from '../../agent/effects/corroborate.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Answer, FakeDevice } from '../support/fake-device.ts';

const order: CorroborateOrder = {
  kind: 'corroborate',
  incident: '01KKHMKS72E6R0P2GJR4R8GCJ9',
  flow: { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 },
  spiAsReceived: '0x68842105',
  timeoutMs: 2_000,
};
const MESSAGE =
  "*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3";
const buffer = (level: string, ...lines: string[]): string =>
  `Syslog logging: enabled (0 messages dropped, 0 flushes, 0 overruns, xml disabled, filtering disabled)\n    Console logging: disabled\n    Monitor logging: level debugging, 0 messages logged\n    Buffer logging:  ${level}, 2 messages logged, xml disabled\n\nLog Buffer (8192 bytes):\n\n${lines.join('\n')}\n`;
const OLD = '*Mar 12 17:00:00.000: %SYS-5-CONFIG_I: Configured from console by console';
const RECENT = '*Mar 12 18:22:09.000: %LINK-3-UPDOWN: Interface Tunnel0, changed state to up';

async function ask(filtered: Answer, whole: Answer, reading?: { text: string; localMs: number; zone: string }) {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  device.answer = (command) => (command.includes('|') ? filtered : whole);
  if (reading) device.reading = { reading: { ...reading, year: 2026, mark: '*' }, at: clock.monotonic(), wall: clock.wall() };
  return { ...(await new Corroborator(device, clock).ask(order)), commands: device.commands };
}

describe('corroborate', () => {
  test('found by the filter: one command, on session A', async () => {
    const { result, commands } = await ask(MESSAGE, '');
    expect(result).toBe('found');
    expect(commands).toEqual(['capture: show logging | include 0x68842105']);
  });

  test.each<[title: string, filtered: Answer, whole: Answer, result: string]>([
    ['found in the whole buffer', '', buffer('level debugging', OLD, MESSAGE), 'found'],
    ['a buffer that reaches back an hour lacks it', '', buffer('level debugging', OLD, RECENT), 'absent'],
    [
      'a debug line with that SPI is not the message',
      '*Mar 12 18:22:10.706: ISAKMP: deleting spi 0x68842105(1753489669)',
      buffer('level debugging', OLD, RECENT),
      'absent',
    ],
    [
      'another SPI that begins alike is not it',
      MESSAGE.replace('0x68842105(', '0x688421051('),
      buffer('level debugging', OLD, RECENT),
      'absent',
    ],
    ['the buffer keeps errors only', '', buffer('level errors', OLD, RECENT), 'undecided'],
    ['the buffer is off', '', buffer('disabled'), 'undecided'],
    ['the buffer is empty', '', buffer('level debugging'), 'undecided'],
    ['the buffer begins seconds ago', '', buffer('level debugging', RECENT, RECENT), 'undecided'],
    ['the command is refused', { status: 'refused', detail: '% Authorization failed.' }, '', 'undecided'],
    ['the command times out', { status: 'timeout' }, '', 'undecided'],
    ['the whole buffer is refused', '', { status: 'refused' }, 'undecided'],
  ])('%s: %s', async (_title, filtered, whole, result) => {
    expect((await ask(filtered, whole)).result).toBe(result);
  });

  test('a quiet buffer with one old line is judged by the device clock, set or not', async () => {
    const now = Date.UTC(2026, 2, 12, 18, 22, 12);
    expect((await ask('', buffer('level debugging', OLD), { text: '', localMs: now, zone: 'UTC' })).result).toBe('absent');
    expect((await ask('', buffer('level debugging', RECENT), { text: '', localMs: now, zone: 'UTC' })).result).toBe('undecided');
    // Stamps without a zone may be UTC while the clock is not: an hour off must not make an honest message absent.
    expect((await ask('', buffer('level debugging', OLD), { text: '', localMs: now, zone: 'CET' })).result).toBe('undecided');
  });
});

test('a thousand questions at once cost the device three commands, and the true one among them is found', async () => {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  device.answer = (command) => (command.includes('|') ? '' : buffer('level debugging', OLD, MESSAGE));
  const corroborator = new Corroborator(device, clock);
  const forged = (n: number): CorroborateOrder => ({ ...order, spiAsReceived: `0x${(0x1000_0000 + n).toString(16)}` });
  const answers = await Promise.all([
    ...Array.from({ length: 999 }, (_, n) => corroborator.ask(forged(n))),
    corroborator.ask(order),
  ]);
  expect(device.sent).toHaveLength(3);
  expect(answers.filter((answer) => answer.result === 'absent')).toHaveLength(999);
  expect(answers.at(-1)?.result).toBe('found');
});

test('a session that is busy with a line that hangs: undecided in the time of two looks, and the next question is asked', async () => {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  const run = device.run.bind(device);
  let isStuck = true;
  device.run = (...line: Parameters<typeof run>) => (isStuck ? new Promise(() => {}) : run(...line));
  const corroborator = new Corroborator(device, clock);
  const stuck = corroborator.ask(order);
  await clock.advance(3_999);
  const next = corroborator.ask(order);
  isStuck = false;
  device.answer = () => MESSAGE;
  await clock.advance(1);
  expect(await stuck).toEqual({
    result: 'undecided',
    detail: 'no answer within 4s: the session is busy with another line',
  });
  await clock.advance(100);
  expect((await next).result).toBe('found');
});
