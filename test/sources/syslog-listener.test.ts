import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { tcpStreams } from '../../agent/net/stream.ts';
import type { World } from '../../agent/ports.ts';
import { sourceKinds } from '../../agent/sources/index.ts';
import { type SyslogListenerConfig, syslogTcp, syslogUdp } from '../../agent/sources/syslog-listener.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDatagrams, FakeStreams } from '../support/fake-streams.ts';
import { noteA } from '../support/invalid-spi-lines.ts';

const config = (kind: SyslogListenerConfig['kind'], port = 0): SyslogListenerConfig => ({
  kind,
  name: 'log',
  listen: { address: '127.0.0.1', port },
  allow: [parseRange('192.0.2.0/24')!, parseRange('127.0.0.1')!, parseRange('2001:db8::/32')!],
});

function watching() {
  const seen: Observation[] = [];
  const clock = new FakeClock();
  const datagrams = new FakeDatagrams();
  const streams = new FakeStreams();
  const world = { clock, datagrams, streams } as unknown as World;
  const context = { world, emit: (observation: Observation) => void seen.push(observation), device: null };
  const lines = () => seen.flatMap((observation) => (observation.kind === 'lines' ? [observation.bytes.toString('latin1')] : []));
  const refusals = () => seen.flatMap((o) => (o.kind === 'refusal' ? [{ reason: o.reason, from: o.from, lost: o.lost }] : []));
  const states = () => seen.flatMap((o) => (o.kind === 'source-state' ? [o.state] : []));
  return { seen, clock, datagrams, streams, world, context, lines, refusals, states };
}

test('both kinds stand on the shelf under their own names', () => {
  expect(sourceKinds['syslog-udp']).toBe(syslogUdp);
  expect(sourceKinds['syslog-tcp']).toBe(syslogTcp);
  for (const [kind, source] of Object.entries(sourceKinds)) expect(source.kind).toBe(kind);
});

describe('UDP', () => {
  async function open(w = watching()) {
    const source = await syslogUdp.open('log', config('syslog-udp'), w.context);
    return { ...w, source, socket: w.datagrams.sockets[0]! };
  }

  test('what the kernel threw away is a gap, from the last look to this one, and at the close', async () => {
    const w = watching();
    let drops: number | null = 0;
    const bind = w.datagrams.bind.bind(w.datagrams);
    w.datagrams.bind = async (...asked) => Object.assign(await bind(...asked), { droppedByKernel: async () => drops });
    const { source } = await open(w);
    const gaps = () => w.seen.flatMap((seen) => (seen.kind === 'gap' ? [seen] : []));
    await w.clock.advance(20_000);
    expect(gaps()).toEqual([]);
    drops = 7;
    await w.clock.advance(6_000);
    expect(gaps()).toMatchObject([{ source: 'log', reason: 'kernel-dropped', lostLines: 7 }]);
    expect(gaps()[0]!.to.monotonic - gaps()[0]!.from.monotonic).toBe(5_000);
    drops = 9;
    await source.close();
    expect(gaps().map((gap) => gap.lostLines)).toEqual([7, 2]);
    expect(w.clock.waiting).toEqual([]);
  });

  test('what waits in the kernel is how far behind we are, told when it changes', async () => {
    const w = watching();
    let waiting = 0;
    const bind = w.datagrams.bind.bind(w.datagrams);
    w.datagrams.bind = async (...asked) => Object.assign(await bind(...asked), { waitingInKernel: async () => waiting });
    const { source } = await open(w);
    const lags = () => w.seen.flatMap((seen) => (seen.kind === 'lag' ? [seen.behindBytes] : []));
    await w.clock.advance(12_000);
    expect(lags()).toEqual([]);
    waiting = 70_000;
    await w.clock.advance(12_000);
    waiting = 0;
    await w.clock.advance(6_000);
    expect(lags()).toEqual([70_000, 0]);
    await source.close();
    expect(w.clock.waiting).toEqual([]);
  });

  test('a host that cannot say is not asked again', async () => {
    const { clock, source } = await open();
    await clock.advance(60_000);
    expect(clock.waiting).toEqual([]);
    await source.close();
  });

  test('a datagram is a chunk of whole lines, as spoofable as UDP is', async () => {
    const { socket, seen, clock } = await open();
    socket.deliver(`<188>91: ${noteA}`, '192.0.2.1');
    expect(seen.at(-1)).toEqual({
      kind: 'lines',
      source: 'log',
      trust: 'spoofable',
      bytes: Buffer.from(`<188>91: ${noteA}\n`),
      from: '192.0.2.1',
      at: clock.monotonic(),
      wall: clock.wall(),
      backlog: false,
    });
  });
  test.each([
    ['a\nb\n', 'a\nb\n'],
    ['a\nb', 'a\nb\n'],
    ['a\r\n', 'a\r\n'],
    ['a\0', 'a\n'],
    ['a\n\0', 'a\n'],
    ['\xff\xfe\0\x01', '\xff\xfe\0\x01\n'],
  ])('%j is %j', async (datagram, line) => {
    const { socket, lines } = await open();
    socket.deliver(Buffer.from(datagram, 'latin1'), '192.0.2.1');
    expect(lines()).toEqual([line]);
  });
  test('senders that nobody allowed are refused and counted; nothing of theirs goes on', async () => {
    const { socket, lines, refusals } = await open();
    socket.deliver('<188>x', '198.51.100.1');
    socket.deliver('<188>x', 'not an address');
    socket.deliver('', '192.0.2.1');
    expect(lines()).toEqual([]);
    expect(refusals()).toEqual([
      { reason: 'source-address', from: '198.51.100.1', lost: 6 },
      { reason: 'source-address', from: 'not an address', lost: 6 },
      { reason: 'empty-datagram', from: '192.0.2.1', lost: 0 },
    ]);
  });
  test('addresses go up in canonical form', async () => {
    const { socket, seen } = await open();
    socket.deliver('x', '::ffff:192.0.2.1');
    socket.deliver('x', '2001:DB8:0::1');
    expect(seen.flatMap((o) => (o.kind === 'lines' ? [o.from] : []))).toEqual(['192.0.2.1', '2001:db8::1']);
  });
  test('says when the kernel grants less than asked, and when it closes', async () => {
    const w = watching();
    w.datagrams.grant = () => 212_992;
    const { source, seen, states, socket } = await open(w);
    expect(seen[0]).toMatchObject({
      state: 'open',
      detail: expect.stringContaining(`less than the ${limits.udpReceiveBufferBytes}`),
    });
    await source.close();
    expect(socket.closed).toBe(true);
    expect(states()).toEqual(['open', 'closed']);
  });
});

