/** Incidents whose line, device, disk or budget does not play along: debugs still end, or a person is told (pair-protocol.md, its promises). */

import { describe, expect, test } from 'vitest';
import { timing } from '../../shared/coordinate/timing.ts';
import { doneBits } from '../../shared/wire/signal.ts';
import {
  at,
  attempted,
  CRYPTO,
  captured,
  debugsRead,
  done,
  find,
  flowOf,
  hubRules,
  id,
  run,
  sighting,
  spokeRules,
  stop,
  timer,
} from './given.ts';
import { closedAt, pairOf } from './pair.ts';

describe('a line that anybody could have sent', () => {
  const spoofable = { spoofable: true } as const;

  test('found: the alert waits for it, the planned stop does not move', () => {
    const { world, hub, spoke, see } = pairOf();
    see(0, spoofable);
    world.runUntil(60_000);
    expect(hub.whenDid('corroborate')).toEqual([0]);
    expect(hub.whenDid('alert')).toEqual([100]);
    expect([hub.whenDid('attempt-stop'), spoke.whenDid('attempt-stop')]).toEqual([[18_000], [18_000]]);
  });

  test('absent: captured and alarmed, no signal, no stop, and the peer that it names is not silenced', () => {
    const { world, hub, spoke, see } = pairOf();
    hub.corroboration = 'absent';
    see(0, spoofable);
    world.runUntil(60_000);
    expect([hub.of('alert'), hub.of('signal-stop'), hub.of('attempt-stop'), spoke.inputs]).toEqual([[], [], [], []]);
    expect(hub.of('capture').length).toBeGreaterThan(0);
    expect(hub.book.alarms).toMatchObject([{ key: `uncorroborated:${id(1)}` }]);
    expect(closedAt(hub).outcome).toEqual({ kind: 'partial', reasons: ['not-corroborated'] });
    // The true event, by a connection, half a minute later.
    hub.input(sighting({ id: id(2), flow: flowOf(7) }));
    world.runUntil(120_000);
    expect(hub.of('attempt-stop')).toHaveLength(1);
  });

  test('undecided goes on, marked', () => {
    const { world, hub, see } = pairOf();
    hub.corroboration = 'undecided';
    see(0, spoofable);
    world.runUntil(1_000);
    expect(hub.book.incidents[0]?.flows[0]?.corroboration).toBe('undecided');
    world.runUntil(60_000);
    expect(hub.of('attempt-stop')).toHaveLength(1);
  });

  test('an answer that never comes holds the stop for three seconds, no longer', () => {
    const { world, hub, see } = pairOf();
    hub.corroboration = 'never';
    see(0, spoofable);
    world.runUntil(60_000);
    expect(hub.whenDid('attempt-stop')).toEqual([21_000]);
    expect(hub.whenDid('signal-stop')).toEqual([21_000]);
  });

  test('a thousand such lines may wait for their answer; the next causes nothing until it comes again and there is room', () => {
    const { world, hub, see } = pairOf();
    hub.corroboration = 'never';
    const most = timing.corroborationsMax;
    for (let n = 0; n <= most; n++) see(n, { ...spoofable, flow: flowOf(n), id: id(n + 1) });
    world.runUntil(2_000);
    expect(hub.of('corroborate')).toHaveLength(most);
    const last = () => hub.book.incidents[0]?.flows.at(-1)?.corroboration;
    expect(last()).toBe('over-limit');
    hub.input({ kind: 'corroborated', incident: id(1), flow: flowOf(0), result: 'absent', detail: '' });
    see(50, { ...spoofable, flow: flowOf(most), id: id(1) });
    world.runUntil(2_100);
    expect(last()).toBe('pending');
    expect(hub.of('corroborate')).toHaveLength(most + 1);
  });

  test('an answer that comes after the stop of another flow still tells the peers of its own', () => {
    const { world, hub, see } = pairOf();
    hub.corroboration = 'never';
    see(0);
    see(17_950, { ...spoofable, id: id(2), flow: flowOf(2, '11.1.1.4'), peers: ['spoke2'] });
    world.runUntil(18_500);
    expect(hub.of('signal-stop').map(({ peers }) => peers)).toEqual([['spoke1']]);
    hub.input({ kind: 'corroborated', incident: id(1), flow: flowOf(2, '11.1.1.4'), result: 'found', detail: '' });
    expect(hub.of('signal-stop').map(({ peers }) => peers)).toEqual([['spoke1'], ['spoke2']]);
  });
});

