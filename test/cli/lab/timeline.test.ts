import { expect, test } from 'vitest';
import { Timeline } from '../../../agent/cli/lab/timeline.ts';
import { after } from '../../../shared/model/time.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const printed: string[] = [];
  const timeline = new Timeline(clock, { width: 80, colour: false }, (line) => printed.push(line.replace(/\s+/g, ' ').trim()));
  return { clock, printed, timeline, start: clock.monotonic() };
}

test('moments told out of order are printed in order, relative to the message', async () => {
  const { clock, printed, timeline, start } = setUp();
  timeline.tell(after(start, -500), 'hub', 'SAs lost');
  await clock.advance(1_000);
  expect(printed).toEqual([]);
  timeline.begin(start);
  timeline.tell(after(start, 1_040), 'spoke', 'later');
  timeline.tell(after(start, 1_020), 'hub', 'sooner');
  await clock.advance(100);
  expect(printed).toEqual(['-0.500 s SAs lost │']);
  await clock.advance(400);
  expect(printed.slice(1)).toEqual(['⋮ │', '+1.020 s sooner │', '+1.040 s │ later']);
});

test('moments of one millisecond stay in the order in which they were told; the end prints what is left', async () => {
  const { printed, timeline, start } = setUp();
  timeline.begin(start);
  for (const text of ['one', 'two', 'three']) timeline.tell(start, 'hub', text);
  timeline.end();
  timeline.tell(start, 'hub', 'after the end');
  expect(printed.map((line) => line.split(' ')[2])).toEqual(['one', 'two', 'three']);
});

test('the first message is the zero', () => {
  const { timeline, start } = setUp();
  timeline.begin(start);
  timeline.begin(after(start, 60_000));
  expect(timeline.zero).toBe(start);
});
