/** `date` and what systemd says of its sync (lines.ts, SHOW_CLOCK): the gateway's clock in its own zone. Shape: DeviceClock in ../platform.ts. */
import type { DeviceClock, Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// 2026-11-22T08:35:30.384 UTC
// 2026-11-22T10:35:30.384 CEST
// 2026-11-22T10:35:30.384 +0330         a zone without letters
const DATE =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})T(?<h>\d{2}):(?<m>\d{2}):(?<s>\d{2})\.(?<ms>\d{3}) (?<zone>[A-Za-z+-][\w+:-]{0,15})$/;
// yes          NTPSynchronized
// no
const SYNC = /^(?:yes|no)$/;

export const parseClock: Parser<DeviceClock | null> = (output) => {
  let reading: Omit<DeviceClock, 'mark'> | null = null;
  let inSync = false;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = reading === null ? DATE.exec(line.text)?.groups : undefined;
    if (found !== undefined) reading = readDate(line.text, found);
    else if (SYNC.test(line.text)) inSync = line.text === 'yes';
    else unread.push(line);
  }
  // Nobody said that it is in sync: then its stamps order nothing between two ends.
  return { value: reading === null ? null : { ...reading, mark: inSync ? '' : '.' }, unread };
};

function readDate(text: string, found: Record<string, string>): Omit<DeviceClock, 'mark'> | null {
  const [year, month, day, h, m, s, ms] = ['year', 'month', 'day', 'h', 'm', 's', 'ms'].map((name) => Number(found[name])) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31 || h > 23 || m > 59 || s > 60) return null;
  return { text, localMs: Date.UTC(year, month - 1, day, h, m, s, ms), zone: found['zone']!, year };
}
