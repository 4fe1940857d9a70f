import { expect, test } from 'vitest';
import { EVENTS_MAX, eventWords, sceneOf } from '../../../shared/analyze/report/picture/scene.ts';
import { BACK, instant, LOST, T0 } from '../../support/diagnosis/build.ts';
import { failover } from '../../support/diagnosis/failover.ts';
import { oneEnded, storm, transient } from '../../support/diagnosis/others.ts';

const scene = ({ diagnosis }: ReturnType<typeof failover>) => sceneOf(diagnosis.case, diagnosis.verdict);

test('what the verdict rests on has a mark of its own, and so have the message and the stops', () => {
  const looks = scene(failover()).events.map(({ kind, look }) => `${kind} ${look}`);
  expect(looks).toEqual([
    'session-up plain',
    'ha-active cause',
    'retransmit plain',
    'message message',
    'delete-not-sent cause',
    'alert-sent signal',
    'alert-received signal',
    'capture plain',
    'capture plain',
    'stop-signal-sent signal',
    'stop-signal-received signal',
    'stop-sent stop',
    'off-verified stop',
    'off-verified stop',
    'sealed plain',
  ]);
});

test('the SA that the receiver has not is drawn there as absent, at its sender as the odd one', () => {
  const { bars } = scene(failover());
  expect(bars.map(({ lane, spi, direction, presence, odd }) => [lane, spi, direction, presence, odd])).toEqual([
    [0, LOST, 'in', 'absent', true],
    [1, LOST, 'out', 'here', true],
    [1, BACK, 'in', 'here', true],
  ]);
  expect(bars[1]!.from).not.toBeNull();
  expect(bars[1]!.to).toBeNull();
});

test('with one end, nothing is drawn of the other', () => {
  const { bars, events } = scene(oneEnded());
  expect(bars.every(({ lane }) => lane === 0)).toBe(true);
  expect(events.every(({ lane }) => lane === 0)).toBe(true);
});

test('an SA ends where its DELETE was, and the next begins where it was made', () => {
  const [old] = scene(transient()).bars;
  expect(old).toMatchObject({ lane: 0, spi: LOST, presence: 'here', from: null });
  expect(old!.to!.fromMs).toBe(T0 - 720);
});

test('an SA that went without a word ends between the last line that knew it and the first that did not', () => {
  const { diagnosis } = failover();
  const [lost, back] = diagnosis.case.ledger;
  const quote = diagnosis.case.flows[0]!.quote!;
  const made = { what: 'created' as const, end: 0 as const, at: instant(-30_000), quote };
  const ledger = [{ ...lost!, marks: [made, ...lost!.marks] }, back!];
  const [bar] = sceneOf({ ...diagnosis.case, ledger }, diagnosis.verdict).bars;
  expect(bar).toMatchObject({ lane: 0, presence: 'here', odd: true, from: { fromMs: T0 - 30_000 } });
  expect(bar!.to).toMatchObject({ fromMs: T0 - 30_000, toMs: T0 + 40 });
});

test('what a hub has with its other peers is not drawn', () => {
  const { diagnosis } = failover();
  const foreign = { ...diagnosis.case.ledger[1]!, spi: 0x11111111, sender: null, partner: null };
  const { bars } = sceneOf({ ...diagnosis.case, ledger: [...diagnosis.case.ledger, foreign] }, diagnosis.verdict);
  expect(bars.some(({ spi }) => spi === foreign.spi)).toBe(false);
});

test('events of two ends whose intervals overlap are in no order; those of one clock are, and what the agents did follows from itself', () => {
  const { events } = scene(transient());
  const of = (kind: string, lane: number) => events.find((event) => event.kind === kind && event.lane === lane)!;
  const loose = of('sa-created', 1);
  expect(loose.unordered).toContain(of('sa-created', 0).number);
  expect(of('sa-created', 0).unordered).not.toContain(of('sa-deleted', 0).number);
  expect(of('alert-received', 1).unordered).toEqual([]);
});

test('an event without a time stands last and keeps its place in the list', () => {
  const { events } = scene(transient());
  expect(events.at(-1)).toMatchObject({ at: null, number: events.length });
});

test('a storm is told by its number, and what is left out is counted', () => {
  const told = storm();
  const { events, eventsLeftOut } = scene(told);
  const shown = events.reduce((sum, { count }) => sum + count, 0);
  expect(events.length).toBeLessThanOrEqual(EVENTS_MAX);
  expect(shown + eventsLeftOut).toBe(told.diagnosis.case.timeline.length);
  const told500 = events.find(({ kind }) => kind === 'invalid-spi')!;
  expect(eventWords(told500)).toBe('Unknown SPI from 10.20.0.1, and 499 more of its kind');
});

test('of more events than fit the telling ones stay', () => {
  const { diagnosis } = failover();
  const noise = Array.from({ length: 200 }, (_, i) => ({
    at: instant(i * 30_000),
    end: 0 as const,
    kind: `kind-${i}`,
    text: 'noise',
    quote: null,
    spis: [],
  }));
  const { events } = sceneOf({ ...diagnosis.case, timeline: [...noise, ...diagnosis.case.timeline] }, diagnosis.verdict);
  expect(events).toHaveLength(EVENTS_MAX);
  expect(events.filter(({ look }) => look === 'cause')).toHaveLength(2);
  expect(events.filter(({ look }) => look === 'stop')).toHaveLength(3);
});

test('what DPD asks and answers all day is a row with its number, until something else happens at that end', () => {
  const { diagnosis } = failover();
  const asked = (afterMs: number, end: 0 | 1, kind: string) => ({
    at: instant(afterMs, 0, `device ${end}`),
    end,
    kind,
    text: kind,
    quote: null,
    spis: [],
  });
  const round = (afterMs: number, end: 0 | 1 = 0) => [asked(afterMs, end, 'dpd-sent'), asked(afterMs + 20, end, 'dpd-answered')];
  const timeline = [
    ...round(-60_000),
    ...round(-50_000),
    asked(-45_000, 1, 'rekey-started'),
    ...round(-40_000),
    asked(-35_000, 0, 'retransmit'),
    ...round(-20_000),
    ...round(-10_000),
  ];
  const { events, eventsLeftOut } = sceneOf({ ...diagnosis.case, timeline }, diagnosis.verdict);
  expect(eventsLeftOut).toBe(0);
  expect(events.filter(({ lane }) => lane === 0).map((event) => eventWords(event))).toEqual([
    'dpd-sent (3 times)',
    'dpd-answered (3 times)',
    'retransmit',
    'dpd-sent (2 times)',
    'dpd-answered (2 times)',
  ]);
});
