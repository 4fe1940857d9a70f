/** agent/live-configuration.ts: what rooms keep is what is in force, and no secret of before gets out after a reload. */
import { expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { LiveConfiguration } from '../../agent/live-configuration.ts';

const config = (delayMs: number): Config => ({ role: 'hub', stop: { delayMs } }) as Config;

test('the view is what is in force, the configuration of a moment stays what it was', () => {
  const live = new LiveConfiguration(config(1), []);
  const { view, config: before } = live;
  live.change(config(2), []);
  expect([view.stop.delayMs, before.stop.delayMs, live.config.stop.delayMs]).toEqual([2, 1, 2]);
});

test('a password that was changed is still hidden: it stands in logs and outputs that are still to be sealed', () => {
  const live = new LiveConfiguration(config(1), ['old-secret', 'both']);
  live.change(config(1), ['new-secret', 'both']);
  live.change(config(1), ['newest']);
  expect(live.secrets).toEqual(['old-secret', 'both', 'new-secret', 'newest']);
});

test('what is made of it is made once for each configuration', () => {
  const live = new LiveConfiguration(config(1), []);
  let made = 0;
  const delay = live.of(({ stop }) => ({ delayMs: stop.delayMs, made: ++made }));
  expect([delay(), delay()]).toEqual([
    { delayMs: 1, made: 1 },
    { delayMs: 1, made: 1 },
  ]);
  live.change(config(2), []);
  expect(delay()).toEqual({ delayMs: 2, made: 2 });
});
