/** Role both: an end that opens incidents from its own device and joins those of its peers (pair-protocol.md, "Timeline", merging). */
import { describe, expect, test } from 'vitest';
import type { InputBody } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { doneBits } from '../../shared/wire/signal.ts';
import { alert, at, corroborated, find, flowOf, hubRules, id, run, sighting, stop, timer } from './given.ts';
import { closedAt, Pair } from './pair.ts';

const rules: Rules = { ...hubRules, role: 'both' };
const ALL = doneBits.sent | doneBits.verified | doneBits.captured | doneBits.sealed;
/** What the other end's device reports: our own packets, by the SPI that it lost. */
const backward = { src: '213.163.222.7', dst: '11.1.1.3', spi: 0xb761863e };

function bothEnds(): { world: Pair; left: ReturnType<Pair['add']>; right: ReturnType<Pair['add']> } {
  const world = new Pair();
  return { world, left: world.add('hub1', rules), right: world.add('spoke1', rules) };
}
const seenRight = (over: Partial<Extract<InputBody, { kind: 'sighting' }>> = {}): InputBody =>
  sighting({ id: id(2), flow: backward, peers: ['hub1'], ...over });

describe('both ends detect', () => {
  test.each([0, 1, 19, 20, 21, 45, 5_000])(
    '%i ms apart: one stop each, together, and each has the done of the other',
    (apartMs) => {
      const { world, left, right } = bothEnds();
      world.schedule(0, () => left.input(sighting()));
      world.schedule(apartMs, () => right.input(seenRight()));
      world.runUntil(60_000);
      expect(left.whenDid('attempt-stop')).toEqual([18_000]);
      expect(right.whenDid('attempt-stop')).toEqual([18_000]);
      for (const end of [left, right]) {
        expect(end.debugs).toEqual([]);
        expect(closedAt(end).outcome).toEqual({ kind: 'complete', reasons: [] });
        expect(closedAt(end).dones.map(({ done }) => done?.bits)).toEqual([ALL]);
        expect(end.of('seal')).toHaveLength(1);
        expect(end.book.incidents).toEqual([]);
        expect(end.book.alarms).toEqual([]);
      }
      // Each knows the other's id, unless it had joined before its own message came.
      const ids = [closedAt(left), closedAt(right)].map(({ id: own, aliases }) => [own, ...aliases].sort());
      expect(ids[0]).toEqual(ids[1]);
    },
  );

  test('the later plan never wins, whichever end has the longer delay', () => {
    const world = new Pair();
    const left = world.add('hub1', { ...rules, delayMs: 3_000 });
    const right = world.add('spoke1', { ...rules, delayMs: 60_000 });
    world.schedule(0, () => right.input(seenRight()));
    world.schedule(1_000, () => left.input(sighting()));
    world.runUntil(60_000);
    expect(left.whenDid('attempt-stop')).toEqual([4_000]);
    expect(right.whenDid('attempt-stop')).toEqual([4_000]);
  });

  test('no signal arrives anywhere: each stops by its own message, and neither seal waits for ever', () => {
    const { world, left, right } = bothEnds();
    world.delivers = () => false;
    world.schedule(0, () => left.input(sighting()));
    world.schedule(1, () => right.input(seenRight()));
    world.runUntil(20 * 60_000);
    expect([left.debugs, right.debugs]).toEqual([[], []]);
    expect(closedAt(left).outcome).toMatchObject({ kind: 'partial', reasons: expect.arrayContaining(['no-done:spoke1']) });
    expect(closedAt(right).outcome).toMatchObject({ kind: 'partial', reasons: expect.arrayContaining(['no-done:hub1']) });
  });

  test('three ends, each of which sees one other: nobody waits in a circle', () => {
    const world = new Pair();
    const names = ['hub1', 'hub2', 'spoke1'];
    const ends = names.map((name) => world.add(name, rules));
    ends.forEach((end, n) => {
      const next = names[(n + 1) % names.length]!;
      world.schedule(n, () => end.input(sighting({ id: id(n + 1), flow: flowOf(n, `10.0.0.${n}`), peers: [next] })));
    });
    world.runUntil(60_000);
    for (const end of ends) {
      expect(end.whenDid('attempt-stop')).toHaveLength(1);
      expect(closedAt(end).outcome).toEqual({ kind: 'complete', reasons: [] });
    }
  });

  test('a spoke keeps to its role beside an end that has both', () => {
    const reasonOf = (role: Rules['role'], body: InputBody) => run({ ...rules, role }, [at(0, body)]).last.reason;
    expect(reasonOf('spoke', sighting())).toBe('not-my-role');
    expect(reasonOf('hub', alert())).toBe('not-my-role');
    expect(reasonOf('both', alert())).toBe('alert-accepted');
    expect(reasonOf('both', sighting())).toBe('incident-opened');
    expect(reasonOf('both', stop())).toBe('stop-without-alert');
  });
});

