/** Answers that many ask for at once: made once while they are fresh, the costly ones seldom, a bounded number kept. */
import { expect, test } from 'vitest';
import { SharedAnswers } from '../../agent/fleet/shared-answers.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';

test('made once for all who ask within a second, and anew after it', async () => {
  const clock = new FakeClock();
  const answers = new SharedAnswers(clock);
  let made = 0;
  const ask = (): string => answers.json('now', () => ({ made: ++made })).toString();
  expect([ask(), ask()]).toEqual(['{"made":1}\n', '{"made":1}\n']);
  await clock.advance(1_000);
  expect(ask()).toBe('{"made":2}\n');
});

test('one that takes two seconds is kept for ten, so that the rest gets its turn', async () => {
  const clock = new FakeClock();
  let made = 0;
  const busy = { monotonic: () => (clock.monotonic() + 2_000 * made) as ReturnType<FakeClock['monotonic']> };
  const answers = new SharedAnswers(busy);
  const ask = (): void => void answers.json('all', () => ++made);
  ask();
  await clock.advance(9_999);
  ask();
  expect(made).toBe(1);
  await clock.advance(1);
  ask();
  expect(made).toBe(2);
});

test('what fails is not kept', () => {
  const answers = new SharedAnswers(new FakeClock());
  expect(() =>
    answers.json('x', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(answers.json('x', () => 1).toString()).toBe('1\n');
});

test('so many different ones, the oldest go', () => {
  const answers = new SharedAnswers(new FakeClock());
  let made = 0;
  for (let n = 0; n <= limits.fleetAnswersMax; n++) answers.json(String(n), () => ++made);
  answers.json('1', () => ++made);
  expect(made).toBe(limits.fleetAnswersMax + 1);
  answers.json('0', () => ++made);
  expect(made).toBe(limits.fleetAnswersMax + 2);
});
