/** Many waits on one timer: each still ends when its own time is up, and an idle journal has no timer. */
import { expect, test } from 'vitest';
import { Waits } from '../../agent/journal/waits.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';

const never = new Promise<void>(() => {});

test('each ends at its own time, whatever came before and after it', async () => {
  const clock = new FakeClock();
  const waits = new Waits(clock, 250, 'wait');
  const ended: string[] = [];
  const watch = (name: string, promise: Promise<unknown>): void =>
    void waits.for(promise).then(({ inTime }) => ended.push(`${name} ${inTime}`));
  let kept = (): void => {};
  watch('first', never);
  await clock.advance(100);
  watch('second', never);
  watch('kept', new Promise<void>((resolve) => (kept = resolve)));
  await clock.advance(100);
  watch('third', never);
  kept();
  await clock.advance(49);
  expect(ended).toEqual(['kept true']);
  await clock.advance(1);
  expect(ended).toEqual(['kept true', 'first false']);
  await clock.advance(99);
  expect(ended).toHaveLength(2);
  await clock.advance(1);
  expect(ended).toEqual(['kept true', 'first false', 'second false']);
  await clock.advance(100);
  expect(ended).toEqual(['kept true', 'first false', 'second false', 'third false']);
  expect(clock.waiting).toEqual([]);
});

test('no timer is left when all came in time, and a rejection is passed on', async () => {
  const clock = new FakeClock();
  const waits = new Waits(clock, 250, 'wait');
  await expect(waits.for(Promise.resolve(7))).resolves.toEqual({ inTime: true, value: 7 });
  await expect(waits.for(Promise.reject(new SpitrapError('DISK_FAILED', 'full')))).rejects.toMatchObject({ code: 'DISK_FAILED' });
  expect(clock.waiting).toEqual([]);
});
