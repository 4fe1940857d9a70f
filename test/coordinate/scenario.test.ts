/** Whole incidents at hub and spoke, with a network and devices that fail (pair-protocol.md, "Timeline" and its promises). */
import { describe, expect, test } from 'vitest';
import { doneBits } from '../../shared/wire/signal.ts';
import {
  alert,
  at,
  CRYPTO,
  debugsRead,
  delivery,
  flowOf,
  hubRules,
  id,
  run,
  sighting,
  spokeRules,
  stop,
  T0,
  timer,
} from './given.ts';
import { Pair } from './pair.ts';

function pair(over: { readonly hub?: Partial<typeof hubRules>; readonly spoke?: Partial<typeof spokeRules> } = {}) {
  const world = new Pair();
  const hub = world.add('hub1', { ...hubRules, ...over.hub });
  const spoke = world.add('spoke1', { ...spokeRules, ...over.spoke });
  const see = (atMs: number, how: Parameters<typeof sighting>[0] = {}) => world.schedule(atMs, () => hub.input(sighting(how)));
  return { world, hub, spoke, see };
}

const closedAt = (end: ReturnType<Pair['add']>, n = 0) => {
  const closed = end.book.closed[n];
  if (closed === undefined) throw new Error(`${end.name} closed nothing; open: ${JSON.stringify(end.book.incidents)}`);
  return closed;
};

