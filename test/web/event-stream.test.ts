/** Server-sent events in virtual time: how often a status comes, what a storm of decisions costs, and whoever does not read. */
import { describe, expect, test } from 'vitest';
import { AgentEvents, type Decision } from '../../agent/events.ts';
import type { HttpStream } from '../../agent/http-ports.ts';
import { EventStreams } from '../../agent/web/event-stream.ts';
import { Refusal } from '../../agent/web/route.ts';
import { emptyBook } from '../../shared/coordinate/book.ts';
import { limits } from '../../shared/limits.ts';
import { statusSample } from '../status/status-sample.ts';
import { FakeClock } from '../support/fake-clock.ts';

class FakeStream implements HttpStream {
  readonly written: string[] = [];
  pendingBytes = 0;
  closed = false;
  #onClose: () => void = () => {};

  write(text: string): void {
    this.written.push(text);
  }

  onClose(handler: () => void): void {
    this.#onClose = handler;
  }

  close(): void {
    this.closed = true;
    this.#onClose();
  }

  /** Events since the last look, by name. */
  take(): string[] {
    const text = this.written.splice(0).join('');
    return [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]!);
  }
}

const logged: string[] = [];
const say = (_fields: unknown, text?: string) => void logged.push(text ?? '');
const log = { debug: say, info: say, warn: say, error: say };

function room(status = () => statusSample) {
  const clock = new FakeClock();
  const events = new AgentEvents();
  const streams = new EventStreams({ clock, events, log, role: 'hub', status });
  const join = (): FakeStream => {
    const stream = new FakeStream();
    streams.admit()(stream);
    return stream;
  };
  return { clock, events, streams, join };
}

const decision = (more: Partial<Decision> = {}): Decision => ({
  input: { kind: 'hold', on: true, who: 'jo', at: 0 as Decision['input']['at'], wall: 0 as Decision['input']['wall'] },
  reason: 'hold-changed',
  incident: null,
  effects: [],
  moved: true,
  ...more,
});

describe('statuses', () => {
  test('at once, then every five seconds', async () => {
    const { clock, join } = room();
    const stream = join();
    expect(stream.written[0]).toMatch(/^retry: 2000\n: spitrap\n\nevent: status\ndata: \{.*\}\n\n$/);
    stream.take();
    await clock.advance(4_999);
    expect(stream.take()).toEqual([]);
    await clock.advance(1);
    expect(stream.take()).toEqual(['status']);
    await clock.advance(10_000);
    expect(stream.take()).toEqual(['status', 'status']);
  });

  test('after a change, twice a second at most', async () => {
    const { clock, events, join } = room();
    const stream = join();
    stream.take();
    await clock.advance(2_000);
    for (let n = 0; n < 40; n++) {
      events.emit('hello', 'spoke1');
      await clock.advance(50);
    }
    expect(stream.take()).toEqual(['status', 'status', 'status', 'status', 'status']);
    await clock.advance(4_999);
    expect(stream.take()).toEqual([]);
  });

  test('nothing is collected where nobody looks', async () => {
    let collected = 0;
    const { clock, events, join } = room(() => {
      collected++;
      return statusSample;
    });
    events.emit('decided', decision(), emptyBook);
    await clock.advance(60_000);
    expect(collected).toBe(0);
    const stream = join();
    stream.close();
    await clock.advance(60_000);
    expect(collected).toBe(1);
    join();
    await clock.advance(5_000);
    expect(collected).toBe(3);
  });

  test('one that can not be collected ends no stream', async () => {
    const { clock, join } = room(() => {
      throw new TypeError('a fault of ours');
    });
    const stream = join();
    await clock.advance(5_000);
    expect(stream.closed).toBe(false);
    expect(logged.join()).toContain('the status for the page failed');
  });
});

