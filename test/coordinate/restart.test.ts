/** A crash at every point of an incident: the journal gives the book back, and debugs still end or a person is told (promise 1). */
import { describe, expect, test } from 'vitest';
import type { Book } from '../../shared/coordinate/book.ts';
import type { Input } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import {
  alert,
  at,
  attempted,
  CRYPTO,
  capture,
  captured,
  corroborated,
  debugsRead,
  delivery,
  find,
  flow,
  flowOf,
  hubRules,
  id,
  kinds,
  only,
  recovered,
  run,
  sighting,
  spokeRules,
  stop,
  T0,
  timer,
} from './given.ts';
import { type End, Pair } from './pair.ts';

function wholeIncident(spoofable: boolean): { hub: End; spoke: End } {
  const world = new Pair();
  const [hub, spoke] = [world.add('hub1', hubRules), world.add('spoke1', spokeRules)];
  const slow = ({ attempt }: { attempt: number }) => (attempt === 0 ? 'unreadable' : 'verified');
  hub.attempt = slow;
  spoke.attempt = slow;
  hub.sealFailures = 1;
  world.schedule(0, () => hub.input(sighting({ spoofable })));
  world.schedule(2_500, () => hub.input(sighting({ id: id(2), flow: flowOf(1) })));
  world.runUntil(300_000);
  return { hub, spoke };
}

const replay = (rules: Rules, inputs: readonly Input[]): Book => run(rules, inputs).book;

const incidents = [true, false].map((spoofable) => ({ spoofable, ...wholeIncident(spoofable) }));
const offsets = incidents.flatMap(({ spoofable, hub, spoke }) =>
  [hub, spoke].flatMap((end) => end.inputs.map((_, n) => ({ name: end.name, spoofable, end, prefix: n + 1 }))),
);

test('the incidents that are cut are whole ones', () => {
  for (const { hub, spoke } of incidents) expect([hub.book.closed.length, spoke.book.closed.length]).toEqual([1, 1]);
  expect(offsets.length).toBeGreaterThan(40);
});

describe.each([
  { downMs: 3_000, resumable: true },
  { downMs: 60_000, resumable: true },
  { downMs: 3_600_000, resumable: true },
  { downMs: -900_000, resumable: false },
])('away for $downMs ms (below zero: another boot), resumable $resumable', ({ downMs, resumable }) => {
  test.each(offsets)('$name, spoofable $spoofable, cut after input $prefix', ({ end, prefix }) => {
    const inputs = end.inputs.slice(0, prefix);
    const book = JSON.parse(JSON.stringify(replay(end.rules, inputs))) as Book;
    const wasOff = inputs.some((input) => input.kind === 'stop-attempted' && input.outcome.result === 'verified');
    const world = new Pair();
    world.nowMs = inputs.at(-1)!.at - 1_000_000 + downMs;
    const again = world.add(end.name, end.rules, book);
    again.debugs = wasOff ? [] : [CRYPTO];
    const knewT0 = book.incidents[0]?.debugsAtStart.kind === 'read';
    again.restart(resumable);
    world.runUntil(world.nowMs + 20 * 60_000);
    if (wasOff) expect(again.of('attempt-stop'), 'nobody’s later debugs are killed').toEqual([]);
    const told = again.book.alarms.some(
      (alarm) => alarm.remedy?.includes('show debugging') || alarm.remedy?.includes('undebug all'),
    );
    expect(again.debugs.length === 0 || told, 'off, or a person is told').toBe(true);
    if (resumable && downMs > 120_000 && !wasOff) {
      for (const order of again.of('attempt-stop')) expect(order.only, 'only flags of the journal').not.toBeNull();
      if (knewT0) expect(again.debugs, 'the t0 list is turned off even then').toEqual([]);
    } else expect(again.debugs).toEqual([]);
    expect(again.book.incidents, 'the incident ends').toEqual([]);
  });
});

