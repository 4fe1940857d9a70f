/** Debug lines at a steady rate over one connection, until it is ended: the load beside a measurement. Part of load.js. */
import { connect } from 'node:net';
import { monotonicMs } from '../../../agent/clock.ts';
import { ikeLines } from './ike-lines.ts';

export interface LineOrder {
  readonly kind: 'lines';
  readonly port: number;
  readonly linesASecond: number;
}

const EVERY_MS = 5;
const LINES = 10_000;

export function sendLines({ port, linesASecond }: LineOrder): void {
  const lines = ikeLines(LINES);
  const socket = connect(port, '127.0.0.1');
  const beganAt = monotonicMs();
  let sent = 0;
  setInterval(() => {
    // What a tick came late is made up for, but not what the receiver holds back.
    if (socket.writableLength > 1024 * 1024) return;
    const due = Math.min(Math.floor(((monotonicMs() - beganAt) / 1_000) * linesASecond) - sent, LINES);
    if (due <= 0) return;
    const from = sent % LINES;
    socket.write(`${lines.slice(from, from + due).join('\n')}\n`);
    sent += Math.min(due, LINES - from);
  }, EVERY_MS);
}
