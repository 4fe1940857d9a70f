/** agent/alarms/pipeline.ts and ledger.ts: what is told when, in tables that hold the cells where nothing is told too; flapping, turn by turn. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Entry,
  emptyLedger,
  factsOf,
  flapping,
  follow,
  forget,
  isFlapping,
  type Told,
  turnOf,
  withTold,
} from '../../agent/alarms/ledger.ts';
import { judge, type Verdict, verdictReasons } from '../../agent/alarms/pipeline.ts';
import type { Severity } from '../../agent/alarms/severity.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { alarm, facts, following, ledgerOf, onlyEntry, SINCE, warning } from './standing.ts';

const MINUTE = 60_000;
const EVERY = 15 * MINUTE;
const T0 = 10_000_000;
const at = (minutes: number) => monotonic(T0 + minutes * MINUTE);

const entry = (change: Partial<Entry> = {}): Entry => ({
  alarm: facts(),
  state: 'standing',
  stateAt: at(0),
  raisedAt: [at(0)],
  told: {},
  ...change,
});
const cold = entry({ alarm: facts({ severity: 'warning' }) });
const flaps = entry({ raisedAt: [at(-9), at(-6), at(-3), at(0)] });
const told = (change: Partial<Told> = {}): Told => ({
  status: 'raised',
  turn: turnOf(facts()),
  at: at(0),
  repeats: 0,
  ...change,
});
const earlier = told({ turn: 'a1 5' });

const short = (verdict: Verdict): string => {
  if (verdict.kind === 'tell') return `tell ${verdict.status} ${verdict.repeats}: ${verdict.reason}`;
  if (verdict.kind === 'wait') return `wait till ${(verdict.until - T0) / MINUTE}: ${verdict.reason}`;
  return `rest: ${verdict.reason}`;
};

test.each<[title: string, entry: Entry, told: Told | null, minutes: number, verdict: string, severity?: Severity]>([
  ['new', entry(), null, 0, 'tell raised 0: new'],
  ['told', entry(), told(), 0, 'wait till 5: told'],
  ['critical: the first two repeats come early', entry(), told(), 5, 'tell repeated 1: repeat-due'],
  ['critical: the second', entry(), told({ at: at(5), repeats: 1 }), 9, 'wait till 10: told'],
  ['critical: the third comes at the interval', entry(), told({ at: at(10), repeats: 2 }), 24, 'wait till 25: told'],
  ['critical: the third, due', entry(), told({ at: at(10), repeats: 2 }), 25, 'tell repeated 3: repeat-due'],
  ['a warning repeats at the interval', cold, told(), 14, 'wait till 15: told'],
  ['a warning, due', cold, told(), 15, 'tell repeated 1: repeat-due'],
  ['told in an earlier boot: long ago', entry(), told({ at: null }), 0, 'tell repeated 1: repeat-due'],
  ['a warning where only critical is wanted', cold, null, 0, 'rest: below-severity', 'critical'],
  ['critical where only critical is wanted', entry(), null, 0, 'tell raised 0: new', 'critical'],
  ['less severe than when it was told: no repeat', cold, told(), 99, 'rest: below-severity', 'critical'],
  ['less severe than when it was told: its end is', { ...cold, state: 'over' }, told(), 9, 'tell cleared 0: over', 'critical'],
  ['taken over', entry({ state: 'acknowledged' }), told({ repeats: 2 }), 1, 'tell acknowledged 2: taken-over'],
  ['taken over, told so', entry({ state: 'acknowledged' }), told({ status: 'acknowledged' }), 99, 'rest: told'],
  ['taken over before it was told', entry({ state: 'acknowledged' }), null, 1, 'rest: never-told-taken-over'],
  ['over', entry({ state: 'over' }), told({ repeats: 3 }), 1, 'tell cleared 3: over'],
  ['over after it was taken over', entry({ state: 'over' }), told({ status: 'acknowledged' }), 1, 'tell cleared 0: over'],
  ['over before it was told', entry({ state: 'over' }), null, 1, 'rest: never-told-over'],
  ['raised anew while the receiver was away', entry(), earlier, 1, 'tell raised 0: new'],
  ['raised anew after it was taken over', entry(), { ...earlier, status: 'acknowledged' }, 1, 'tell raised 0: new'],
  ['flapping: a turn is not told by itself', flaps, earlier, 1, 'wait till 15: flapping'],
  ['flapping: one of them, at the interval', flaps, earlier, 15, 'tell raised 1: new'],
  ['flapping: the first of all is told', flaps, null, 1, 'tell raised 0: new'],
  ['flapping: over is not over', { ...flaps, state: 'over', stateAt: at(2) }, told(), 11, 'wait till 12: flapping'],
  ['flapping: over when it was quiet', { ...flaps, state: 'over', stateAt: at(2) }, told(), 12, 'tell cleared 0: over'],
  ['flapping: taken over', { ...flaps, state: 'acknowledged' }, told(), 1, 'tell acknowledged 0: taken-over'],
  ['no turn for half an hour: flaps no longer', { ...flaps, state: 'over', stateAt: at(29) }, told(), 30, 'tell cleared 0: over'],
])('%s', (_title, of, was, minutes, verdict, severity = 'warning') => {
  expect(short(judge({ entry: of, told: was, channel: { severity, repeatEveryMs: EVERY }, at: at(minutes) }))).toBe(verdict);
});

test('docs/alarms.md explains every reason, and none that does not exist', () => {
  const page = readFileSync(new URL('../../docs/alarms.md', import.meta.url), 'utf8');
  expect([...page.matchAll(/^\| `([a-z-]+)` \| (?:told|waits|rests) \|/gm)].map((match) => match[1])).toEqual([
    ...verdictReasons,
  ]);
});

describe('the ledger follows the book', () => {
  test('taken in with its severity, bounded, escaped, without our secrets', () => {
    const long = alarm({ text: `\u001b[31mhunter2 ${'x'.repeat(5_000)}`, remedy: 'type: hunter2' });
    const clean = (text: string) => text.replaceAll('hunter2', '<redacted>');
    const { alarm: taken } = onlyEntry(
      follow(emptyLedger, [long], following(0, { factsOf: (raised) => factsOf(raised, clean) })),
    );
    expect(taken.text).toMatch(/^\\x1b\[31m<redacted> x+…$/);
    expect(taken.text.length).toBeLessThanOrEqual(limits.alarmTextCharsMax + 3);
    expect([taken.severity, taken.remedy]).toEqual(['critical', 'type: <redacted>']);
  });

  test('nothing new: the same ledger', () => {
    const ledger = ledgerOf([alarm(), warning()]);
    expect(follow(ledger, [alarm(), warning()], following(5_000_000))).toBe(ledger);
  });

  test('acknowledged, over, and renewed texts', () => {
    const ledger = withTold(ledgerOf([alarm()], 0), alarm().key, 'chat', told());
    const acked = onlyEntry(follow(ledger, [alarm({ acknowledged: true })], following(5)));
    expect(acked).toMatchObject({ state: 'acknowledged', stateAt: 5, told: { chat: told() } });
    expect(onlyEntry(follow(ledger, [], following(6)))).toMatchObject({ state: 'over', stateAt: 6 });
    const renewed = onlyEntry(follow(ledger, [alarm({ text: 'another answer' })], following(7)));
    expect(renewed).toMatchObject({ state: 'standing', stateAt: 0, alarm: { text: 'another answer' } });
  });

  test('gone without being over (the book keeps 500): forgotten without a word', () => {
    expect(follow(ledgerOf([alarm()]), [], following(6, { isOver: () => false })).entries).toEqual({});
  });

  test('bounded: what is over goes first, then warnings, then the oldest; counted', () => {
    const many = Array.from({ length: limits.alarmSubjectsMax }, (_, index) => alarm({ id: `a${index}`, key: `stop:${index}` }));
    const gone = follow(ledgerOf(many.slice(1)), many.slice(2), following(7));
    const full = follow(gone, [...many.slice(2), many[0]!], following(8));
    expect([Object.keys(full.entries).length, full.dropped]).toEqual([limits.alarmSubjectsMax, 0]);
    const over = follow(full, [...many.slice(2), many[0]!, warning()], following(9));
    expect([over.entries['stop:1'], over.dropped, Object.keys(over.entries).length]).toEqual([
      undefined,
      1,
      limits.alarmSubjectsMax,
    ]);
    const more = follow(over, [...many.slice(2), many[0]!, warning(), alarm({ id: 'b', key: 'stop:b' })], following(10));
    expect([more.entries[warning().key], more.dropped, more.entries['stop:b']?.state]).toEqual([undefined, 2, 'standing']);
  });

  test('what is over is kept to see it flap, and for as long as somebody must hear it', () => {
    const ledger = follow(ledgerOf([alarm()], 0), [], following(0));
    expect(forget(ledger, monotonic(flapping.withinMs - 1), () => false)).toBe(ledger);
    expect(forget(ledger, monotonic(flapping.withinMs), () => true)).toBe(ledger);
    expect(forget(ledger, monotonic(flapping.withinMs), () => false).entries).toEqual({});
  });
});

describe('flapping', () => {
  const turns = (count: number, everyMinutes: number): Entry => {
    let ledger = emptyLedger;
    for (let turn = 0; turn < count; turn++) {
      const raised = alarm({ id: `a${turn}`, sinceWall: wall(SINCE + turn) });
      ledger = follow(ledger, [raised], following(at(turn * everyMinutes)));
      if (turn < count - 1) ledger = follow(ledger, [], following(at(turn * everyMinutes + everyMinutes / 2)));
    }
    return onlyEntry(ledger);
  };

  test.each<[count: number, everyMinutes: number, is: boolean]>([
    [1, 1, false],
    [3, 1, false],
    [4, 1, true],
    [4, 9, true],
    [4, 10, false],
    // Once it flaps, the first turns may be as old as they like.
    [12, 9, true],
    [400, 9, true],
    // Over for ten minutes in between: each turn is a new story.
    [12, 20, false],
  ])('%i turns, one in %i minutes: %s', (count, everyMinutes, is) => {
    const entry = turns(count, everyMinutes);
    expect(isFlapping(entry, at((count - 1) * everyMinutes))).toBe(is);
    expect(entry.raisedAt.length).toBeLessThanOrEqual(flapping.turns);
  });
});
