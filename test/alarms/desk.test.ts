/** agent/alarms/desk.ts with its lanes and its file, in virtual time: receivers that are down, crashes at every step, full and stalled disks, flapping. */
import { beforeEach, describe, expect, test } from 'vitest';
import { AlarmDesk } from '../../agent/alarms/desk.ts';
import type { AlarmChannelConfig } from '../../agent/config/config.ts';
import { AgentEvents } from '../../agent/events.ts';
import type { Logger } from '../../agent/log.ts';
import { type Alarm, type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import { limits } from '../../shared/limits.ts';
import { Lifeline } from '../sim/lifeline.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeNetwork } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { answered, FakeReceivers, hanging } from '../support/fake-receivers.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { alarm, speaker, warning } from './standing.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const common = { severity: 'warning', repeatEveryMs: 15 * MINUTE, timeoutMs: 10 * SECOND } as const;
const webhook = (name: string, more: Partial<AlarmChannelConfig> = {}): AlarmChannelConfig =>
  ({
    ...common,
    kind: 'webhook',
    name,
    url: `https://${name}.example.net/x`,
    headers: {},
    ca: null,
    ...more,
  }) as AlarmChannelConfig;

let clock: FakeClock;
let disk: FakeDisk;
let receivers: FakeReceivers;
let book: Book;
let events: AgentEvents;
let logged: string[];
let lifeline: Lifeline;

beforeEach(() => {
  clock = new FakeClock();
  disk = new FakeDisk();
  disk.put('/data/journal', '');
  receivers = new FakeReceivers();
  receivers.onRequest = async () => answered(200);
  book = emptyBook;
  logged = [];
});

/** Everything that is due now has happened. */
const settle = (): Promise<void> => clock.advance(0);

/** What the coordinator does at an input, as far as alarms go: the book first, then the word. */
function decide(alarms: readonly Alarm[], ...effects: Effect[]): void {
  book = { ...book, alarms, alarmCount: Math.max(book.alarmCount, ...alarms.map(({ id }) => Number(id.slice(1)))) };
  events.emit('decided', { input: {} as Input, reason: 'alarm-raised', incident: null, effects, moved: true }, emptyBook);
}
const raise = (...alarms: Alarm[]): void =>
  decide([...book.alarms, ...alarms], ...alarms.map((raised) => ({ kind: 'alarm-raised', alarm: raised }) as const));
const clear = (key: string): void => {
  const cleared = book.alarms.find((known) => known.key === key)!;
  decide(
    book.alarms.filter((known) => known !== cleared),
    { kind: 'alarm-cleared', alarm: cleared },
  );
};
const acknowledge = (key: string): void =>
  decide(book.alarms.map((known) => (known.key === key ? { ...known, acknowledged: true } : known)));

const inputs: InputBody[] = [];
const note = (_fields: object, message: string): void => void logged.push(message);
const log: Logger = { debug: () => {}, info: note, warn: note, error: note };

async function open(channels: readonly AlarmChannelConfig[] = [webhook('chat')], bootId = clock.bootId): Promise<AlarmDesk> {
  events = new AgentEvents();
  lifeline = new Lifeline();
  inputs.length = 0;
  const coordinator = {
    get book() {
      return book;
    },
    input: (body: InputBody) => {
      inputs.push(body);
      if (body.kind === 'raise')
        raise(alarm({ id: `a${book.alarmCount + 1}`, key: body.key, text: body.text, remedy: body.remedy, incident: null }));
      if (body.kind === 'clear') clear(body.key);
      return null;
    },
  };
  const ports = { clock, disk, random: fixedRandom, datagrams: new FakeNetwork().host('198.51.100.1'), ...receivers };
  const world = lifeline.world(
    { ...ports, logFiles: {}, streams: {}, shells: {} } as unknown as Parameters<Lifeline['world']>[0],
    { id: bootId, behindMs: 0 },
  );
  const desk = new AlarmDesk({
    dataDir: '/data',
    channels,
    world,
    coordinator,
    events,
    log,
    speaker,
    clean: (text) => text.replaceAll('hunter2', '<redacted>'),
  });
  desk.start(book.alarmCount);
  await settle();
  return desk;
}

/** `raised a3, repeated a3`: what the receiver was asked to take, in order. */
const said = (from = 0): string =>
  receivers.notices
    .slice(from)
    .map((notice) => `${String(notice['status'])} ${(notice['alarm'] as { id: string }).id}`)
    .join(', ');

describe('one alarm', () => {
  test('told at once, repeated, over', async () => {
    const desk = await open();
    raise(alarm());
    await settle();
    expect(said()).toBe('raised a3');
    await clock.advance(20 * MINUTE);
    expect(said()).toBe('raised a3, repeated a3, repeated a3');
    await clock.advance(5 * MINUTE);
    clear(alarm().key);
    await clock.advance(5 * MINUTE);
    expect(said()).toBe('raised a3, repeated a3, repeated a3, repeated a3, cleared a3');
    expect(receivers.notices.map((notice) => notice['repeats'])).toEqual([0, 1, 2, 3, 3]);
    await clock.advance(24 * 60 * MINUTE);
    expect(said()).toMatch(/cleared a3$/);
    expect(desk.channels[0]).toMatchObject({
      state: 'idle',
      waiting: 0,
      delivered: 5,
      failed: 0,
      lastError: null,
      target: 'https://chat.example.net',
    });
  });

  test('acknowledged: silence, and its end', async () => {
    await open();
    raise(alarm());
    await clock.advance(MINUTE);
    acknowledge(alarm().key);
    await clock.advance(60 * MINUTE);
    expect(said()).toBe('raised a3, acknowledged a3');
    clear(alarm().key);
    await clock.advance(MINUTE);
    expect(said()).toBe('raised a3, acknowledged a3, cleared a3');
  });

  test('acknowledged, and forgotten by the book after its time: that is no end', async () => {
    await open();
    raise(alarm());
    await settle();
    acknowledge(alarm().key);
    await settle();
    decide([]);
    await clock.advance(60 * MINUTE);
    expect(said()).toBe('raised a3, acknowledged a3');
  });

  test('each channel by its own severity', async () => {
    await open([webhook('all'), webhook('night', { severity: 'critical' })]);
    raise(alarm(), warning());
    await settle();
    expect(receivers.requests.map(({ url }) => new URL(url).hostname.split('.')[0]).sort()).toEqual(['all', 'all', 'night']);
  });

  test('no channel: nothing is written, and it is said', async () => {
    const desk = await open([]);
    raise(alarm());
    await settle();
    expect([logged.length, disk.paths, desk.channels]).toEqual([1, ['/data/journal'], []]);
  });
});

describe('a receiver that is down', () => {
  test('is asked again with backoff, told how it is when it is back, once', async () => {
    receivers.onRequest = async () => answered(503);
    const desk = await open();
    raise(alarm());
    const times: number[] = [];
    const { request } = receivers.http;
    Object.assign(receivers.http, {
      request: (...args: Parameters<typeof request>) => {
        times.push(clock.monotonic());
        return request(...args);
      },
    });
    await clock.advance(30 * MINUTE);
    const gaps = times.slice(1).map((time, index) => Math.round((time - times[index]!) / SECOND));
    expect(gaps.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(desk.channels[0]).toMatchObject({
      state: 'backing-off',
      waiting: 2,
      delivered: 0,
      lastError: expect.stringContaining('503') as string,
    });
    expect(logged.filter((line) => line.startsWith('not told'))).toHaveLength(1);
    receivers.onRequest = async () => answered(200);
    const before = receivers.requests.length;
    await clock.advance(5 * MINUTE);
    expect(said(before)).toBe('raised a3');
    expect(logged.at(-1)).toMatch(/^told over chat, which had failed before: ALARM a3/);
  });

  test('what was raised and over meanwhile is counted, not told; what stands is', async () => {
    receivers.onRequest = async () => answered(500);
    const desk = await open();
    raise(warning({ id: 'a1', key: 'cfg-differs:x' }), warning({ id: 'a2', key: 'mode-differs:x' }));
    await clock.advance(MINUTE);
    clear('cfg-differs:x');
    receivers.onRequest = async () => answered(200);
    const before = receivers.requests.length;
    await clock.advance(10 * MINUTE);
    expect(said(before)).toBe('raised a2');
    expect(desk.channels[0]).toMatchObject({ collapsed: 1, waiting: 0 });
  });

  test('a critical one that is new does not wait for the others’ backoff, unless the receiver asked for patience', async () => {
    receivers.onRequest = async () => answered(500);
    await open();
    raise(warning({ id: 'a1' }));
    await clock.advance(20 * MINUTE);
    let before = receivers.requests.length;
    raise(alarm({ id: 'a2', key: 'stop:2' }));
    await settle();
    expect(said(before)).toBe('raised a2');
    receivers.onRequest = async () => answered(503, { 'retry-after': '600' });
    await clock.advance(5 * MINUTE);
    before = receivers.requests.length;
    raise(alarm({ id: 'a3', key: 'stop:3' }));
    await clock.advance(4 * MINUTE);
    expect(said(before)).toBe('');
    receivers.onRequest = async () => answered(200);
    await clock.advance(6 * MINUTE);
    expect(said(before)).toBe('raised a3, raised a2, raised a1');
  });

  test('a notice that it refuses holds up no other', async () => {
    receivers.onRequest = async ({ body }) => answered(Buffer.from(body).toString().includes('cfg-differs') ? 400 : 200);
    const desk = await open();
    raise(warning({ id: 'a1' }));
    await settle();
    raise(warning({ id: 'a2', key: 'mode-differs:x' }));
    await clock.advance(6 * MINUTE);
    expect(said()).toBe('raised a1, raised a2, raised a1');
    expect(desk.channels[0]).toMatchObject({ delivered: 1, failed: 2, waiting: 1 });
  });

  test('one that hangs holds up its own lane alone, and is called off', async () => {
    receivers.onRequest = ({ url }, signal) => (url.includes('slow') ? hanging(signal) : Promise.resolve(answered(200)));
    const desk = await open([webhook('slow'), webhook('chat')]);
    raise(alarm());
    await settle();
    expect(desk.channels.map(({ state, delivered }) => [state, delivered])).toEqual([
      ['sending', 0],
      ['idle', 1],
    ]);
    await clock.advance(10 * SECOND);
    expect(desk.channels[0]).toMatchObject({
      failed: 1,
      lastError: expect.stringContaining('did not answer within 10000 ms') as string,
    });
  });

  test('a hook that deaf: neither timeout nor calling off ends it, and the lane goes on all the same', async () => {
    receivers.onRequest = () => new Promise(() => {});
    const desk = await open();
    raise(alarm());
    await clock.advance(15.5 * SECOND);
    expect(desk.channels[0]).toMatchObject({ failed: 1, state: 'backing-off' });
  });

  test('secrets in its answer are not said', async () => {
    receivers.onRequest = async () => answered(401, {}, 'unknown token hunter2');
    const desk = await open();
    raise(alarm());
    await settle();
    expect(JSON.stringify([desk.channels[0]!.lastError, logged])).not.toContain('hunter2');
  });
});

describe('a channel that reaches nobody', () => {
  const untold = (): string[] => book.alarms.map(({ key }) => key).filter((key) => key.startsWith('alarm-untold'));

  test('for five minutes is an alarm that the others tell, until it works again', async () => {
    receivers.onRequest = async ({ url }) => answered(url.includes('dead') ? 503 : 200);
    await open([webhook('dead'), webhook('chat')]);
    raise(alarm());
    await clock.advance(4 * MINUTE);
    expect(untold()).toEqual([]);
    await clock.advance(10 * MINUTE);
    expect(untold()).toEqual(['alarm-untold:dead']);
    const told = receivers.requests.filter(({ url }) => url.includes('chat')).map(({ body }) => Buffer.from(body).toString());
    expect(told.filter((body) => body.includes('alarm-untold:dead') && body.includes('answered 503'))).toHaveLength(1);
    receivers.onRequest = async () => answered(200);
    const before = receivers.requests.length;
    await clock.advance(6 * MINUTE);
    expect(untold()).toEqual([]);
    expect(said(before)).toMatch(/cleared a4/);
    expect(said(before)).not.toMatch(/raised a4/);
  });

  test('is nobody’s concern when it is configured no longer', async () => {
    book = {
      ...emptyBook,
      alarms: [warning({ key: 'alarm-untold:gone' }), warning({ id: 'a5', key: 'alarm-untold:chat' })],
      alarmCount: 5,
    };
    await open();
    expect(untold()).toEqual([]);
    expect(said()).toBe('raised a5, cleared a5');
  });
});

describe('kill -9 and a new start', () => {
  const restart = async (bootId?: string): Promise<AlarmDesk> => {
    lifeline.cut();
    await settle();
    return await open([webhook('chat')], bootId);
  };

  test('not told before: told after', async () => {
    receivers.onRequest = async () => answered(503);
    await open();
    raise(alarm());
    await clock.advance(MINUTE);
    const before = receivers.requests.length;
    receivers.onRequest = async () => answered(200);
    await restart();
    expect(said(before)).toBe('raised a3');
    const { id } = receivers.notices[before] as { id: string };
    expect(receivers.notices.every((notice) => notice['id'] === id)).toBe(true);
  });

  test('told before: not told again, but its repeats go on where they were', async () => {
    await open();
    raise(alarm());
    await clock.advance(4 * MINUTE);
    await restart();
    expect(said()).toBe('raised a3');
    await clock.advance(MINUTE);
    expect(said()).toBe('raised a3, repeated a3');
  });

  test('over while it was down (the journal says so): told so', async () => {
    await open();
    raise(alarm());
    await settle();
    lifeline.cut();
    book = { ...book, alarms: [] };
    await open();
    expect(said()).toBe('raised a3, cleared a3');
  });

  test('acknowledged, and gone while it was down: it may only have grown old, so nothing is said', async () => {
    await open();
    raise(alarm());
    await settle();
    acknowledge(alarm().key);
    await settle();
    lifeline.cut();
    book = { ...book, alarms: [] };
    await open();
    await clock.advance(60 * MINUTE);
    expect(said()).toBe('raised a3, acknowledged a3');
  });

  test('told, and then forgotten by the journal: raised again, since nothing says that it is over', async () => {
    await open();
    raise(alarm());
    await settle();
    lifeline.cut();
    book = emptyBook;
    await open();
    expect(inputs).toMatchObject([{ kind: 'raise', key: alarm().key, remedy: alarm().remedy }]);
    expect(said()).toBe('raised a3, raised a1');
  });

  test('under another boot: what was told was told long ago', async () => {
    await open();
    raise(alarm());
    await settle();
    await restart('another-boot');
    expect(said()).toBe('raised a3, repeated a3');
    await clock.advance(4 * MINUTE);
    expect(said()).toBe('raised a3, repeated a3');
  });

  test('between the send and the note of it: told once more, with the same id', async () => {
    let answer = (): void => {};
    receivers.onRequest = () => new Promise((resolve) => (answer = () => resolve(answered(200))));
    await open();
    raise(alarm());
    await settle();
    answer();
    lifeline.cut();
    await settle();
    await open();
    expect(said()).toBe('raised a3, raised a3');
    expect(new Set(receivers.notices.map((notice) => notice['id'])).size).toBe(1);
  });

  test('a ledger that is damaged is put aside; of one that has other channels in it theirs are forgotten', async () => {
    await open([webhook('chat'), webhook('gone')]);
    raise(alarm());
    await settle();
    expect(disk.content('/data/alarms/ledger.json').toString()).toContain('"gone"');
    await restart();
    raise(warning());
    await settle();
    expect(disk.content('/data/alarms/ledger.json').toString()).not.toContain('"gone"');
    const before = receivers.requests.length;
    for (const damage of [
      '',
      '{"schema":1',
      '{"schema":9}',
      '[]',
      '{"schema":1,"bootId":"x","dropped":0,"entries":[{"alarm":{}}]}',
    ]) {
      disk.put('/data/alarms/ledger.json', damage);
      await restart();
    }
    expect(receivers.requests.length - before).toBe(10);
    expect(disk.paths).toContain('/data/alarms/ledger.json.damaged');
  });

  test('at any disk operation: no alarm that stands is untold for long, whatever was on disk', async () => {
    await open();
    raise(alarm(), warning());
    await settle();
    clear(warning().key);
    await settle();
    const total = disk.operations.length;
    expect(total).toBeGreaterThan(10);
    for (let cut = 0; cut <= total; cut++) {
      disk = new FakeDisk();
      disk.put('/data/journal', '');
      book = emptyBook;
      await open();
      const living = disk;
      let left = cut;
      const enter = living.operations.push.bind(living.operations);
      living.operations.push = (operation: string) => {
        if (left-- === 0) lifeline.cut();
        return enter(operation);
      };
      raise(alarm(), warning());
      await settle();
      clear(warning().key);
      await settle();
      lifeline.cut();
      const from = receivers.requests.length;
      await open();
      await clock.advance(5 * MINUTE);
      expect(said(from), `after ${cut} operations`).toMatch(/(raised|repeated) a3/);
    }
  });
});

describe('the disk', () => {
  test('full: told from memory, said once, written when there is room', async () => {
    disk.capacityBytes = 0;
    const desk = await open();
    raise(alarm());
    await clock.advance(limits.journalWaitMs);
    expect(said()).toBe('raised a3');
    await clock.advance(MINUTE);
    expect(desk.degraded).toMatch(/ENOSPC/);
    expect(logged.filter((line) => line.includes('does not reach the disk'))).toHaveLength(1);
    disk.heal();
    await clock.advance(10 * SECOND);
    expect([desk.degraded, logged.at(-1)]).toEqual([null, 'alarms: what was told to whom is written to disk again']);
    expect(disk.content('/data/alarms/ledger.json').toString()).toContain('"status":"raised"');
  });

  test('stalled: told after a quarter of a second, and the end of the agent is bounded', async () => {
    const desk = await open();
    disk.stall();
    raise(alarm());
    await settle();
    expect(said()).toBe('');
    await clock.advance(limits.journalWaitMs);
    expect(said()).toBe('raised a3');
    let closed = false;
    void desk.close().then(() => (closed = true));
    await clock.advance(2 * limits.alarmCloseMs);
    expect(closed).toBe(true);
  });

  test('that does not hand over the ledger: alarms are told without it', async () => {
    disk.put('/data/alarms/ledger.json', '{}');
    disk.stall((operation) => operation === 'readFile');
    book = { ...emptyBook, alarms: [alarm()], alarmCount: 3 };
    await open();
    expect(said()).toBe('');
    await clock.advance(2 * SECOND);
    disk.resume();
    expect(said()).toBe('raised a3');
  });
});

describe('the end of the agent', () => {
  test('what is on its way is waited for, 2 s at most; the rest stands on disk', async () => {
    let answer = (): void => {};
    receivers.onRequest = () => new Promise((resolve) => (answer = () => resolve(answered(200))));
    const desk = await open();
    raise(alarm());
    await settle();
    const closing = desk.close();
    await clock.advance(SECOND);
    answer();
    await closing;
    expect(disk.content('/data/alarms/ledger.json').toString()).toContain('"status":"raised"');
    await clock.advance(60 * MINUTE);
    expect(said()).toBe('raised a3');
    expect(clock.waiting).toEqual([]);
  });

  test('a receiver that hangs is called off, and told at the next start', async () => {
    receivers.onRequest = (_request, signal) => hanging(signal);
    const desk = await open();
    raise(alarm());
    await settle();
    const closing = desk.close();
    await clock.advance(limits.alarmCloseMs);
    await closing;
    receivers.onRequest = async () => answered(200);
    await open();
    expect(said()).toBe('raised a3, raised a3');
  });
});

test('flapping: a page at each turn at first, then one in a quarter of an hour, and its end when it was quiet', async () => {
  await open();
  for (let turn = 1; turn <= 20; turn++) {
    raise(warning({ id: `a${turn}` }));
    await clock.advance(MINUTE);
    clear(warning().key);
    await clock.advance(MINUTE);
  }
  expect(said()).toBe('raised a1, cleared a1, raised a2, cleared a2, raised a3, cleared a3, raised a4, raised a11, raised a19');
  const before = receivers.requests.length;
  expect(receivers.notices.map((notice) => (notice['alarm'] as { flapping: boolean }).flapping).slice(5)).toEqual([
    false,
    true,
    true,
    true,
  ]);
  await clock.advance(8 * MINUTE);
  expect(said(before)).toBe('');
  await clock.advance(MINUTE);
  expect(said(before)).toBe('cleared a20');
});

test('a flood: a thousand alarms, one receiver, each told once, one at a time', async () => {
  let now = 0;
  let most = 0;
  receivers.onRequest = async () => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return answered(200);
  };
  await open();
  raise(...Array.from({ length: 500 }, (_, index) => warning({ id: `a${index}`, key: `cfg-differs:${index}` })));
  await clock.advance(MINUTE);
  expect([receivers.requests.length, most]).toEqual([500, 1]);
  expect(new Set(receivers.notices.map((notice) => notice['id'])).size).toBe(500);
});
