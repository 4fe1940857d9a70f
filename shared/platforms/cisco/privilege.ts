/** `show privilege`. Shape: 0 to 15, null when it was not shown. */
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// Current privilege level is 15
const LEVEL = /^\s*Current privilege level is (?<level>\d{1,2})$/;

export const parsePrivilege: Parser<number | null> = (output) => {
  let value: number | null = null;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const level = Number(LEVEL.exec(line.text)?.groups?.['level'] ?? Number.NaN);
    if (level <= 15) value ??= level;
    else unread.push(line);
  }
  return { value, unread };
};
