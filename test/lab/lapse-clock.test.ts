import { describe, expect, test } from 'vitest';
import { LapseClock } from '../../agent/lab/live/lapse-clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

function setUp() {
  const real = new FakeClock({ monotonicMs: 1_000_000, wallMs: Date.UTC(2026, 2, 12, 12) });
  const lapse = new LapseClock(real, 600_000);
  const fired: string[] = [];
  const at = (name: string, delayMs: number) => lapse.timer(name, delayMs, () => fired.push(`${name} ${lapse.monotonic()}`));
  return { real, lapse, fired, at };
}

describe('a clock with a past', () => {
  test('begins in it, by both clocks', () => {
    const { lapse } = setUp();
    expect(lapse.monotonic()).toBe(400_000);
    expect(lapse.wall()).toBe(Date.UTC(2026, 2, 12, 11, 50));
  });

  test('what is due in the past happens at once, in order of time and then of making', () => {
    const { lapse, fired, at } = setUp();
    at('late', 500_000);
    at('first', 100_000);
    at('second', 100_000);
    at('after it', 700_000);
    lapse.pass(600_000);
    expect(fired).toEqual(['first 500000', 'second 500000', 'late 900000']);
    expect(lapse.monotonic()).toBe(1_000_000);
  });

  test('stops where it is told to', () => {
    const { lapse, fired, at } = setUp();
    at('one', 1_000);
    at('two', 2_000);
    lapse.pass(600_000, () => fired.length === 1);
    expect(lapse.monotonic()).toBe(401_000);
  });

  test('in the present it goes with the real one, and what still waits keeps its moment', async () => {
    const { real, lapse, fired, at } = setUp();
    at('waits', 603_000);
    at('cancelled', 603_000).cancel();
    const later = at('cancelled in the present', 604_000);
    lapse.pass(600_000);
    lapse.present();
    later.cancel();
    at('made in the present', 1_000);
    lapse.pass(600_000);
    expect([lapse.monotonic(), lapse.wall()]).toEqual([real.monotonic(), real.wall()]);
    await real.advance(10_000);
    expect(fired).toEqual(['made in the present 1001000', 'waits 1003000']);
  });

  test('sleepers wake in the past too', async () => {
    const { lapse } = setUp();
    const woken = lapse.sleep('nap', 5_000).then(() => 'awake');
    lapse.pass(6_000);
    expect(await woken).toBe('awake');
  });
});
