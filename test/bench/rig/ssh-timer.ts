/**
 * The control of the skew: a process that does nothing but wait for a moment and write a line into an SSH session, `node ssh-timer.js`. Orders
 * come on standard input, a line each: `open {index, address, port, user, password, enable}`, `at {index, atMs}`; it answers `ready index`.
 */
import { createInterface } from 'node:readline';
import ssh2 from 'ssh2';
import { monotonicMs } from '../../../agent/clock.ts';

export interface SshTimerOpen {
  readonly index: number;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Harmless, and not sent by an agent once it is logged in. */
export const CONTROL_COMMAND = 'terminal length 0';

const streams = new Map<number, ssh2.ClientChannel>();

function open({ index, address, port, user, password }: SshTimerOpen): void {
  const client = new ssh2.Client();
  client.on('ready', () => {
    client.setNoDelay(true);
    client.shell((error, stream) => {
      if (error) throw error;
      streams.set(index, stream);
      stream.resume();
      process.stdout.write(`ready ${index}\n`);
    });
  });
  client.connect({ host: address, port, username: user, password });
}

function writeAt(index: number, atMs: number): void {
  setTimeout(() => void streams.get(index)?.write(`${CONTROL_COMMAND}\n`), Math.max(0, Math.ceil(atMs - monotonicMs())));
}

export function runSshTimer(): void {
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const order = JSON.parse(line) as { open?: SshTimerOpen; at?: { index: number; atMs: number } };
      if (order.open !== undefined) open(order.open);
      if (order.at !== undefined) writeAt(order.at.index, order.at.atMs);
    })
    .once('close', () => process.exit(0));
}
