/** The control socket over real Unix sockets in temporary folders: the lock, the requests, long paths, garbage. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { callControl } from '../../agent/control/control-client.ts';
import { type ControlSocket, openControlSocket } from '../../agent/control/control-socket.ts';
import type { ControlHandlers } from '../../agent/control/protocol.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { statusSample } from '../status/status-sample.ts';

const clock = createClock();
let folder: string;
let open: ControlSocket[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-control-'));
  open = [];
});
afterEach(async () => {
  for (const control of open) await control.close();
  rmSync(folder, { recursive: true, force: true });
});

const handlers: ControlHandlers = {
  status: () => statusSample,
  hold: async (change) => ({ on: change.on, until: change.on && change.forMs ? `+${change.forMs}` : null, by: 'command' }),
  incidents: async () => statusSample.incidents,
  incident: async (id) => {
    throw new SpitrapError('INCIDENT_UNKNOWN', `no incident ${id}`);
  },
  ack: async () => {
    throw new TypeError('a bug of ours');
  },
  arm: async () => {
    throw new SpitrapError('ARM_REFUSED', 'hub1 is not armed: the CPU is busy');
  },
  disarm: async () => {
    throw new SpitrapError('ARM_REFUSED', 'nothing');
  },
  capture: async ({ pair, who }) => ({ incident: 'I9', peers: pair ? [who] : [] }),
  test: async () => ({ peers: [] }),
  reload: async (who) => ({ changed: [`stop.delay by ${who}`], waits: ['peers: spoke2 added'], warnings: [] }),
};

async function start(dataDir = folder): Promise<ControlSocket> {
  const control = await openControlSocket(dataDir, clock);
  open.push(control);
  control.serve(handlers);
  return control;
}

/** Leaves a socket file behind, as a killed process does. */
async function leftover(): Promise<void> {
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(join(folder, 'control.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await new Promise((resolve) => child.on('exit', resolve));
  expect(existsSync(join(folder, 'control.sock'))).toBe(true);
}

/** Sends bytes as they are, returns what came until the other end closed or `replies` lines were there. */
function raw(bytes: string | Buffer, replies = 1): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(folder, 'control.sock'));
    let text = '';
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.split('\n').length > replies) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

describe('requests', () => {
  test('are answered, refusals with the agent’s own code', async () => {
    await start();
    expect(await callControl(folder, { request: 'status' }, clock)).toEqual(statusSample);
    expect(await callControl(folder, { request: 'hold', change: { on: true, forMs: 7_200_000 } }, clock)).toMatchObject({
      on: true,
      until: '+7200000',
    });
    expect(await callControl(folder, { request: 'hold', change: { on: false } }, clock)).toMatchObject({ on: false });
    const change = { pair: true, who: 'jo' };
    expect(await callControl(folder, { request: 'capture', change }, clock)).toEqual({ incident: 'I9', peers: ['jo'] });
    expect(await callControl(folder, { request: 'test' }, clock)).toEqual({ peers: [] });
    expect(await callControl(folder, { request: 'incidents' }, clock)).toEqual(statusSample.incidents);
    await expect(callControl(folder, { request: 'incident', id: 'X' }, clock)).rejects.toMatchObject({
      code: 'INCIDENT_UNKNOWN',
      message: 'no incident X',
    });
    await expect(callControl(folder, { request: 'ack', alarm: 'A1' }, clock)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'a bug of ours',
    });
  });

  test('wait while the agent starts', async () => {
    const control = await openControlSocket(folder, clock);
    open.push(control);
    const asked = callControl(folder, { request: 'status' }, clock);
    control.serve(handlers);
    expect((await asked).pid).toBe(statusSample.pid);
  });

  test('the socket and its folder are for the agent’s user alone', async () => {
    const inner = join(folder, 'a', 'b');
    await start(inner);
    expect(statSync(join(inner, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(readdirSync(inner)).toEqual(['control.sock']);
  });

  test('a folder name longer than a socket address can be', async () => {
    const long = join(folder, 'x'.repeat(120), 'y'.repeat(60));
    const control = await start(long);
    expect((await callControl(long, { request: 'status' }, clock)).pid).toBe(statusSample.pid);
    await expect(openControlSocket(long, clock)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    await control.close();
    expect(existsSync(join(long, 'control.sock'))).toBe(false);
  });
});

describe('the lock', () => {
  test('a second agent is refused and told the pid of the first', async () => {
    await start();
    await expect(openControlSocket(folder, clock)).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: `another agent, pid ${process.pid}, has dataDir ${folder}; nothing was started. Stop it, or give this agent a dataDir of its own`,
    });
    expect((await callControl(folder, { request: 'status' }, clock)).pid).toBe(statusSample.pid);
  });

  test('what a killed agent left is replaced', async () => {
    await leftover();
    await expect(callControl(folder, { request: 'status' }, clock)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    await start();
    expect((await callControl(folder, { request: 'status' }, clock)).pid).toBe(statusSample.pid);
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  test('of several that start at once over a leftover one wins', async () => {
    await leftover();
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => start()));
    expect(starts.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of starts)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ALREADY_RUNNING' });
    expect((await callControl(folder, { request: 'status' }, clock)).pid).toBe(statusSample.pid);
  });

  test('is free again after an orderly end', async () => {
    const first = await start();
    await first.close();
    await start();
  });

  test('a file that is no socket is left alone', async () => {
    writeFileSync(join(folder, 'control.sock'), 'mine');
    await expect(openControlSocket(folder, clock)).rejects.toMatchObject({ code: 'CONTROL_FAILED' });
    expect(statSync(join(folder, 'control.sock')).isFile()).toBe(true);
  });

  test('a dataDir under a file can not be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(openControlSocket(join(folder, 'file', 'data'), clock)).rejects.toMatchObject({
      code: 'DATADIR_UNWRITABLE',
      message: expect.stringContaining('ENOTDIR') as unknown,
    });
  });
});

