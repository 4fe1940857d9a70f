/** What holds for every sequence of inputs, however senseless: the promises of pair-protocol.md as invariants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Book, emptyBook, type Incident } from '../../shared/coordinate/book.ts';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import { isWanted, type Step, sameFlow } from '../../shared/coordinate/move.ts';
import { reasons } from '../../shared/coordinate/reason.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { step } from '../../shared/coordinate/step.ts';
import { limits } from '../../shared/limits.ts';
import { alert, at, CRYPTO, flowOf, hubRules, id, run } from './given.ts';

const small = { incidentsPerHour: 3, maxPeersCaptured: 2, flowsPerIncidentMax: 4, heldFlowsMax: 5, closedIdsMax: 4 } as const;
const arbRules: fc.Arbitrary<Rules> = fc
  .record({
    role: fc.constantFrom('hub', 'spoke', 'both'),
    mode: fc.constantFrom('act', 'act', 'act', 'capture', 'observe'),
  } as const)
  .map((over) => ({ ...hubRules, ...small, ...over }));

const anId = fc.integer({ min: 1, max: 6 }).map(id);
/** Ours are even, those of peers odd: nobody draws the other's. */
const peersId = fc.constantFrom(1, 3, 5).map(id);
const aFlow = fc.integer({ min: 0, max: 6 }).map((n) => flowOf(n, n % 2 ? '11.1.1.3' : '11.1.1.4'));
const aPeer = fc.constantFrom('spoke1', 'spoke2', 'eem1', 'hub1', 'hub2');
const result = fc.constantFrom('verified', 'still-on', 'unreadable', 'not-sent');

const arbBody: fc.Arbitrary<InputBody> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sighting'),
      id: anId,
      flow: aFlow,
      peers: fc.uniqueArray(aPeer, { minLength: 1, maxLength: 2 }),
      interface: fc.constant(null),
      source: fc.constantFrom('udp', 'tcp'),
      spoofable: fc.boolean(),
      spiAsReceived: fc.constant('0x1'),
      line: fc.constant(''),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('symptom'),
      id: anId,
      cause: fc.constantFrom('qfp-drops', 'ikmp-no-sa'),
      source: fc.constant('drops'),
      opens: fc.boolean(),
      peers: fc.uniqueArray(aPeer, { maxLength: 2 }),
      scope: fc.constant([]),
      detail: fc.constant(''),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('alert'),
      id: peersId,
      peer: aPeer,
      delayMs: fc.option(fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })),
      act: fc.boolean(),
      flow: fc.option(aFlow),
      scope: fc.array(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), { maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stop'),
      id: fc.option(peersId),
      newId: fc.uuid(),
      peer: aPeer,
      scope: fc.constant(['10.0.0.1']),
    }),
  },
  fc.record({
    kind: fc.constant('done'),
    id: anId,
    peer: aPeer,
    bits: fc.integer({ min: 0, max: 31 }),
    keys: fc.constantFrom(
      { off: 'failed' },
      { off: 'verified', spi: 'none' },
      { off: 'verified', spi: 'outbound', later: 'inbound' },
    ),
  }),
  fc.record({
    kind: fc.constant('corroborated'),
    incident: anId,
    flow: aFlow,
    result: fc.constantFrom('found', 'absent', 'undecided'),
    detail: fc.constant(''),
  }),
  fc.record({
    kind: fc.constant('debugs-read'),
    incident: anId,
    flags: fc.constantFrom(null, [], [CRYPTO]),
    detail: fc.constant(''),
  }),
  fc.record({
    kind: fc.constant('capture-ended'),
    incident: anId,
    round: fc.constantFrom('first', 'stop', 'late'),
    withOutput: fc.constant(1),
    planned: fc.constant(2),
    whole: fc.boolean(),
    spiSeen: fc.constantFrom('outbound', 'none', 'unknown'),
    seen: fc.array(
      fc.record({
        flow: aFlow,
        spi: fc.constantFrom('outbound', 'none'),
        otherInbound: fc.nat(2),
        decaps: fc.option(fc.nat(5)),
        errors: fc.option(fc.nat(5)),
      }),
      { maxLength: 2 },
    ),
  }),
  {
    weight: 3,
    arbitrary: fc
      .record({ incident: anId, attempt: fc.integer({ min: 0, max: 5 }), result })
      .map(({ incident, attempt, result: how }) => ({
        kind: 'stop-attempted' as const,
        incident,
        attempt,
        outcome: { via: 'control', sentAt: null, sentAtWall: null, result: how, detail: '', appeared: [] } as const,
      })),
  },
  fc.record({
    kind: fc.constant('delivery'),
    incident: anId,
    peer: aPeer,
    phase: fc.constantFrom('alert', 'stop'),
    result: fc.constantFrom('acknowledged', 'sent', 'given-up'),
    attempts: fc.nat(20),
    roundTripMs: fc.constant(null),
    detail: fc.constant(''),
  }),
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('timer'),
      incident: anId,
      name: fc.constantFrom(
        'stop',
        'stop',
        'stop-bound',
        'stop-retry',
        'stop-hung',
        'tail',
        'seal-deadline',
        'seal-retry',
        'judge',
        'judge',
      ),
    }),
  },
  fc.record({ kind: fc.constant('sealed'), incident: anId, outcome: fc.constant({ kind: 'complete', reasons: [] } as const) }),
  fc.record({ kind: fc.constant('seal-failed'), incident: anId, detail: fc.constant('') }),
  fc.record({ kind: fc.constant('recovered'), incident: anId, resumable: fc.boolean() }),
  fc.record({ kind: fc.constant('debugs-seen'), cryptoOn: fc.boolean() }),
  fc.record({ kind: fc.constant('hold'), on: fc.boolean() }),
  fc.record({ kind: fc.constant('acknowledge'), alarm: fc.constantFrom('a1', 'a2', 'a3') }),
  fc.record({ kind: fc.constant('raise'), key: fc.constantFrom('x', 'y'), text: fc.constant(''), remedy: fc.constant(null) }),
  fc.record({ kind: fc.constant('clear'), key: fc.constantFrom('x', 'y') }),
  fc.constant({ kind: 'restarted', resumable: true }),
  fc.constant({ kind: 'expire' }),
) as fc.Arbitrary<InputBody>;

