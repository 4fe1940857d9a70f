/** What holds of arming for every sequence of inputs, however senseless; beside property.test.ts. Results answer what is under way, or an older order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stopIsOpen } from '../../shared/coordinate/arming-state.ts';
import { type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { ArmTimerName, Input, InputBody } from '../../shared/coordinate/input.ts';
import type { Step } from '../../shared/coordinate/move.ts';
import { reasons } from '../../shared/coordinate/reason.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { step } from '../../shared/coordinate/step.ts';
import { arm, armRules, armTimer, armTried, busy, disarm, disarmTried, preflighted, renewed, tripped } from './arming-given.ts';
import { alert, at, attempted, CRYPTO, captured, find, flowOf, id, run, sealedAs, sighting, stop, T0, timer } from './given.ts';

const arbRules: fc.Arbitrary<Rules> = fc
  .record({
    mode: fc.constantFrom('act', 'act', 'act', 'act', 'capture', 'observe'),
    role: fc.constantFrom('hub', 'spoke', 'both'),
    stopMode: fc.constantFrom('own', 'all'),
    when: fc.constantFrom('always', 'manual', 'on-first-sighting'),
    rearm: fc.constantFrom({ kind: 'never' }, { kind: 'if-transient' }, { kind: 'after', afterMs: 60_000 }),
    conditions: fc.constantFrom(['11.1.1.3'], ['11.1.1.3'], []),
  } as const)
  .map(({ mode, role, stopMode, when, rearm, conditions }) => {
    const rules = armRules({ when, rearm, maxDebugMs: 3_600_000 }, { mode, role, stopMode, incidentsPerHour: 4 });
    return { ...rules, arming: { ...rules.arming, plan: { ...rules.arming.plan, conditions } } };
  });

const by = fc.constantFrom('person', 'peer', 'agent', 'agent') as fc.Arbitrary<'person' | 'peer' | 'agent'>;
const debugs = fc.constantFrom('off', 'off', 'still-on', 'unreadable', 'not-sent') as fc.Arbitrary<
  'off' | 'still-on' | 'unreadable' | 'not-sent'
>;
const conditions = fc.constantFrom('removed', 'removed', 'left', 'failed') as fc.Arbitrary<'removed' | 'left' | 'failed'>;
const armTimers: ArmTimerName[] = ['lease', 'max-debug', 'hung', 'disarm-bound', 'disarm-bound', 'disarm-retry'];

/** With a book at hand: which arm, attempt and incident is meant, mostly the present one. */
type Draw = (book: Book, n: number) => InputBody;
const fixed =
  (body: InputBody): Draw =>
  () =>
    body;
const ofArm =
  (make: (arm: number) => InputBody, offset: number): Draw =>
  (book) =>
    make(book.arming.count - offset);
const attemptOf = ({ arming: { state } }: Book): number => (state.kind === 'disarming' ? state.attempt : 0);
const ofIncident =
  (body: InputBody): Draw =>
  (book, n) => {
    const incident = book.incidents[n % Math.max(1, book.incidents.length)];
    const at = incident?.stop.kind === 'running' ? incident.stop.attempt : 0;
    return {
      ...body,
      ...(incident ? { incident: incident.id } : {}),
      ...(body.kind === 'stop-attempted' ? { attempt: at } : {}),
    } as InputBody;
  };
const offset = fc.constantFrom(0, 0, 0, 0, 1);

/** What would come next where all goes well: without it no random life ever comes far. */
const sensible: Draw = (book) => {
  const { state, count } = book.arming;
  const trying = book.incidents.find(({ stop: { kind } }) => kind === 'running' || kind === 'waiting-retry');
  if (trying !== undefined)
    return {
      ...attempted(trying.stop.kind === 'running' ? trying.stop.attempt : 0, 'verified'),
      incident: trying.id,
    } as InputBody;
  const ahead = book.incidents.find(({ stopPassed }) => !stopPassed);
  if (ahead !== undefined) return { ...timer('stop'), incident: ahead.id } as InputBody;
  switch (state.kind) {
    case 'disarmed':
      return arm('person');
    case 'checking':
      return preflighted({}, count);
    case 'arming':
      return armTried('armed', count);
    case 'armed':
      return renewed(count);
    case 'disarming':
      return disarmTried(state.attempt, 'off', { conditions: 'removed' }, count);
  }
};