test('a flood of requests on one connection is read no further than eight, and the socket goes on', async () => {
  await start();
  const replies = (await raw('\n'.repeat(60_000), 60_000)).trimEnd().split('\n');
  expect(replies).toHaveLength(limits.controlPendingMax + 1);
  expect(replies.map((reply) => JSON.parse(reply).error.message)).toContain('more than 8 requests at once');
  expect((await callControl(folder, { request: 'status' }, clock)).pid).toBe(statusSample.pid);
});

describe('garbage', () => {
  const noise = createHash('sha512').update('seed').digest();

  test.each<[what: string, bytes: string | Buffer, message: string]>([
    ['no JSON', 'GET / HTTP/1.1\n', 'the request is not JSON; nothing was done'],
    ['binary', Buffer.concat([noise, Buffer.from('\n')]), 'the request is not JSON; nothing was done'],
    ['a number', '7\n', 'the request is not an object; nothing was done'],
    ['null', 'null\n', 'the request is not an object; nothing was done'],
    [
      'a capture by nobody',
      '{"request":"capture","change":{"pair":true}}\n',
      'capture needs change: { pair, who }; nothing was done',
    ],
    [
      'a capture of all',
      '{"request":"capture","change":{"pair":"all","who":"x"}}\n',
      'capture needs change: { pair, who }; nothing was done',
    ],
    ['an unknown request', '{"request":"reload\\u001b[2J"}\n', 'unknown request "reload\\u001b[2J"; nothing was done'],
    [
      'a hold without a change',
      '{"request":"hold"}\n',
      'hold needs change: { on: true, forMs } or { on: false }; nothing was done',
    ],
    [
      'a hold for ever and a day',
      '{"request":"hold","change":{"on":true,"forMs":1e300}}\n',
      'hold needs change: { on: true, forMs } or { on: false }; nothing was done',
    ],
    ['an id with a path', '{"request":"incident","id":"../../etc"}\n', 'incident needs an id; nothing was done'],
    [
      'a line that is too long',
      `"${'x'.repeat(limits.controlRequestBytesMax)}"\n`,
      `a request is ${limits.controlRequestBytesMax} bytes at most`,
    ],
  ])('%s', async (_what, bytes, message) => {
    const control = await start();
    const reply = JSON.parse((await raw(bytes)).split('\n')[0]!) as unknown;
    expect(reply).toEqual({ ok: false, error: { code: 'CONTROL_FAILED', message } });
    expect(control.counters().refused).toBe(1);
    expect((await callControl(folder, { request: 'status' }, clock)).pid).toBe(statusSample.pid);
  });

  test('several requests in one packet, and one in many', async () => {
    await start();
    const twice = await raw('{"request":"identify"}\n{"request":"identify"}\n', 2);
    expect(twice).toBe(`{"ok":true,"result":{"pid":${process.pid}}}\n`.repeat(2));
  });

  test('more connections than there may be are closed, the rest go on', async () => {
    const control = await start();
    const sockets = Array.from({ length: limits.controlConnectionsMax + 3 }, () =>
      createConnection(join(folder, 'control.sock')),
    );
    for (const socket of sockets) socket.on('error', () => {});
    await Promise.all(sockets.slice(-3).map((socket) => new Promise((resolve) => socket.on('close', resolve))));
    expect(control.counters().turnedAway).toBe(3);
    for (const socket of sockets) socket.destroy();
  });

  test('an answer that is none', async () => {
    const server = createServer((socket) => void socket.resume().end('whatever\n'));
    await new Promise<void>((resolve) => server.listen(join(folder, 'control.sock'), resolve));
    await expect(callControl(folder, { request: 'status' }, clock)).rejects.toMatchObject({ code: 'CONTROL_FAILED' });
    await expect(openControlSocket(folder, clock)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    await new Promise((resolve) => server.close(resolve));
  });

  test('nobody there', async () => {
    await expect(callControl(folder, { request: 'status' }, clock)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    await expect(callControl(join(folder, 'no', 'x'.repeat(120)), { request: 'status' }, clock)).rejects.toMatchObject({
      code: 'NOT_RUNNING',
    });
  });
});
