/**
 * dataDir/control.sock: where `spitrap status`, `hold`, `ack` ask a running agent, and the single-instance lock of dataDir, since only
 * one process can be bound to it. Opened first thing by app.ts. Adapter: node:net and node:fs stand here.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../shared/clock.ts';
import { asSpitrapError, isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { callSocket } from './control-client.ts';
import { LineReader } from './line-reader.ts';
import { perform } from './perform.ts';
import { type ControlHandlers, type ControlReply, parseRequest } from './protocol.ts';
import { type SocketPath, socketPath } from './socket-path.ts';

export interface ControlSocket {
  readonly path: string;
  /** From now on requests are answered; until then they wait (the agent starts up). */
  serve(handlers: ControlHandlers): void;
  counters(): { readonly connections: number; readonly turnedAway: number; readonly refused: number };
  /** Removes the socket: another agent may start. */
  close(): Promise<void>;
}

/**
 * Makes dataDir where it is missing and takes its lock.
 * @throws SpitrapError DATADIR_UNWRITABLE, ALREADY_RUNNING (naming the pid), CONTROL_FAILED.
 */
export async function openControlSocket(dataDir: string, clock: Clock): Promise<ControlSocket> {
  makeDataDir(dataDir);
  const where = socketPath(dataDir);
  try {
    return await new Listener(where, clock).open();
  } catch (error) {
    where.release();
    throw error;
  }
}

function makeDataDir(dataDir: string): void {
  try {
    makeFolders(dataDir);
    const probe = `${dataDir}/.writable-${process.pid}`;
    mkdirSync(probe, { mode: 0o700 });
    rmdirSync(probe);
  } catch (error) {
    throw new SpitrapError(
      'DATADIR_UNWRITABLE',
      `dataDir ${printable(dataDir, 300)} can not be written: ${whyNot(error)}; nothing was started. Give it to this user, or set dataDir to another folder`,
      { cause: error },
    );
  }
}

/** With its parents. Not by mkdir's own `recursive`: where a file system answers ENOENT although the parent is there (/proc), Node tries for ever. */
function makeFolders(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errno(error) === 'EEXIST') return;
    const parent = dirname(path);
    if (errno(error) !== 'ENOENT' || existsSync(parent)) throw error;
    makeFolders(parent);
    makeFolders(path);
  }
}

let takeOvers = 0;

class Listener implements ControlSocket {
  readonly path: string;
  readonly #where: SocketPath;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #serving: (handlers: ControlHandlers) => void = () => {};
  readonly #handlers: Promise<ControlHandlers>;
  #counts = { connections: 0, turnedAway: 0, refused: 0 };

