/** Every row of the rule table in shared/detect/judge.ts, and what must hold for all evidence. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  combineVerdicts,
  type FlowEvidence,
  type Ground,
  grounds,
  judgeFlow,
  judgeTimesFor,
  type Verdict,
} from '../../shared/detect/judge.ts';

/** One message, ten quiet minutes, nothing else known. */
const silent: FlowEvidence = {
  believed: true,
  receiver: true,
  spanMs: 0,
  quietMs: 600_000,
  maskable: false,
  atSender: 'unknown',
  newSpiInUse: false,
  errorsClimb: false,
};
const proof = { atSender: 'not-current', newSpiInUse: true } as const;

const table: [row: string, evidence: Partial<FlowEvidence>, verdict: Verdict, ...because: Ground[]][] = [
  ['1 forged, perhaps: not even when it comes again', { ...proof, believed: false, spanMs: 600_000 }, 'unknown', 'not-borne-out'],
  ['2 again after its minute', { spanMs: 60_000, quietMs: 0 }, 'persistent', 'again-after-a-minute'],
  ['2 whatever a capture shows', { ...proof, spanMs: 60_000 }, 'persistent', 'again-after-a-minute'],
  ['2 also when a peer tells it again', { receiver: false, spanMs: 61_000 }, 'persistent', 'again-after-a-minute'],
  ['3 no time', { ...proof, spanMs: null }, 'unknown', 'no-trusted-time'],
  ['4 the other end’s message', { ...proof, receiver: false }, 'unknown', 'told-by-peer'],
  ['5 nobody watched', { ...proof, quietMs: null }, 'unknown', 'silence-proves-nothing'],
  ['6 again within the minute is no repeat', { ...proof, spanMs: 59_999, quietMs: 0 }, 'unknown', 'silent-too-short'],
  ['6 two minutes of silence', { ...proof, quietMs: 179_999 }, 'unknown', 'silent-too-short'],
  ['7 twice within the minute, as we heard it', { ...proof, spanMs: 59_999 }, 'unknown', 'came-again'],
  ['8 the sender still encrypts with it', { newSpiInUse: true, atSender: 'current' }, 'unknown', 'current-at-sender'],
  ['9 packets go on failing', { ...proof, errorsClimb: true }, 'unknown', 'errors-climb'],
  ['10 out of use at the sender', { atSender: 'not-current' }, 'transient', 'not-current-at-sender', 'silent'],
  [
    '10 also when other flows could mask ours',
    { atSender: 'not-current', maskable: true },
    'transient',
    'not-current-at-sender',
    'silent',
  ],
  ['11 others kept the limit busy', { newSpiInUse: true, maskable: true }, 'unknown', 'others-may-mask'],
  ['12 the new SPI is in use', { newSpiInUse: true }, 'transient', 'new-spi-in-use', 'silent'],
  ['13 silence alone', {}, 'unknown', 'silence-proves-nothing'],
];

test.each(table)('row %s', (_, evidence, verdict, ...because) => {
  expect(judgeFlow({ ...silent, ...evidence })).toEqual({ verdict, grounds: because });
});

test('every ground is given by a row', () => {
  expect(new Set(table.flatMap(([, , , ...because]) => because))).toEqual(new Set(grounds));
});

const arbEvidence: fc.Arbitrary<FlowEvidence> = fc.record({
  believed: fc.boolean(),
  receiver: fc.boolean(),
  spanMs: fc.option(fc.integer({ min: 0, max: 200_000 })),
  quietMs: fc.option(fc.integer({ min: 0, max: 400_000 })),
  maskable: fc.boolean(),
  atSender: fc.constantFrom('current', 'not-current', 'unknown'),
  newSpiInUse: fc.boolean(),
  errorsClimb: fc.boolean(),
});

describe('for all evidence', () => {
  test('silence alone never proves a transient', () => {
    fc.assert(
      fc.property(arbEvidence, (evidence) => {
        const bare = judgeFlow({ ...evidence, atSender: 'unknown', newSpiInUse: false });
        expect(bare.verdict).not.toBe('transient');
      }),
    );
  });

  test('a longer silence never makes a black hole, nor takes a transient back', () => {
    fc.assert(
      fc.property(arbEvidence, fc.nat(400_000), (evidence, moreMs) => {
        const before = judgeFlow(evidence).verdict;
        const later = judgeFlow({ ...evidence, quietMs: evidence.quietMs === null ? null : evidence.quietMs + moreMs }).verdict;
        if (before !== 'unknown') expect(later).toBe(before);
        else expect(later).not.toBe('persistent');
      }),
    );
  });
});

describe('of several flows', () => {
  test.each<[Verdict[], Verdict]>([
    [[], 'unknown'],
    [['transient', 'transient'], 'transient'],
    [['transient', 'unknown'], 'unknown'],
    [['transient', 'persistent', 'unknown'], 'persistent'],
  ])('%j is %s', (all, verdict) => {
    expect(combineVerdicts(all)).toBe(verdict);
  });
});

test('the interval of the limit is what again and silence are measured by', () => {
  const scaled = judgeTimesFor(2_000);
  const at = (change: Partial<FlowEvidence>) => judgeFlow({ ...silent, ...change }, scaled).verdict;
  expect(at({ spanMs: 1_999 })).toBe('unknown');
  expect(at({ spanMs: 2_000 })).toBe('persistent');
  expect(at({ atSender: 'not-current', quietMs: 5_999 })).toBe('unknown');
  expect(at({ atSender: 'not-current', quietMs: 6_000 })).toBe('transient');
});