/** A person is told, and takes it over. */
const handOver =
  (which: number): Draw =>
  (book) => {
    const { state, count } = book.arming;
    const given = book.alarms.find(({ key }) => key === 'disarm' || key.startsWith('stop:'));
    if (given === undefined && state.kind === 'disarming' && state.phase === 'debugs') return armTimer('disarm-bound', count);
    return { kind: 'acknowledge', alarm: (given ?? book.alarms[which % Math.max(1, book.alarms.length)])?.id ?? 'a1' };
  };

const arbDraw: fc.Arbitrary<Draw> = fc.oneof(
  { weight: 40, arbitrary: fc.constant(sensible) },
  { weight: 5, arbitrary: fc.tuple(by, fc.boolean()).map(([who, follows]) => fixed(arm(who, follows ? { follows } : {}))) },
  { weight: 2, arbitrary: fc.constantFrom(fixed(disarm('person')), fixed(disarm('peer'))) },
  { weight: 5, arbitrary: offset.map((n) => ofArm((count) => preflighted({}, count), n)) },
  fc.constant(((book) => ({ ...busy, arm: book.arming.count }) as InputBody) as Draw),
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom('armed', 'armed', 'undone', 'unresolved') as fc.Arbitrary<'armed' | 'undone' | 'unresolved'>, offset)
      .map(([result, n]) => ofArm((count) => armTried(result, count), n)),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(debugs, conditions, offset).map(
      ([how, rest, n]): Draw =>
        (book) =>
          disarmTried(
            attemptOf(book),
            how,
            { conditions: rest, conditionsLeft: rest === 'removed' ? [] : ['11.1.1.3'] },
            book.arming.count - n,
          ),
    ),
  },
  { weight: 2, arbitrary: offset.map((n) => ofArm(renewed, n)) },
  offset.map((n) => ofArm(tripped, n)),
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom(...armTimers), offset).map(([name, n]) => ofArm((count) => armTimer(name, count), n)),
  },
  {
    weight: 3,
    arbitrary: fc.nat(4).map((n) => fixed(sighting({ flow: flowOf(n), peers: [`spoke${(n % 2) + 1}`], spoofable: n === 4 }))),
  },
  { weight: 2, arbitrary: fc.nat(3).map((n) => fixed(alert({ id: id(901 + n), act: n > 0, flow: flowOf(7 + n) }))) },
  { weight: 2, arbitrary: fc.nat(3).map((n) => fixed(stop({ id: id(901 + n), newId: id(950 + n) }))) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom([], [CRYPTO])
      .map((flags) => ofIncident({ kind: 'debugs-read', incident: id(1), flags, detail: '' })),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('verified', 'verified', 'still-on', 'not-sent')
      .map((result) => ofIncident(attempted(0, result as 'verified'))),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('stop', 'stop', 'stop-bound', 'stop-retry', 'stop-hung', 'tail', 'seal-deadline')
      .map((name) => ofIncident(timer(name as 'stop'))),
  },
  fc.constant(ofIncident(captured('first'))),
  { weight: 2, arbitrary: fc.constant(ofIncident(sealedAs('complete'))) },
  { weight: 2, arbitrary: fc.constantFrom(true, false, false).map((on) => fixed({ kind: 'hold', on })) },
  { weight: 2, arbitrary: fc.boolean().map((cryptoOn) => fixed({ kind: 'debugs-seen', cryptoOn })) },
  { weight: 5, arbitrary: fc.nat(6).map(handOver) },
  fc.boolean().map((resumable) => fixed({ kind: 'restarted', resumable })),
  fc.constant(fixed({ kind: 'leaving' })),
  fc.constant(fixed({ kind: 'expire' })),
);
const arbLife = fc.array(fc.tuple(fc.constantFrom(0, 100, 100, 2_000, 18_000, 95_000, 900_000), fc.nat(5), arbDraw), {
  minLength: 1,
  maxLength: 90,
  size: 'max',
});