const arbInputs: fc.Arbitrary<Input[]> = fc
  .array(fc.tuple(fc.constantFrom(0, 1, 100, 2_000, 18_000, 30_000, 120_000, 400_000), arbBody), { minLength: 1, maxLength: 60 })
  .map((pairs) => {
    let ms = 0;
    let fresh = 0;
    return pairs.map(([passed, body]) => {
      ms += passed;
      // Our own ids are never used twice.
      return at(ms, body.kind === 'sighting' || body.kind === 'symptom' ? { ...body, id: id(2 * ++fresh) } : body);
    });
  });

/** Every step of an arbitrary life, judged. */
function everyStep(judge: (moved: Step, before: Book, input: Input, rules: Rules) => void): void {
  fc.assert(
    fc.property(arbRules, arbInputs, (rules, inputs) => {
      let book = emptyBook;
      for (const input of inputs) {
        const moved = step(rules, book, input);
        judge(moved, book, input, rules);
        book = moved.book;
      }
    }),
    { numRuns: 500 },
  );
}

const was = (before: Book, incident: Incident): Incident | undefined =>
  before.incidents.find((known) => known.id === incident.id);
const SEAL_ORDER = { no: 0, requested: 1, failed: 1, sealed: 2 } as const;

describe('any sequence of inputs', () => {
  test('never throws, and its reason is a listed one', () => {
    everyStep((moved) => expect(reasons).toContain(moved.reason));
  });

  test('never moves a planned stop later', () => {
    everyStep((moved, before) => {
      for (const incident of moved.book.incidents) {
        const old = was(before, incident);
        if (old?.stop.kind === 'planned') expect(incident.stopAt).toBeLessThanOrEqual(old.stopAt);
      }
    });
  });

  test('only advances phases', () => {
    everyStep((moved, before, input) => {
      for (const incident of moved.book.incidents) {
        const old = was(before, incident);
        if (old === undefined) continue;
        if (old.stopPassed) expect(incident.stopPassed).toBe(true);
        if (old.stop.kind === 'verified') expect(incident.stop).toEqual(old.stop);
        if (old.stop.kind === 'running' || old.stop.kind === 'waiting-retry')
          expect(['running', 'waiting-retry', 'verified']).toContain(incident.stop.kind);
        if (input.kind !== 'recovered') expect(SEAL_ORDER[incident.sealing]).toBeGreaterThanOrEqual(SEAL_ORDER[old.sealing]);
        if (old.debugsAtStart.kind === 'read') expect(incident.debugsAtStart).toEqual(old.debugsAtStart);
      }
      for (const closed of before.closed.slice(-small.closedIdsMax + 1))
        if (input.kind !== 'expire') expect(moved.book.incidents.map((incident) => incident.id)).not.toContain(closed.id);
    });
  });

  test('attempts a stop only in mode act, for a believed incident, with something to stop', () => {
    everyStep((moved, before, input, rules) => {
      for (const effect of moved.effects) {
        if (effect.kind !== 'attempt-stop' && effect.kind !== 'signal-stop') continue;
        expect(rules.mode).toBe('act');
        const incident = moved.book.incidents.find((known) => known.id === effect.incident)!;
        expect(incident.mode).toBe('act');
        expect(incident.stopPassed).toBe(true);
        expect(isWanted(incident)).toBe(true);
        // Under another boot the stop is due now, whatever the old clock said.
        if (!(input.kind === 'recovered' && !input.resumable)) expect(input.at).toBeGreaterThanOrEqual(incident.stopAt);
        if (effect.kind === 'attempt-stop') {
          expect(['timer', 'stop', 'recovered', 'corroborated', 'sighting', 'stop-attempted']).toContain(input.kind);
          expect(incident.debugsAtStart).not.toEqual({ kind: 'read', flags: [] });
          expect(was(before, incident)?.stop.kind).not.toBe('verified');
        }
      }
    });
  });

  test('sends nothing at all in mode observe, and show commands and alerts alone in mode capture', () => {
    everyStep((moved, _before, _input, rules) => {
      if (rules.mode === 'act') return;
      const forbidden =
        rules.mode === 'observe'
          ? ['attempt-stop', 'signal-stop', 'alert', 'signal-done', 'capture', 'read-debugs', 'corroborate']
          : ['attempt-stop', 'signal-stop'];
      for (const effect of moved.effects) {
        expect(forbidden).not.toContain(effect.kind);
        if (effect.kind === 'alert') expect(effect.act).toBe(false);
      }
    });
  });

  test('stays within the limits', () => {
    everyStep(({ book }) => {
      expect(book.closed.length).toBeLessThanOrEqual(small.closedIdsMax);
      expect(book.held.length).toBeLessThanOrEqual(small.heldFlowsMax);
      expect(book.openedAt.length).toBeLessThanOrEqual(small.incidentsPerHour);
      expect(book.incidents.length).toBeLessThanOrEqual(limits.openIncidentsMax);
      expect(book.alarms.length).toBeLessThanOrEqual(limits.alarmsMax);
      for (const incident of book.incidents) {
        expect(incident.flows.length).toBeLessThanOrEqual(small.flowsPerIncidentMax);
        expect(incident.captureScope.length).toBeLessThanOrEqual(small.maxPeersCaptured);
        expect(incident.captures.filter(({ state }) => state === 'running').length).toBeLessThanOrEqual(
          small.maxPeersCaptured + 3,
        );
      }
    });
  });

  test('leaves a book that JSON gives back, and a replay makes the same one', () => {
    fc.assert(
      fc.property(arbRules, arbInputs, (rules, inputs) => {
        const { book } = run(rules, inputs);
        expect(JSON.parse(JSON.stringify(book))).toEqual(book);
        const journal = JSON.parse(JSON.stringify(inputs)) as Input[];
        expect(run(rules, journal).book).toEqual(book);
      }),
      { numRuns: 300 },
    );
  });

  test('calls a flow persistent for good, transient only after three silent minutes, and alarms a black hole once', () => {
    everyStep((moved, before, input) => {
      const { book, effects } = moved;
      for (const held of book.held) {
        const old = before.held.find((known) => known.incident === held.incident && sameFlow(known.flow, held.flow));
        if (old?.judged?.verdict === 'persistent') expect(held.judged?.verdict).toBe('persistent');
        if (held.judged?.verdict !== 'transient' || old?.judged?.verdict === 'transient') continue;
        if (input.kind === 'timer' || input.kind === 'done') expect(input.at - held.last).toBeGreaterThanOrEqual(180_000);
      }
      const raised = effects.filter((effect) => effect.kind === 'alarm-raised' && effect.alarm.key.startsWith('black-hole:'));
      expect(raised.length).toBeLessThanOrEqual(1);
      if (raised.length > 0) expect(['sighting', 'symptom']).toContain(input.kind);
      for (const { key } of book.alarms)
        if (key.startsWith('black-hole:')) expect(book.alarms.filter((other) => other.key === key)).toHaveLength(1);
      expect(book.recurrences.length).toBeLessThanOrEqual(limits.recurrencesMax);
    });
  });

  test('an incident whose stop has begun always has a timer that goes on with it', () => {
    everyStep((moved) => {
      for (const effect of moved.effects) {
        if (effect.kind !== 'attempt-stop') continue;
        const wakes = moved.effects.filter((other) => other.kind === 'wake' && other.incident === effect.incident);
        expect(wakes.map((wake) => wake.kind === 'wake' && wake.name)).toContain('stop-hung');
      }
    });
  });
});

