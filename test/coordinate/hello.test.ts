/** What hellos tell of a peer: its clock, its configuration, its silence (pair-protocol.md, "Signals"; offsets as RFC 5905 §8). */
import { describe, expect, test } from 'vitest';
import { clockOffset, linkTroubles, newLink, onHello, onStopOwed, type PeerLink } from '../../shared/coordinate/hello.ts';
import { monotonic, wall } from '../../shared/model/time.ts';

/** A hello that we sent at `org` and whose answer comes back: the peer's clock is `offsetMs` ahead. */
function answered(
  link: PeerLink,
  way: { thereMs: number; heldMs: number; backMs: number; offsetMs: number; at?: number },
): PeerLink {
  const org = 1_700_000_000_000;
  const rx = org + way.thereMs + way.offsetMs;
  const t = rx + way.heldMs;
  const back = org + way.thereMs + way.heldMs + way.backMs;
  const keys = { org: String(org), rx: String(rx), t: String(t) };
  return onHello(link, { keys, leaseS: 0, at: monotonic(way.at ?? 0), wall: wall(back) });
}

const heard = (keys: Record<string, string>, atMs = 0): PeerLink =>
  onHello(newLink('spoke1'), { keys, leaseS: 0, at: monotonic(atMs), wall: wall(1_700_000_000_000) });

describe('clock offset', () => {
  test('none before the first answered hello', () => {
    expect(clockOffset(newLink('spoke1'))).toBeNull();
    expect(clockOffset(heard({ t: '1700000000000' }))).toBeNull();
  });

  test.each([0, 1_234, -98_765])('a symmetric way gives %d ms exactly, however long the peer thought', (offsetMs) => {
    const link = answered(newLink('spoke1'), { thereMs: 40, heldMs: 700, backMs: 40, offsetMs });
    expect(clockOffset(link)).toEqual({ offsetMs, uncertaintyMs: 40, roundTripMs: 80 });
  });

  test('an asymmetric way is wrong by half the difference, which the uncertainty covers', () => {
    const link = answered(newLink('spoke1'), { thereMs: 100, heldMs: 0, backMs: 20, offsetMs: 500 });
    expect(clockOffset(link)).toEqual({ offsetMs: 540, uncertaintyMs: 60, roundTripMs: 120 });
  });

  test('the smallest delay of the last eight counts', () => {
    let link = answered(newLink('spoke1'), { thereMs: 5, heldMs: 0, backMs: 5, offsetMs: 100 });
    link = answered(link, { thereMs: 300, heldMs: 0, backMs: 10, offsetMs: 100 });
    expect(clockOffset(link)).toEqual({ offsetMs: 100, uncertaintyMs: 5, roundTripMs: 310 });
    for (let n = 0; n < 7; n++) link = answered(link, { thereMs: 50 + n, heldMs: 0, backMs: 50 + n, offsetMs: 200 });
    expect(clockOffset(link)).toEqual({ offsetMs: 200, uncertaintyMs: 50, roundTripMs: 112 });
    expect(link.samples).toHaveLength(8);
  });

  test.each([
    ['a key is missing', { org: '1', rx: '2' }],
    ['not a number', { org: 'x', rx: '2', t: '3' }],
    ['a negative delay', { org: '1700000000100', rx: '1', t: '1' }],
    ['an hour on its way', { org: '1699996400000', rx: '1', t: '1' }],
    ['it left before it came', { org: '1700000000000', rx: '500', t: '400' }],
    ['twenty digits', { org: '17000000000000000000', rx: '2', t: '3' }],
  ])('no sample when %s', (_, keys) => {
    expect(heard(keys).samples).toEqual([]);
  });
});