type Judge = (moved: Step, before: Book, input: Input, rules: Rules) => void;

function live(
  rules: Rules,
  life: readonly (readonly [number, number, Draw])[],
  judge: Judge = () => {},
): { book: Book; inputs: Input[] } {
  let book = emptyBook;
  let ms = 0;
  let fresh = 0;
  const inputs: Input[] = [];
  for (const [passed, n, draw] of life) {
    ms += passed;
    const body = draw(book, n);
    const input = at(ms, body.kind === 'sighting' ? { ...body, id: id(++fresh) } : body);
    const moved = step(rules, book, input);
    judge(moved, book, input, rules);
    book = moved.book;
    inputs.push(input);
  }
  return { book, inputs };
}
const everyStep = (judge: Judge): void =>
  fc.assert(
    fc.property(arbRules, arbLife, (rules, life) => void live(rules, life, judge)),
    { numRuns: 600 },
  );

const verifiedNow = (moved: Step, before: Book): boolean =>
  moved.book.incidents.some(
    ({ id: known, stop: now }) =>
      now.kind === 'verified' && before.incidents.find((was) => was.id === known)?.stop.kind !== 'verified',
  );

describe('any life of an agent that arms', () => {
  test('reaches what it is about', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(arbRules, arbLife, (rules, life) => {
        live(rules, life, ({ book: { arming } }) => {
          seen.add(arming.state.kind === 'disarming' ? arming.state.phase : arming.state.kind);
          seen.add(`blocked ${arming.blocked}`);
        });
      }),
      { numRuns: 1_500, seed: 7 },
    );
    for (const what of [
      'checking',
      'arming',
      'armed',
      'debugs',
      'conditions',
      'blocked person',
      'blocked peer',
      'blocked breaker',
      'blocked judging',
      'blocked max-debug',
      'blocked given-up',
    ])
      expect([...seen]).toContain(what);
  });

  test('gives listed reasons, and a book that JSON and a replay give back', () => {
    fc.assert(
      fc.property(arbRules, arbLife, (rules, life) => {
        const { book, inputs } = live(rules, life, (moved) => expect(reasons).toContain(moved.reason));
        expect(JSON.parse(JSON.stringify(book))).toEqual(book);
        expect(run(rules, JSON.parse(JSON.stringify(inputs)) as Input[]).book).toEqual(book);
      }),
      { numRuns: 200 },
    );
  });

  test('puts debugs on only in mode act, not on hold, with a condition, with no stop ahead, after a sound pre-flight', () => {
    everyStep((moved, before, input, rules) => {
      for (const effect of moved.effects) {
        if (effect.kind !== 'arm-device' && effect.kind !== 'preflight') continue;
        expect(rules.mode).toBe('act');
        expect(before.hold).toBe(false);
        expect(stopIsOpen(before)).toBe(false);
        expect(rules.arming.plan.conditions).not.toEqual([]);
        if (effect.kind === 'preflight') expect(input.kind).toBe('arm');
        else {
          expect(input.kind).toBe('preflighted');
          expect(before.arming.state.kind).toBe('checking');
          expect(effect.plan.conditions).not.toEqual([]);
        }
      }
    });
  });

  test('is not off before that was verified, or a person has taken it over', () => {
    everyStep((moved, before, input) => {
      const [was, now] = [before.arming.state, moved.book.arming.state];
      if (was.kind === 'armed' && now.kind === 'disarmed') expect(input.kind).toBe('acknowledge');
      if (was.kind === 'arming' && now.kind === 'disarmed')
        expect(input).toMatchObject({ kind: 'arm-attempted', attempt: { result: 'undone' } });
      if (was.kind === 'disarming' && now.kind === 'disarmed' && input.kind !== 'acknowledge')
        expect(was.phase).toBe('conditions');
      const toConditions =
        now.kind === 'disarming' && now.phase === 'conditions' && !(was.kind === 'disarming' && was.phase === 'conditions');
      if (!toConditions) return;
      const read = input.kind === 'disarm-attempted' && input.outcome.debugs === 'off';
      const seenOff = input.kind === 'debugs-seen' && !input.cryptoOn;
      expect(read || seenOff || verifiedNow(moved, before)).toBe(true);
    });
  });

  test('turns debugs off by one ladder at a time', () => {
    everyStep((moved, before, input) => {
      const offs = find(moved.effects, 'disarm-device');
      expect(offs.length).toBeLessThanOrEqual(1);
      if (offs.length === 0 || offs[0]!.debugs.length === 0) return;
      expect(offs[0]!.conditions, 'conditions wait until debugs are verified off').toEqual([]);
      if (input.kind === 'restarted' || before.arming.state.kind !== 'armed') return;
      expect(find(moved.effects, 'attempt-stop')).toEqual([]);
      expect(moved.book.incidents.filter(({ stop: { kind } }) => kind === 'running' || kind === 'waiting-retry')).toEqual([]);
    });
  });

  test('has an end ordered for every armed state, and a next step for every disarming one', () => {
    everyStep((moved, before, input) => {
      const [was, now] = [before.arming.state, moved.book.arming.state];
      const wakes = find(moved.effects, 'arm-wake');
      if (now.kind === 'armed') {
        const entered = was.kind !== 'armed' || input.kind === 'restarted' || now.since !== was.since;
        const renewedNow = was.kind === 'armed' && now.renewedAt !== was.renewedAt;
        if (entered || renewedNow)
          expect(wakes).toContainEqual(expect.objectContaining({ name: 'lease', at: now.renewedAt + now.leaseMs }));
        if (entered) expect(wakes.map(({ name }) => name)).toContain('max-debug');
        if (moved.book.hold) expect(stopIsOpen(moved.book), 'on hold only for a stop that goes on').toBe(true);
      }
      if (now.kind === 'disarming' && (was.kind !== 'disarming' || was.attemptAt !== now.attemptAt || was.phase !== now.phase))
        expect(wakes.map(({ name }) => name)).toContain(now.attemptAt === null ? 'disarm-retry' : 'hung');
      if ((now.kind === 'checking' || now.kind === 'arming') && was.kind !== now.kind)
        expect(wakes.map(({ name }) => name)).toContain('hung');
    });
  });

  test('is armed again by nobody but a person after what ended it for good', () => {
    everyStep((moved, before, input) => {
      const { blocked } = before.arming;
      if (find(moved.effects, 'preflight').length === 0 || input.kind !== 'arm') return;
      if (blocked === 'person' || blocked === 'breaker' || blocked === 'max-debug' || blocked === 'given-up')
        expect(input.by).toBe('person');
      if (blocked !== null && input.by === 'agent') expect(input.follows).toBe(true);
    });
  });

  test('spends maxDebug as one total, which a person alone begins anew', () => {
    everyStep((moved, before, input) => {
      if (moved.book.arming.spentMs >= before.arming.spentMs) return;
      expect(input).toMatchObject({ kind: 'arm', by: 'person' });
    });
  });

  test('stays within its bounds', () => {
    everyStep(({ book: { arming } }, _before, _input, rules) => {
      expect(arming.peerArmsAt.length).toBeLessThanOrEqual(rules.incidentsPerHour);
      expect(new Set(arming.leftConditions).size).toBe(arming.leftConditions.length);
    });
  });
});

test('an alert never puts the stop beyond the lease, whatever it asks for', () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })),
      fc.integer({ min: 2_000, max: 901_999 }),
      (delayMs, ms) => {
        const rules = armRules({}, { role: 'spoke' });
        const inputs = [at(0, arm()), at(1_000, preflighted()), at(2_000, armTried('armed')), at(ms, alert({ delayMs }))];
        const { book } = run(rules, inputs);
        expect(book.incidents[0]!.stopAt - T0).toBeLessThanOrEqual(902_000);
        expect(book.incidents[0]!.stopAt - T0).toBeGreaterThanOrEqual(ms);
      },
    ),
  );
});
