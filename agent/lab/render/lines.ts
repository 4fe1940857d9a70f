/** `show users`, `show line`: who is on, and which terminal lines are taken. */
import { hms } from '../box-time.ts';
import type { ExecContext } from '../line-state.ts';

/** VTYs are numbered after con 0 and aux 0 (IOS), or after con 0 alone (IOS XE). */
export const firstVty = (context: ExecContext): number => (context.core.isXe ? 1 : 2);

export function users(context: ExecContext): string[] {
  const now = context.core.clock.monotonic();
  const rows = context.lines().map((line) => {
    const mark = line === context.line ? '*' : ' ';
    const idle = hms((now - line.lastInputAt) / 1_000);
    const number = String(firstVty(context) + (line.vty ?? 0)).padStart(3);
    return `${mark}${number} ${`vty ${line.vty}`.padEnd(10)} ${line.user.padEnd(10)} ${(line.busy ? context.core.config.hostname : 'idle').padEnd(20)} ${idle} ${line.from}`;
  });
  return [
    '    Line       User       Host(s)              Idle       Location',
    ...(context.line.vty === null ? ['*  0 con 0                idle                 00:00:00   '] : []),
    ...rows,
    '',
    '  Interface    User               Mode         Idle     Peer Address',
    '',
  ];
}

/** A `*` stands before every line that is in use. */
export function ttyLines(context: ExecContext): string[] {
  const { core } = context;
  const taken = new Set(context.lines().map((line) => line.vty));
  const row = (used: boolean, number: number, type: string, speed: string, uses: number): string =>
    `${used ? '*' : ' '}${String(number).padStart(5)} ${type} ${speed.padStart(11)}  -    -      -    -    -  ${String(uses).padStart(5)}       0     0/0       -`;
  return [
    '   Tty Typ     Tx/Rx    A Modem  Roty AccO AccI   Uses   Noise  Overruns   Int',
    row(context.line.vty === null, 0, 'CTY', '', 0),
    ...(core.isXe ? [] : [row(false, 1, 'AUX', '9600/9600', 0)]),
    ...Array.from({ length: core.options.vtyLines }, (_, vty) =>
      row(taken.has(vty), firstVty(context) + vty, 'VTY', '', core.vtyUses[vty] ?? 0),
    ),
    '',
  ];
}
