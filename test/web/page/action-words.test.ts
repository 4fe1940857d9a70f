/** What the actions say before and after (agent/web/page/action-words.js), and that what they send is what the agent takes. */
import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../../agent/control/protocol.ts';
import { SpitrapError } from '../../../shared/errors.ts';
import { pageModule } from '../../support/page-module.ts';
import { alarms, armed, calm, empty, hostile } from '../../support/page-states.ts';

const { acknowledge, arm, capture, disarm, hold, standing, test: testPair } = await pageModule('action-words');

const NOW = Date.parse('2026-03-12T18:30:00Z');
const plain = (texts: readonly string[]): string[] => texts.map((text) => text.replaceAll('\u00a0', ' '));
const first = (action: { says: (chosen: object) => string[] }, chosen: object): string => plain(action.says(chosen))[0]!;

test('what an action came to is of the past once the state that it is about is another', () => {
  const [before, after] = [armed(NOW).status, calm(NOW).status];
  const held = { ...before, hold: { ...before.hold, on: true } };
  expect([standing('arm', before), standing('disarm', before), standing('arm', after)]).toEqual(['armed', 'armed', 'not armed']);
  expect([standing('hold', before), standing('hold', held)]).toEqual(['not on hold', 'on hold']);
  expect(['capture', 'test', 'ack'].map((name) => standing(name, held))).toEqual([null, null, null]);
});

describe('before', () => {
  const { status } = calm(NOW);
  test.each([
    [arm, { pair: 'both', lease: '' }, 'Arms debugs on hub1 and asks spoke1 to; lease 15 min.'],
    [arm, { pair: 'one', lease: '300000' }, 'Arms debugs on hub1; lease 5 min.'],
    [disarm, { pair: 'both' }, 'Turns our debugs off on hub1 and asks spoke1 to, then reads back that they are off.'],
    [hold, { for: '7200000' }, 'Holds hub1 for 2 h: no new incident acts.'],
    [hold, { for: '' }, 'Holds hub1 until it is taken off: no new incident acts.'],
    [capture, { pair: 'both' }, 'Captures the state of hub1 and asks spoke1 to, and keeps it as an incident’s bundle.'],
    [testPair, {}, 'Says hello to spoke1 over every path, and waits for the answer.'],
  ])('%# says what it will do', (make, chosen, text) => {
    expect(first(make(status), chosen)).toBe(text);
  });

  test('what is armed is renewed, and a hold is taken off', () => {
    expect(first(arm(armed(NOW).status), { pair: 'one', lease: '' })).toBe('Renews the debugs on hub1; lease 15 min.');
    expect(hold({ ...status, hold: { on: true, until: null, by: 'file HOLD' } }).title).toBe('Take the hold off');
  });

  test('alone, nobody is asked; many peers are counted, not named', () => {
    const alone = empty(NOW).status;
    expect(arm(alone).choices.map(({ name }: { name: string }) => name)).toEqual(['lease']);
    expect(first(testPair(alone), {})).toBe('There is nobody to test: no peer is configured.');
    const many = {
      ...status,
      peers: Array.from({ length: 2_000 }, (_, index) => ({ ...status.peers[0]!, name: `spoke${index}` })),
    };
    expect(first(arm(many), { pair: 'both', lease: '' })).toBe('Arms debugs on hub1 and asks 2,000 peers to; lease 15 min.');
    expect(capture({ ...status, role: 'spoke' }).choices).toEqual([]);
  });
});

describe('what is sent', () => {
  const { status } = calm(NOW);
  const { alarms: standing } = alarms(NOW).status;
  test.each([
    ['arm', arm(status), { pair: 'both', lease: '300000' }],
    ['arm', arm(status), { pair: 'one', lease: '' }],
    ['disarm', disarm(status), { pair: 'both' }],
    ['hold', hold(status), { for: '7200000' }],
    ['hold', hold(status), { for: '' }],
    ['hold', hold({ ...status, hold: { on: true, until: null, by: 'x' } }), {}],
    ['capture', capture(status), { pair: 'both' }],
    ['capture', capture(empty(NOW).status), {}],
    ['test', testPair(status), {}],
    ['ack', acknowledge(standing[0]), {}],
  ])('%s: the agent takes it', (request, action, chosen) => {
    expect(action.name).toBe(request);
    const parsed = parseRequest(JSON.stringify({ request, ...action.body(chosen) }));
    expect(parsed).not.toBeInstanceOf(SpitrapError);
  });
});

