import { describe, expect, test } from 'vitest';
import { bounded, Cleanup } from '../agent/lifecycle.ts';
import { SpitrapError } from '../shared/errors.ts';
import { FakeClock, settle } from './support/fake-clock.ts';

const never = new Promise<never>(() => {});

describe('bounded', () => {
  test('the value in time, and no timer left behind', async () => {
    const clock = new FakeClock();
    expect(await bounded(Promise.resolve(7), 100, clock)).toEqual({ inTime: true, value: 7 });
    expect(clock.waiting).toEqual([]);
  });

  test('not in time: said at the bound, and a later rejection is nobody else’s', async () => {
    const clock = new FakeClock();
    let fail = (_: Error): void => {};
    const late = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const outcome = bounded(late, 100, clock, 'a step');
    await settle();
    expect(clock.waiting).toEqual(['a step']);
    await clock.advance(100);
    expect(await outcome).toEqual({ inTime: false });
    fail(new Error('too late to matter'));
    await settle();
  });

  test('a rejection in time is passed on as one of ours', async () => {
    await expect(bounded(Promise.reject(new Error('boo')), 100, new FakeClock())).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'boo',
    });
  });
});

describe('Cleanup', () => {
  test('closes last-in-first-out, whatever fails or hangs, and says how each went', async () => {
    const clock = new FakeClock();
    const cleanup = new Cleanup(clock, 1_000);
    const order: string[] = [];
    const close = (name: string) => ({ close: () => void order.push(name) });
    cleanup.add('first', close('first'));
    cleanup.add('hangs', { close: () => never });
    cleanup.add('throws', () => {
      throw new Error('no');
    });
    cleanup.add('rejects', { close: () => Promise.reject(new SpitrapError('DISK_FAILED', 'full')) });
    cleanup.add('last', close('last'));
    const stopping = cleanup.stop();
    await clock.advance(1_000);
    const steps = await stopping;
    expect(steps.map(({ name, error }) => [name, error?.code ?? 'ok'])).toEqual([
      ['last', 'ok'],
      ['rejects', 'DISK_FAILED'],
      ['throws', 'INTERNAL'],
      ['hangs', 'INTERNAL'],
      ['first', 'ok'],
    ]);
    expect(steps[3]).toMatchObject({ tookMs: 1_000 });
    expect(steps[3]!.error!.message).toContain('hangs did not close within 1000 ms');
    expect(order).toEqual(['last', 'first']);
  });

  test('gives the thing back, stops once, and closes at once what is added too late', async () => {
    const cleanup = new Cleanup(new FakeClock());
    let closed = 0;
    const thing = { close: () => void closed++, value: 3 };
    expect(cleanup.add('thing', thing).value).toBe(3);
    const [first, second] = await Promise.all([cleanup.stop(), cleanup.stop()]);
    expect(second).toBe(first);
    expect(closed).toBe(1);
    cleanup.add('late', thing);
    await settle();
    expect(closed).toBe(2);
  });
});