describe('decisions and alarms', () => {
  test('in the words of the log', async () => {
    const { events, join } = room();
    const stream = join();
    stream.written.length = 0;
    events.emit('decided', decision(), emptyBook);
    expect(stream.written.join('')).toMatch(
      /^event: decision\ndata: \{"at":".*","incident":null,"reason":"hold-changed","text":"on hold, by jo: no new incident acts"\}\n\n$/,
    );
  });

  test('what moved nothing, and what is swept, is not told', async () => {
    const { events, join } = room();
    const stream = join();
    stream.take();
    events.emit('decided', decision({ moved: false }), emptyBook);
    events.emit('decided', decision({ input: { ...decision().input, kind: 'expire' } as Decision['input'] }), emptyBook);
    expect(stream.take()).toEqual([]);
  });

  test('a storm is cut, and counted', async () => {
    const { clock, events, streams, join } = room();
    const stream = join();
    stream.take();
    for (let n = 0; n < 10_000; n++) events.emit('decided', decision(), emptyBook);
    expect(stream.take()).toHaveLength(limits.pageDecisionsPerSecondMax);
    expect(streams.drops.pageDecisionsPerSecondMax).toBe(10_000 - limits.pageDecisionsPerSecondMax);
    await clock.advance(1_000);
    stream.take();
    events.emit('decided', decision(), emptyBook);
    expect(stream.take()).toContain('decision');
  });

  test('an alarm comes and goes', async () => {
    const { events, join } = room();
    const stream = join();
    stream.written.length = 0;
    const alarm = {
      id: 'a1',
      key: 'k',
      text: 't\nt',
      remedy: null,
      incident: null,
      acknowledged: false,
      since: 0,
      sinceWall: 0,
    } as never;
    events.emit('alarm-raised', alarm);
    events.emit('alarm-cleared', alarm);
    const told = stream.written.join('').match(/"what":"(raised|cleared)"/g);
    expect(told).toEqual(['"what":"raised"', '"what":"cleared"']);
    // A line break of a device's text makes no event of its own.
    expect(
      stream.written
        .join('')
        .split('\n')
        .filter((line) => line !== '' && !/^(event|data): /.test(line)),
    ).toEqual([]);
  });
});

describe('bounds', () => {
  test('whoever does not read is closed, counted, and keeps nobody waiting', async () => {
    const { clock, streams, join } = room();
    const slow = join();
    const quick = join();
    slow.pendingBytes = limits.pageStreamPendingBytesMax + 1;
    quick.take();
    await clock.advance(5_000);
    expect([slow.closed, quick.closed, quick.take(), streams.open]).toEqual([true, false, ['status'], 1]);
    expect(streams.drops.pageStreamPendingBytesMax).toBe(1);
  });

  test('one stream too many is refused, and its place is free again after a close', async () => {
    const { streams, join } = room();
    const all = Array.from({ length: limits.pageStreamsMax }, join);
    expect(join).toThrow(Refusal);
    expect(streams.drops.pageStreamsMax).toBe(1);
    all[0]!.close();
    expect(join).not.toThrow();
  });

  test('who is let in and never comes (HEAD, a hang-up) keeps no place; who comes too late is closed', () => {
    const { streams, join } = room();
    const late = Array.from({ length: limits.pageStreamsMax + 1 }, () => streams.admit());
    const all = Array.from({ length: limits.pageStreamsMax }, join);
    expect(all.map(({ closed }) => closed)).not.toContain(true);
    const stream = new FakeStream();
    late[0]!(stream);
    expect([stream.closed, streams.open, streams.drops.pageStreamsMax]).toEqual([true, limits.pageStreamsMax, 1]);
  });

  test('after the close nothing is told, and nobody is let in', async () => {
    const { clock, events, streams, join } = room();
    const stream = join();
    streams.close();
    stream.take();
    events.emit('decided', decision(), emptyBook);
    await clock.advance(60_000);
    expect([stream.closed, stream.written, events.listenerCount('decided')]).toEqual([true, [], 0]);
    expect(join).toThrow(Refusal);
  });
});
