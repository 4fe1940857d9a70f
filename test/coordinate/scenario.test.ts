/** Whole incidents at hub and spoke over a network that loses, merges and repeats (pair-protocol.md, "Timeline"). */
import { describe, expect, test } from 'vitest';
import { doneBits } from '../../shared/wire/signal.ts';
import { alert, at, CRYPTO, delivery, flowOf, hubRules, id, run, sighting, spokeRules, stop, T0, timer } from './given.ts';
import { closedAt, type End, Pair, pairOf } from './pair.ts';

describe('desync', () => {
  test('both ends stop at the same moment, verify, seal, and the hub has the done', () => {
    const { world, hub, spoke, see } = pairOf();
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
    const { world, hub, see } = pairOf();
    see(0);
    world.runUntil(10);
    const order = hub.performed.map(({ effect }) => effect.kind);
    expect(order.indexOf('flush-ring')).toBeLessThan(order.indexOf('alert'));
    expect(order.indexOf('alert')).toBeLessThan(order.indexOf('capture'));
  });

  test('the same flow every minute opens nothing more, and is judged persistent', () => {
    const { world, hub, see } = pairOf();
    for (let minute = 0; minute < 120; minute++) see(minute * 60_000, { id: id(10 + minute) });
    world.runUntil(121 * 60_000);
    expect(hub.book.closed).toHaveLength(1);
    expect(hub.of('attempt-stop')).toHaveLength(1);
    expect(hub.of('addendum').at(-1)?.what).toMatchObject({ kind: 'seen-again', persistent: true });
  });

  test('hold-down is over an hour after the flow was last seen', () => {
    const { world, hub, see } = pairOf();
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
    const { world, hub, spoke, see } = pairOf();
    world.delivers = (phase) => phase !== 'stop';
    see(0);
    world.runUntil(20 * 60_000);
    expect(spoke.whenDid('attempt-stop')).toEqual([18_000]);
    expect(hub.of('cancel-signals').length).toBeGreaterThan(0);
    expect(closedAt(hub).outcome.kind).toBe('complete');
    expect(hub.book.alarms).toEqual([]);
  });

  test('every alert lost: the stop alone does it, captures are marked late', () => {
    const { world, hub, spoke, see } = pairOf();
    world.delivers = (phase) => phase !== 'alert';
    see(0);
    world.runUntil(60_000);
    expect(spoke.whenDid('attempt-stop')).toEqual([18_020]);
    expect(spoke.of('capture').map(({ round }) => round)).toEqual(['late']);
    expect([closedAt(hub).outcome.kind, closedAt(spoke).outcome.kind]).toEqual(['complete', 'complete']);
  });

  test('the peer is dead: partial at two minutes, an alarm with the command at fifteen', () => {
    const { world, hub, see } = pairOf();
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
    const { world, hub, see } = pairOf();
    world.delivers = (phase) => phase === 'alert';
    see(0);
    world.runUntil(16 * 60_000);
    expect(hub.book.alarms).toHaveLength(1);
    hub.input({ kind: 'done', id: id(1), peer: 'spoke1', bits: 15, keys: { off: 'verified' } });
    // The silence was over first, and proved nothing.
    expect(hub.of('addendum').map(({ what }) => what['kind'])).toEqual(['judged', 'done']);
    expect(hub.book.alarms).toEqual([]);
    expect(closedAt(hub).outcome.reasons).toContain('no-done:spoke1');
  });

  test('a late done that is not verified raises the alarm', () => {
    const { world, hub, see } = pairOf();
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

describe('modes and hold', () => {
  const sent = (end: End) =>
    end.performed
      .map(({ effect }) => effect.kind)
      .filter((kind) => /^(attempt-stop|capture|read-debugs|corroborate|alert|signal-)/.test(kind));

  test('observe sends nothing to anybody and says what it would do', () => {
    const { world, hub, spoke, see } = pairOf({ hub: { mode: 'observe' } });
    see(0, { spoofable: true });
    world.runUntil(150_000);
    expect(sent(hub)).toEqual([]);
    expect(hub.of('would')[0]?.acts.join('; ')).toMatch(/capture.*alert spoke1.*undebug all/);
    expect(closedAt(hub).outcome.kind).toBe('observed');
    expect(spoke.inputs).toEqual([]);
  });

  test('a spoke that observes answers an alert and a stop with nothing', () => {
    const { world, spoke, see } = pairOf({ spoke: { mode: 'observe' } });
    see(0);
    world.runUntil(150_000);
    expect(sent(spoke)).toEqual([]);
  });

  test('a hub in mode capture alerts with act=no and never sends stop; the peer captures and stops nothing', () => {
    const { world, hub, spoke, see } = pairOf({ hub: { mode: 'capture' } });
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
    const { world, hub, spoke, see } = pairOf({ spoke: { mode: 'capture' } });
    see(0);
    world.runUntil(150_000);
    expect(spoke.of('attempt-stop')).toEqual([]);
    expect(spoke.of('signal-done')).toMatchObject([{ keys: { off: 'failed', mode: 'capture' } }]);
    expect(hub.book.alarms).toMatchObject([{ key: `peer-stop:spoke1:${id(1)}` }]);
  });

  test('hold keeps a new incident from acting; a stop that was planned before it goes on', () => {
    const { world, hub, spoke, see } = pairOf();
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
    const { world, hub, see } = pairOf();
    world.schedule(0, () => hub.input({ kind: 'hold', on: true }));
    see(1);
    world.schedule(5_000, () => hub.input({ kind: 'hold', on: false }));
    see(61_000, { id: id(2) });
    world.runUntil(150_000);
    expect(hub.whenDid('attempt-stop')).toEqual([79_000]);
  });

  test('an agent that leaves makes the stop it has undertaken, also beside an incident that a hold keeps from one', () => {
    const { world, hub, see } = pairOf();
    world.schedule(0, () => hub.input({ kind: 'hold', on: true }));
    see(1);
    world.schedule(2_000, () => hub.input({ kind: 'hold', on: false }));
    see(3_000, { id: id(2), flow: flowOf(1) });
    world.schedule(4_000, () => hub.input({ kind: 'hold', on: true }));
    world.schedule(5_000, () => hub.input({ kind: 'leaving' }));
    world.runUntil(6_000);
    expect(hub.whenDid('attempt-stop')).toEqual([5_000]);
  });
});

describe('hold-down and arming', () => {
  test('debugs armed again: the next event counts, a black-holed flow does not', () => {
    const { world, hub, see } = pairOf();
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

  test('debugs typed a moment before another flow breaks, and read a moment after: its next message counts', () => {
    const { world, hub, spoke, see } = pairOf();
    see(0);
    world.runUntil(60_000);
    hub.debugs = [CRYPTO];
    spoke.debugs = [CRYPTO];
    hub.input(sighting({ id: id(3), flow: flowOf(9) }));
    expect(hub.book.incidents).toEqual([]);
    hub.input({ kind: 'debugs-seen', cryptoOn: true });
    world.runUntil(120_000);
    hub.input(sighting({ id: id(4), flow: flowOf(9) }));
    expect(hub.book.incidents.map((incident) => incident.id)).toEqual([id(4)]);
    world.runUntil(150_000);
    expect([hub.debugs, spoke.debugs]).toEqual([[], []]);
  });

  test('armed again before the bundle is sealed counts too', () => {
    const { world, hub, see } = pairOf();
    world.delivers = (phase) => phase !== 'done';
    see(0);
    world.runUntil(30_000);
    hub.input({ kind: 'debugs-seen', cryptoOn: true });
    hub.input(sighting({ id: id(4), flow: flowOf(9) }));
    expect(hub.book.incidents.map((incident) => incident.id)).toEqual([id(1), id(4)]);
  });

  test('a reading of before the stop, told while it runs, is not taken for arming', () => {
    const { world, hub, see } = pairOf();
    see(0);
    world.runUntil(18_050);
    hub.input({ kind: 'debugs-seen', cryptoOn: true });
    world.runUntil(60_000);
    hub.input(sighting({ id: id(4), flow: flowOf(9) }));
    expect(hub.book.incidents).toEqual([]);
  });
});
