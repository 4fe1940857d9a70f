/** The verdict of a flow through the life of its incident and after (shared/coordinate/judging.ts): what revises it, and what each revision does. */
import { describe, expect, test } from 'vitest';
import { type Book, emptyBook, type FlowSample } from '../../shared/coordinate/book.ts';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import { incidentVerdict } from '../../shared/coordinate/judging.ts';
import { countRecurrences } from '../../shared/coordinate/recurrence.ts';
import { step } from '../../shared/coordinate/step.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import { after, monotonic, wall } from '../../shared/model/time.ts';
import {
  alert,
  at,
  attempted,
  CRYPTO,
  captured,
  corroborated,
  debugsRead,
  delivery,
  done,
  find,
  flow,
  flowOf,
  hubRules,
  id,
  kinds,
  only,
  run,
  sealedAs,
  sighting,
  spokeRules,
  T0,
  timer,
} from './given.ts';

const sample = (over: Partial<FlowSample> = {}): FlowSample => ({
  flow,
  spi: 'none',
  otherInbound: 1,
  decaps: 100,
  errors: 0,
  ...over,
});
const capturedWith = (round: 'first' | 'stop', ...seen: FlowSample[]): InputBody => ({ ...captured(round), seen }) as InputBody;

interface Story {
  readonly spi?: string;
  readonly later?: string;
  readonly samples?: readonly [FlowSample, FlowSample];
  readonly spoofable?: boolean;
  readonly done?: boolean;
}

/** A hub's incident, from its message to its close 30 s later. */
const closedIncident = ({ spi, later, samples, spoofable = false, done: isDone = true }: Story = {}): Input[] => [
  at(0, sighting({ spoofable })),
  ...(spoofable ? [at(100, corroborated('found'))] : []),
  at(140, delivery('alert', 'acknowledged')),
  at(300, debugsRead(CRYPTO)),
  at(2_000, samples ? capturedWith('first', samples[0]) : captured('first')),
  at(18_000, timer('stop')),
  at(18_040, delivery('stop', 'acknowledged')),
  at(18_400, attempted(0, 'verified')),
  at(20_000, samples ? capturedWith('stop', samples[1]) : captured('stop')),
  at(28_000, timer('tail')),
  ...(isDone
    ? [at(28_100, done({ keys: { off: 'verified', ...(spi ? { spi } : {}), ...(later ? { later } : {}) } }))]
    : [at(138_000, timer('seal-deadline'))]),
  at(isDone ? 30_000 : 138_100, sealedAs('complete')),
];

/** As a restart reads it back. */
const again = (book: Book): Book => JSON.parse(JSON.stringify(book)) as Book;
const judgedAt = (ms: number): Input => at(ms, timer('judge'));
const verdictOf = (book: Book) => [incidentVerdict(book, id(1)), book.held[0]?.judged?.grounds.join(' ')];

