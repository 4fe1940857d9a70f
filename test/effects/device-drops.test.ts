/** agent/effects/device-drops.ts: what the device dropped itself, between two captures of one incident. */
import { beforeEach, expect, test } from 'vitest';
import { DeviceDrops } from '../../agent/effects/device-drops.ts';
import type { Hole } from '../../agent/evidence/holes.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { after } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from '../support/fake-clock.ts';

const clock = new FakeClock();
const [one, other] = ['01', '02'] as unknown as [IncidentId, IncidentId];
let holes: Hole[];
let drops: DeviceDrops;
beforeEach(() => {
  holes = [];
  drops = new DeviceDrops(ciscoIos, clock, (hole) => holes.push(hole));
});

const result = (dropped: number, limited: number, atMs: number, over: Partial<CommandResult> = {}): CommandResult => ({
  command: ciscoIos.logCounters,
  status: 'ok',
  output: `Syslog logging: enabled (${dropped} messages dropped, ${limited} messages rate-limited, 0 flushes, 0 overruns)\n`,
  detail: null,
  sentAt: after(clock.monotonic(), atMs),
  sentAtWall: clock.wall(),
  tookMs: 10,
  ...over,
});

test('a rise is a hole between the two readings, with its count', () => {
  drops.read(one, result(12, 3, 0));
  drops.read(one, result(17, 3, 18_000));
  expect(holes).toMatchObject([
    {
      reason: 'device-dropped',
      lostLines: 5,
      source: null,
      from: { monotonic: clock.monotonic() },
      to: { monotonic: clock.monotonic() + 18_000, bootId: clock.bootId },
    },
  ]);
});

test('what was rate-limited is said apart: it may have been the console’s', () => {
  drops.read(one, result(0, 3, 0));
  drops.read(one, result(0, 40, 18_000));
  expect(holes.map(({ reason, lostLines }) => [reason, lostLines])).toEqual([['device-rate-limited', 37]]);
});

test.each<[title: string, first: CommandResult, second: CommandResult]>([
  ['no rise', result(5, 5, 0), result(5, 5, 1)],
  ['less than before: a reload', result(500, 5, 0), result(3, 9, 1)],
  ['another command', result(5, 5, 0, { command: 'show logging' }), result(9, 5, 1)],
  ['a refusal', result(5, 5, 0), result(9, 5, 1, { status: 'refused' })],
  ['never sent', result(5, 5, 0), result(9, 5, 1, { sentAt: null })],
  ['an output that does not say', result(5, 5, 0), result(9, 5, 1, { output: 'something else' })],
])('no hole: %s', (_title, first, second) => {
  drops.read(one, first);
  drops.read(one, second);
  expect(holes).toEqual([]);
});

test('another incident, and one that is over, have readings of their own', () => {
  drops.read(one, result(5, 5, 0));
  drops.read(other, result(9, 5, 1));
  drops.forget(one);
  drops.read(one, result(20, 5, 2));
  expect(holes).toEqual([]);
});
