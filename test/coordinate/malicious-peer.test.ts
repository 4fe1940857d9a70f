/**
 * A peer that is authenticated and means harm: whatever it sends, and however often, debugs end when they would have without it or sooner,
 * and we send no more than the stop, its verification and the capture (pair-protocol.md, "Trust").
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InputBody } from '../../shared/coordinate/input.ts';
import { alert, CRYPTO, flowOf, hubRules, id, sighting, spokeRules, stop } from './given.ts';
import { Pair } from './pair.ts';

const HOUR = 3_600_000;

/** What a key in wrong hands can say: any phase, id, number, flow and word. */
const evil: fc.Arbitrary<InputBody> = fc.oneof(
  fc
    .record({
      id: fc.integer({ min: 1, max: 400 }).map(id),
      delayMs: fc.option(fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })),
      act: fc.boolean(),
      flow: fc.option(fc.integer({ min: 0, max: 50 }).map((n) => flowOf(n))),
      scope: fc.constantFrom([], ['11.1.1.3'], ['10.9.9.9', '11.1.1.4']),
    })
    .map((more) => alert({ peer: 'hub1', ...more })),
  fc
    .record({ id: fc.option(fc.integer({ min: 1, max: 400 }).map(id)), newId: fc.uuid() })
    .map((more) => stop({ peer: 'hub1', ...more })),
  fc.record({
    kind: fc.constant('done'),
    id: fc.integer({ min: 1, max: 400 }).map(id),
    peer: fc.constant('hub1'),
    bits: fc.integer({ min: 0, max: 2_147_483_647 }),
    keys: fc.dictionary(
      fc.constantFrom('off', 'spi', 'later', 'mode', '__proto__'),
      fc.constantFrom('verified', 'failed', 'inbound', ''),
    ),
  }) as fc.Arbitrary<InputBody>,
);
const flood = fc.array(fc.tuple(fc.integer({ min: 0, max: 120_000 }), evil), { minLength: 1, maxLength: 120 });

describe('an authenticated peer', () => {
  test('never keeps debugs on: an incident of ours stops by its own plan or sooner, whatever the peer says', () => {
    fc.assert(
      fc.property(flood, (signals) => {
        const world = new Pair();
        const end = world.add('box', { ...hubRules, role: 'both' });
        end.debugs = [CRYPTO];
        for (const [ms, body] of signals) world.schedule(ms % 30_000, () => end.input(body));
        world.schedule(1_000, () => end.input(sighting({ id: id(999) })));
        world.runUntil(19_000 + 30_000);
        expect(end.debugs).toEqual([]);
        expect(end.whenDid('attempt-stop')[0]).toBeLessThanOrEqual(19_000);
      }),
      { numRuns: 600 },
    );
  });

  test.each(
    [0, 1, 18_000, 300_000, null].flatMap((delayMs) =>
      [500, 10_000, 100_000, 400_000].flatMap((before) =>
        [false, true].flatMap((spoofable) => [false, true].map((act) => [delayMs, before, spoofable, act] as const)),
      ),
    ),
  )(
    'that told of our very flow before (delay %s, %i ms ago, our line spoofable %s, act %s) takes no stop from it',
    (delayMs, before, spoofable, act) => {
      const world = new Pair();
      const end = world.add('box', { ...hubRules, role: 'both' });
      end.debugs = [CRYPTO];
      world.schedule(0, () => end.input(alert({ peer: 'hub1', delayMs, act, flow: flowOf(0) })));
      // What a person, or our own agent, turned on since the peer's word made us look.
      world.schedule(before - 1, () => {
        end.debugs = [CRYPTO];
      });
      world.schedule(before, () => end.input(sighting({ id: id(999), spoofable })));
      world.runUntil(before + 60_000);
      const stops = end.whenDid('attempt-stop').filter((ms) => ms >= before - 1);
      // One incident that really stopped is what a hold-down is for: its debugs were off, and later ones are nobody's of it.
      const stoppedBefore = end.whenDid('attempt-stop').some((ms) => ms < before - 1);
      // A line that anyone may send moves no stop that the peer has put at its five minutes: it ends then.
      const waitsForPeers = act && spoofable && delayMs === 300_000 && before < 300_000;
      if (!stoppedBefore && !waitsForPeers)
        expect([end.debugs, stops.length]).toEqual([[], expect.toSatisfy((count: number) => count > 0)]);
    },
  );

  test('never makes us send more than stops, their verification and captures, within the budget of an hour', () => {
    fc.assert(
      fc.property(flood, (signals) => {
        const world = new Pair();
        const end = world.add('box', { ...spokeRules, incidentsPerHour: 3 });
        end.debugs = [CRYPTO];
        for (const [ms, body] of signals) world.schedule(ms, () => end.input(body));
        world.runUntil(HOUR / 2);
        const effects = end.performed.map(({ effect }) => effect.kind);
        const toDevice = effects.filter((kind) =>
          ['attempt-stop', 'read-debugs', 'capture', 'corroborate', 'arm-device'].includes(kind),
        );
        expect(toDevice.filter((kind) => ['arm-device', 'corroborate'].includes(kind))).toEqual([]);
        expect(new Set(effects.filter((kind) => kind === 'alert' || kind === 'signal-stop'))).toEqual(new Set());
        // Three that stop, and beside them three that a peer only wanted to look at: those never take the place of one that stops.
        const ofWhom = (kind: string): number =>
          new Set(end.performed.flatMap(({ effect }) => (effect.kind === kind && 'incident' in effect ? [effect.incident] : [])))
            .size;
        expect(effects.filter((kind) => kind === 'capture').length).toBeLessThanOrEqual(3 * (3 + 3));
        expect(effects.filter((kind) => kind === 'read-debugs').length).toBeLessThanOrEqual(3 + 3);
        expect([ofWhom('capture') <= 3 + 3, ofWhom('attempt-stop') <= 3 + 3]).toEqual([true, true]);
      }),
      { numRuns: 600 },
    );
  });

  test.each([[true], [false]])('that asks for looks only (act %s) takes nothing of the budget that stops are made by', (acts) => {
    const world = new Pair();
    const end = world.add('box', { ...spokeRules, incidentsPerHour: 3 });
    end.debugs = [CRYPTO];
    for (let n = 1; n <= 9; n++) world.schedule(n * 130_000, () => end.input(alert({ peer: 'hub1', id: id(n), act: acts })));
    world.schedule(1_300_000, () => {
      end.debugs = [CRYPTO];
    });
    world.schedule(1_400_000, () => end.input(alert({ peer: 'hub1', id: id(99) })));
    world.runUntil(1_500_000);
    const opened = end.performed.filter(({ effect }) => effect.kind === 'open-bundle').length;
    expect([opened, end.debugs]).toEqual(acts ? [3, [CRYPTO]] : [3 + 1, []]);
  });

  test('never arms, renews or disarms by a stop, an alert or a done', () => {
    fc.assert(
      fc.property(flood, (signals) => {
        const world = new Pair();
        const end = world.add('box', { ...spokeRules, stopMode: 'own', arming: { ...spokeRules.arming, when: 'always' } });
        for (const [ms, body] of signals) world.schedule(ms, () => end.input(body));
        world.runUntil(HOUR / 2);
        expect(end.performed.filter(({ effect }) => effect.kind === 'arm-device')).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
