/** Asks a running agent over its control socket. Used by the subcommands, and by control-socket.ts to see who holds the lock. */
import { createConnection } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { type DurationMs, formatDuration } from '../../shared/model/time.ts';
import { LineReader } from './line-reader.ts';
import { type ControlAnswers, type ControlRequest, parseReply } from './protocol.ts';
import { type SocketPath, socketPath } from './socket-path.ts';

/** `withinMs`: longer for what the agent does at the device first. @throws SpitrapError NOT_RUNNING, CONTROL_FAILED, or what the agent refused with. */
export async function callControl<R extends ControlRequest>(
  dataDir: string,
  request: R,
  clock: Clock,
  withinMs: DurationMs = limits.controlAnswerMs,
): Promise<ControlAnswers[R['request']]> {
  let where: SocketPath;
  try {
    where = socketPath(dataDir);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') throw notRunning(dataDir, 'there is no such folder');
    throw asSpitrapError(error, 'CONTROL_FAILED');
  }
  try {
    return await callSocket(where.address, request, clock, dataDir, withinMs);
  } finally {
    where.release();
  }
}

export function callSocket<R extends ControlRequest>(
  address: string,
  request: R,
  clock: Clock,
  dataDir = address,
  withinMs: DurationMs = limits.controlAnswerMs,
): Promise<ControlAnswers[R['request']]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(address);
    const settle = (end: () => void): void => {
      timer.cancel();
      socket.destroy();
      end();
    };
    const fail = (error: unknown): void => settle(() => reject(connectError(error, dataDir)));
    const timer = clock.timer('control-answer', withinMs, () =>
      fail(
        new SpitrapError(
          'CONTROL_FAILED',
          `the agent at ${printable(dataDir, 300)} did not answer within ${formatDuration(withinMs)}; it may be starting or stuck (see its log)`,
        ),
      ),
    );
    const reader = new LineReader(
      limits.controlReplyBytesMax,
      (line) => {
        try {
          const result = parseReply(line) as ControlAnswers[R['request']];
          settle(() => resolve(result));
        } catch (error) {
          fail(error);
        }
      },
      () => fail(new SpitrapError('CONTROL_FAILED', `the answer is longer than ${limits.controlReplyBytesMax} bytes`)),
    );
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk) => reader.push(chunk));
    socket.on('error', fail);
    socket.on('close', () =>
      fail(new SpitrapError('CONTROL_FAILED', 'the agent closed the connection without an answer; is it stopping?')),
    );
  });
}

function connectError(error: unknown, dataDir: string): SpitrapError {
  if (error instanceof SpitrapError) return error;
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT') return notRunning(dataDir, 'no control socket is there');
  if (code === 'ECONNREFUSED') return notRunning(dataDir, 'its control socket is a leftover; the agent was killed');
  if (code === 'EACCES' || code === 'EPERM')
    return new SpitrapError(
      'CONTROL_FAILED',
      `no permission for the control socket in ${printable(dataDir, 300)}; run this as the agent's user or as root`,
    );
  return new SpitrapError('CONTROL_FAILED', `can not ask the agent at ${printable(dataDir, 300)}: ${String(code ?? error)}`, {
    cause: error,
  });
}

function notRunning(dataDir: string, why: string): SpitrapError {
  return new SpitrapError(
    'NOT_RUNNING',
    `no agent runs on dataDir ${printable(dataDir, 300)}: ${why}; start it with spitrap run -c FILE`,
  );
}
