/** agent/effects/stop-debugs.ts: one attempt to turn debugs off, and what it may claim afterwards. */
import { describe, expect, test } from 'vitest';
import type { SessionStatus } from '../../agent/device/device.ts';
import { type AttemptOrder, attemptStop, readDebugs } from '../../agent/effects/stop-debugs.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Answer, FakeDevice } from '../support/fake-device.ts';

type SessionState = SessionStatus['state'];

const ISAKMP = { text: 'Crypto ISAKMP debugging', crypto: true };
const IPSEC = { text: 'Crypto IPSEC debugging', crypto: true };
const OSPF = { text: 'OSPF adjacency debugging', crypto: false };
const showing = (...flags: string[]) =>
  flags.length === 0 ? '' : `Cryptographic Subsystem:\n${flags.map((flag) => `  ${flag} is on\n`).join('')}`;

const order = (change: Partial<AttemptOrder> = {}): AttemptOrder => ({
  kind: 'attempt-stop',
  incident: '01KKHMKS72E6R0P2GJR4R8GCJ9',
  attempt: 0,
  via: 'control',
  only: null,
  expectOff: [ISAKMP, IPSEC],
  own: null,
  timeoutMs: 8_000,
  ...change,
});

async function attempt(answers: Record<string, Answer>, change: Partial<AttemptOrder> = {}) {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  device.answer = (command) => answers[command] ?? '';
  return { outcome: await attemptStop(device, clock, order(change)), device };
}

