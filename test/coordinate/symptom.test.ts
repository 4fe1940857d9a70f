/** What names no flow: when it opens an incident, whom it tells, what holds it down, and that it comes to its end like any other. */
import { describe, expect, test } from 'vitest';
import { type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { Input } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { step } from '../../shared/coordinate/step.ts';
import {
  at,
  attempted,
  CRYPTO,
  captured,
  corroborated,
  debugsRead,
  hubRules,
  id,
  kinds,
  run,
  sealedAs,
  sighting,
  symptom,
  timer,
} from './given.ts';

const HOUR = 3_600_000;
const bookAfter = (rules: Rules, ...inputs: Input[]): Book => run(rules, inputs).book;
const few = { ...hubRules, peers: hubRules.peers.slice(0, 3) };
/** Opened, stopped, verified, sealed. */
const whole = [
  at(0, symptom({ id: id(1) })),
  at(300, debugsRead(CRYPTO)),
  at(5_000, captured('first')),
  at(18_000, timer('stop')),
  at(18_100, attempted(0, 'verified')),
  ...(['spoke1', 'spoke2', 'eem1'] as const).map((peer) =>
    at(18_200, {
      kind: 'delivery',
      incident: id(1),
      peer,
      phase: 'stop',
      result: peer === 'eem1' ? 'sent' : 'acknowledged',
      attempts: 1,
      roundTripMs: 10,
      detail: '',
    }),
  ),
  at(19_500, captured('stop')),
  at(28_000, timer('tail')),
  at(78_000, timer('seal-deadline')),
  at(78_100, sealedAs('partial')),
];

test('a spoke opens nothing of its own', () => {
  const taken = step({ ...few, role: 'spoke' }, emptyBook, at(0, symptom({ id: id(1) })));
  expect(taken).toMatchObject({ effects: [], reason: 'not-my-role', book: emptyBook });
});

describe('whom it tells', () => {
  test('it names nobody, and there are few: all of them; the routers at the stop', () => {
    const opened = step(few, emptyBook, at(0, symptom({ id: id(1) })));
    expect(kinds(opened.effects)).toContain('alert:spoke1+spoke2');
    expect(opened.book.incidents[0]).toMatchObject({
      openedBy: 'symptom',
      flows: [],
      captureScope: [],
      symptom: { cause: 'qfp-drops', source: 'qfp-drops' },
      stop: { kind: 'planned' },
    });
    const stopped = step(few, opened.book, at(18_000, timer('stop')));
    expect(kinds(stopped.effects)).toContain('signal-stop:spoke1+spoke2+eem1');
    expect(stopped.reason).toBe('stop-time');
  });
  test('more than are captured: nobody, and our own device is captured and stopped', () => {
    const opened = step({ ...hubRules, maxPeersCaptured: 4 }, emptyBook, at(0, symptom({ id: id(1) })));
    expect(kinds(opened.effects)).toBe('open-bundle flush-ring wake:stop capture:first read-debugs');
    const stopped = step({ ...hubRules, maxPeersCaptured: 4 }, opened.book, at(18_000, timer('stop')));
    expect(kinds(stopped.effects)).toContain('attempt-stop');
    expect(kinds(stopped.effects)).not.toContain('signal-stop');
  });
  test('it names one: that one, and its address is what is captured', () => {
    const named = symptom({ id: id(1), cause: 'ikmp-no-sa', peers: ['spoke2'], scope: ['11.1.1.4'] });
    const opened = step(hubRules, emptyBook, at(0, named));
    expect(kinds(opened.effects)).toContain('alert:spoke2');
    expect(opened.book.incidents[0]!.captureScope).toEqual(['11.1.1.4']);
  });
});

describe('what holds it down', () => {
  test('its own incident, for hold-down after its end; then it opens again', () => {
    const closed = bookAfter(few, ...whole);
    expect(closed.incidents).toEqual([]);
    expect(closed.closed[0]).toMatchObject({ openedBy: 'symptom' });
    expect(step(few, closed, at(HOUR, symptom())).reason).toBe('symptom-held-down');
    expect(step(few, closed, at(HOUR + 78_101, symptom())).reason).toBe('incident-opened');
  });
  test('an incident of a real message, too; a message is not held by a symptom', () => {
    const stopped = bookAfter(few, at(0, sighting()), at(300, debugsRead(CRYPTO)), at(18_000, timer('stop')));
    expect(step(few, stopped, at(20_000, symptom())).reason).toBe('symptom-held-down');
    expect(step(few, bookAfter(few, ...whole), at(90_000, sighting({ id: id(3) }))).reason).toBe('incident-opened');
  });
  test('a line that the device denied silences nothing', () => {
    const denied = bookAfter(
      few,
      at(0, sighting({ spoofable: true })),
      at(100, debugsRead(CRYPTO)),
      at(200, corroborated('absent')),
      at(18_000, timer('stop')),
    );
    expect(step(few, denied, at(20_000, symptom())).reason).toBe('incident-opened');
  });
  test('before the stop a message joins it, with its flow and its peer', () => {
    const opened = bookAfter(few, at(0, symptom({ id: id(1) })), at(300, debugsRead(CRYPTO)));
    const joined = step(few, opened, at(2_000, sighting({ id: id(2) })));
    expect(joined).toMatchObject({ reason: 'flow-merged', incident: id(1) });
    expect(joined.book.incidents).toHaveLength(1);
    expect(joined.book.incidents[0]!.flows).toHaveLength(1);
  });
});

test('without `opens` nothing is done, however often it comes; a flood of them costs the budget and raises one alarm', () => {
  let book = emptyBook;
  for (let n = 0; n < 50; n++) {
    const moved = step(few, book, at(n * 1_000, symptom({ opens: false })));
    expect(moved).toMatchObject({ reason: 'symptom-noted', effects: [] });
    expect(moved.book).toBe(book);
  }
  const rules = { ...few, holdDownMs: 0, incidentsPerHour: 1 };
  book = bookAfter(rules, ...whole);
  const over = step(rules, book, at(100_000, symptom({ id: id(7) })));
  expect(over).toMatchObject({ reason: 'over-budget' });
  expect(kinds(over.effects)).toBe('alarm-raised');
  expect(step(rules, over.book, at(110_000, symptom({ id: id(8) }))).effects).toEqual([]);
});

test('modes: observe says what it would do, capture captures, a hold does nothing', () => {
  const observing = step({ ...few, mode: 'observe' }, emptyBook, at(0, symptom({ id: id(1) })));
  expect(observing.reason).toBe('incident-opened-observing');
  expect(kinds(observing.effects)).toBe('open-bundle flush-ring wake:stop would');
  const capturing = step({ ...few, mode: 'capture' }, emptyBook, at(0, symptom({ id: id(1) })));
  expect(capturing.book.incidents[0]!.stop).toEqual({ kind: 'not-planned', why: 'capture-mode' });
  const held = bookAfter(few, at(0, { kind: 'hold', on: true }));
  expect(step(few, held, at(1_000, symptom({ id: id(1) }))).reason).toBe('incident-opened-on-hold');
});
