/** What the configuration decides of arming: `stop: own`, re-arming, lease, budget, first sighting (pair-protocol.md, "Arming" and "Timeline"). */
import { describe, expect, test } from 'vitest';
import type { ArmingRules } from '../../shared/coordinate/rules.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import {
  arm,
  armed,
  armingOf,
  armRules,
  armSpokeRules,
  armTimer,
  armTried,
  busy,
  cleared,
  disarm,
  disarmTried,
  HOUR,
  orders,
  preflighted,
  sound,
} from './arming-given.ts';
import { alert, at, attempted, CRYPTO, debugsRead, find, flowOf, id, kinds, run, sighting, stop, timer } from './given.ts';

const rules = armRules();
const stopped = [
  ...armed(0),
  at(3_000, sighting()),
  at(3_300, debugsRead(CRYPTO)),
  at(21_000, timer('stop')),
  at(21_400, attempted(0, 'verified')),
];

describe('stop: own', () => {
  test('nothing of ours on: nothing is sent, whatever others have on; the peer is told all the same', () => {
    const { last } = run(rules, [at(0, sighting()), at(300, debugsRead(CRYPTO)), at(18_000, timer('stop'))]);
    expect(last.reason).toBe('nothing-on');
    expect(kinds(last.effects)).toContain('signal-stop:spoke1');
    expect(kinds(last.effects)).not.toContain('attempt-stop');
  });

  test('two verifications that still show ours make it undebug all, one is not enough, and one in between begins anew', () => {
    const tries = (...results: ('still-on' | 'unreadable')[]) => {
      const inputs = results.map((result, n) => at(21_100 + n, attempted(n, result)));
      const { steps } = run(rules, [...stopped.slice(0, -1), ...inputs]);
      return steps.flatMap(({ effects }) => find(effects, 'attempt-stop')).map(({ own }) => own !== null);
    };
    expect(tries('still-on')).toEqual([true, true]);
    expect(tries('still-on', 'still-on')).toEqual([true, true, false]);
    expect(tries('still-on', 'unreadable')).toEqual([true, true, true]);
  });

  test('so does a disarm', () => {
    const inputs = [
      ...armed(0),
      at(3_000, disarm()),
      at(3_100, disarmTried(0, 'still-on')),
      at(3_200, disarmTried(1, 'still-on')),
    ];
    const { steps } = run(rules, inputs);
    expect(steps.flatMap(({ effects }) => find(effects, 'disarm-device')).map(({ all }) => all)).toEqual([false, false, true]);
    // Not read, or not sent, is no sight of them.
    const blind = [
      ...armed(0),
      at(3_000, disarm()),
      at(3_100, disarmTried(0, 'unreadable')),
      at(3_200, disarmTried(1, 'not-sent')),
    ];
    expect(find(run(rules, blind).last.effects, 'disarm-device')).toMatchObject([{ all: false }]);
  });
});

describe('after an incident', () => {
  const ended = [...stopped, at(22_000, cleared())];
  test.each<[ArmingRules['rearm'], string]>([
    [{ kind: 'never' }, 'disarmed blocked after-incident'],
    [{ kind: 'after', afterMs: HOUR }, `disarmed arms at ${HOUR + 22_000}`],
    [{ kind: 'if-transient' }, 'disarmed blocked judging'],
  ])('%j: %s', (rearm, expected) => {
    const { book } = run(armRules({ rearm }), ended);
    expect(armingOf(book)).toBe(expected);
    // `always` is no way around it.
    expect(run(armRules({ rearm }), [at(60_000, arm())], book).last.effects).toEqual([]);
  });

  test('after a while: not a moment earlier', () => {
    const later = armRules({ rearm: { kind: 'after', afterMs: HOUR } });
    const { book } = run(later, ended);
    expect(run(later, [at(HOUR + 21_999, arm())], book).last.reason).toBe('waiting');
    expect(run(later, [at(HOUR + 22_000, arm())], book).last.reason).toBe('arm-preflight');
  });

  test('a black hole waits for a person', () => {
    const { book } = run(rules, [...ended, at(90_000, sighting({ id: id(2) }))]);
    expect(armingOf(book)).toBe('disarmed blocked persistent');
    expect(run(rules, [at(100_000, arm('person'))], book).last.reason).toBe('arm-preflight');
  });
});

describe('over budget', () => {
  const spent = (role: 'hub' | 'spoke') => armRules({}, { role, incidentsPerHour: 0 });

  test('at the hub: ours are turned off, nobody is signalled', () => {
    const { last, book } = run(spent('hub'), [...armed(0), at(3_000, sighting())]);
    expect(last.reason).toBe('over-budget');
    expect(orders(last.effects)).toEqual(['alarm:budget', 'off:control:isakmp+ipsec', 'hung@12000', 'disarm-bound@33000']);
    expect(run(spent('hub'), [at(4_000, disarmTried(0, 'off')), at(5_000, cleared())], book).book.arming.blocked).toBeNull();
  });

  test('at the spoke: ours are turned off, and the signaller hears that it is not verified yet', () => {
    const { last } = run(spent('spoke'), [...armed(0), at(3_000, stop())]);
    expect(orders(last.effects)).toContain('off:control:isakmp+ipsec');
    expect(find(last.effects, 'signal-done')).toMatchObject([{ keys: { off: 'unverified', why: 'budget' } }]);
    expect(find(run(spent('spoke'), [at(0, stop())]).last.effects, 'signal-done')).toMatchObject([{ keys: { off: 'failed' } }]);
  });
});

