/** Answers that many ask for at once: made once while they are fresh, the costly ones seldom, a bounded number kept. */
import { expect, test } from 'vitest';
import { SharedAnswers } from '../../agent/fleet/shared-answers.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';

test('made once for all who ask within a second, and anew after it', async () => {
  const clock = new FakeClock();
  const answers = new SharedAnswers(clock);
  let made = 0;
  const ask = async (): Promise<string> => (await answers.json('now', () => ({ made: ++made }))).toString();
  expect([await ask(), await ask()]).toEqual(['{"made":1}\n', '{"made":1}\n']);
  await clock.advance(1_000);
  expect(await ask()).toBe('{"made":2}\n');
});

test('one that takes two seconds is kept for ten, so that the rest gets its turn', async () => {
  const clock = new FakeClock();
  let made = 0;
  const busy = { monotonic: () => (clock.monotonic() + 2_000 * made) as ReturnType<FakeClock['monotonic']> };
  const answers = new SharedAnswers(busy);
  const ask = (): Promise<Buffer> => answers.json('all', () => ++made);
  await ask();
  await clock.advance(9_999);
  await ask();
  expect(made).toBe(1);
  await clock.advance(1);
  await ask();
  expect(made).toBe(2);
});

test('who asks while it is being made gets what is made', async () => {
  const answers = new SharedAnswers(new FakeClock());
  let made = 0;
  let resolve = (_: string): void => {};
  const promise = new Promise<string>((done) => {
    resolve = done;
  });
  const one = answers.json('slow', () => {
    made++;
    return promise;
  });
  const other = answers.json('slow', () => ++made);
  resolve('done');
  expect([(await one).toString(), (await other).toString(), made]).toEqual(['"done"\n', '"done"\n', 1]);
});

test('what fails is not kept', async () => {
  const answers = new SharedAnswers(new FakeClock());
  const fail = (): Promise<Buffer> =>
    answers.json('x', async () => {
      throw new Error('no');
    });
  const both = await Promise.allSettled([fail(), fail()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(fail()).rejects.toThrow('no');
  expect((await answers.json('x', () => 1)).toString()).toBe('1\n');
});

test('so many different ones, the oldest go', async () => {
  const answers = new SharedAnswers(new FakeClock());
  let made = 0;
  for (let n = 0; n <= limits.fleetAnswersMax; n++) await answers.json(String(n), () => ++made);
  await answers.json('1', () => ++made);
  expect(made).toBe(limits.fleetAnswersMax + 1);
  await answers.json('0', () => ++made);
  expect(made).toBe(limits.fleetAnswersMax + 2);
});
