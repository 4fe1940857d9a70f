/** agent/heartbeat.ts with thousands of peers: hellos are spread, each peer is judged in its turn, and one cause is not thousands of alarms. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import type { SignalOrder } from '../../agent/effects/send-signal.ts';
import { AgentEvents } from '../../agent/events.ts';
import { Heartbeat } from '../../agent/heartbeat.ts';
import type { Logger } from '../../agent/log.ts';
import { type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { InputBody } from '../../shared/coordinate/input.ts';
import { clearAlarm, raiseAlarm } from '../../shared/coordinate/move.ts';
import { limits } from '../../shared/limits.ts';
import { defaultValues } from '../../shared/wire/signal.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDevice } from '../support/fake-device.ts';

const COUNT = 5_000;
const HELLO_MS = 60_000;
const names = Array.from({ length: COUNT }, (_, index) => `s${index}`);
const peersOf = (list: readonly string[]): object[] =>
  list.map((name) => ({ name, kind: 'spitrap', cryptoAddresses: [], send: [{ address: '198.51.100.2', port: 10_162 }] }));

let clock: FakeClock;
let book: Book;
let inputs: InputBody[];
let said: string[];
let config: { -readonly [K in keyof Config]: Config[K] };
let events: AgentEvents;

beforeEach(() => {
  clock = new FakeClock();
  [book, inputs, said, events] = [emptyBook, [], [], new AgentEvents()];
  config = {
    role: 'hub',
    mode: 'capture',
    peers: peersOf(names),
    signal: { values: defaultValues, helloMs: HELLO_MS },
    stop: { delayMs: 18_000, mode: 'all', maxDelayMs: 300_000 },
  } as unknown as typeof config;
});

function open(): Heartbeat {
  const device = new FakeDevice(clock);
  device.answer = () => 'Cryptographic Subsystem:\n  Crypto ISAKMP debugging is on\n';
  const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return new Heartbeat({
    config,
    world: { clock },
    coordinator: {
      get book() {
        return book;
      },
      input: (body) => {
        inputs.push(body);
        const now = { at: clock.monotonic(), wall: clock.wall() };
        if (body.kind === 'raise') book = raiseAlarm(book, now, { ...body, incident: null }).book;
        if (body.kind === 'clear') book = clearAlarm(book, body.key).book;
        return null;
      },
      housekeep: async () => {},
    },
    delivery: { once: (order: SignalOrder) => void said.push(order.peer) },
    dones: { offerAgain: () => {}, records: () => [] },
    device,
    events,
    log,
    version: '1',
    onTick: () => {},
  });
}

const hear = (
  heartbeat: Heartbeat,
  peer: string,
  keys: Record<string, string> = { org: '1', mode: 'capture', role: 'spoke' },
): void => heartbeat.heard({ peer, keys, leaseS: 0, at: clock.monotonic(), wall: clock.wall() });
const keysOf = (kind: 'raise' | 'clear'): string[] => inputs.flatMap((input) => (input.kind === kind ? [input.key] : []));

describe(`${COUNT} peers`, () => {
  test('hellos leave in turns, to each once, within the interval', async () => {
    const heartbeat = open();
    heartbeat.start();
    await settle();
    expect(said).toEqual([]);
    let most = 0;
    for (let turn = 0; turn < (HELLO_MS * 0.8) / limits.helloTurnMs + 1; turn++) {
      const before = said.length;
      await clock.advance(limits.helloTurnMs);
      most = Math.max(most, said.length - before);
    }
    expect(said).toEqual(names);
    expect(most).toBe(11);
    await clock.advance(HELLO_MS * 2);
    expect(said.filter((peer) => peer === 's0').length).toBe(3);
    heartbeat.close();
    expect(clock.waiting).toEqual([]);
  });

  test('that debugs went on is told to all within two seconds', async () => {
    const heartbeat = open();
    heartbeat.start();
    await clock.advance(HELLO_MS / 2);
    said.length = 0;
    book = { ...book, arming: { ...book.arming, state: { kind: 'arming' } } } as unknown as Book;
    book = { ...book, arming: { ...book.arming, state: { kind: 'disarmed' } } } as unknown as Book;
    events.emit('decided', { input: { kind: 'debugs-read', flags: [], detail: '' }, moved: true } as never, book);
    events.emit('decided', { input: { kind: 'tick' }, moved: true } as never, book);
    await clock.advance(2_100);
    expect(new Set(said).size).toBe(COUNT);
    heartbeat.close();
  });

  test('all silent for one reason: some alarms and one more, none again at the next round, all gone when they are heard', async () => {
    const heartbeat = open();
    heartbeat.start();
    await clock.advance(HELLO_MS * 5);
    expect(keysOf('raise').length).toBe(limits.peerAlarmsMax + 1);
    expect(keysOf('raise')).toContain('peer-silent:*');
    expect(names.filter((name) => heartbeat.troublesOf(name).includes('peer-silent')).length).toBe(COUNT - limits.peerAlarmsMax);
    await clock.advance(HELLO_MS * 3);
    expect(keysOf('raise').length).toBe(limits.peerAlarmsMax + 1);
    for (const name of names) hear(heartbeat, name);
    expect(book.alarms.map(({ key }) => key).filter((key) => key.startsWith('peer-silent'))).toEqual([]);
    expect(names.flatMap((name) => heartbeat.troublesOf(name))).toEqual([]);
    heartbeat.close();
  });

  test('a silent peer whose debugs may be on has an alarm of its own, whatever stands', async () => {
    const heartbeat = open();
    heartbeat.start();
    hear(heartbeat, 's4999', { org: '1', mode: 'capture', role: 'spoke', armed: 'yes' });
    await clock.advance(HELLO_MS * 6);
    const raised = inputs.find((input) => input.kind === 'raise' && input.key === 'peer-silent:s4999');
    expect(raised).toMatchObject({ remedy: expect.stringContaining('s4999') });
    heartbeat.close();
  });

  test('peers that a reload takes away are silent no more', async () => {
    const heartbeat = open();
    heartbeat.start();
    await clock.advance(HELLO_MS * 5);
    config.peers = peersOf(names.slice(0, 100)) as unknown as Config['peers'];
    heartbeat.reconfigure();
    await clock.advance(HELLO_MS);
    expect(heartbeat.links.size).toBe(100);
    for (const name of names.slice(0, 100)) hear(heartbeat, name);
    expect(book.alarms.filter(({ key }) => key.startsWith('peer-silent'))).toEqual([]);
    heartbeat.close();
  });
});
