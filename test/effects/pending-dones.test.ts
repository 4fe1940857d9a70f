/** agent/effects/pending-dones.ts: what is owed, to whom, and until when (pair-protocol.md, "Delivery"). */
import { beforeEach, describe, expect, test } from 'vitest';
import { PendingDones } from '../../agent/effects/pending-dones.ts';
import type { Delivery, SignalOrder, SignalResult } from '../../agent/effects/send-signal.ts';
import type { Journal } from '../../agent/journal/journal.ts';
import type { JournalRecord } from '../../agent/journal/record.ts';
import { silentLog } from '../../agent/log.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR = 3_600_000;
const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';

let clock: FakeClock;
let dones: PendingDones;
let journaled: JournalRecord[];
let sending: { order: SignalOrder; end: (result: SignalResult['result']) => void }[];

beforeEach(() => {
  clock = new FakeClock();
  [journaled, sending] = [[], []];
  const delivery = {
    start: (order: SignalOrder, onResult: (result: SignalResult) => void) =>
      sending.push({ order, end: (result) => onResult({ result, attempts: 1, roundTripMs: 1, detail: '' }) }),
    cancel: () => {},
  } as unknown as Delivery;
  const journal = {
    append: (kind: string, incident: string | null, data: unknown) => {
      const record = recordOf(kind, data, incident);
      journaled.push(record);
      return { record, synced: Promise.resolve() };
    },
  } as unknown as Journal;
  dones = new PendingDones(delivery, journal, clock, silentLog);
});

const recordOf = (kind: string, data: unknown, incident: string | null = ID): JournalRecord => ({
  seq: 1,
  monotonic: clock.monotonic(),
  wall: clock.wall(),
  bootId: clock.bootId,
  kind,
  incident,
  data,
});
const done = (change: object = {}): Extract<Effect, { kind: 'signal-done' }> => ({
  kind: 'signal-done',
  incident: ID,
  peer: 'hub',
  id: ID,
  bits: 7,
  keys: { off: 'verified' },
  ...change,
});
const peersOf = (): string[] => sending.map(({ order }) => order.peer);

describe('one done', () => {
  test('is journaled, then said; acknowledged, it is owed no more, here and after a restart', () => {
    dones.offer(done());
    expect([journaled.map((record) => record.kind), peersOf(), dones.owed]).toEqual([['done-owed'], ['hub'], 1]);
    expect(sending[0]!.order.content(clock.monotonic())).toEqual({ intData2: 7, keys: { off: 'verified' } });
    sending[0]!.end('acknowledged');
    expect([journaled.map((record) => record.kind), dones.owed]).toEqual([['done-owed', 'done-heard'], 0]);
    dones.restore(journaled);
    expect(dones.owed).toBe(0);
  });

  test('given up: owed until the peer says hello', () => {
    dones.offer(done());
    sending[0]!.end('given-up');
    dones.offerAgain('another');
    expect(sending).toHaveLength(1);
    dones.offerAgain('hub');
    expect([peersOf(), dones.owed]).toEqual([['hub', 'hub'], 1]);
  });

  test('a newer word of the same incident takes the place of the older, whose late acknowledgement settles nothing', () => {
    dones.offer(done({ bits: 1 }));
    dones.offer(done({ bits: 15 }));
    sending[0]!.end('acknowledged');
    expect(dones.owed).toBe(1);
    expect(dones.records().map((record) => (record.data as { bits: number }).bits)).toEqual([15]);
  });
});

describe('24 h', () => {
  test.each<[title: string, pass: () => Promise<void> | void, again: number]>([
    ['23 h later it is offered', () => clock.advance(23 * HOUR), 1],
    ['25 h later it is not', () => clock.advance(25 * HOUR), 0],
    ['the wall clock is set by years: it is offered', () => clock.stepWall(3 * 365 * 24 * HOUR), 1],
    [
      'the wall clock is set back: after 25 h it is not',
      async () => {
        clock.stepWall(-48 * HOUR);
        await clock.advance(25 * HOUR);
      },
      0,
    ],
  ])('%s', async (_title, pass, again) => {
    dones.offer(done());
    sending.length = 0;
    await pass();
    dones.offerAgain('hub');
    expect([sending.length, dones.owed]).toEqual([again, again]);
  });

  test('across a reboot the wall clock is all there is', () => {
    const before = { ...recordOf('done-owed', done()), bootId: 'another', monotonic: monotonic(9e12) };
    dones.restore([{ ...before, wall: wall(clock.wall() - 23 * HOUR) }]);
    dones.offerAgain('hub');
    expect(sending).toHaveLength(1);
    dones.restore([{ ...before, wall: wall(clock.wall() - 25 * HOUR) }]);
    dones.offerAgain('hub');
    expect(dones.owed).toBe(0);
  });
});

test.each([null, 'x', 7, {}, { peer: 'hub' }, { cutFromChars: 9, head: '…' }, { peer: 'hub', id: ID, bits: 'x', keys: null }])(
  'a damaged record (%j) costs itself, not the start',
  (data) => {
    dones.restore([recordOf('done-owed', data), recordOf('done-heard', data), recordOf('done-owed', done({ peer: 'b' }))]);
    expect(dones.owed).toBe(1);
  },
);
