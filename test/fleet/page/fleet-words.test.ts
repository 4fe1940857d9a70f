/** The sentence at the top and the four answers, for each state a fleet can be in; what may be missing is never kept quiet. */
import { describe, expect, test } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: plain JavaScript, as the browser gets it
const module = async (name: string): Promise<any> =>
  await import(/* @vite-ignore */ new URL(`../../../agent/fleet/page/${name}.js`, import.meta.url).href);
const { answers, doubts, headline } = await module('fleet-words');
const { niceTop } = await module('picture');

const none = { open: 0, healed: 0, 'black-holed': 0, 'not-known': 0 };
const calm = {
  engine: { connected: true, server: 'n', why: null },
  index: { incidents: 0, records: 0, sequence: 0, behind: 0, unreadable: 0, gaps: [], otherValues: 0, tooOld: 0, bytes: 0 },
  now: {
    agents: 12,
    goneCount: 0,
    versions: [],
    versionsCount: 1,
    armedCount: 0,
    silentPairsCount: 0,
    halfArmedCount: 0,
    alarms: [],
    alarmsCount: 0,
  },
  groups: [],
  overTime: { bucketMs: 3_600_000, buckets: [{ fromMs: 0, incidents: 0, byState: none }] },
};
const bucket = (byState: Record<string, number>) => ({
  overTime: {
    bucketMs: 1,
    buckets: [{ fromMs: 0, incidents: Object.values(byState).reduce((a, b) => a + b, 0), byState: { ...none, ...byState } }],
  },
});
const now = (more: object) => ({ now: { ...calm.now, ...more } });
const alarm = (severity: string) => ({ alarms: [{ alarm: { severity } }], alarmsCount: 1 });

describe('the sentence', () => {
  test.each([
    ['good', 'No incident in the last 24 hours', {}],
    ['good', '3 incidents in the last 24 hours, none black-holed', bucket({ healed: 3 })],
    [
      'bad',
      '1 incident still black-holed, of 4 in the last 24 hours',
      { ...bucket({ healed: 3, 'black-holed': 1 }), ...now({ goneCount: 2 }) },
    ],
    ['bad', '1 critical alarm of agents', now({ ...alarm('critical'), goneCount: 1 })],
    [
      'warn',
      'The engine does not answer: nothing new is learnt',
      { engine: { connected: false, server: null, why: 'x' }, ...now({ goneCount: 1 }) },
    ],
    ['warn', '2 agents not heard of any more', now({ goneCount: 2, halfArmedCount: 1 })],
    ['warn', '1 pair armed at one end only', now({ halfArmedCount: 1, ...alarm('warning') })],
    ['warn', '1 alarm of agents', now({ ...alarm('warning'), silentPairsCount: 4 })],
    ['warn', '4 pairs without a heartbeat', now({ silentPairsCount: 4 })],
    ['plain', 'No agent has told anything yet', now({ agents: 0 })],
  ])('%s: %s', (tone, text, more) => {
    expect(headline({ ...calm, ...more }, '24h')).toMatchObject({ tone, text });
  });

  test('a calm that may not be one is none', () => {
    for (const index of [
      { ...calm.index, gaps: [{}] },
      { ...calm.index, unreadable: 1 },
      { ...calm.index, behind: 5_000 },
    ]) {
      const { tone, text, lead } = headline({ ...calm, index }, '24h');
      expect([tone, text]).toEqual(['warn', 'Nothing is known to be wrong, but not all is known']);
      expect(lead).toMatch(/^Not all is known: /);
    }
  });

  test('what is lost names its event, and what is not known beside it', () => {
    const groups = [
      { byState: none, headline: 'a calm one' },
      { byState: { ...none, 'black-holed': 3 }, headline: 'hub-2 failed over' },
    ];
    const { lead } = headline({ ...calm, ...bucket({ 'black-holed': 3 }), groups, index: { ...calm.index, gaps: [{}] } }, '7d');
    expect(lead).toBe('hub-2 failed over. Not all is known: 1 agent could not tell all.');
  });
});

describe('the answers', () => {
  const said = (overview: object): string[] =>
    answers(overview, '24h').map((one: { name: string; tone: string; text: string }) => `${one.name} ${one.tone}: ${one.text}`);

  test('all is well', () => {
    expect(said(calm)).toEqual([
      'Lost good: none black-holed',
      'Agents good: all heard of',
      'Pairs good: none silent, none half-armed',
      'Index good: knows all that was told',
    ]);
  });

  test('what is not known is no all-clear', () => {
    expect(said({ ...calm, ...bucket({ 'not-known': 1 }) })[0]).toBe('Lost warn: none black-holed');
    expect(said({ ...calm, index: { ...calm.index, behind: null } })[3]).toBe('Index plain: not known how far behind');
    expect(said({ ...calm, engine: { connected: false } })[3]).toBe('Index warn: the engine is away');
  });

  test('a few messages behind are a second’s, and no doubt', () => {
    expect(doubts({ ...calm, index: { ...calm.index, behind: 7 } })).toEqual([]);
    expect(said({ ...calm, index: { ...calm.index, behind: 7 } })[3]).toBe('Index good: 7 messages behind');
  });
});

test('the top of a picture is a round number, whose half is a whole one', () => {
  expect([0, 1, 2, 3, 5, 7, 9, 412, 601, 1_000_000].map(niceTop)).toEqual([2, 2, 2, 4, 6, 8, 10, 600, 800, 1_000_000]);
});