describe('troubles between the ends', () => {
  const ours = { mode: 'act', armed: 'yes', cfg: 'aaaaaaaa' } as const;
  const same = { mode: 'act', armed: 'yes', cfg: 'aaaaaaaa', role: 'spoke', ver: '0.1.0' };
  const hand = { where: '11.1.1.3', stopCommand: 'undebug all' };
  const keysOf = (link: PeerLink, atMs = 0) => linkTroubles(link, ours, monotonic(atMs), 60_000).map(({ key }) => key);

  test('none when both agree', () => {
    expect(keysOf(heard(same))).toEqual([]);
  });

  test.each([
    [{ cfg: 'bbbbbbbb' }, 'cfg-differs:spoke1'],
    [{ mode: 'observe' }, 'mode-differs:spoke1'],
    [{ armed: 'no' }, 'half-armed:spoke1'],
  ])('%o: %s', (over, key) => {
    expect(keysOf(heard({ ...same, ...over }))).toEqual([key]);
  });

  test('half-armed, and two modes: what to do, and where', () => {
    const remedy = (over: object) => linkTroubles(heard({ ...same, ...over }), ours, monotonic(0), 60_000)[0]?.remedy;
    expect(remedy({ armed: 'no' })).toMatch(/turn them on at spoke1 too .*; if nobody needs them, off at our device$/);
    expect(remedy({ mode: 'observe' })).toMatch(/^set the same mode in both files/);
    const [here] = linkTroubles(heard({ ...same, armed: 'no' }), ours, monotonic(0), 60_000, hand);
    expect(here?.remedy).toMatch(/; if nobody needs them, log in to our device and type: undebug all$/);
    const [there] = linkTroubles(heard(same), { ...ours, armed: 'no' }, monotonic(0), 60_000, hand);
    expect(there?.remedy).toMatch(
      /; if nobody needs them, log in to the device of spoke1 \(11\.1\.1\.3\) and type: undebug all$/,
    );
  });

  test.each([
    ['hub', 'spoke', null],
    ['spoke', 'hub', null],
    ['both', 'both', null],
    ['both', 'spoke', null],
    ['spoke', 'both', null],
    ['spoke', 'spoke', 'nobody opens an incident'],
    ['hub', 'hub', 'it takes no alert and no stop from us'],
    ['both', 'hub', 'it takes no alert and no stop from us'],
    ['hub', 'both', 'we take none of its alerts and stops'],
  ] as const)('we of role %s, it of role %s: %s', (role, theirs, words) => {
    const troubles = linkTroubles(heard({ ...same, role: theirs }), { ...ours, role }, monotonic(0), 60_000);
    expect(troubles).toMatchObject(words === null ? [] : [{ key: 'roles-clash:spoke1', text: expect.stringContaining(words) }]);
  });

  test.each(['unknown', 'perhaps', ''])('armed=%s is no half-armed', (armed) => {
    expect(keysOf(heard({ ...same, armed }))).toEqual([]);
  });

  test('a key that the peer does not send is not compared', () => {
    expect(keysOf(heard({}))).toEqual([]);
  });

  test('three missing hellos of an armed peer: which device, and what to type', () => {
    const link = heard(same);
    expect(keysOf(link, 180_000)).toEqual([]);
    expect(linkTroubles(link, ours, monotonic(180_001), 60_000, hand)).toEqual([
      {
        key: 'peer-silent:spoke1',
        text: 'spoke1 had debugs on and has not been heard for 180 s',
        remedy: 'log in to the device of spoke1 (11.1.1.3) and type: undebug all',
      },
    ]);
  });

  test.each([
    ['which it had said were on, and then that it can not be said (a stop is at them)', ['yes', 'unknown'], true],
    ['which it had said were on, and then off', ['yes', 'no', 'unknown'], false],
    ['of which it never said anything', ['unknown', 'perhaps'], false],
  ])('silent, with debugs %s', (_what, said, mayBeOn) => {
    const link = said.reduce(
      (before, armed) =>
        onHello(before, { keys: { ...same, armed }, leaseS: 0, at: monotonic(0), wall: wall(1_700_000_000_000) }),
      newLink('spoke1'),
    );
    const [trouble] = linkTroubles(link, ours, monotonic(300_000), 60_000, hand);
    expect(trouble?.remedy).toBe(mayBeOn ? 'log in to the device of spoke1 (11.1.1.3) and type: undebug all' : undefined);
  });

  test('silent after its alert or its stop: whether it ended its debugs is not known, until a hello after that time says so', () => {
    const off = { keys: { ...same, armed: 'no' }, leaseS: 0, wall: wall(1_700_000_000_000) };
    const owing = onStopOwed(onHello(newLink('spoke1'), { ...off, at: monotonic(0) }), monotonic(18_000));
    const early = onHello(owing, { ...off, at: monotonic(17_000) });
    expect(linkTroubles(early, ours, monotonic(300_000), 60_000, hand)).toEqual([
      {
        key: 'peer-silent:spoke1',
        text: 'spoke1 has not been heard for 283 s, and has not said that the stop of its last incident is done: whether debugs are on there is not known',
        remedy: 'log in to the device of spoke1 (11.1.1.3) and look: show debugging; if crypto debugs are on, type: undebug all',
      },
    ]);
    const done = onHello(early, { ...off, at: monotonic(19_000) });
    expect(linkTroubles(done, ours, monotonic(300_000), 60_000, hand)[0]?.remedy).toBeUndefined();
  });

  test('a silent peer that was not armed is a dead path, and what it said long ago is not compared', () => {
    const [trouble, ...rest] = linkTroubles(
      heard({ ...same, armed: 'no', cfg: 'bbbbbbbb' }),
      ours,
      monotonic(300_000),
      60_000,
      hand,
    );
    expect(trouble).toEqual({ key: 'peer-silent:spoke1', text: 'spoke1 has not been heard for 300 s: no signal may reach it' });
    expect(rest).toEqual([]);
  });

  test('a peer never heard since we started may have debugs on: where to look, and what to type; not where nothing acts', () => {
    const link = { ...newLink('spoke1'), since: monotonic(0) };
    expect(linkTroubles(link, { ...ours, mode: 'act' }, monotonic(180_001), 60_000, hand)).toEqual([
      {
        key: 'peer-silent:spoke1',
        text: 'spoke1 has not been heard for 180 s, since this agent started: no signal may reach it, and whether debugs are on there is not known',
        remedy: 'log in to the device of spoke1 (11.1.1.3) and look: show debugging; if crypto debugs are on, type: undebug all',
      },
    ]);
    expect(linkTroubles(link, { ...ours, mode: 'observe' }, monotonic(180_001), 60_000, hand)[0]?.remedy).toBeUndefined();
  });

  test('a peer never heard is a dead path too, once it was expected', () => {
    expect(keysOf(newLink('spoke1'), 1_000_000)).toEqual([]);
    expect(keysOf(newLink('spoke1', monotonic(0)), 180_000)).toEqual([]);
    expect(keysOf(newLink('spoke1', monotonic(0)), 180_001)).toEqual(['peer-silent:spoke1']);
  });
});
