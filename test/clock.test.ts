import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock } from '../agent/clock.ts';
import { createRandom } from '../agent/random.ts';

test('a timer never fires before it is due, never synchronously, and in order', async () => {
  const clock = createClock();
  const fired: string[] = [];
  const due = (delayMs: number) => clock.monotonic() + delayMs;
  await new Promise<void>((resolve) => {
    const dueAt = due(8);
    clock.timer('second', 8, () => {
      expect(clock.monotonic()).toBeGreaterThanOrEqual(dueAt);
      fired.push('second');
      resolve();
    });
    clock.timer('first', 0, () => fired.push('first'));
    clock.timer('negative', -5, () => fired.push('negative'));
    clock.timer('cancelled', 1, () => fired.push('cancelled')).cancel();
    expect(fired).toEqual([]);
  });
  expect(fired).toEqual(['first', 'negative', 'second']);
});

test('a wait longer than setTimeout can hold does not fire at once', async () => {
  const clock = createClock();
  let early = false;
  const timer = clock.timer('a month', 31 * 24 * 3_600_000, () => {
    early = true;
  });
  await clock.sleep('a moment', 5);
  timer.cancel();
  expect(early).toBe(false);
});

test('two clocks of one boot agree on monotonic time and boot id', () => {
  const [a, b] = [createClock(), createClock()];
  const first = a.monotonic();
  const second = b.monotonic();
  expect(second).toBeGreaterThanOrEqual(first);
  expect(a.bootId).toBe(b.bootId);
  expect(a.bootId.length).toBeGreaterThan(5);
});

test('without a kernel boot id, or with nonsense in it, the moment of boot stands for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spitrap-clock-'));
  try {
    expect(createClock(join(folder, 'absent')).bootId).toMatch(/^boot-at-\d+$/);
    await writeFile(join(folder, 'boot_id'), 'nonsense\n');
    expect(createClock(join(folder, 'boot_id')).bootId).toMatch(/^boot-at-\d+$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('random: bytes of the length asked, uniform within [0, 1) and spread', () => {
  const random = createRandom();
  expect(random.bytes(10)).toHaveLength(10);
  const values = Array.from({ length: 4_000 }, () => random.uniform());
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  // Each tenth holds 400 on average, with a standard deviation of 19: 200 is ten of them away.
  for (let tenth = 0; tenth < 10; tenth++)
    expect(values.filter((value) => Math.floor(value * 10) === tenth).length).toBeGreaterThan(200);
});