describe('one attempt', () => {
  test.each<[title: string, answers: Record<string, Answer>, result: string, detail: RegExp]>([
    ['off, and read back off', { 'undebug all': 'All possible debugging has been turned off' }, 'verified', /none of them is on/],
    ['one flag of t0 is still on', { 'show debugging': showing('Crypto IPSEC debugging') }, 'still-on', /Crypto IPSEC debugging/],
    [
      'refused by AAA',
      {
        'undebug all': { status: 'refused', detail: '% Authorization failed.' },
        'show debugging': showing('Crypto ISAKMP debugging'),
      },
      'still-on',
      /Authorization failed/,
    ],
    [
      'show debugging is refused',
      { 'show debugging': { status: 'refused', detail: '% Authorization failed.' } },
      'unreadable',
      /refused/,
    ],
    ['show debugging is cut off', { 'show debugging': { status: 'timeout', output: 'Cryptographic' } }, 'unreadable', /timeout/],
    [
      'a line of show debugging is not understood',
      { 'show debugging': 'Frobnication Subsystem:\n  something 42 % odd !\n' },
      'unreadable',
      /not understood/,
    ],
    [
      'no session could be had',
      { 'undebug all': { status: 'closed', detail: 'SSH_UNREACHABLE: no route', sent: false } },
      'not-sent',
      /SSH_UNREACHABLE/,
    ],
  ])('%s', async (_title, answers, result, detail) => {
    const { outcome } = await attempt(answers);
    expect(outcome.result).toBe(result);
    expect(outcome.detail).toMatch(detail);
    expect(outcome.sentAt === null).toBe(result === 'not-sent');
  });

  test.each<[via: AttemptOrder['via'], control: SessionState, capture: SessionState, by: string]>([
    ['control', 'backing-off', 'ready', 'capture'],
    ['control', 'connecting', 'busy', 'capture'],
    ['control', 'busy', 'ready', 'control'],
    ['control', 'backing-off', 'connecting', 'control'],
    ['capture', 'ready', 'closed', 'control'],
    ['capture', 'ready', 'ready', 'capture'],
    ['fresh', 'ready', 'ready', 'fresh'],
    ['fresh', 'closed', 'ready', 'fresh'],
  ])('asked of %s, with control %s and capture %s: on %s, and said so', async (via, control, capture, by) => {
    const clock = new FakeClock();
    const device = new FakeDevice(clock);
    Object.assign(device.states, { control, capture });
    expect((await attemptStop(device, clock, order({ via }))).via).toBe(by);
    expect(device.commands).toEqual([`${by}: undebug all`, `${by}: show debugging`]);
  });

  test.each<[title: string, off: Answer, readMs: number | null]>([
    ['a session that answers after 5 s has as long again to be read', '', 8_000],
    ['one that refuses it so late too', { status: 'refused', detail: '% Authorization failed.' }, 8_000],
    ['one that did not answer has what is left', { status: 'timeout' }, 3_000],
  ])('%s', async (_title, off, readMs) => {
    const clock = new FakeClock();
    const device = new FakeDevice(clock);
    device.answer = async (command) => {
      if (command !== 'undebug all') return '';
      await clock.advance(5_000);
      return off;
    };
    await attemptStop(device, clock, order());
    expect(device.sent.map(({ command, options }) => [command, options.timeoutMs])).toEqual([
      ['undebug all', 8_000],
      ['show debugging', readMs],
    ]);
  });

  test('a debug that appeared since t0 is recorded and not held against the stop', async () => {
    const { outcome } = await attempt({ 'show debugging': showing('OSPF adjacency debugging') });
    expect(outcome).toMatchObject({ result: 'verified', appeared: [OSPF.text] });
  });

  test('when t0 could not be read, nothing at all may be on', async () => {
    const { outcome } = await attempt({ 'show debugging': showing('OSPF adjacency debugging') }, { expectOff: null });
    expect(outcome.result).toBe('still-on');
  });

  test('everything goes over the session that the machine named, urgently', async () => {
    const { device } = await attempt({}, { via: 'fresh' });
    expect(device.commands).toEqual(['fresh: undebug all', 'fresh: show debugging']);
    expect(device.sent.every((line) => line.options.urgent === true)).toBe(true);
  });

  test.each<[title: string, before: Answer, sent: string[]]>([
    [
      'both are on: both are turned off, one by one',
      showing('Crypto ISAKMP debugging', 'Crypto IPSEC debugging'),
      ['no debug crypto isakmp', 'no debug crypto ipsec', 'show debugging'],
    ],
    [
      'one is on: that one',
      showing('Crypto IPSEC debugging', 'IP packet debugging'),
      ['no debug crypto ipsec', 'show debugging'],
    ],
    ['none of them is on, but somebody else has begun: nothing is sent', showing('IP packet debugging'), []],
    ['nothing at all is on: nothing is sent', '', []],
    [
      'not readable: ours go off on trust',
      { status: 'refused', detail: '% Authorization failed.' },
      ['no debug crypto isakmp', 'no debug crypto ipsec', 'show debugging'],
    ],
  ])('after a stale restart it reads first; %s', async (_title, before, sent) => {
    const { device } = await attempt({ 'show debugging': before }, { only: [ISAKMP, IPSEC] });
    expect(device.commands).toEqual(['show debugging', ...sent].map((command) => `control: ${command}`));
  });

  test('an off line that the grammar refuses is said, and keeps no other debug on', async () => {
    const clock = new FakeClock();
    const device = new FakeDevice(clock);
    device.answer = (command) => {
      if (command === 'no debug crypto isakmp') throw new SpitrapError('COMMAND_OUTSIDE_GRAMMAR', 'not a line of ours');
      return command === 'show debugging' ? showing('Crypto ISAKMP debugging', 'Crypto IPSEC debugging') : '';
    };
    const outcome = await attemptStop(device, clock, order({ only: [ISAKMP, IPSEC] }));
    expect(device.commands).toContain('control: no debug crypto ipsec');
    expect(outcome).toMatchObject({ result: 'still-on', detail: expect.stringContaining('not a line of ours') });
  });

  test('when the off line was sent and the session broke, a lost session is no claim', async () => {
    const { outcome } = await attempt({
      'undebug all': { status: 'closed', detail: 'SSH_CLOSED' },
      'show debugging': { status: 'closed', detail: 'SSH_CLOSED', sent: false },
    });
    expect(outcome.result).toBe('unreadable');
    expect(outcome.sentAt).not.toBeNull();
  });
});

test('readDebugs with no time left asks nothing', async () => {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  expect((await readDebugs(device, 'control', { timeoutMs: 0 })).flags).toBeNull();
  expect(device.sent).toEqual([]);
});
