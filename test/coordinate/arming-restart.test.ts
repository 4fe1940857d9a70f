/** A crash at every input of a life that arms, has an incident, arms again and is disarmed: what was on is turned off, and nothing is armed twice. */
import { describe, expect, test } from 'vitest';
import type { Book } from '../../shared/coordinate/book.ts';
import type { Input } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import type { DebugFlag } from '../../shared/platforms/platform.ts';
import {
  arm,
  armed,
  arming,
  armingOf,
  armRules,
  armTried,
  bookAfter,
  disarm,
  disarmTried,
  IPSEC,
  ISAKMP,
  LEASE,
  orders,
  renewed,
} from './arming-given.ts';
import { at, find, run, sighting, spokeRules, T0 } from './given.ts';
import { type End, Pair } from './pair.ts';

const THEIRS: DebugFlag = { text: 'IP packet debugging', crypto: false };
const rules = armRules({ rearm: { kind: 'after', afterMs: 120_000 } });

interface Cut {
  readonly inputs: readonly Input[];
  readonly debugs: readonly DebugFlag[];
  readonly conditions: readonly string[];
}

/** What the device has after each input, so that the world of a cut is known. */
function story(): { cuts: Cut[]; end: End } {
  const world = new Pair();
  const hub = world.add('hub1', rules);
  const spoke = world.add('spoke1', spokeRules);
  spoke.debugs = [];
  hub.debugs = [THEIRS];
  const cuts: Cut[] = [];
  const note = () => {
    if (cuts.length < hub.inputs.length) cuts.push({ inputs: [...hub.inputs], debugs: hub.debugs, conditions: hub.conditions });
  };
  world.schedule(0, () => hub.input(arm('agent')));
  world.schedule(60_000, () => hub.input(renewed()));
  world.schedule(100_000, () => hub.input(sighting()));
  world.schedule(300_000, () => hub.input(arm('agent')));
  world.schedule(400_000, () => hub.input(renewed(2)));
  world.schedule(500_000, () => hub.input(disarm()));
  for (let ms = 0; ms <= 700_000; ms += 20) {
    world.runUntil(ms);
    note();
  }
  return { cuts, end: hub };
}

const { cuts, end } = story();

test('the life that is cut is a whole one', () => {
  expect(end.of('arm-device')).toHaveLength(2);
  expect(end.book.closed).toHaveLength(1);
  expect(armingOf(end.book)).toBe('disarmed blocked person');
  expect([end.debugs, end.conditions]).toEqual([[THEIRS], []]);
  expect(cuts.length).toBeGreaterThan(25);
});

function comeBack(cut: Cut, downMs: number, resumable: boolean, changed: Rules = rules): { again: End; before: Book } {
  const before = JSON.parse(JSON.stringify(run(rules, cut.inputs).book)) as Book;
  const world = new Pair();
  world.nowMs = cut.inputs.at(-1)!.at - T0 + downMs;
  const again = world.add('hub1', changed, before);
  // The worst that a line under way may have done.
  const isArming = before.arming.state.kind === 'arming';
  again.debugs = isArming ? [THEIRS, ISAKMP, IPSEC] : [...cut.debugs];
  again.conditions = isArming ? ['11.1.1.3'] : [...cut.conditions];
  again.restart(resumable);
  world.runUntil(world.nowMs + 40 * 60_000);
  return { again, before };
}

