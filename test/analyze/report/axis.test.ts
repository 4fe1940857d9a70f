import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisOf, place, ticksOf } from '../../../shared/analyze/report/picture/axis.ts';

const room = { fromPx: 100, toPx: 1_000, slotPx: 60 };

test('the incident has the even part, an SA of an hour ago a slot of its own', () => {
  const axis = axisOf([-3_600_000, -18_000, 0, 18_000], [2_400_000], room);
  expect(axis.earlier.map(({ ms }) => ms)).toEqual([-3_600_000]);
  expect(axis.later.map(({ ms }) => ms)).toEqual([2_400_000]);
  expect(axis.focus).toMatchObject({ fromPx: 160, toPx: 940 });
  expect(place(axis, -3_600_000)).toBe(130);
  expect(place(axis, -9_000) - place(axis, -18_000)).toBeCloseTo(place(axis, 18_000) - place(axis, 9_000), 6);
});

test('without anything but the message there is still a scale', () => {
  const axis = axisOf([], [], room);
  expect(axis.focus).toMatchObject({ fromPx: 100, toPx: 1_000 });
  expect(ticksOf(axis, 9)).toContain(0);
});

test('later is never further left, and nothing leaves the drawing', () => {
  const moment = fc.integer({ min: -10_000_000, max: 10_000_000 });
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 60 }), fc.array(moment, { maxLength: 8 }), (moments, far) => {
      const axis = axisOf(moments, far, room);
      const at = [...moments, ...far].sort((a, b) => a - b).map((ms) => place(axis, ms));
      for (const [index, px] of at.entries()) {
        expect(px).toBeGreaterThanOrEqual(room.fromPx);
        expect(px).toBeLessThanOrEqual(room.toPx);
        if (index > 0) expect(px).toBeGreaterThanOrEqual(at[index - 1]!);
      }
      expect(ticksOf(axis, 9).length).toBeLessThanOrEqual(12);
    }),
  );
});