describe('the silence after the message', () => {
  test('is measured by the interval of the limit that the configuration names', () => {
    const verdictUnder = (messageIntervalMs: number) =>
      verdictOf(run({ ...hubRules, messageIntervalMs }, [...closedIncident({ spi: 'none' }), judgedAt(30_100)]).book)[0];
    expect(verdictUnder(10_000)).toBe('transient');
    expect(verdictUnder(60_000)).toBe('unknown');
  });

  test('is over when its wake says so, whatever fractions the times have: it would be woken at once, for ever', () => {
    for (let part = 1; part <= 200; part++) {
      const shifted = (input: Input, ms: number): Input => ({ ...input, at: after(input.at, ms) });
      const closed = run(
        hubRules,
        closedIncident({ spi: 'none' }).map((input) => shifted(input, part / 7_919.3)),
      );
      const [wake] = find(closed.last.effects, 'wake');
      const woken = run(hubRules, [{ ...judgedAt(0), at: wake!.at }], again(closed.book));
      expect([part, incidentVerdict(woken.book, id(1)), find(woken.last.effects, 'wake')]).toEqual([part, 'transient', []]);
    }
  });

  test.each<[what: string, story: Story, verdict: string, because: string]>([
    ['the sender does not use the SPI', { spi: 'none' }, 'transient', 'not-current-at-sender silent'],
    [
      'it was outbound in the first capture, and gone at the stop',
      { spi: 'outbound', later: 'none' },
      'transient',
      'not-current-at-sender silent',
    ],
    ['it still was outbound', { spi: 'outbound' }, 'unknown', 'current-at-sender'],
    ['the peer could not say', { spi: 'unknown' }, 'unknown', 'silence-proves-nothing'],
    [
      'the peer could not say, a new SPI carries traffic here',
      { samples: [sample(), sample({ decaps: 180 })] },
      'transient',
      'new-spi-in-use silent',
    ],
    ['a new SPI stands here, and nothing comes over it', { samples: [sample(), sample()] }, 'unknown', 'silence-proves-nothing'],
    [
      'no other SPI stands here',
      { samples: [sample({ otherInbound: 0 }), sample({ otherInbound: 0, decaps: 180 })] },
      'unknown',
      'silence-proves-nothing',
    ],
    [
      'counters that are not shown',
      { samples: [sample({ decaps: null, errors: null }), sample({ decaps: null, errors: null })] },
      'unknown',
      'silence-proves-nothing',
    ],
    [
      'packets go on failing',
      { spi: 'none', samples: [sample(), sample({ decaps: 180, errors: 3 })] },
      'unknown',
      'errors-climb',
    ],
    [
      'a forged line that the device bears out counts',
      { spi: 'none', spoofable: true },
      'transient',
      'not-current-at-sender silent',
    ],
  ])('%s', (_, story, verdict, because) => {
    const closed = run(hubRules, closedIncident(story));
    expect(closed.book.incidents).toEqual([]);
    expect(find(closed.last.effects, 'wake')).toMatchObject([{ name: 'judge', at: T0 + 180_000 }]);
    expect(incidentVerdict(closed.book, id(1))).toBe('unknown');
    const { book, last } = run(hubRules, [judgedAt(180_000)], again(closed.book));
    expect(verdictOf(book)).toEqual([verdict, because]);
    expect(last.reason).toBe(`judged-${verdict}`);
    expect(find(last.effects, 'addendum')).toMatchObject([
      { incident: id(1), what: { kind: 'judged', verdict, flows: [{ flow, verdict }] } },
    ]);
  });

  test.each<[one: string, other: string | null, verdict: string, because: string]>([
    ['none', 'none', 'transient', 'not-current-at-sender silent'],
    ['none', 'outbound', 'unknown', 'current-at-sender'],
    ['none', 'unknown', 'unknown', 'silence-proves-nothing'],
    ['none', null, 'unknown', 'silence-proves-nothing'],
  ])('two behind one address, one says %s, the other %s', (one, other, verdict, because) => {
    const [, ...rest] = closedIncident({ spi: one, done: other !== null });
    const both = [
      at(0, sighting({ peers: ['spoke1', 'spoke2'] })),
      at(140, delivery('alert', 'acknowledged', 'spoke2')),
      at(18_040, delivery('stop', 'acknowledged', 'spoke2')),
      ...(other === null
        ? [at(21_000, done({ keys: { off: 'verified', spi: one } }))]
        : [at(21_000, done({ peer: 'spoke2', keys: { off: 'verified', spi: other } }))]),
    ];
    const inputs = [...both, ...rest].sort((a, b) => a.at - b.at);
    expect(verdictOf(run(hubRules, [...inputs, judgedAt(180_000)]).book)).toEqual([verdict, because]);
  });

  test('a timer that comes early looks again when it is due', () => {
    const { last, book } = run(hubRules, [...closedIncident({ spi: 'none' }), judgedAt(100_000)]);
    expect(kinds(last.effects)).toBe('wake:judge');
    expect(verdictOf(book), 'nothing new').toEqual(['unknown', undefined]);
  });

  test('an incident that closes long after its message, for a stop that nobody acknowledged, is judged at once', () => {
    const story = closedIncident({ samples: [sample(), sample({ decaps: 180 })], done: false });
    const untold = story.filter((input) => !('phase' in input && input.phase === 'stop'));
    const closed = run(hubRules, [...untold, at(918_000, delivery('stop', 'given-up'))]);
    expect(closed.book.incidents).toEqual([]);
    expect(find(closed.last.effects, 'wake')).toMatchObject([{ name: 'judge', at: T0 + 180_000 }]);
    expect(verdictOf(run(hubRules, [judgedAt(918_001)], closed.book).book)[0]).toBe('transient');
  });

  test('a done counts at once for an incident that is still open when the silence is over: its stop is not verified', () => {
    const open = [
      at(0, sighting()),
      at(140, delivery('alert', 'acknowledged')),
      at(300, debugsRead(CRYPTO)),
      at(18_000, timer('stop')),
    ];
    const { book } = run(hubRules, [...open, at(200_000, done({ keys: { off: 'verified', spi: 'none' } }))]);
    expect(only(book).flows[0]!.judged).toEqual({ verdict: 'transient', grounds: ['not-current-at-sender', 'silent'] });
  });

  test('what was nobody’s word and then is: an early done leaves no stale ground in the bundle', () => {
    const forged = [at(0, sighting({ spoofable: true })), at(100, corroborated('absent'))];
    const judged = run(hubRules, [...forged, at(2_000, capturedWith('first', sample()))]);
    expect(only(judged.book).flows[0]!.judged?.grounds).toEqual(['not-borne-out']);
    const said = [
      at(3_000, sighting()),
      at(3_040, delivery('alert', 'acknowledged')),
      at(20_000, done({ keys: { off: 'verified' } })),
    ];
    expect(only(run(hubRules, said, judged.book).book).flows[0]!.judged?.grounds).toEqual(['silent-too-short']);
  });

  test('once told, the same verdict is not told again', () => {
    const { steps } = run(hubRules, [...closedIncident({ spi: 'none' }), judgedAt(180_000), judgedAt(400_000)]);
    expect(kinds(steps.at(-2)!.effects)).toBe('addendum');
    expect(steps.at(-1)!.effects).toEqual([]);
  });

  test('a done that comes after it revises it, as an addendum', () => {
    const story = [...closedIncident({ done: false }), judgedAt(200_000)];
    const before = run(hubRules, story);
    expect(verdictOf(before.book)).toEqual(['unknown', 'silence-proves-nothing']);
    const { book, last } = run(hubRules, [at(300_000, done({ keys: { off: 'verified', spi: 'none' } }))], before.book);
    expect(verdictOf(book)).toEqual(['transient', 'not-current-at-sender silent']);
    expect(find(last.effects, 'addendum').map(({ what }) => what['kind'])).toEqual(['done', 'judged']);
    expect(last.reason).toBe('done-late');
  });

  test('other flows whose messages kept coming may have masked ours; the sender’s own word counts all the same', () => {
    const other = at(100_000, sighting({ id: id(2), flow: flowOf(1) }));
    const samples = [sample(), sample({ decaps: 180 })] as const;
    const masked = run(hubRules, [...closedIncident({ samples }), other, judgedAt(180_000)]);
    expect(masked.book.held[0]!.judged).toEqual({ verdict: 'unknown', grounds: ['others-may-mask'] });
    const told = run(hubRules, [...closedIncident({ spi: 'none' }), other, judgedAt(180_000)]);
    expect(told.book.held[0]!.judged?.verdict).toBe('transient');
    // The other one is not judged yet, and so the incident is not.
    expect(incidentVerdict(told.book, id(1))).toBe('unknown');
  });

  test('a late flow of a closed incident is waited for too', () => {
    const { steps } = run(hubRules, [
      ...closedIncident({ spi: 'none' }),
      judgedAt(180_000),
      at(200_000, sighting({ flow: flowOf(1) })),
    ]);
    expect(find(steps.at(-1)!.effects, 'wake')).toMatchObject([{ name: 'judge', at: T0 + 380_000 }]);
  });

  test('while the agent was away nobody listened: the silence counts from its return', () => {
    const away = run(hubRules, [...closedIncident({ spi: 'none' }), at(150_000, { kind: 'restarted', resumable: true })]);
    expect(find(away.last.effects, 'wake')).toMatchObject([{ name: 'judge', at: T0 + 330_000 }]);
    expect(verdictOf(run(hubRules, [judgedAt(320_000)], again(away.book)).book)[0]).toBe('unknown');
    expect(verdictOf(run(hubRules, [judgedAt(330_000)], again(away.book)).book)[0]).toBe('transient');
  });

  test('a reboot: the same, on the new clock', () => {
    const away = run(hubRules, [...closedIncident({ spi: 'none' }), at(-900_000, { kind: 'restarted', resumable: false })]);
    expect(find(away.last.effects, 'wake')).toMatchObject([{ at: T0 - 900_000 + 180_000 }]);
    expect(verdictOf(run(hubRules, [judgedAt(-720_000)], again(away.book)).book)[0]).toBe('transient');
  });

  test('a peer’s alert is judged by nobody here', () => {
    const { book } = run(spokeRules, [at(0, alert()), at(2_000, captured('first')), at(18_000, timer('stop'))]);
    expect(incidentVerdict(book, id(1))).toBe('unknown');
    const later = run(spokeRules, [at(400_000, timer('judge'))], book).book;
    expect(only(later).flows[0]!.judged).toEqual({ verdict: 'unknown', grounds: ['told-by-peer'] });
  });
});

