/** agent/heartbeat.ts: when hello is said and answered, when the device is read, and what the paths say. Whole pairs are test/sim's. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import type { SignalOrder } from '../../agent/effects/send-signal.ts';
import { AgentEvents } from '../../agent/events.ts';
import { configurationHash, Heartbeat } from '../../agent/heartbeat.ts';
import type { Logger } from '../../agent/log.ts';
import type { SendOutcome } from '../../agent/net/signalling.ts';
import type { Endpoint } from '../../agent/ports.ts';
import { type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { InputBody } from '../../shared/coordinate/input.ts';
import { clearAlarm, raiseAlarm } from '../../shared/coordinate/move.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { defaultValues } from '../../shared/wire/signal.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDevice } from '../support/fake-device.ts';

const paths: Endpoint[] = [
  { address: '198.51.100.2', port: 10_162 },
  { address: '203.0.113.2', port: 10_162 },
];
const config = (change: object = {}): Config =>
  ({
    role: 'hub',
    mode: 'act',
    peers: [{ name: 'spoke', kind: 'spitrap', cryptoAddresses: [], send: paths }],
    signal: { values: defaultValues, helloMs: 60_000 },
    stop: { delayMs: 18_000, mode: 'all', maxDelayMs: 300_000 },
    ...change,
  }) as unknown as Config;

let clock: FakeClock;
let device: FakeDevice;
let book: Book;
let inputs: InputBody['kind'][];
let said: Readonly<Record<string, string>>[];
let answer: (path: Endpoint) => SendOutcome;
let housekept: number;
let errors: string[];

const acknowledged: SendOutcome = { kind: 'acknowledged', roundTripMs: 1, from: paths[0]! };
const timedOut: SendOutcome = { kind: 'failed', error: new SpitrapError('SNMP_TIMEOUT', 'no answer') };

beforeEach(() => {
  clock = new FakeClock();
  device = new FakeDevice(clock);
  device.answer = () => 'Cryptographic Subsystem:\n  Crypto ISAKMP debugging is on\n';
  [book, inputs, said, housekept, errors, answer] = [emptyBook, [], [], 0, [], () => acknowledged];
});

function open(change: object = {}): Heartbeat {
  const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (_fields, text) => void errors.push(text) };
  return new Heartbeat({
    config: config(change),
    world: { clock },
    coordinator: {
      get book() {
        return book;
      },
      input: (body) => {
        inputs.push(body.kind);
        const now = { at: clock.monotonic(), wall: clock.wall() };
        if (body.kind === 'raise') book = raiseAlarm(book, now, { ...body, incident: null }).book;
        if (body.kind === 'clear') book = clearAlarm(book, body.key).book;
        return null;
      },
      housekeep: async () => void housekept++,
    },
    delivery: {
      once: (order: SignalOrder, onOutcome) => {
        said.push(order.content(clock.monotonic()).keys);
        for (const path of paths) onOutcome(answer(path), path);
      },
    },
    dones: { offerAgain: () => {}, records: () => [] },
    device,
    events: new AgentEvents(),
    log,
    version: '1',
    onTick: () => {},
  });
}

const heard = (heartbeat: Heartbeat, keys: Record<string, string>): void =>
  heartbeat.heard({ peer: 'spoke', keys, leaseS: 0, at: clock.monotonic(), wall: clock.wall() });

describe('each minute', () => {
  test('reads the device, then says what it read, then keeps house', async () => {
    const heartbeat = open();
    heartbeat.start();
    await settle();
    expect(said).toMatchObject([{ armed: 'yes', mode: 'act', cfg: heartbeat.cfg }]);
    await clock.advance(120_000);
    expect([said.length, device.sent.length, housekept]).toEqual([3, 3, 3]);
    heartbeat.close();
    expect(clock.waiting).toEqual([]);
  });

  test('the reading is not urgent: it breaks no hold-back of logins', async () => {
    open().start();
    await settle();
    expect(device.sent.map((line) => line.options.urgent)).toEqual([false]);
  });

  test.each<[title: string, change: object, before: () => void, read: number]>([
    ['in mode observe', { mode: 'observe' }, () => {}, 0],
    ['in mode capture', { mode: 'capture' }, () => {}, 1],
    [
      'with a stop ahead',
      {},
      () => {
        book = { ...book, incidents: [{ stop: { kind: 'planned', waiting: false } }] } as unknown as Book;
      },
      0,
    ],
    [
      'with a stop behind',
      {},
      () => {
        book = { ...book, incidents: [{ stop: { kind: 'verified' } }] } as unknown as Book;
      },
      1,
    ],
  ])('%s', async (_title, change, before, read) => {
    before();
    open(change).start();
    await settle();
    expect([device.sent.length, said.length]).toEqual([read, 1]);
  });

  test('a device that takes minutes is asked once at a time; hellos go on with what is known', async () => {
    device.answer = async () => {
      await clock.sleep('slow box', 200_000);
      return '';
    };
    open().start();
    await clock.advance(190_000);
    expect([device.sent.length, said.length]).toEqual([1, 3]);
    expect(said[0]).toMatchObject({ armed: 'unknown' });
  });

  test('a fault of ours costs one hello, not the process', async () => {
    device.answer = () => {
      throw new Error('a bug');
    };
    open().start();
    await settle();
    expect(errors).toHaveLength(1);
    device.answer = () => '';
    await clock.advance(60_000);
    expect(said).toHaveLength(1);
  });
});

describe('a hello that comes', () => {
  test.each<[title: string, keys: Record<string, string>[], everyMs: number, answers: number]>([
    ['a question is answered', [{ t: '1' }], 0, 1],
    ['an answer is not', [{ t: '1', org: '1', rx: '1' }], 0, 0],
    ['the same over two paths: once', [{ t: '1' }, { t: '1' }], 1, 1],
    ['a flood: four a second', Array.from({ length: 100 }, () => ({ t: '1' })), 10, 4],
  ])('%s', async (_title, keys, everyMs, answers) => {
    const heartbeat = open();
    for (const one of keys) {
      heard(heartbeat, one);
      await clock.advance(everyMs);
    }
    expect(said).toHaveLength(answers);
    if (answers > 0) expect(said[0]).toMatchObject({ org: '1', rx: expect.stringMatching(/^\d+$/) });
  });

  test('that a person sent by hand is no word of the peer’s agent: not answered, nothing learned, no lease renewed', async () => {
    const heartbeat = open();
    heard(heartbeat, { t: '1', org: '1', rx: '1', armed: 'yes', mode: 'act', role: 'spoke' });
    const before = heartbeat.links.get('spoke');
    await clock.advance(30_000);
    heard(heartbeat, { ver: '1', by: 'hand', t: '1' });
    expect(said).toEqual([]);
    expect(heartbeat.links.get('spoke')).toBe(before);
  });

  test('of nobody we know is nothing', () => {
    const heartbeat = open();
    heartbeat.heard({ peer: 'stranger', keys: { t: '1' }, leaseS: 0, at: clock.monotonic(), wall: clock.wall() });
    expect(said).toEqual([]);
  });
});

describe('half-armed', () => {
  test('debugs on here first, then off here first: each stood at one tick, so neither is an alarm; the second tick is', async () => {
    const heartbeat = open();
    const hello = (armed: string): void =>
      heard(heartbeat, { t: '1', org: '1', rx: '1', armed, mode: 'act', cfg: heartbeat.cfg });
    hello('no');
    heartbeat.start();
    await settle();
    hello('yes');
    device.answer = () => '';
    await clock.advance(60_000);
    expect(book.alarms).toEqual([]);
    await clock.advance(60_000);
    expect(book.alarms.map((alarm) => alarm.text)).toEqual(['half-armed: debugs are on at spoke and off at our device']);
    hello('no');
    expect(book.alarms).toEqual([]);
    heartbeat.close();
  });
});

describe('paths', () => {
  test('each has its own counters; three failures in a row alarm once, one success takes it back', async () => {
    const heartbeat = open();
    answer = (path) => (path === paths[1] ? timedOut : acknowledged);
    heartbeat.start();
    for (let n = 0; n < 5; n++) {
      await clock.advance(60_000);
      heard(heartbeat, { t: '1', org: '1', rx: '1', armed: 'yes', mode: 'act', cfg: heartbeat.cfg });
    }
    expect(heartbeat.path('spoke', paths[0]!)).toMatchObject({ failedInARow: 0, lastError: null });
    expect(heartbeat.path('spoke', paths[1]!)).toMatchObject({
      acknowledged: 0,
      lastError: expect.stringContaining('SNMP_TIMEOUT'),
    });
    expect(book.alarms.map((alarm) => alarm.key)).toEqual(['path-dead:203.0.113.2:10162:spoke']);
    answer = () => acknowledged;
    await clock.advance(60_000);
    expect(book.alarms).toEqual([]);
  });

  test('a peer that is not heard at all has one alarm, not two', async () => {
    answer = () => timedOut;
    open().start();
    await clock.advance(10 * 60_000);
    expect(book.alarms.map((alarm) => alarm.key)).toEqual(['peer-silent:spoke']);
  });
});

test('cfg is the first eight hex of SHA-256 over what both ends must agree on, and nothing else', () => {
  const base = configurationHash(config());
  // printf '2323230 2323231 2323232 2323233 2323234 2323235 18000 all' | sha256sum
  expect(base).toBe('51995c58');
  expect(configurationHash(config({ role: 'spoke', mode: 'observe' }))).toBe(base);
  expect(configurationHash(config({ stop: { delayMs: 18_001, mode: 'all' } }))).not.toBe(base);
  expect(configurationHash(config({ signal: { values: { ...defaultValues, done: 5 } } }))).not.toBe(base);
});

test('after the end nothing is said', async () => {
  const heartbeat = open();
  device.answer = async () => {
    await clock.sleep('slow box', 1_000);
    return '';
  };
  heartbeat.start();
  await clock.advance(10);
  heartbeat.close();
  await clock.advance(200_000);
  expect([said, inputs]).toEqual([[], []]);
});