describe('the lease', () => {
  test.each([
    [undefined, 900_000],
    [300_000, 300_000],
    [1, 180_000],
    [-5, 180_000],
    [99_000_000, 900_000],
  ])('asked for %s: %i', (leaseMs, expected) => {
    const { last } = run(rules, [
      at(0, arm('person', leaseMs === undefined ? {} : { leaseMs })),
      at(1_000, preflighted()),
      at(2_000, armTried('armed')),
    ]);
    expect(orders(last.effects)).toContain(`lease@${2_000 + expected}`);
  });

  test('ends at its time and not before, and is re-armed only after a while', () => {
    const book = run(rules, armed(0)).book;
    expect(run(rules, [at(901_999, armTimer('lease'))], book).last.reason).toBe('waiting');
    const ended = run(rules, [at(902_000, armTimer('lease')), at(903_000, disarmTried(0, 'off')), at(904_000, cleared())], book);
    expect(ended.steps[0]!.reason).toBe('lease-expired');
    expect(armingOf(ended.book)).toBe('disarmed arms at 1204000');
  });

  test('the dead-man is set anew after each lease, but not while a stop is near that would wait behind its lines', () => {
    const withDeadMan = armRules({ plan: { ...rules.arming.plan, deadManS: 1_800 } });
    const { book } = run(withDeadMan, [
      at(0, arm()),
      at(1_000, preflighted()),
      at(2_000, armTried('armed', 1, { deadMan: true })),
    ]);
    const renewed = at(902_000, { kind: 'lease-renewed', arm: 1 });
    const sets = (...inputs: ReturnType<typeof at>[]): number =>
      run(withDeadMan, inputs, book).steps.flatMap(({ effects }) => find(effects, 'renew-dead-man')).length;
    expect(sets(at(901_999, { kind: 'lease-renewed', arm: 1 }))).toBe(0);
    expect(sets(renewed)).toBe(1);
    const near = at(901_000, sighting());
    expect(sets(near, renewed)).toBe(0);
    expect(sets(near, renewed, at(903_000, { kind: 'lease-renewed', arm: 1 }))).toBe(0);
    const farRules = { ...withDeadMan, delayMs: 60_000 };
    expect(farRules.delayMs).toBeGreaterThan(timing.deadManMs);
    const far = run(farRules, [at(900_000, sighting()), renewed], book).steps.flatMap(({ effects }) =>
      find(effects, 'renew-dead-man'),
    );
    expect(far).toHaveLength(1);
  });
});

describe('on first sighting', () => {
  const first = armRules({ when: 'on-first-sighting' });

  test('the first message stops nothing and asks the peer for a capture alone', () => {
    const { last, book } = run(first, [at(0, sighting())]);
    expect(book.incidents[0]!.stop).toEqual({ kind: 'not-planned', why: 'arms-after' });
    expect(find(last.effects, 'alert')).toMatchObject([{ act: false }]);
  });

  test('with somebody’s debugs on it is an incident like any other', () => {
    const { book } = run(first, [at(0, { kind: 'debugs-seen', cryptoOn: true }), at(1_000, sighting())]);
    expect(book.incidents[0]!.stop.kind).toBe('planned');
  });

  test('not after a person’s disarm, nor on hold', () => {
    const disarmed = run(first, [
      ...armed(0, 'person'),
      at(3_000, disarm()),
      at(4_000, disarmTried(0, 'off')),
      at(5_000, cleared()),
    ]).book;
    expect(run(first, [at(6_000, sighting())], disarmed).book.incidents[0]!.stop.kind).toBe('planned');
    const held = run(first, [at(0, { kind: 'hold', on: true }), at(1_000, sighting())]).book;
    expect(held.incidents[0]!.stop).toMatchObject({ why: 'hold' });
  });
});

describe('who is told of a refusal', () => {
  test('a person at once, by the answer; for the agent an alarm stands until it is armed', () => {
    expect(run(rules, [at(0, arm('person')), at(1_000, busy)]).book.alarms).toEqual([]);
    const { book } = run(rules, [at(0, arm()), at(1_000, busy)]);
    expect(book.alarms.map(({ key }) => key)).toEqual(['arm-refused']);
    expect(armingOf(book)).toBe('disarmed arms at 301000');
    expect(run(rules, armed(301_000, 'agent', 2), book).book.alarms).toEqual([]);
  });
});

test('a spoke that a peer wants to stop while its session is being armed: ours go off by name at once', () => {
  const spoke = armSpokeRules();
  const { last } = run(spoke, [at(0, arm()), at(1_000, preflighted()), at(1_500, alert({ flow: flowOf(2) })), at(1_600, stop())]);
  expect(find(last.effects, 'attempt-stop')).toMatchObject([{ own: ['isakmp', 'ipsec'] }]);
});

test('what the pre-flight warns of stands with what is armed, each warning whole with the line to enter, whoever asks meanwhile', () => {
  const enter = { rateLimit: ['no logging rate-limit'], sequenceNumbers: ['service sequence-numbers'] };
  const remedies = { console: [], monitor: [], trap: [], loggingHost: [], msecStamps: [], clock: [], ...enter };
  const warned = armRules({ remedies, ourHosts: ['198.51.100.1'] });
  const logging = { ...sound.logging!, hosts: ['198.51.100.1'], rateLimited: true };
  const reading = preflighted({ logging, sequenceNumbers: false });
  const { book } = run(warned, [at(0, arm()), at(1_000, reading), at(1_500, arm('person')), at(2_000, armTried('armed'))]);
  expect(book.arming.state).toMatchObject({
    kind: 'armed',
    warnings: [
      'logging rate-limit is in force: lines will be missing from the debugs; enter there: no logging rate-limit',
      'log lines carry no sequence numbers: lost ones go unnoticed; enter there: service sequence-numbers',
    ],
  });
});