describe('the message comes again', () => {
  const closed = closedIncident({ spi: 'none' });
  const see = (ms: number, over: Parameters<typeof sighting>[0] = {}) => at(ms, sighting({ id: id(9), ...over }));

  test('within its minute it is no repeat', () => {
    const { book, last } = run(hubRules, [...closed, see(59_999)]);
    expect([incidentVerdict(book, id(1)), book.alarms]).toEqual(['unknown', []]);
    expect(last.reason).toBe('held-down');
  });

  test('within its minute, and then never again: no rekey’s single late packet', () => {
    const { book } = run(hubRules, [...closed, see(59_999), judgedAt(180_000), judgedAt(240_000)]);
    expect(verdictOf(book)).toEqual(['unknown', 'came-again']);
  });

  test('after it: persistent, an addendum, and one alarm however often it comes', () => {
    const first = run(hubRules, [...closed, see(60_000)]);
    expect(verdictOf(first.book)).toEqual(['persistent', 'again-after-a-minute']);
    expect(kinds(first.last.effects)).toBe('addendum addendum alarm-raised');
    expect(first.last.reason).toBe('held-down-persistent');
    const later = run(
      hubRules,
      Array.from({ length: 10 }, (_, n) => see(120_000 + n * 60_000)),
      first.book,
    );
    expect(later.steps.flatMap(({ effects }) => kinds(effects).split(' '))).toEqual(Array(10).fill('addendum'));
    expect(later.book.alarms).toMatchObject([
      {
        key: `black-hole:${id(1)}`,
        text: `traffic of 11.1.1.3 -> 213.163.222.7 SPI ${formatSpi(flow.spi)} is black-holed: 12 messages in 11m, since 2026-03-12T18:22:10Z; box has no such SA, the other end (spoke1) still encrypts with it`,
        remedy: expect.stringContaining('at the sender, spoke1 (11.1.1.3): show crypto ipsec sa peer 213.163.222.7'),
        incident: id(1),
      },
    ]);
  });

  test('a transient is revised', () => {
    const { book, last } = run(hubRules, [...closed, judgedAt(180_000), see(600_000)]);
    expect(verdictOf(book)).toEqual(['persistent', 'again-after-a-minute']);
    expect(find(last.effects, 'addendum').at(-1)?.what).toMatchObject({ kind: 'judged', verdict: 'persistent' });
  });

  test('a transient is revised after a reboot too, which has taken the time of its first message', () => {
    const { book } = run(hubRules, [...closed, judgedAt(180_000), at(200_000, { kind: 'restarted', resumable: false })]);
    expect(verdictOf(book)[0]).toBe('transient');
    const { book: later } = run(hubRules, [see(210_000)], again(book));
    expect(verdictOf(later)).toEqual(['persistent', 'again-after-a-minute']);
    expect(later.alarms.map(({ key }) => key)).toEqual([`black-hole:${id(1)}`]);
  });

  test('how long it had been seen before a reboot counts after it', () => {
    const rebooted = at(100_000, { kind: 'restarted', resumable: false });
    const { book } = run(hubRules, [...closed, see(40_000), rebooted, see(119_000)]);
    expect(verdictOf(book)[0]).toBe('unknown');
    expect(verdictOf(run(hubRules, [see(121_000)], again(book)).book)[0]).toBe('persistent');
  });

  test('nothing takes a black hole back', () => {
    const { book } = run(hubRules, [...closed, see(60_000), judgedAt(600_000)]);
    expect(verdictOf(book)[0]).toBe('persistent');
  });

  test('before the seal it is in the bundle: no addendum', () => {
    const { book, last } = run(hubRules, [...closedIncident().slice(0, -2), see(61_000)]);
    expect(only(book).flows[0]!.judged?.verdict).toBe('persistent');
    expect(kinds(last.effects)).toBe('alarm-raised');
  });

  test('before the stop already, with a long delay', () => {
    const slow = { ...hubRules, delayMs: 120_000 };
    const { book } = run(slow, [at(0, sighting()), see(60_000)]);
    expect(only(book).flows[0]).toMatchObject({ count: 2, judged: { verdict: 'persistent' } });
    expect(book.alarms.map(({ key }) => key)).toEqual([`black-hole:${id(1)}`]);
  });

  test('lines that only claim it make no black hole', () => {
    const forged = [at(0, sighting({ spoofable: true })), at(100, corroborated('absent')), at(18_000, timer('stop'))];
    const { book } = run(hubRules, [...forged, see(61_000, { spoofable: true }), see(122_000, { spoofable: true })]);
    expect(book.alarms.map(({ key }) => key)).toEqual([`uncorroborated:${id(1)}`]);
    expect(incidentVerdict(book, id(1))).toBe('unknown');
  });

  test('the alarm goes when the flow has not been seen for the hold-down', () => {
    const seen = [...closed, see(60_000)];
    const held = run(hubRules, [...seen, at(60_000 + 3_599_000, { kind: 'expire' })]);
    expect(held.book.alarms).toHaveLength(1);
    const { book, last } = run(hubRules, [...seen, at(60_000 + 3_600_000, { kind: 'expire' })]);
    expect(book.alarms).toEqual([]);
    expect(kinds(last.effects)).toBe('alarm-cleared');
    expect(incidentVerdict(book, id(1)), 'what it was it stays').toBe('persistent');
  });

  test('one of several flows is a black hole: the incident is', () => {
    const { book } = run(hubRules, [
      ...closed,
      see(40_000, { flow: flowOf(1) }),
      judgedAt(180_000),
      see(200_000, { flow: flowOf(1) }),
    ]);
    expect(book.held.map(({ judged }) => judged?.verdict)).toEqual(['transient', 'persistent']);
    expect(incidentVerdict(book, id(1))).toBe('persistent');
  });
});

