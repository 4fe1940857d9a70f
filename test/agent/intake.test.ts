/** agent/intake.ts: the way of a line into the ring and of the message to the coordinator. What counts as the event is test/detect's. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Hole } from '../../agent/evidence/holes.ts';
import { bearOut, type ConnectedCopy, Intake } from '../../agent/intake.ts';
import type { Logger } from '../../agent/log.ts';
import { type Book, emptyBook, type FlowRecord } from '../../shared/coordinate/book.ts';
import type { InputBody } from '../../shared/coordinate/input.ts';
import type { DetectedEvent, GateContext } from '../../shared/detect/gate.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { chunkOf, noteA } from '../support/invalid-spi-lines.ts';

const range = (text: string) => parseRange(text)!;
const context: GateContext = {
  match: [
    { kind: 'address', range: range('192.0.2.1') },
    { kind: 'relay', range: range('198.51.100.9'), hostname: 'hub' },
  ],
  cryptoAddresses: [range('213.163.222.7')],
  peers: [{ name: 'spoke', cryptoAddresses: [range('11.1.1.3')] }],
  trigger: { kind: 'first' },
  maxEventAgeMs: 60_000,
  clock: null,
};

let clock: FakeClock;
let intake: Intake;
let happened: string[];
let events: DetectedEvent[];
let copies: ConnectedCopy[];
let holes: Hole[];
let warned: string[];

beforeEach(() => {
  clock = new FakeClock();
  [happened, events, copies, holes, warned] = [[], [], [], [], []];
  const log: Logger = { debug: () => {}, info: () => {}, error: () => {}, warn: (_fields, text) => warned.push(text) };
  intake = new Intake({
    world: { clock },
    log,
    ring: {
      append: (bytes) => happened.push(`ring ${bytes.length}`),
      note: (hole) => holes.push(hole),
    },
    context: () => context,
    onEvent: (event) => {
      events.push(event);
      happened.push('event');
    },
    onConnectedDuplicate: (copy) => copies.push(copy),
  });
});

const bring = (text: string, over: Partial<LineChunk> = {}): void =>
  intake.observe(
    chunkOf(text, { at: clock.monotonic(), wall: clock.wall(), from: '192.0.2.1', source: 'tcp', trust: 'connected', ...over }),
  );

describe('what a source has seen itself', () => {
  test('is an event, and its own words are kept as a line', () => {
    const flow = { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 };
    const line = 'spitrap spi-watch: ESP without an SA: …';
    const seen = { kind: 'sighting', source: 'spi-watch', flow, line, from: '192.0.2.1' } as const;
    intake.observe({ ...seen, at: clock.monotonic(), wall: clock.wall() });
    expect(happened).toEqual(['event', `ring ${Buffer.byteLength(line) + 1}`]);
    expect(events[0]).toMatchObject({ flow, peers: ['spoke'], trust: 'connected', spiAsReceived: '0x68842105', raw: line });
    expect(intake.sources.get('spi-watch')).toMatchObject({ lines: 1, candidates: 1 });
  });
});

describe('a chunk', () => {
  test('of which a field was filled in: that is judged, and what came is kept', () => {
    bring(`${noteA}\n`, { asCame: Buffer.from('cut*\n') });
    expect(happened).toEqual(['event', 'ring 5']);
  });
  test('with the message: first the event, then the ring', () => {
    bring(`${noteA}\n`);
    expect(happened).toEqual(['event', `ring ${noteA.length + 1}`]);
    expect(events[0]).toMatchObject({ at: clock.monotonic(), peers: ['spoke'] });
  });

  test.each<[title: string, from: string, text: string, kept: string[], foreign: number, refused: string | null]>([
    ['of the device', '192.0.2.1', 'a\nb\n', ['ring 4'], 0, null],
    ['of another sender: nothing is kept', '192.0.2.77', 'a\nb\n', [], 1, 'foreign-device'],
    [
      'of a relay: the lines of our device alone',
      '198.51.100.9',
      '<189>1: hub: *Mar 12 18:22:10.706: %SYS-5-A: x\n<189>1: other: *Mar 12 18:22:10.706: %SYS-5-A: y\n',
      ['ring 47'],
      1,
      null,
    ],
  ])('%s', (_title, from, text, kept, foreign, refused) => {
    bring(text, { from });
    expect(happened).toEqual(kept);
    expect(intake.sources.get('tcp')).toMatchObject({ lines: 2, bytes: text.length, foreignLines: foreign });
    expect([...intake.refusals.keys()]).toEqual(refused === null ? [] : [refused]);
  });

  test('with a candidate that does not parse: counted, and still in the ring', () => {
    bring('%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: something quite different\n');
    intake.close();
    expect(intake.sources.get('tcp')).toMatchObject({ candidates: 1, unparsed: 1 });
    expect(happened.filter((what) => what.startsWith('ring'))).toHaveLength(1);
    expect(events).toEqual([]);
  });
});

describe('a message wrapped by a console', () => {
  const [first, second] = [`${noteA.slice(0, 120)}\r\n`, `${noteA.slice(120)}\r\n`];

  test('its rest comes with the next chunk: one event, as old as its first bytes', async () => {
    bring(first);
    const began = clock.monotonic();
    await clock.advance(200);
    bring(second);
    expect(events.map((event) => event.at)).toEqual([began]);
    await clock.advance(5_000);
    expect(events).toHaveLength(1);
  });

  test('its rest does not come: judged as it stands after half a second, by one timer', async () => {
    bring(first);
    expect(clock.waiting).toEqual(['wrapped message']);
    await clock.advance(600);
    expect(intake.gateCounts.unreadable).toBe(1);
    expect(clock.waiting).toEqual([]);
  });

  test('a whole message that may go on is not lost when the agent ends before its rest', () => {
    const upTo = noteA.slice(0, noteA.indexOf('11.1.1.3') + 8);
    const even = upTo.length % 2 === 0 ? upTo : upTo.slice(1);
    // Two lines as long as each other: the address may go on in a third.
    bring(`${even.slice(0, even.length / 2)}\r\n${even.slice(even.length / 2)}\r\n`);
    expect(events).toEqual([]);
    intake.close();
    expect(events.map((event) => event.flow.src)).toEqual(['11.1.1.3']);
    expect(clock.waiting).toEqual([]);
  });
});

describe('the same message again', () => {
  test.each<[title: string, first: Partial<LineChunk>, second: Partial<LineChunk>, copies: number, events: number]>([
    ['by the same way', {}, {}, 0, 1],
    ['over UDP, then over TCP: it bears it out', { source: 'udp', trust: 'spoofable' }, {}, 1, 1],
    ['over TCP, then over UDP: no news', {}, { source: 'udp', trust: 'spoofable' }, 0, 1],
  ])('%s', (_title, first, second, copied, seen) => {
    bring(`${noteA}\n`, first);
    bring(`${noteA}\n`, second);
    expect([copies.length, events.length]).toEqual([copied, seen]);
  });
});

describe('what anybody may send', () => {
  test('is logged once a reason and counted each time', () => {
    for (let n = 0; n < 5; n++)
      intake.observe({
        kind: 'refusal',
        source: 'tcp',
        reason: 'not-allowed',
        from: '203.0.113.9',
        at: clock.monotonic(),
        lost: 2,
      });
    expect(warned).toHaveLength(1);
    expect(intake.refusals.get('not-allowed')).toBe(5);
    expect(intake.sources.get('tcp')).toMatchObject({ refusals: 5, lost: 10 });
  });
});

test('an interruption is one hole, open until the source is back', async () => {
  const state = (kind: 'open' | 'interrupted') =>
    intake.observe({ kind: 'source-state', source: 'monitor', state: kind, detail: 'x', at: clock.monotonic() });
  state('open');
  state('interrupted');
  state('interrupted');
  await clock.advance(1_000);
  state('open');
  state('open');
  expect(holes.map((hole) => hole.to === null)).toEqual([true, false]);
  expect(holes[0]!.from).toEqual(holes[1]!.from);
});

describe('bearOut', () => {
  const flow = { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 };
  const bookWith = (corroboration: FlowRecord['corroboration']): Book =>
    ({
      ...emptyBook,
      incidents: [{ id: 'A', flows: [{ flow, peers: ['spoke'], interface: 'Gi1', corroboration }] }],
    }) as unknown as Book;

  test.each<[known: FlowRecord['corroboration'], inputs: object[]]>([
    ['pending', [{ kind: 'corroborated', incident: 'A', result: 'found' }]],
    [
      'absent',
      [{ kind: 'sighting', spoofable: false, peers: ['spoke'], interface: 'Gi1', spiAsReceived: '0x68842105', line: 'L' }],
    ],
    ['over-limit', [{ kind: 'sighting', spoofable: false }]],
    ['found', []],
    ['undecided', []],
    ['not-needed', []],
  ])('a flow that is %s', (known, expected) => {
    const inputs = inputsOf(bookWith(known));
    expect(inputs).toMatchObject(expected);
    expect(inputs).toHaveLength(expected.length);
  });

  test.each([
    [false, 1],
    [true, 0],
  ])('a flow held from an incident that is closed, believed: %s', (believed, count) => {
    const inputs = inputsOf({ ...emptyBook, held: [{ flow, peers: ['spoke'], believed }] } as unknown as Book);
    expect(inputs).toHaveLength(count);
    if (!believed) expect(inputs).toMatchObject([{ kind: 'sighting', id: 'NEW', peers: ['spoke'], spoofable: false, line: 'L' }]);
  });

  test('a flow that nothing is known of', () => expect(inputsOf(emptyBook)).toEqual([]));

  function inputsOf(book: Book): InputBody[] {
    const inputs: InputBody[] = [];
    const coordinator = {
      book,
      input: (body: InputBody) => {
        inputs.push(body);
        return null;
      },
    };
    bearOut(coordinator, { flow, source: 'tcp', line: 'L' }, () => 'NEW');
    return inputs;
  }
});