describe('merging is commutative: our own message and what a peer asks for, in either order', () => {
  const own = (spoofable = false): InputBody => sighting({ spoofable });
  const captureOnly = alert({ id: id(5), peer: 'spoke2', act: false, delayMs: 1_000, flow: null });
  const acting = alert({ id: id(5), peer: 'spoke2', delayMs: 9_000, flow: null });
  const absent = corroborated('absent');

  /** When the stop is made, or null; the timer of the plan is let fire. */
  function stopsAt(...inputs: readonly [ms: number, body: InputBody][]): number | null {
    const world = new Pair();
    const end = world.add('hub1', rules);
    end.corroboration = 'never';
    for (const [ms, body] of inputs) world.schedule(ms, () => end.input(body));
    world.runUntil(40_000);
    return end.whenDid('attempt-stop')[0] ?? null;
  }

  test('a capture for one peer takes nothing from the stop of our own message, and gives it no haste', () => {
    expect(stopsAt([0, own()], [10, captureOnly])).toBe(18_000);
    expect(stopsAt([0, captureOnly], [10, own()])).toBe(18_010);
    // Also when the capture is over.
    expect(stopsAt([0, captureOnly], [5_000, own()])).toBe(23_000);
  });

  test('who has asked for a stop does not take it back by asking for a capture under the same id', () => {
    expect(stopsAt([0, acting], [10, { ...acting, act: false, delayMs: 100_000 } as InputBody])).toBe(9_000);
    expect(stopsAt([0, { ...acting, act: false } as InputBody], [10, acting])).toBe(9_010);
  });

  test('a peer’s stop is made whatever becomes of a line that nobody bears out', () => {
    expect(stopsAt([0, own(true)], [10, acting], [20, absent])).toBe(9_010);
    expect(stopsAt([0, acting], [10, own(true)], [20, absent])).toBe(9_000);
    const bare = stop({ id: null, peer: 'eem1' });
    expect(stopsAt([0, own(true)], [10, bare], [20, absent])).toBe(10);
    expect(stopsAt([0, own(true)], [10, absent], [20, bare])).toBe(20);
  });

  test('a line that nobody bears out stops nothing beside a capture', () => {
    expect(stopsAt([0, own(true)], [10, captureOnly], [20, absent])).toBeNull();
    expect(stopsAt([0, captureOnly], [10, own(true)], [20, absent])).toBeNull();
  });

  test('nor does it hold down what our own device says of that peer later', () => {
    const looked = alert({ id: id(5), peer: 'spoke1', act: false, delayMs: 1_000, flow: flowOf(7) });
    const story = [at(0, own(true)), at(10, looked), at(20, absent), at(18_000, timer('stop'))];
    const { book, last } = run(rules, [...story, at(60_000, sighting({ id: id(6), flow: flowOf(7) }))]);
    expect([last.reason, book.incidents.map((incident) => incident.id)]).toEqual(['incident-opened', [id(1), id(6)]]);
  });

  test('a line that is borne out stops beside a capture, late answer or not', () => {
    const found = corroborated('found');
    expect(stopsAt([0, own(true)], [10, captureOnly], [20, found])).toBe(18_000);
    // The plan counts from the message, not from the answer; the answer names the incident that it was asked for.
    const answered: InputBody = { ...found, incident: id(5) } as InputBody;
    expect(stopsAt([0, captureOnly], [10, own(true)], [20, answered])).toBe(18_010);
    expect(stopsAt([0, captureOnly], [900, own(true)], [1_500, answered])).toBe(18_900);
  });

  test('our own believed message brings a far plan of a peer nearer, a line that waits for its word does not', () => {
    const far = alert({ id: id(5), peer: 'spoke2', delayMs: 30_000, flow: null });
    expect(stopsAt([0, far], [10, own()])).toBe(18_010);
    expect(stopsAt([0, far], [10, own(true)])).toBe(30_000);
  });
});

test.each(['hub', 'both'] as const)('in mode observe a %s alerts nobody for a line that its copy bears out', (role) => {
  const { last } = run({ ...rules, role, mode: 'observe' }, [at(0, sighting({ spoofable: true })), at(1, corroborated('found'))]);
  expect(last).toMatchObject({ reason: 'corroborated', effects: [] });
});

test('what a peer signals is no word of our own device: its own capture alone makes no stop', () => {
  const world = new Pair();
  const end = world.add('hub1', rules);
  world.schedule(0, () => end.input(alert({ act: false, delayMs: 2_000 })));
  world.runUntil(60_000);
  expect(end.whenDid('attempt-stop')).toEqual([]);
  expect(closedAt(end).outcome.kind).toBe('captured');
});

test('over budget a router that runs Note A’s applet is told nothing: it has no ear for a done', () => {
  const busy = { ...rules, incidentsPerHour: 0 };
  const { last, book } = run(busy, [at(0, stop({ id: null, peer: 'eem1' })), at(2_000, stop({ id: null, peer: 'eem1' }))]);
  expect(find(run(busy, [at(0, stop({ id: null, peer: 'eem1' }))]).last.effects, 'signal-done')).toEqual([]);
  expect(find(run(busy, [at(0, stop({ peer: 'spoke1' }))]).last.effects, 'signal-done')).toHaveLength(1);
  // Its repetition two seconds later is the same event.
  expect(last.reason).toBe('stop-repeated');
  expect(book.alarms).toHaveLength(1);
});

test('a router’s stop, sent twice as it is, into an incident that agents opened: one stop, and both are one incident', () => {
  const world = new Pair();
  const end = world.add('hub1', rules);
  world.schedule(0, () => end.input(alert({ id: id(5), peer: 'spoke2' })));
  for (const ms of [6_000, 8_000])
    world.schedule(ms, () => end.input(stop({ id: null, newId: id(90 + ms / 1_000), peer: 'eem1' })));
  world.schedule(9_000, () => end.input(stop({ id: id(5), peer: 'spoke2' })));
  world.runUntil(180_000);
  expect(end.whenDid('attempt-stop')).toEqual([6_000]);
  expect(closedAt(end).id).toBe(id(5));
  expect([end.book.incidents, end.book.closed.length]).toEqual([[], 1]);
});