describe('a device that does not obey', () => {
  test('B, a fresh session, A, once more in the bound, the alarm at 30 s, then every 30 s until verified', () => {
    const { world, hub, see } = pairOf();
    hub.attempt = () => 'still-on';
    see(0);
    world.runUntil(18_000 + 95_000);
    expect(hub.of('attempt-stop').map(({ via }) => via)).toEqual(['control', 'fresh', 'capture', 'control', 'fresh', 'capture']);
    expect(hub.whenDid('attempt-stop').slice(3)).toEqual([42_000, 72_200, 102_400]);
    expect(hub.whenDid('alarm-raised')).toEqual([48_000]);
    expect(hub.book.alarms).toMatchObject([{ key: `stop:${id(1)}`, remedy: 'log in to box (192.0.2.1) and type: undebug all' }]);
    hub.attempt = () => 'verified';
    world.runUntil(200_000);
    expect(hub.book.alarms).toEqual([]);
    expect(hub.debugs).toEqual([]);
  });

  test('three timeouts of 8 s fit the bound', () => {
    const { world, hub, see } = pairOf();
    hub.attempt = () => 'unreadable';
    see(0);
    world.runUntil(18_000 + 31_000);
    expect(hub.whenDid('attempt-stop')).toEqual([18_000, 26_000, 34_000]);
    expect(hub.whenDid('alarm-raised')).toEqual([48_000]);
  });

  test('an attempt that never comes back does not end the ladder', () => {
    const { world, hub, see } = pairOf();
    hub.attempt = ({ attempt }) => (attempt < 2 ? null : 'verified');
    see(0);
    world.runUntil(18_000 + 29_000);
    expect(hub.whenDid('attempt-stop')).toEqual([18_000, 27_000, 36_000]);
    expect(hub.debugs).toEqual([]);
    expect(hub.book.alarms).toEqual([]);
  });

  test('an acknowledged alarm ends the attempts', () => {
    const { world, hub, see } = pairOf();
    hub.attempt = () => 'not-sent';
    see(0);
    world.runUntil(60_000);
    const alarm = hub.book.alarms.find(({ key }) => key.startsWith('stop:'));
    hub.input({ kind: 'acknowledge', alarm: alarm!.id });
    const before = hub.of('attempt-stop').length;
    world.runUntil(400_000);
    expect(hub.of('attempt-stop')).toHaveLength(before);
    expect(hub.book.incidents).toEqual([]);
  });

  test('verified after the seal: an addendum, and the signaller is told once more', () => {
    const { world, hub, spoke, see } = pairOf();
    spoke.attempt = () => 'still-on';
    see(0);
    world.runUntil(140_000);
    expect(closedAt(hub).outcome.reasons).toContain('peer-not-verified-off:spoke1');
    expect(hub.book.alarms).toMatchObject([{ key: `peer-stop:spoke1:${id(1)}` }]);
    spoke.attempt = () => 'verified';
    world.runUntil(200_000);
    expect(spoke.of('addendum').map(({ what }) => what['kind'])).toEqual(['verified-off']);
    expect(spoke.of('signal-done').map(({ keys }) => keys['off'])).toEqual(['failed', 'verified']);
    expect(hub.book.alarms).toEqual([]);
  });

  test('show debugging empty at t0: no undebug all is sent, and it is verified', () => {
    const { world, hub, spoke, see } = pairOf();
    hub.debugs = [];
    spoke.debugs = [];
    see(0);
    world.runUntil(60_000);
    expect([...hub.of('attempt-stop'), ...spoke.of('attempt-stop')]).toEqual([]);
    expect(spoke.of('signal-done')[0]?.keys).toMatchObject({ off: 'verified', on: 'nothing' });
    expect(spoke.of('signal-done')[0]!.bits & doneBits.sent, 'nothing was sent').toBe(0);
    expect(closedAt(hub).outcome.kind).toBe('complete');
  });

  test('show debugging unreadable at t0: it is sent, and nothing at all may be left on', () => {
    const { world, hub, see } = pairOf();
    hub.readable = false;
    see(0);
    world.runUntil(60_000);
    expect(hub.of('attempt-stop')).toMatchObject([{ only: null, expectOff: null }]);
  });
});

