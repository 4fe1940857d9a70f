/** agent/signals.ts: which signal is answered when, and what is counted (pair-protocol.md, "Delivery": the Response leaves after its record is synced). */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import type { Entry } from '../../agent/journal/journal.ts';
import type { Logger } from '../../agent/log.ts';
import type { Notification } from '../../agent/net/signalling.ts';
import { Signals } from '../../agent/signals.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { defaultValues, type Phase } from '../../shared/wire/signal.ts';
import { settle } from '../support/fake-clock.ts';

const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';
const entry = (name: string): Entry => ({ name }) as unknown as Entry;

let decide: (reasons: Map<string, number>) => Entry | null;
let lastEntry: Entry | null;
let waiting: { entry: Entry; synced: () => void }[];
let logged: string[];
let hellos: string[];
let signals: Signals;
let answered: number;

beforeEach(() => {
  [decide, lastEntry, waiting, logged, hellos, answered] = [() => null, null, [], [], [], 0];
  const reasonCounts = new Map<string, number>();
  const log: Logger = {
    debug: (_fields, text) => logged.push(`debug ${text}`),
    info: () => {},
    warn: (_fields, text) => logged.push(`warn ${text}`),
    error: (_fields, text) => logged.push(`error ${text}`),
  };
  signals = new Signals({
    config: {
      role: 'spoke',
      peers: [{ name: 'hub', kind: 'spitrap', cryptoAddresses: [] }],
      signal: { values: defaultValues },
      arming: { allowRemoteArm: false },
    } as unknown as Config,
    coordinator: {
      input: () => decide(reasonCounts),
      get lastEntry() {
        return lastEntry;
      },
      reasonCounts,
    },
    heartbeat: { heard: ({ peer }) => void hellos.push(peer) },
    journal: {
      wait: (of) => new Promise((resolve) => waiting.push({ entry: of, synced: () => resolve('synced') })),
    },
    log,
    newId: () => ID,
  });
});

const bring = (phase: Phase, change: Partial<Notification> = {}): void =>
  signals.onNotification({
    peer: 'hub',
    from: { address: '198.51.100.1', port: 40_000 },
    version: 3,
    confirmed: true,
    root: 91,
    trapOid: '',
    intData1: defaultValues[phase],
    intData2: 0,
    strData: phase === 'hello' ? '1 hello - t=1' : `1 ${phase} ${ID}`,
    policyName: '',
    sysUpTimeMs: 0,
    varbinds: [],
    at: monotonic(1),
    wall: wall(1),
    respond: () => void answered++,
    ...change,
  });

describe('the Response', () => {
  test('waits for the record of what the signal did', async () => {
    decide = () => entry('stop');
    bring('stop');
    await settle();
    expect([answered, waiting.map((one) => one.entry)]).toEqual([0, [entry('stop')]]);
    waiting[0]!.synced();
    await settle();
    expect(answered).toBe(1);
  });

  test('of a repetition, which has no record, waits for what came before it', async () => {
    lastEntry = entry('the first stop');
    bring('stop');
    await settle();
    expect([answered, waiting.map((one) => one.entry)]).toEqual([0, [entry('the first stop')]]);
    waiting[0]!.synced();
    await settle();
    expect(answered).toBe(1);
  });

  test('leaves at once when nothing was ever decided', () => {
    bring('stop');
    expect(answered).toBe(1);
  });

  test('to a hello leaves at once, and the heartbeat hears it', () => {
    bring('hello');
    expect([answered, hellos]).toEqual([1, ['hub']]);
  });

  test('to what is refused leaves all the same: it is authentic', () => {
    bring('stop', { intData1: 1 });
    expect(answered).toBe(1);
    expect(signals.refusals.get('value')).toBe(1);
  });
});

describe('counted', () => {
  test('a signal that is not for this role, besides being answered', () => {
    decide = (reasons) => {
      reasons.set('not-my-role', (reasons.get('not-my-role') ?? 0) + 1);
      return null;
    };
    bring('alert');
    expect(signals.refusals.get('not-my-role')).toBe(1);
    expect(answered).toBe(1);
  });

  test('each refusal; logged once a source and reason, for a bounded number of sources', () => {
    const refuse = (address: string, reason: 'hmac' | 'user' = 'hmac') =>
      signals.onRefusal({ reason, detail: 'x', peer: null, from: { address, port: 1 }, at: monotonic(0) });
    for (let n = 0; n < 3; n++) refuse('203.0.113.1');
    refuse('203.0.113.1', 'user');
    expect(signals.refusals.get('hmac')).toBe(3);
    expect(logged).toHaveLength(2);
    for (let n = 0; n < 2 * limits.strangersMax; n++) refuse(`10.0.${n >> 8}.${n & 255}`);
    expect(logged.length).toBe(limits.strangersMax);
  });

  test.each<[title: string, detail: string, counted: number]>([
    ['the first message after a start asks for our time: nothing is refused', 'boots 0, time 0 s', 0],
    ['a stale message is', 'boots 77, time 999999 s', 1],
  ])('%s', (_title, detail, counted) => {
    signals.onRefusal({ reason: 'not-in-time-window', detail, peer: 'hub', from: { address: 'a', port: 1 }, at: monotonic(0) });
    expect(signals.refusals.get('not-in-time-window') ?? 0).toBe(counted);
    expect(logged).toHaveLength(counted);
  });
});

test('a fault of ours on the way in is logged and does not reach the socket', () => {
  decide = () => {
    throw new Error('a bug');
  };
  expect(() => bring('stop')).not.toThrow();
  expect(logged).toEqual([expect.stringMatching(/^error .*fault of this program/)]);
});