  constructor(where: SocketPath, clock: Clock) {
    this.path = where.file;
    this.#where = where;
    this.#clock = clock;
    this.#handlers = new Promise((resolve) => {
      this.#serving = resolve;
    });
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async open(): Promise<this> {
    try {
      await this.#listen();
    } catch (error) {
      if (errno(error) !== 'EADDRINUSE') throw this.#failed(error);
      await this.#takeOver();
    }
    chmodSync(this.path, 0o600);
    return this;
  }

  serve(handlers: ControlHandlers): void {
    this.#serving(handlers);
  }

  counters() {
    return { ...this.#counts };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#where.release();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // Bound inside this call: the mask keeps others from connecting before chmod.
      const mask = process.umask(0o177);
      this.#server.listen(this.#where.address, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => {});
        resolve();
      });
      process.umask(mask);
    });
  }

  /** Something stands at the path: a living agent, or what a killed one left. */
  async #takeOver(): Promise<void> {
    const found = lstatSync(this.path, { throwIfNoEntry: false });
    if (found === undefined) return this.#listenOrTaken();
    if (!found.isSocket())
      throw new SpitrapError(
        'CONTROL_FAILED',
        `${printable(this.path, 300)} is there and not a socket; move it away. Nothing was started`,
      );
    await this.#refuseIfAlive();
    // Another start may have been quicker since: what is moved aside must be the very socket that did not answer. It is removed
    // only when ours is bound, so that its inode number can not come back as somebody's new socket.
    const aside = `${this.path}.stale-${process.pid}-${++takeOvers}`;
    try {
      if (lstatSync(this.path).ino !== found.ino) throw this.#taken(null);
      renameSync(this.path, aside);
      if (lstatSync(aside).ino !== found.ino) {
        renameSync(aside, this.path);
        throw this.#taken(null);
      }
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error;
    }
    try {
      await this.#listenOrTaken();
    } finally {
      rmSync(aside, { force: true });
    }
  }

  async #listenOrTaken(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      throw errno(error) === 'EADDRINUSE' ? this.#taken(null) : this.#failed(error);
    }
  }

  async #refuseIfAlive(): Promise<void> {
    let pid: number | null = null;
    try {
      ({ pid } = await callSocket(this.#where.address, { request: 'identify' }, this.#clock));
    } catch (error) {
      // Nobody listens. Anything else (no answer in time, no permission) is somebody.
      if (isSpitrapError(error, 'NOT_RUNNING')) return;
    }
    throw this.#taken(pid);
  }

  #taken(pid: number | null): SpitrapError {
    const who = pid === null ? 'another agent (it did not say its pid)' : `another agent, pid ${pid},`;
    return new SpitrapError(
      'ALREADY_RUNNING',
      `${who} has dataDir ${printable(this.path.replace(/\/[^/]*$/, ''), 300)}; nothing was started. Stop it, or give this agent a dataDir of its own`,
      {
        context: { pid },
      },
    );
  }

  #failed(error: unknown): SpitrapError {
    return isSpitrapError(error)
      ? error
      : new SpitrapError(
          'CONTROL_FAILED',
          `can not listen on ${printable(this.path, 300)}: ${errno(error)}; nothing was started`,
          { cause: error },
        );
  }

  #accept(socket: Socket): void {
    this.#counts.connections++;
    if (this.#sockets.size >= limits.controlConnectionsMax) {
      this.#counts.turnedAway++;
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    let pending = 0;
    let isFlood = false;
    // Whoever waits for a long answer (arm) is not idle.
    const idleTimer = (): Timer =>
      this.#clock.timer('control-idle', limits.controlIdleMs, () => {
        if (pending === 0) socket.destroy();
        else idle = idleTimer();
      });
    let idle: Timer = idleTimer();
    const answer = (reply: ControlReply): void => {
      if (!reply.ok) this.#counts.refused++;
      if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
    };
    const reader = new LineReader(
      limits.controlRequestBytesMax,
      (line) => {
        if (pending >= limits.controlPendingMax) {
          // Read no further: a packet holds thousands of empty lines, and their answers would keep a stop waiting.
          reader.stop();
          answer(failure(new SpitrapError('CONTROL_FAILED', `more than ${limits.controlPendingMax} requests at once`)));
          isFlood = true;
          return;
        }
        pending++;
        void this.#handle(line).then((reply) => {
          pending--;
          answer(reply);
          if (isFlood && pending === 0) socket.end();
        });
      },
      () => {
        answer(failure(new SpitrapError('CONTROL_FAILED', `a request is ${limits.controlRequestBytesMax} bytes at most`)));
        socket.end();
      },
    );
    socket.on('data', (chunk) => {
      idle.cancel();
      idle = idleTimer();
      reader.push(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      idle.cancel();
      this.#sockets.delete(socket);
    });
  }

  /** Never rejects. */
  async #handle(line: string): Promise<ControlReply> {
    const request = parseRequest(line);
    if (request instanceof SpitrapError) return failure(request);
    if (request.request === 'identify') return { ok: true, result: { pid: process.pid } };
    try {
      return { ok: true, result: await perform(request, await this.#handlers) };
    } catch (error) {
      return failure(asSpitrapError(error));
    }
  }
}

const failure = ({ code, message }: SpitrapError): ControlReply => ({ ok: false, error: { code, message } });

function whyNot(error: unknown): string {
  const code = errno(error);
  if (code === 'EEXIST' || code === 'ENOTDIR') return `${code}, a file is in the way`;
  if (code === 'EROFS') return `${code}, the file system is mounted read-only`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return `${code}, the disk is full`;
  return code;
}

function errno(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : String(error);
}