describe('TCP', () => {
  async function open(w = watching()) {
    const source = await syslogTcp.open('log', config('syslog-tcp'), w.context);
    return { ...w, source };
  }

  test('lines of both framings, connected', async () => {
    const { streams, lines, seen } = await open();
    const connection = streams.connect('192.0.2.1');
    connection.deliver('<188>one\n<188>tw');
    connection.deliver('o\n10 <188>three<188>four\n');
    expect(lines()).toEqual(['<188>one\n', '<188>two\n<188>three\n<188>four\n']);
    expect(seen.filter((o) => o.kind === 'lines').every((o) => o.trust === 'connected' && o.from === '192.0.2.1')).toBe(true);
  });
  test('a last line without a newline comes when the connection closes', async () => {
    const { streams, lines, states } = await open();
    const connection = streams.connect('192.0.2.1');
    connection.deliver('<188>last words');
    expect(lines()).toEqual([]);
    connection.close();
    expect(lines()).toEqual(['<188>last words\n']);
    expect(states()).toEqual(['open', 'open', 'interrupted']);
  });
  test('a sender that has another connection is not interrupted, nor is a source that is closed', async () => {
    const { source, streams, states } = await open();
    const old = streams.connect('192.0.2.1');
    const fresh = streams.connect('192.0.2.1');
    old.close();
    expect(states()).toEqual(['open', 'open', 'open']);
    fresh.close();
    expect(states()).toEqual(['open', 'open', 'open', 'interrupted']);
    streams.connect('192.0.2.1');
    await source.close();
    expect(states()).toEqual(['open', 'open', 'open', 'interrupted', 'open', 'closed']);
  });
  test('a sender waits while the ring has no room, and only then', async () => {
    const w = watching();
    let room: Promise<void> | null = null;
    const { streams, lines } = await open({ ...w, context: { ...w.context, whenRoom: () => room } as typeof w.context });
    const connection = streams.connect('192.0.2.1');
    connection.deliver('<188>one\n');
    expect(connection.held).toBeNull();
    room = Promise.resolve();
    connection.deliver('<188>two\n');
    expect(connection.held).toBe(room);
    expect(lines()).toEqual(['<188>one\n', '<188>two\n']);
  });
  test('connections do not mix', async () => {
    const { streams, lines } = await open();
    const [a, b] = [streams.connect('192.0.2.1'), streams.connect('192.0.2.1')];
    a.deliver('<188>a1 ');
    b.deliver('<188>b\n');
    a.deliver('a2\n');
    expect(lines()).toEqual(['<188>b\n', '<188>a1 a2\n']);
  });
  test('a stranger is disconnected and counted', async () => {
    const { streams, refusals, lines } = await open();
    const stranger = streams.connect('198.51.100.1');
    stranger.deliver('<188>x\n');
    expect(stranger.closed).toBe(true);
    expect(lines()).toEqual([]);
    expect(refusals()).toEqual([{ reason: 'source-address', from: '198.51.100.1', lost: undefined }]);
  });
  test('one connection too many is turned away; a closed one makes room', async () => {
    const { streams, refusals } = await open();
    const open_ = Array.from({ length: limits.syslogConnectionsMax }, () => streams.connect('192.0.2.1'));
    expect(streams.connect('192.0.2.1').closed).toBe(true);
    expect(refusals()).toEqual([{ reason: 'too-many-connections', from: '192.0.2.1', lost: undefined }]);
    open_[0]!.close();
    expect(streams.connect('192.0.2.1').closed).toBe(false);
  });
  test('10 MB without a newline: cut, counted, and the connection goes on', async () => {
    const { streams, lines, refusals } = await open();
    const connection = streams.connect('192.0.2.1');
    for (let i = 0; i < 160; i++) connection.deliver(Buffer.alloc(64 * 1024, 'x'));
    connection.deliver(`\n${noteA}\n`);
    expect(connection.closed).toBe(false);
    expect(lines().join('').length).toBe(limits.lineBytesMax + 1 + noteA.length + 1);
    expect(refusals()).toEqual([{ reason: 'line-too-long', from: '192.0.2.1', lost: 10 * 1024 * 1024 - limits.lineBytesMax }]);
  });
});