describe('after', () => {
  const { status } = calm(NOW);
  const answer = {
    state: 'armed',
    was: 'disarmed',
    debugs: ['a', 'b'],
    conditions: [],
    warnings: [],
    leaseLeftMs: 900_000,
    deadManS: null,
    said: '',
    peers: [],
  };
  const told = (
    action: { told: (answer: unknown, now: number) => { tone: string; lines: string[] } },
    said: unknown,
  ): string[] => {
    const { tone, lines } = action.told(said, NOW);
    return [tone, ...plain(lines)];
  };

  test('armed', () => {
    expect(told(arm(status), answer)).toEqual([
      'good',
      'Armed: a and b on hub1; lease until 18:45:00 UTC.',
      'No dead-man on the router: were the agent’s host gone, nothing would turn them off.',
    ]);
  });

  test('a peer that was not told, and a warning, are no success', () => {
    const half = { ...answer, warnings: ['clock-unsynced: x'], peers: [{ peer: 'spoke1', told: false, detail: 'no answer' }] };
    expect(told(arm(status), half)).toEqual([
      'warn',
      'Armed: a and b on hub1; lease until 18:45:00 UTC.',
      'No dead-man on the router: were the agent’s host gone, nothing would turn them off.',
      'Warning: clock-unsynced: x',
      'spoke1: not told, no answer.',
    ]);
  });

  test('disarmed, disarmed already, and with conditions that had to stay', () => {
    const off = { ...answer, state: 'disarmed', was: 'armed', debugs: [], leaseLeftMs: null };
    expect(told(disarm(status), off)).toEqual(['good', 'Disarmed: our debugs are off on hub1.']);
    expect(told(disarm(status), { ...off, was: 'disarmed' })).toEqual(['good', 'Nothing of ours was on at hub1.']);
    expect(told(disarm(status), { ...off, conditions: ['11.1.1.3'], said: 'it said no' })).toEqual([
      'warn',
      'Disarmed: our debugs are off on hub1.',
      'It said: it said no',
      'Conditions that had to stay: 11.1.1.3.',
    ]);
    expect(told(disarm(status), { ...off, state: 'disarming' })[0]).toBe('warn');
  });

  const peer = {
    peer: 'spoke1',
    kind: 'spitrap',
    answered: true,
    detail: '',
    paths: [{ endpoint: '198.51.100.9:10162', acknowledged: true, roundTripMs: 4, detail: '' }],
    roundTripMs: 12,
    offsetMs: -340,
    version: '0.1.0',
    mode: 'act',
    cfg: 'agrees',
    armed: 'no',
  };
  test.each([
    [[peer], ['good', 'The peer answered, and the ends fit.', 'spoke1: answered in 12 ms; clock 340 ms behind; mode act.']],
    [
      [{ ...peer, cfg: 'differs', detail: 'stop.delay differs' }],
      [
        'warn',
        '1 of 1 peer answered, but the ends do not fit.',
        'spoke1: answered in 12 ms; clock 340 ms behind; set up otherwise; mode act; stop.delay differs.',
      ],
    ],
    [
      [
        {
          ...peer,
          answered: false,
          roundTripMs: null,
          offsetMs: null,
          mode: null,
          paths: [{ endpoint: '198.51.100.9:10162', acknowledged: false, roundTripMs: null, detail: 'no Response within 1s' }],
        },
      ],
      ['bad', '0 of 1 peer answered.', 'spoke1: no answer; 198.51.100.9:10162: no Response within 1s.'],
    ],
    [[], ['warn', 'Nobody was asked: no peer is configured.']],
  ])('the pair tested: %#', (peers, lines) => {
    expect(told(testPair(status), { peers })).toEqual(lines);
  });

  test('held, and taken off', () => {
    expect(told(hold(status), { on: true, until: '2026-03-12T20:30:00Z', by: 'page' })).toEqual([
      'warn',
      'On hold until 20:30:00 UTC, by page.',
    ]);
    expect(told(hold(status), { on: false, until: null, by: null })).toEqual(['good', 'The hold is off: incidents act again.']);
  });

  test('hostile names are bounded and harmless, before and after', () => {
    const evil = hostile(NOW).status;
    const said = [arm, disarm, hold, capture, testPair].flatMap((make) => make(evil).says({ pair: 'both', lease: '', for: '' }));
    said.push(...acknowledge(evil.alarms[0]).says({}));
    expect(said.join('').length).toBeLessThan(5_000);
    expect(said.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});