describe('merging', () => {
  // A hub says one flow under its id, however often it repeats itself.
  const anAlert = fc
    .record({
      id: anId,
      peer: aPeer,
      delayMs: fc.option(fc.integer({ min: 0, max: 400_000 })),
      act: fc.boolean(),
    })
    .map((body) => ({ ...body, flow: flowOf(Number(body.id.slice(-1))) }));
  const arbModes = fc.constantFrom('act', 'act', 'capture', 'observe') as fc.Arbitrary<Rules['mode']>;

  test('is the same in every order: one stop, one set of ids, each signaller once', () => {
    fc.assert(
      fc.property(
        arbModes,
        fc
          .array(anAlert, { minLength: 2, maxLength: 4 })
          .chain((alerts) => fc.tuple(fc.constant(alerts), fc.shuffledSubarray(alerts, { minLength: alerts.length }))),
        (mode, [one, other]) => {
          const merged = [one, other].map((alerts) => {
            const { book } = run(
              { ...hubRules, role: 'spoke', mode },
              alerts.map((body) => at(0, alert(body))),
            );
            expect(book.incidents).toHaveLength(1);
            const incident = book.incidents[0]!;
            return {
              stopAt: incident.stopAt,
              stop: incident.stop,
              ids: [...new Set([incident.id, ...incident.aliases])].sort(),
              signallers: incident.signallers.map(({ peer, id: under }) => `${peer} ${under}`).sort(),
              flows: incident.flows.map((record) => record.flow.spi).sort(),
            };
          });
          expect(merged[0]).toEqual(merged[1]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a flood of ids is bounded, still brings the stop forward, and is counted', () => {
    const flood = Array.from({ length: 400 }, (_, n) => at(n, alert({ id: id(n + 1), delayMs: 300_000 - n * 100 })));
    const { book } = run({ ...hubRules, role: 'spoke' }, flood);
    const incident = book.incidents[0]!;
    expect(incident.aliases.length).toBeGreaterThan(limits.mergedIdsMax / 2);
    expect(incident.aliases.length).toBeLessThanOrEqual(limits.mergedIdsMax);
    expect(incident.signallers.length).toBeLessThanOrEqual(limits.mergedIdsMax + 1);
    expect(incident.stopAt).toBe(1_000_000 + 399 + 300_000 - 39_900);
    expect(book.dropped.mergedIdsMax).toBeGreaterThan(0);
  });
});