describe('what a restart does and does not', () => {
  const planned = [at(0, sighting()), at(300, debugsRead(CRYPTO))];

  test('before the stop time: what is left of it, and the alert is repeated', () => {
    const { last, book } = run(hubRules, [...planned, at(9_000, recovered())]);
    expect(kinds(last.effects)).toBe('wake:stop alert:spoke1 open-bundle capture:late');
    expect(only(book).stopAt - 1_000_000).toBe(18_000);
    expect(last.effects).toContainEqual(expect.objectContaining({ kind: 'wake', name: 'stop', at: 1_018_000 }));
  });

  test('within two minutes past it: at once, all', () => {
    const { last } = run(hubRules, [...planned, at(18_000 + 119_000, recovered())]);
    expect(kinds(last.effects)).toContain('attempt-stop:control wake');
  });

  test('later: only what was on at t0, at every retry too, and an alarm on the rest', () => {
    const { last, steps } = run(hubRules, [
      ...planned,
      at(18_000 + 121_000, recovered()),
      at(18_000 + 122_000, attempted(0, 'still-on')),
    ]);
    expect(steps.at(-2)!.effects).toContainEqual(
      expect.objectContaining({ kind: 'attempt-stop', only: [CRYPTO], expectOff: [CRYPTO] }),
    );
    expect(last.effects).toContainEqual(expect.objectContaining({ kind: 'attempt-stop', only: [CRYPTO], expectOff: [CRYPTO] }));
    expect(last.book.alarms.map(({ key }) => key)).toContain(`stale:${id(1)}`);
  });

  test('later, and the t0 list was never read: nothing goes off by name, and nothing is verified while anything is on', () => {
    const { last } = run(hubRules, [at(0, sighting()), at(18_000 + 121_000, recovered())]);
    expect(last.effects).toContainEqual(expect.objectContaining({ kind: 'attempt-stop', only: [], expectOff: null }));
  });

  test('a retry that had begun long ago is no better', () => {
    const { last } = run(hubRules, [
      ...planned,
      at(18_000, timer('stop')),
      at(18_100, attempted(0, 'still-on')),
      at(9_000_000, recovered()),
    ]);
    expect(last.effects).toContainEqual(expect.objectContaining({ kind: 'attempt-stop', only: [CRYPTO] }));
  });

  test('hours later no peer is told to stop: a person is', () => {
    const { last } = run(hubRules, [...planned, at(4_000_000, recovered())]);
    expect(kinds(last.effects)).not.toContain('signal-stop');
    expect(last.book.alarms.map(({ key }) => key)).toContain(`peer-stop:spoke1:${id(1)}`);
  });

  test('an unacknowledged stop is told again, for as long as it would have been', () => {
    const stopped = [...planned, at(18_000, timer('stop')), at(18_400, attempted(0, 'verified'))];
    expect(kinds(run(hubRules, [...stopped, at(30_000, recovered())]).last.effects)).toContain('signal-stop:spoke1');
    const late = run(hubRules, [...stopped, at(18_000 + 901_000, recovered())]).last;
    expect(kinds(late.effects)).not.toContain('signal-stop');
    expect(late.book.alarms.map(({ key }) => key)).toEqual([`peer-stop:spoke1:${id(1)}`]);
  });

  test('a stop that a person has taken over is not tried again', () => {
    const given = [
      ...planned,
      at(18_000, timer('stop')),
      at(18_100, attempted(0, 'not-sent')),
      at(18_200, attempted(1, 'not-sent')),
      at(18_300, attempted(2, 'not-sent')),
      at(48_000, timer('stop-bound')),
      at(50_000, { kind: 'acknowledge', alarm: 'a1' }),
    ];
    expect(kinds(run(hubRules, [...given, at(60_000, recovered())]).last.effects)).not.toContain('attempt-stop');
  });

  test('another boot: the stop is due now, and the ladder keeps its times', () => {
    const inputs = [...planned, at(18_000, timer('stop')), at(18_100, attempted(0, 'not-sent'))];
    const { steps } = run(hubRules, [
      ...inputs,
      at(-900_000, { kind: 'restarted', resumable: false }),
      at(-900_000, recovered(false)),
      at(-899_900, attempted(2, 'not-sent')),
    ]);
    expect(kinds(steps.at(-2)!.effects)).toContain('attempt-stop');
    const wakes = steps
      .at(-1)!
      .effects.filter((effect) => effect.kind === 'wake')
      .map((wake) => wake.at - 1_000_000);
    for (const wake of wakes) expect(wake).toBeLessThanOrEqual(-899_900 + 30_000);
  });

  test('another boot: neither a spent budget nor an old bare stop keeps a new stop from being honoured', () => {
    const bare = (n: number) => stop({ id: null, newId: id(n), peer: 'eem1' });
    const finish = (n: number, ms: number): Input[] => [
      at(ms + 100, { ...attempted(0, 'verified'), incident: id(n) } as Input),
      at(ms + 110, { ...captured('late'), incident: id(n) } as Input),
      at(ms + 120, { kind: 'timer', incident: id(n), name: 'tail' }),
      at(ms + 130, { kind: 'sealed', incident: id(n), outcome: { kind: 'complete-one-ended', reasons: [] } }),
    ];
    const before = Array.from({ length: 12 }, (_, n) => [at(n * 100_000, bare(n + 1)), ...finish(n + 1, n * 100_000)]).flat();
    const { last } = run(spokeRules, [...before, at(-900_000, { kind: 'restarted', resumable: false }), at(-890_000, bare(50))]);
    expect(last.reason).toBe('stop-without-alert');
  });

  test('mode observe asks the device nothing after a restart either', () => {
    const { last } = run({ ...hubRules, mode: 'observe' }, [at(0, sighting({ spoofable: true })), at(1_000, recovered())]);
    expect(kinds(last.effects)).toBe('wake:stop open-bundle');
  });

  test('a sealed bundle is not opened again', () => {
    const { last } = run(hubRules, [
      ...planned,
      at(18_000, timer('stop')),
      at(18_400, attempted(0, 'verified')),
      at(138_000, timer('seal-deadline')),
      at(138_100, { kind: 'sealed', incident: id(1), outcome: { kind: 'partial', reasons: ['no-done:spoke1'] } }),
      at(140_000, recovered()),
    ]);
    expect(kinds(last.effects)).not.toContain('open-bundle');
  });

  test('a repeat of the alert after the restart changes nothing', () => {
    const { steps } = run(spokeRules, [
      at(0, alert()),
      at(300, debugsRead(CRYPTO)),
      at(2_000, recovered()),
      at(2_100, alert({ delayMs: 16_000 })),
    ]);
    expect(steps.at(-1)!.reason).toBe('alert-repeated');
  });

  describe('a line that could be spoofed came into a capture that a person asked for, and its look at the buffer died with the agent', () => {
    const asked = [
      at(0, capture({ id: id(1), pair: false })),
      at(300, debugsRead(CRYPTO)),
      at(17_000, sighting({ id: id(2), spoofable: true })),
      at(18_000, timer('stop')),
    ];

    test('it is looked for anew, and borne out it is a stop of its own', () => {
      const again = run(hubRules, [...asked, at(19_000, recovered())]);
      expect(find(again.last.effects, 'corroborate')).toMatchObject([{ flow }]);
      const borneOut = run(hubRules, [...asked, at(19_000, recovered()), at(19_100, corroborated('found'))]);
      expect(only(borneOut.book)).toMatchObject({
        stop: { kind: 'planned' },
        onlyOurs: false,
        stopAt: T0 + 17_000 + hubRules.delayMs,
      });
    });

    test('it is not sealed before the answer, and at its deadline without one', () => {
      const ready = [
        ...asked,
        at(18_400, captured('first')),
        at(18_500, captured('first')),
        at(18_600, captured('stop')),
        at(28_000, timer('tail')),
      ];
      const again = [...ready, at(29_000, recovered())];
      for (const inputs of [ready, again]) {
        expect(run(hubRules, inputs).steps.flatMap(({ effects }) => find(effects, 'seal'))).toEqual([]);
        const answered = run(hubRules, [...inputs, at(29_100, corroborated('absent'))]);
        expect(find(answered.last.effects, 'seal')).toMatchObject([{ overdue: false }]);
        const borneOut = run(hubRules, [...inputs, at(29_100, corroborated('found'))]);
        expect(only(borneOut.book)).toMatchObject({ stop: { kind: 'planned' }, sealing: 'no' });
        const silent = run(hubRules, [...inputs, at(18_000 + timing.sealAtMostMs, timer('seal-deadline'))]);
        expect(find(silent.last.effects, 'seal')).toMatchObject([{ overdue: true }]);
      }
    });

    test('long after it only what the t0 list names is turned off', () => {
      const late = 17_000 + timing.staleStopMs + 1;
      const borneOut = run(hubRules, [...asked, at(late, recovered()), at(late + 100, corroborated('found'))]);
      expect(only(borneOut.book)).toMatchObject({ stop: { kind: 'planned' }, onlyOurs: true });
    });

    test('a peer whose stop is over for minutes is told of none any more', () => {
      const inputs = [
        at(0, sighting()),
        at(300, debugsRead(CRYPTO)),
        at(1_000, sighting({ id: id(2), flow: flowOf(1), spoofable: true })),
        at(18_000, timer('stop')),
      ];
      const soon = run(hubRules, [...inputs, at(19_000, recovered())]);
      const late = run(hubRules, [...inputs, at(1_001 + timing.staleStopMs, recovered())]);
      expect([find(soon.last.effects, 'corroborate').length, find(late.last.effects, 'corroborate')]).toEqual([1, []]);
    });
  });

  test('delivery of an unknown incident is survived', () => {
    expect(run(hubRules, [at(0, delivery('stop', 'given-up'))]).last.reason).toBe('timer-outlived');
  });
});
