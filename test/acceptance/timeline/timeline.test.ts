/** The timeline's own tests: a play that could not fail would prove nothing. */
import { expect, test } from 'vitest';
import { between, Timeline } from './timeline.ts';

test('acts and wants in their order: it passes', async () => {
  const seen: string[] = [];
  let isOff = false;
  await new Timeline()
    .at(30, 'the switch', () => {
      isOff = true;
    })
    .once(
      'it is off',
      () => isOff,
      () => seen.push('once'),
    )
    .want('off', between(30, 5_000), () => isOff || 'still on')
    .after('off', 'after it', () => seen.push('after'))
    .never('nothing is wrong', () => null)
    .play('passes');
  expect(seen).toEqual(['once', 'after']);
});

test.each<[string, (timeline: Timeline) => Timeline, RegExp]>([
  [
    'a want in vain',
    (t) => t.want('off', between(0, 60), () => 'isakmp is on'),
    /! want {3}off between 0\.00 s and 0\.06 s; seen last: isakmp is on/,
  ],
  ['a want that comes too early', (t) => t.want('off', between(5_000, 6_000), () => true), /! want {3}off between .*: too early/],
  ['a probe that throws', (t) => t.want('off', between(0, 60), () => JSON.parse('{')), /cannot look: /],
  [
    'an act that throws',
    (t) => t.at(0, 'the kill', () => JSON.parse('{')).want('a', between(0, 60), () => true),
    /! act {4}the kill: /,
  ],
  [
    'an act that never came',
    (t) =>
      t
        .once(
          'the stop',
          () => false,
          () => {},
        )
        .want('a', between(0, 60), () => true),
    /never ! act {4}the stop/,
  ],
  [
    'what must never be',
    (t) => t.never('a reload', () => 'typed reload').want('a', between(0, 60), () => true),
    /! never {2}a reload: typed reload/,
  ],
])('%s: it fails, and says so beside all the rest', async (_name, build, words) => {
  const timeline = build(new Timeline().want('what came true', between(0, 500), () => true));
  await expect(timeline.play('fails')).rejects.toThrow(words);
  await expect(build(new Timeline().want('what came true', between(0, 500), () => true)).play('fails')).rejects.toThrow(
    / s {3}want {3}what came true/,
  );
});