describe.each([
  { downMs: 3_000, resumable: true },
  { downMs: 60_000, resumable: true },
  { downMs: 3_600_000, resumable: true },
  { downMs: -900_000, resumable: false },
])('away for $downMs ms (below zero: another boot), resumable $resumable', ({ downMs, resumable }) => {
  test.each(cuts.map((cut, n) => ({ n: n + 1, last: cut.inputs.at(-1)!.kind, cut })))('cut after input $n, $last', ({ cut }) => {
    const { again, before } = comeBack(cut, downMs, resumable);
    expect(again.of('arm-device'), 'nothing is armed on a guess').toEqual([]);
    expect(again.debugs, 'ours are off by the lease at the latest, nobody else is touched').toEqual([THEIRS]);
    expect(again.conditions).toEqual([]);
    expect(again.book.arming.state.kind).toBe('disarmed');
    expect(again.book.incidents).toEqual([]);
    const { state } = before.arming;
    const offAt = again.performed.find(({ effect }) => effect.kind === 'disarm-device' || effect.kind === 'attempt-stop')?.atMs;
    const backAt = cut.inputs.at(-1)!.at - T0 + downMs;
    // Not known what is on, or known too long ago: at once.
    if (state.kind === 'arming' || (state.kind === 'disarming' && state.phase === 'debugs')) expect(offAt).toBe(backAt);
    if (state.kind === 'armed' && (!resumable || downMs >= LEASE)) expect(offAt).toBe(backAt);
  });

  test.each(['capture', 'observe'] as const)('and started in mode %s: what was armed under act still ends', (mode) => {
    for (const cut of cuts) {
      const { again } = comeBack(cut, downMs, resumable, { ...rules, mode });
      expect(again.debugs.filter(({ crypto }) => crypto)).toEqual([]);
    }
  });
});

describe('what a restart does to each state', () => {
  const back = (ms: number, resumable = true) => at(ms, { kind: 'restarted', resumable } as const);

  test('armed, within its lease: it goes on, with the timers that it had', () => {
    const { last, book } = run(rules, [...armed(0), at(60_000, renewed()), back(300_000)]);
    expect(orders(last.effects)).toEqual(['lease@960000', `max-debug@${2_000 + 0.8 * rules.arming.maxDebugMs}`]);
    expect(armingOf(book)).toBe('armed');
  });

  test('armed, at the very end of its lease: off', () => {
    const { last } = run(rules, [...armed(0), back(2_000 + LEASE)]);
    expect(orders(last.effects)[0]).toBe('off:control:isakmp+ipsec');
  });

  test('a pre-flight is forgotten, and due again for the agent', () => {
    const { book } = run(rules, [at(0, arm()), back(5_000)]);
    expect(armingOf(book)).toBe('disarmed');
    expect(run(rules, [at(6_000, arm())], book).last.reason).toBe('arm-preflight');
  });

  test('an arming that a person wanted off stays off', () => {
    const { book } = run(rules, [
      ...arming(0),
      at(1_500, disarm()),
      back(5_000),
      at(6_000, disarmTried(0, 'off')),
      at(7_000, disarmTried(0, 'off', { conditions: 'removed' })),
    ]);
    expect(armingOf(book)).toBe('disarmed blocked person');
  });

  test('a result of the process before is nobody’s', () => {
    const before = bookAfter(rules, ...arming(0), back(5_000));
    expect(run(rules, [at(5_100, armTried('armed'))], before).last).toMatchObject({ reason: 'timer-outlived', effects: [] });
  });

  test('disarming goes on where it was: conditions are not preceded by debugs again', () => {
    const clearing = [...armed(0), at(3_000, disarm()), at(3_200, disarmTried(0, 'off')), back(5_000)];
    expect(find(run(rules, clearing).last.effects, 'disarm-device')).toMatchObject([{ debugs: [], conditions: ['11.1.1.3'] }]);
    const turning = [...armed(0), at(3_000, disarm()), back(5_000)];
    expect(find(run(rules, turning).last.effects, 'disarm-device')).toMatchObject([
      { debugs: ['isakmp', 'ipsec'], conditions: [] },
    ]);
  });

  test('what a person has taken over is not tried again', () => {
    const tries = [0, 1, 2].map((n) => at(3_100 + n, disarmTried(n, 'not-sent')));
    const given = [
      ...armed(0),
      at(3_000, disarm()),
      ...tries,
      at(33_000, { kind: 'arm-timer', arm: 1, name: 'disarm-bound' } as const),
    ];
    const book = bookAfter(rules, ...given, at(34_000, { kind: 'acknowledge', alarm: 'a1' }));
    expect(run(rules, [back(40_000)], book).last.effects).toEqual([]);
  });
});
