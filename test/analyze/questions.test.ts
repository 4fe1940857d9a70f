/** Questions whose answers several rules share, asked directly: where knowing ends, the answer is "unknown" and not the nearest word. */
import { describe, expect, test } from 'vitest';
import { linesMissing, receiverIke } from '../../shared/analyze/end-questions.ts';
import { existedBefore, senderUses } from '../../shared/analyze/sa-questions.ts';
import { type View, viewOf } from '../../shared/analyze/view.ts';
import { type CaseOptions, caseOf, instant, LOST, type SaOptions, SPOKE } from '../support/case.ts';

function viewFor(options: CaseOptions): View {
  const about = caseOf(options);
  return viewOf(about, about.flows[0]!);
}

describe('does the sender encrypt with it', () => {
  const known = (sa: Omit<SaOptions, 'spi'>) => senderUses(viewFor({ sas: [{ spi: LOST, ...sa }] })).known;

  test.each<[string, Omit<SaOptions, 'spi'>, string]>([
    ['what was there at the message and is gone at the stop is used no more', { outbound: ['yes', 'no'] }, 'no'],
    ['what is there and not the current one is not used', { outbound: 'yes', current: 'no' }, 'no'],
    ['what is there, and nothing says what is current, is used', { outbound: 'yes' }, 'yes'],
    ['no table', {}, 'unknown'],
  ])('%s', (_, sa, answer) => expect(known(sa)).toBe(answer));
});

test('a table that was cut off denies no IKE SA, a whole one does', () => {
  const known = (whole: boolean) => {
    const about = caseOf({ hub: { ike: 'none', peerings: [{ peers: [SPOKE], ike: 1 }] } });
    const ends = about.ends.map((end) => ({ ...end, ike: end.ike.map((sample) => ({ ...sample, whole })) }));
    return receiverIke(viewOf({ ...about, ends }, about.flows[0]!)).known;
  };
  expect([known(true), known(false)]).toEqual(['no', 'unknown']);
});

test('what a log with holes says in several lines may be misread; one without holes may not', () => {
  const known = (holes: number) => linesMissing(viewFor({ hub: { holes } }).receiver).known;
  expect([known(0), known(1)]).toEqual(['no', 'unknown']);
});

test('age by the lifetime that is left: within a minute of the moment it says neither older nor younger', () => {
  // 3000 s of 3600 s are left 18 s after the message: made about 582 s before it.
  const end = { lifetimeSeconds: 3_600, configured: true };
  const view = viewFor({ hub: end, spoke: end, sas: [{ spi: LOST, current: 'yes', outbound: 'yes', leftSeconds: 3_000 }] });
  const before = (seconds: number) => existedBefore(view, { at: instant(seconds, 'device 0'), quote: null }, 'it').known;
  expect([before(-700), before(-640), before(-582), before(-525), before(-460)]).toEqual([
    'no',
    'unknown',
    'unknown',
    'unknown',
    'yes',
  ]);
});