test('every book on the way can be read back and gives the same from there', () => {
  const inputs = [
    ...closedIncident({ spi: 'outbound', later: 'none', samples: [sample(), sample({ decaps: 180 })] }),
    at(100_000, sighting({ flow: flowOf(1) })),
    judgedAt(180_000),
    judgedAt(280_000),
    at(300_000, sighting()),
    at(4_000_000, { kind: 'expire' }),
  ];
  const whole = run(hubRules, inputs).book;
  let book: Book = emptyBook;
  for (const input of inputs) book = again(step(hubRules, book, again(input as never) as never).book);
  expect(book).toEqual(again(whole));
});

describe('recurrences', () => {
  const open = (n: number, ms: number): Input[] =>
    closedIncident({ spi: 'none' }).map((input) => {
      const moved = { ...input, at: monotonic(input.at + ms), wall: wall(input.wall + ms) };
      if ('incident' in moved) return { ...moved, incident: id(n) };
      return 'id' in moved ? { ...moved, id: id(n) } : moved;
    });

  test('are counted by peer, for a day and for a week, and forgotten after it', () => {
    const hour = 3_600_000;
    const { book } = run(hubRules, [...open(1, 0), ...open(2, 30 * hour), ...open(3, 32 * hour)]);
    const counts = (ms: number) => countRecurrences(book.recurrences, wall(at(ms, timer('tail')).wall)).get('spoke1');
    expect(counts(33 * hour)).toEqual({ incidentsInDay: 2, incidentsInWeek: 3, flowsInWeek: 3 });
    expect(counts(7 * 24 * hour + 1)).toEqual({ incidentsInDay: 0, incidentsInWeek: 2, flowsInWeek: 2 });
    expect(counts(10 * 24 * hour)).toBeUndefined();
    expect(run(hubRules, open(4, 10 * 24 * hour), book).book.recurrences.map(({ incident }) => incident)).toEqual([id(4)]);
  });

  test('a forged line is nobody’s incident', () => {
    const forged = [at(0, sighting({ spoofable: true })), at(100, corroborated('absent')), at(18_000, timer('stop'))];
    const rest = [
      at(2_000, captured('first')),
      at(20_000, captured('stop')),
      at(28_000, timer('tail')),
      at(30_000, sealedAs('partial')),
    ];
    const { book } = run(hubRules, [...forged, ...rest]);
    expect([book.closed.length, book.recurrences]).toEqual([1, []]);
  });
});
