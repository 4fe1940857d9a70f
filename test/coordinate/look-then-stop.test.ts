/** A look that becomes a stop late: what it has kept and said as a look does not count for the stop (shared/coordinate/{hub,spoke}.ts). */
import { describe, expect, test } from 'vitest';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { doneBits } from '../../shared/wire/signal.ts';
import {
  alert,
  at,
  attempted,
  CRYPTO,
  capture,
  captured,
  corroborated,
  debugsRead,
  done,
  find,
  hubRules,
  id,
  kinds,
  only,
  run,
  sealedAs,
  sighting,
  spokeRules,
  stop,
  timer,
} from './given.ts';

/** The hub's look ends at 18,000; a line came at 17,900 and is not borne out yet. */
const looked = [
  at(0, capture({ id: id(1), pair: false })),
  at(900, captured('first')),
  at(17_900, sighting({ spoofable: true })),
  at(18_000, timer('stop')),
  at(18_500, captured('first')),
  at(19_000, captured('stop')),
  at(28_000, timer('tail')),
];
const answered = at(29_000, corroborated('found'));

describe('at the end that looked', () => {
  test('the tail of the look is not the tail of its stop', () => {
    expect(only(run(hubRules, looked).book)).toMatchObject({ tailKept: true, stop: { kind: 'not-planned' } });
    const planned = run(hubRules, [...looked, answered]).book;
    expect(only(planned)).toMatchObject({ tailKept: false, stopPassed: false, stop: { kind: 'planned' } });
    const story = [at(35_900, timer('stop')), at(36_000, captured('stop')), at(36_100, attempted(0, 'verified'))];
    const { steps, last } = run(hubRules, [...story, at(36_500, done()), at(45_900, timer('tail'))], planned);
    expect(steps.slice(0, -1).flatMap(({ effects }) => find(effects, 'seal'))).toEqual([]);
    expect(kinds(last.effects)).toContain('seal');
  });

  test('the done of its peer’s look ends no stop that is on its way there, one that is verified off does', () => {
    const before = run(hubRules, [...looked, answered, at(35_900, timer('stop'))]).book;
    const hear = (bits: number, off: string) => run(hubRules, [at(36_000, done({ bits, keys: { off } }))], before).last.effects;
    expect(kinds(hear(doneBits.captured, 'failed'))).not.toContain('cancel-signals');
    expect(kinds(hear(15, 'verified'))).toContain('cancel-signals');
  });
});

describe('at the end that was asked to look', () => {
  const opened: readonly Input[] = [
    at(0, alert({ act: false, delayMs: 1_000 })),
    at(100, debugsRead(CRYPTO)),
    at(300, captured('first')),
    at(1_000, timer('stop')),
    at(1_300, captured('stop')),
    at(11_000, timer('tail')),
  ];
  const over = [...opened, at(11_200, sealedAs('complete'))];
  const runOn = (story: readonly Input[], ...inputs: readonly [ms: number, body: InputBody][]) =>
    run(
      spokeRules,
      inputs.map(([ms, body]) => at(ms, body)),
      run(spokeRules, story).book,
    );

  test('a stop that comes while the look is sealed has its own bound and tail', () => {
    const { book, last } = runOn(opened, [11_100, stop()]);
    expect(last.reason).toBe('stop-accepted');
    expect(only(book)).toMatchObject({
      tailKept: false,
      stopPassed: true,
      stopAt: at(11_100, stop()).at,
      stop: { kind: 'running' },
    });
  });

  test('a stop that comes when the look is over is made, once, as an incident of its own', () => {
    const { book, last } = runOn(over, [20_000, stop()]);
    expect([last.reason, kinds(last.effects)]).toEqual(['stop-without-alert', expect.stringContaining('attempt-stop')]);
    expect(only(book)).toMatchObject({ id: id(99), aliases: [id(1)], signallers: [{ peer: 'hub1', id: id(1) }] });
    expect(run(spokeRules, [at(20_100, stop({ newId: id(98) }))], book).last.reason).toBe('stop-repeated');
  });

  test('not in mode capture, and not where the stop was asked for and made before', () => {
    const inCapture: Rules = { ...spokeRules, mode: 'capture' };
    const looked = run(inCapture, over).book;
    expect(run(inCapture, [at(20_000, stop())], looked).last.reason).toBe('closed-incident');
    const made = run(spokeRules, [
      at(0, stop()),
      at(100, attempted(0, 'verified')),
      at(300, captured('late')),
      at(10_000, timer('tail')),
      at(10_200, sealedAs('complete')),
    ]).book;
    expect(run(spokeRules, [at(20_000, stop())], made).last.reason).toBe('closed-incident');
  });
});