describe('on real sockets', () => {
  function real() {
    const w = watching();
    const world = { clock: w.clock, datagrams: udpDatagrams, streams: tcpStreams } as unknown as World;
    let wake: () => void = () => {};
    const emit = (observation: Observation): void => {
      w.seen.push(observation);
      wake();
    };
    const until = async (done: () => boolean): Promise<void> => {
      while (!done()) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { ...w, context: { ...w.context, world, emit }, until };
  }

  test('a datagram and a stream arrive; garbage and a reset harm nothing; a port in use is told', async () => {
    const w = real();
    const udp = await syslogUdp.open('udp', config('syslog-udp'), w.context);
    const tcp = await syslogTcp.open('tcp', config('syslog-tcp'), w.context);
    const sender = createSocket('udp4');
    sender.send(`<188>91: ${noteA}`, udp.local.port, '127.0.0.1');
    await w.until(() => w.lines().length === 1);
    const first = connect(tcp.local.port, '127.0.0.1');
    await once(first, 'connect');
    first.write(Buffer.from([...Array(256).keys()]));
    first.write(`\n${noteA}\n`);
    await w.until(() => w.lines().join('').split(noteA).length === 3);
    first.resetAndDestroy();
    await w.until(() => w.states().includes('interrupted'));
    const second = connect(tcp.local.port, '127.0.0.1');
    second.end('<188>no newline');
    await w.until(() => w.lines().at(-1) === '<188>no newline\n');
    const taken = syslogTcp.open('tcp2', config('syslog-tcp', tcp.local.port), w.context);
    await expect(taken).rejects.toSatisfy((error: unknown) => isSpitrapError(error, 'LISTEN_REFUSED'));
    await expect(taken).rejects.toThrow(`127.0.0.1:${tcp.local.port}: EADDRINUSE`);
    // Closing ends the connections that are left: nothing keeps the process alive.
    const third = connect(tcp.local.port, '127.0.0.1');
    third.on('error', () => {});
    await once(third, 'connect');
    const gone = once(third, 'close');
    third.resume();
    await Promise.all([udp.close(), tcp.close(), gone]);
    await tcp.close();
    sender.close();
  });
});