describe('desync', () => {
  test('both ends stop at the same moment, verify, seal, and the hub has the done', () => {
    const { world, hub, spoke, see } = pair();
    see(0);
    world.runUntil(60_000);
    expect(hub.whenDid('attempt-stop')).toEqual([18_000]);
    expect(spoke.whenDid('attempt-stop')).toEqual([18_000]);
    expect(hub.whenDid('signal-stop')).toEqual([18_000]);
    expect(spoke.whenDid('seal'), '10 s of log after the stop').toEqual([28_000]);
    expect(hub.whenDid('seal'), 'when the done is in').toEqual([28_070]);
    expect([hub.debugs, spoke.debugs]).toEqual([[], []]);
    expect(closedAt(hub).outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(closedAt(spoke).outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(closedAt(hub).dones[0]?.done?.bits).toBe(doneBits.sent | doneBits.verified | doneBits.captured | doneBits.sealed);
    expect(hub.book.alarms).toEqual([]);
    expect(hub.of('capture').map(({ round }) => round)).toEqual(['first', 'stop']);
  });

  test('the alert and the ring leave before the capture', () => {
    const { world, hub, see } = pair();
    see(0);
    world.runUntil(10);
    const order = hub.performed.map(({ effect }) => effect.kind);
    expect(order.indexOf('flush-ring')).toBeLessThan(order.indexOf('alert'));
    expect(order.indexOf('alert')).toBeLessThan(order.indexOf('capture'));
  });

  test('the same flow every minute opens nothing more, and is judged persistent', () => {
    const { world, hub, see } = pair();
    for (let minute = 0; minute < 120; minute++) see(minute * 60_000, { id: id(10 + minute) });
    world.runUntil(121 * 60_000);
    expect(hub.book.closed).toHaveLength(1);
    expect(hub.of('attempt-stop')).toHaveLength(1);
    expect(hub.of('addendum').at(-1)?.what).toMatchObject({ kind: 'seen-again', persistent: true });
  });

  test('hold-down is over an hour after the flow was last seen', () => {
    const { world, hub, see } = pair();
    see(0);
    see(30 * 60_000, { id: id(2) });
    see(89 * 60_000, { id: id(3) });
    see(150 * 60_000, { id: id(4) });
    world.runUntil(160 * 60_000);
    expect(hub.book.closed.map((closed) => closed.id)).toEqual([id(1), id(4)]);
  });
});

describe('lost signals', () => {
  test('every stop lost: the spoke stops by its own timer, the done ends the repetition, nobody is alarmed', () => {
    const { world, hub, spoke, see } = pair();
    world.delivers = (phase) => phase !== 'stop';
    see(0);
    world.runUntil(20 * 60_000);
    expect(spoke.whenDid('attempt-stop')).toEqual([18_000]);
    expect(hub.of('cancel-signals').length).toBeGreaterThan(0);
    expect(closedAt(hub).outcome.kind).toBe('complete');
    expect(hub.book.alarms).toEqual([]);
  });

  test('every alert lost: the stop alone does it, captures are marked late', () => {
    const { world, hub, spoke, see } = pair();
    world.delivers = (phase) => phase !== 'alert';
    see(0);
    world.runUntil(60_000);
    expect(spoke.whenDid('attempt-stop')).toEqual([18_020]);
    expect(spoke.of('capture').map(({ round }) => round)).toEqual(['late']);
    expect([closedAt(hub).outcome.kind, closedAt(spoke).outcome.kind]).toEqual(['complete', 'complete']);
  });

  test('the peer is dead: partial at two minutes, an alarm with the command at fifteen', () => {
    const { world, hub, see } = pair();
    world.delivers = () => false;
    see(0);
    world.runUntil(139_000);
    expect(hub.book.incidents[0]?.outcome).toEqual({ kind: 'partial', reasons: ['no-done:spoke1'] });
    expect(hub.book.alarms).toEqual([]);
    world.runUntil(16 * 60_000);
    expect(hub.book.alarms).toMatchObject([
      { key: `peer-stop:spoke1:${id(1)}`, remedy: expect.stringMatching(/11\.1\.1\.3.*undebug all/) },
    ]);
    expect(hub.book.incidents).toEqual([]);
  });

  test('a done after the seal is an addendum, and takes the alarm back', () => {
    const { world, hub, see } = pair();
    world.delivers = (phase) => phase === 'alert';
    see(0);
    world.runUntil(16 * 60_000);
    expect(hub.book.alarms).toHaveLength(1);
    hub.input({ kind: 'done', id: id(1), peer: 'spoke1', bits: 15, keys: { off: 'verified' } });
    expect(hub.of('addendum').map(({ what }) => what['kind'])).toEqual(['done']);
    expect(hub.book.alarms).toEqual([]);
    expect(closedAt(hub).outcome.reasons).toContain('no-done:spoke1');
  });

  test('a late done that is not verified raises the alarm', () => {
    const { world, hub, see } = pair();
    world.delivers = (phase) => phase !== 'done';
    see(0);
    world.runUntil(200_000);
    hub.input({ kind: 'done', id: id(1), peer: 'spoke1', bits: 1, keys: { off: 'unverified' } });
    expect(hub.book.alarms).toMatchObject([{ key: `peer-stop:spoke1:${id(1)}` }]);
  });
});

describe('when an alert wants the stop', () => {
  test.each([
    [3_000, 3_000],
    [0, 0],
    [-5_000, 0],
    [300_000, 300_000],
    [300_001, 300_000],
    [2_147_483_647, 300_000],
    [null, 18_000],
    [Number.NaN, 18_000],
  ])('IntData2 %s: in %d ms', (delayMs, inMs) => {
    const { book, last } = run(spokeRules, [at(500, alert({ delayMs }))]);
    expect(book.incidents[0]!.stopAt - T0 - 500).toBe(inMs);
    expect(last.effects).toContainEqual({ kind: 'wake', incident: id(1), name: 'stop', at: T0 + 500 + inMs });
  });

  test('a repeat can only bring it forward', () => {
    const { steps, book } = run(spokeRules, [
      at(0, alert()),
      at(50, alert({ delayMs: 300_000 })),
      at(100, alert({ delayMs: 9_000 })),
    ]);
    expect(steps.map(({ effects }) => effects.some(({ kind }) => kind === 'wake'))).toEqual([true, false, true]);
    expect(book.incidents[0]!.stopAt).toBe(T0 + 9_100);
  });
});

describe('two hubs', () => {
  test('one spoke stops once, at the earlier plan, and each hub gets its own done', () => {
    const world = new Pair();
    const [hub1, hub2] = [world.add('hub1', hubRules), world.add('hub2', { ...hubRules, delayMs: 9_000 })];
    const spoke = world.add('spoke1', spokeRules);
    world.schedule(0, () => hub1.input(sighting()));
    world.schedule(3_000, () => hub2.input(sighting({ id: id(2) })));
    world.runUntil(80_000);
    expect(spoke.whenDid('attempt-stop')).toEqual([12_000]);
    expect(spoke.of('signal-done').map(({ peer, id: under }) => [peer, under])).toEqual([
      ['hub1', id(1)],
      ['hub2', id(2)],
    ]);
    expect([closedAt(hub1).outcome.kind, closedAt(hub2).outcome.kind]).toEqual(['complete', 'complete']);
  });
});

describe('a line that anybody could have sent', () => {
  const spoofable = { spoofable: true } as const;

  test('found: the alert waits for it, the planned stop does not move', () => {
    const { world, hub, spoke, see } = pair();
    see(0, spoofable);
    world.runUntil(60_000);
    expect(hub.whenDid('corroborate')).toEqual([0]);
    expect(hub.whenDid('alert')).toEqual([100]);
    expect([hub.whenDid('attempt-stop'), spoke.whenDid('attempt-stop')]).toEqual([[18_000], [18_000]]);
  });

  test('absent: captured and alarmed, no signal, no stop, and the peer that it names is not silenced', () => {
    const { world, hub, spoke, see } = pair();
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
    const { world, hub, see } = pair();
    hub.corroboration = 'undecided';
    see(0, spoofable);
    world.runUntil(1_000);
    expect(hub.book.incidents[0]?.flows[0]?.corroboration).toBe('undecided');
    world.runUntil(60_000);
    expect(hub.of('attempt-stop')).toHaveLength(1);
  });

  test('an answer that never comes holds the stop for three seconds, no longer', () => {
    const { world, hub, see } = pair();
    hub.corroboration = 'never';
    see(0, spoofable);
    world.runUntil(60_000);
    expect(hub.whenDid('attempt-stop')).toEqual([21_000]);
    expect(hub.whenDid('signal-stop')).toEqual([21_000]);
  });

  test('of many such lines ten are asked about, and the rest cause nothing', () => {
    const { world, hub, see } = pair();
    for (let n = 0; n < 30; n++) see(n, { ...spoofable, flow: flowOf(n), id: id(n + 1) });
    world.runUntil(1_000);
    expect(hub.of('corroborate')).toHaveLength(10);
    expect(hub.book.incidents[0]?.flows.filter((record) => record.corroboration === 'over-limit')).toHaveLength(20);
  });

  test('an answer that comes after the stop of another flow still tells the peers of its own', () => {
    const { world, hub, see } = pair();
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
    const { world, hub, see } = pair();
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
    const { world, hub, see } = pair();
    hub.attempt = () => 'unreadable';
    see(0);
    world.runUntil(18_000 + 31_000);
    expect(hub.whenDid('attempt-stop')).toEqual([18_000, 26_000, 34_000]);
    expect(hub.whenDid('alarm-raised')).toEqual([48_000]);
  });

  test('an attempt that never comes back does not end the ladder', () => {
    const { world, hub, see } = pair();
    hub.attempt = ({ attempt }) => (attempt < 2 ? null : 'verified');
    see(0);
    world.runUntil(18_000 + 29_000);
    expect(hub.whenDid('attempt-stop')).toEqual([18_000, 27_000, 36_000]);
    expect(hub.debugs).toEqual([]);
    expect(hub.book.alarms).toEqual([]);
  });

  test('an acknowledged alarm ends the attempts', () => {
    const { world, hub, see } = pair();
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
    const { world, hub, spoke, see } = pair();
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
    const { world, hub, spoke, see } = pair();
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
    const { world, hub, see } = pair();
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
    const { world, hub, spoke, see } = pair();
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

describe('a bare stop, without an id', () => {
  const bare = (n: number, peer = 'eem1') => stop({ id: null, newId: id(n), peer });

  test('is one event per peer within the window, and a new one after it', () => {
    const { steps } = run(spokeRules, [at(0, bare(1)), at(2_000, bare(2)), at(60_000, bare(3)), at(60_001, bare(4))]);
    expect(steps.map(({ reason }) => reason)).toEqual([
      'stop-without-alert',
      'stop-repeated',
      'stop-repeated',
      'stop-without-alert',
    ]);
  });

  test('of another peer is another event', () => {
    const { last } = run(spokeRules, [at(0, bare(1)), at(2_000, bare(2, 'hub2'))]);
    expect(last.reason).toBe('stop-without-alert');
  });

  test('ends what that peer has announced since, not what it has stopped before', () => {
    const { last } = run(spokeRules, [at(0, bare(1, 'hub1')), at(5_000, alert({ id: id(2) })), at(10_000, bare(3, 'hub1'))]);
    expect(last).toMatchObject({ reason: 'stop-accepted', incident: id(2) });
  });

  test('is known for its window even when its incident is closed', () => {
    const world = new Pair();
    const spoke = world.add('spoke1', { ...spokeRules, afterMs: 1_000 });
    spoke.input(bare(1));
    world.runUntil(30_000);
    expect(spoke.book.closed[0]?.outcome.kind).toBe('complete-one-ended');
    spoke.input(bare(2));
    expect(spoke.of('attempt-stop')).toHaveLength(1);
    expect(spoke.of('signal-done'), 'a router has no ear for it').toEqual([]);
  });
});

describe('budget', () => {
  test('the thirteenth incident in an hour is refused: an alarm, done says failed, nothing goes to the device', () => {
    const { world, spoke } = pair();
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

describe('modes and hold', () => {
  const sent = (end: ReturnType<Pair['add']>) =>
    end.performed
      .map(({ effect }) => effect.kind)
      .filter((kind) => /^(attempt-stop|capture|read-debugs|corroborate|alert|signal-)/.test(kind));

  test('observe sends nothing to anybody and says what it would do', () => {
    const { world, hub, spoke, see } = pair({ hub: { mode: 'observe' } });
    see(0, { spoofable: true });
    world.runUntil(150_000);
    expect(sent(hub)).toEqual([]);
    expect(hub.of('would')[0]?.acts.join('; ')).toMatch(/capture.*alert spoke1.*undebug all/);
    expect(closedAt(hub).outcome.kind).toBe('observed');
    expect(spoke.inputs).toEqual([]);
  });

  test('a spoke that observes answers an alert and a stop with nothing', () => {
    const { world, spoke, see } = pair({ spoke: { mode: 'observe' } });
    see(0);
    world.runUntil(150_000);
    expect(sent(spoke)).toEqual([]);
  });

  test('a hub in mode capture alerts with act=no and never sends stop; the peer captures and stops nothing', () => {
    const { world, hub, spoke, see } = pair({ hub: { mode: 'capture' } });
    see(0);
    world.runUntil(150_000);
    expect(hub.of('alert')).toMatchObject([{ act: false }]);
    expect([...hub.of('signal-stop'), ...hub.of('attempt-stop'), ...spoke.of('attempt-stop')]).toEqual([]);
    expect(spoke.of('capture').length).toBeGreaterThan(0);
    expect(closedAt(hub).outcome.kind).toBe('captured');
  });

  test('in mode capture an alert that nobody answers ends at the stop time', () => {
    const { last } = run({ ...hubRules, mode: 'capture' }, [at(0, sighting()), at(18_000, timer('stop'))]);
    expect(last.effects[0]).toEqual({ kind: 'cancel-signals', incident: id(1), peer: 'spoke1' });
    const heard = run({ ...hubRules, mode: 'capture' }, [
      at(0, sighting()),
      at(40, delivery('alert', 'acknowledged')),
      at(18_000, timer('stop')),
    ]);
    expect(heard.last.effects.map(({ kind }) => kind)).not.toContain('cancel-signals');
  });

  test('a spoke in mode capture answers done off=failed mode=capture, and the hub is alarmed', () => {
    const { world, hub, spoke, see } = pair({ spoke: { mode: 'capture' } });
    see(0);
    world.runUntil(150_000);
    expect(spoke.of('attempt-stop')).toEqual([]);
    expect(spoke.of('signal-done')).toMatchObject([{ keys: { off: 'failed', mode: 'capture' } }]);
    expect(hub.book.alarms).toMatchObject([{ key: `peer-stop:spoke1:${id(1)}` }]);
  });

  test('hold keeps a new incident from acting; a stop that was planned before it goes on', () => {
    const { world, hub, spoke, see } = pair();
    see(0);
    world.schedule(5_000, () => hub.input({ kind: 'hold', on: true }));
    world.runUntil(60_000);
    expect([hub.debugs, spoke.debugs]).toEqual([[], []]);
    hub.input(sighting({ id: id(2), flow: flowOf(5, '11.1.1.4'), peers: ['spoke2'] }));
    world.runUntil(150_000);
    expect(hub.of('attempt-stop')).toHaveLength(1);
    expect(closedAt(hub, 1).outcome.kind).toBe('observed');
  });

  test('when the hold ends, what it kept from acting may act', () => {
    const { world, hub, see } = pair();
    world.schedule(0, () => hub.input({ kind: 'hold', on: true }));
    see(1);
    world.schedule(5_000, () => hub.input({ kind: 'hold', on: false }));
    see(61_000, { id: id(2) });
    world.runUntil(150_000);
    expect(hub.whenDid('attempt-stop')).toEqual([79_000]);
  });
});

describe('hold-down and arming', () => {
  test('debugs armed again: the next event counts, a black-holed flow does not', () => {
    const { world, hub, see } = pair();
    see(0);
    see(60_000, { id: id(2) });
    world.runUntil(100_000);
    hub.debugs = [CRYPTO];
    hub.input({ kind: 'debugs-seen', cryptoOn: true });
    hub.input(sighting({ id: id(3) }));
    expect(hub.book.incidents).toEqual([]);
    hub.input(sighting({ id: id(4), flow: flowOf(9) }));
    expect(hub.book.incidents.map((incident) => incident.id)).toEqual([id(4)]);
  });

  test('armed again before the bundle is sealed counts too', () => {
    const { world, hub, see } = pair();
    world.delivers = (phase) => phase !== 'done';
    see(0);
    world.runUntil(30_000);
    hub.input({ kind: 'debugs-seen', cryptoOn: true });
    hub.input(sighting({ id: id(4), flow: flowOf(9) }));
    expect(hub.book.incidents.map((incident) => incident.id)).toEqual([id(1), id(4)]);
  });

  test('a reading of before the stop, told while it runs, is not taken for arming', () => {
    const { world, hub, see } = pair();
    see(0);
    world.runUntil(18_050);
    hub.input({ kind: 'debugs-seen', cryptoOn: true });
    world.runUntil(60_000);
    hub.input(sighting({ id: id(4), flow: flowOf(9) }));
    expect(hub.book.incidents).toEqual([]);
  });
});