test('what is read after the stop is no t0 list: an empty one must not make it verified', () => {
  const { steps, book } = run(spokeRules, [at(0, stop()), at(100, debugsRead())]);
  expect(steps.at(-1)!.reason).toBe('timer-outlived');
  expect(book.incidents[0]?.debugsAtStart).toEqual({ kind: 'unread' });
});

describe('a disk that does not obey', () => {
  test('done does not wait for it, the seal is tried again, and the alarm is taken back', () => {
    const { world, hub, spoke, see } = pairOf();
    spoke.sealFailures = 3;
    see(0);
    world.runUntil(50_000);
    expect(spoke.of('signal-done')).toMatchObject([
      { bits: doneBits.sent | doneBits.verified | doneBits.captured | doneBits.alarm },
    ]);
    expect(closedAt(hub).outcome.kind).toBe('complete');
    world.runUntil(200_000);
    expect(spoke.of('signal-done').map(({ bits }) => bits & doneBits.sealed)).toEqual([0, doneBits.sealed]);
    expect(spoke.book.alarms).toEqual([]);
    expect(spoke.book.closed).toHaveLength(1);
  });
});

describe('budget', () => {
  test('the thirteenth incident in an hour is refused: an alarm, done says failed, nothing goes to the device', () => {
    const { world, spoke } = pairOf();
    const alertOf = (n: number) =>
      spoke.input({ kind: 'alert', id: id(n), peer: 'hub1', delayMs: 0, act: true, flow: null, scope: [] });
    for (let n = 1; n <= 13; n++) world.schedule(n * 130_000, () => alertOf(n));
    world.runUntil(13 * 130_000 + 1_000);
    expect(spoke.of('attempt-stop')).toHaveLength(12);
    expect(spoke.of('signal-done').at(-1)).toMatchObject({
      id: id(13),
      bits: doneBits.alarm,
      keys: { off: 'failed', why: 'budget' },
    });
    expect(spoke.book.alarms).toMatchObject([{ key: 'budget', remedy: expect.stringContaining('undebug all') }]);
    // Its repeats cost nothing.
    const before = spoke.performed.length;
    alertOf(13);
    expect(spoke.performed).toHaveLength(before);
  });
});

test('a done that arrives while the overdue bundle is being written stands beside it, whichever was first', () => {
  const before = [sighting(), debugsRead(CRYPTO), captured('first')].map((input, n) => at(n, input));
  const stopped = [timer('stop'), attempted(0, 'verified'), captured('stop')].map((input, n) => at(18_000 + n, input));
  const { book, last } = run(hubRules, [...before, ...stopped, at(28_000, timer('tail')), at(138_000, timer('seal-deadline'))]);
  expect(find(last.effects, 'seal')).toHaveLength(1);
  const heard = run(hubRules, [at(138_001, done())], book).last;
  expect(find(heard.effects, 'addendum').map(({ what }) => what['kind'])).toEqual(['done']);
});
