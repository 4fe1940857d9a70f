/** agent/evidence/counter-watch.ts: gaps in the device's counters as evidence holes. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CounterWatch } from '../../agent/evidence/counter-watch.ts';
import { Holes } from '../../agent/evidence/holes.ts';
import { shifted } from '../../agent/evidence/window.ts';
import { limits } from '../../shared/limits.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { chunkOf } from '../support/invalid-spi-lines.ts';

let clock: FakeClock;
let holes: Holes;
let watch: CounterWatch;
let notes: number;
beforeEach(() => {
  clock = new FakeClock();
  holes = new Holes();
  notes = 0;
  watch = new CounterWatch(clock, (hole) => {
    notes++;
    holes.note(hole);
  });
});

const bring = (text: string, over: Partial<LineChunk> = {}): void => {
  const chunk = chunkOf(text, { at: clock.monotonic(), wall: clock.wall(), from: '192.0.2.1', source: 'udp', ...over });
  watch.take(chunk.bytes, chunk);
};
const numbered = (...numbers: (number | string)[]): string =>
  numbers.map((number) => `<191>${number}: *Mar 12 18:22:10.706: ISAKMP: x\n`).join('');
const all = () => {
  const now = { wall: clock.wall(), monotonic: clock.monotonic(), bootId: clock.bootId };
  return holes.in({ from: shifted(now, -3_600_000), to: now });
};
const short = () => all().map(({ source, reason, lostLines }) => `${source} ${reason} ${lostLines}`);

describe('a gap', () => {
  test('of the message counter: how many, by which source, between which lines', async () => {
    bring(numbered(10, 11));
    const before = clock.monotonic();
    await clock.advance(500);
    bring(numbered(15));
    const next = clock.monotonic();
    await clock.advance(3_000);
    expect(all()).toMatchObject([
      {
        source: 'udp',
        reason: 'counter-gap',
        lostLines: 3,
        from: { monotonic: before, bootId: clock.bootId },
        to: { monotonic: next },
        detail: expect.stringContaining('192.0.2.1'),
      },
    ]);
    expect(watch.totals).toEqual({ missing: 3, resets: 0 });
    expect(clock.waiting).toEqual([]);
  });

  test('no hole for what was only overtaken, and none for lines without numbers', async () => {
    bring(numbered(10, 12));
    await clock.advance(1_000);
    bring(numbered(11, 13));
    bring('*Mar 12 18:22:10.706: ISAKMP: x\n  more of it\n');
    await clock.advance(60_000);
    watch.close();
    expect(all()).toEqual([]);
  });

  test('many close together are one hole with their sum, written once a second at most', async () => {
    for (let n = 0; n < 100; n++) {
      bring(numbered(n * 2));
      await clock.advance(100);
    }
    await clock.advance(5_000);
    expect(short()).toEqual(['udp counter-gap 99']);
    expect(notes).toBeLessThanOrEqual(99);
    await clock.advance(60_000);
    bring(numbered(199, 201));
    await clock.advance(5_000);
    expect(short()).toEqual(['udp counter-gap 99', 'udp counter-gap 1']);
  });

  test('each source and sender has its own numbers', async () => {
    bring(numbered(10, 11));
    bring(numbered(500, 501), { source: 'tcp' });
    bring(numbered(70), { from: '192.0.2.2' });
    bring(numbered(12));
    bring(numbered(503), { source: 'tcp' });
    bring(numbered(71), { from: '192.0.2.2' });
    await clock.advance(5_000);
    expect(short()).toEqual(['tcp counter-gap-one-way 1']);
  });

  test('while another source came without one: the log has its lines all the same', async () => {
    bring(numbered(10));
    bring(numbered(500), { source: 'tcp' });
    await clock.advance(100);
    bring(numbered(501, 502, 503), { source: 'tcp' });
    bring(numbered(13));
    await clock.advance(5_000);
    expect(short()).toEqual(['udp counter-gap-one-way 2']);
    expect(all()[0]!.detail).toContain('tcp had no gap');
    // The other one has a gap of its own now: nobody has them.
    await clock.advance(60_000);
    bring(numbered(14));
    bring(numbered(504), { source: 'tcp' });
    await clock.advance(100);
    bring(numbered(17));
    bring(numbered(507), { source: 'tcp' });
    await clock.advance(5_000);
    expect(short().slice(1)).toEqual(['udp counter-gap 2', 'tcp counter-gap 2']);
  });

  test('that is still open when the agent ends is written', async () => {
    bring(numbered(10, 12));
    watch.close();
    expect(short()).toEqual(['udp counter-gap 1']);
    expect(clock.waiting).toEqual([]);
  });

  test('inside what stood in a file before us has no time, and is no hole; what follows it is', async () => {
    bring(numbered(1, 10, 20), { backlog: true });
    bring(numbered(21, 23));
    await clock.advance(5_000);
    expect(short()).toEqual(['udp counter-gap 1']);
  });
});

describe('service sequence-numbers', () => {
  test('on a terminal: numbers that the level kept away are said as such', async () => {
    bring('000123: *Mar 12 18:22:10.706: %A-4-B: x\n000140: *Mar 12 18:22:10.706: %A-4-B: x\n', { source: 'tm' });
    await clock.advance(5_000);
    expect(short()).toEqual(['tm sequence-gap 16']);
    expect(all()[0]!.detail).toContain('level');
    expect(watch.totals.missing).toBe(0);
  });

  test('beside the message counter: a line lost on the way is one, a line that the device kept back is the other', async () => {
    bring(numbered('10: 000100', '11: 000101', '13: 000103', '14: 000109', '15: 000110'));
    await clock.advance(5_000);
    expect(short().sort()).toEqual(['udp counter-gap 1', 'udp sequence-gap 5']);
  });

  test('beyond six digits it is known by its padding of before', async () => {
    bring('<189>099999: *Mar 12 18:22:10.706: %A-4-B: x\n<189>100003: *Mar 12 18:22:10.706: %A-4-B: x\n');
    await clock.advance(5_000);
    expect(short()).toEqual(['udp sequence-gap 3']);
  });
});

describe('numbers that begin anew', () => {
  test('after a reload: a hole of unknown size, and the count goes on', async () => {
    bring(numbered(179_767));
    await clock.advance(60_000);
    bring(numbered(8, 9, 10, 11, 13));
    await clock.advance(5_000);
    expect(short()).toEqual(['udp counter-reset null', 'udp counter-gap 1']);
    expect(all()[0]!.detail).toContain('8 after 179767');
    expect(watch.totals).toEqual({ missing: 1, resets: 1 });
  });

  test('again and again are no counter: given up, and said so', async () => {
    for (let turn = 0; turn < 60; turn++) {
      bring(numbered(1, 2, 3, 4, 5));
      bring(numbered(90_001, 90_002, 90_003, 90_004));
      await clock.advance(5_000);
    }
    expect(watch.totals.resets).toBeLessThanOrEqual(limits.counterResetsMax + 2);
    expect(all().at(-1)!.detail).toContain('not looked at any more');
  });
});

test('ways beyond the limit are not watched, and cost nothing', async () => {
  for (let n = 0; n < limits.counterWaysMax + 20; n++) {
    bring(numbered(1, 5), { from: `2001:db8::${n}` });
    await clock.advance(1);
  }
  await clock.advance(5_000);
  expect(all().length).toBe(limits.counterWaysMax);
});
