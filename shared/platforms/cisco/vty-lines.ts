/** `show line [| include VTY]`: how many of the lines that people log in on are taken. Shape: VtyUse in ../arming.ts; null: none was shown. */
import type { VtyUse } from '../arming.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

//    Tty Line Typ     Tx/Rx    A Modem  Roty AccO AccI  Uses  Noise Overruns  Int
// *     0    0 CTY              -    -      -    -    -     0      0    0/0      -
// *     2    2 VTY              -    -      -    -    -    12      0    0/0      -          *: taken
//       3    3 VTY              -    -      -    -   23     0      0    0/0      -
//   1/0    34 TTY   9600/9600  -    -      -    -    -     0      0    0/0      -
//  66 VTY              -    -      -    -    -     0       0     0/0        -               12.0: one number
const LINE = /^\s{0,4}(?<mark>[*AI])?\s*\d[\d/]{0,11}(?:\s+\d+)?\s+(?<type>[A-Z]{3})(?:\s|$)/;
// Line(s) not in async mode -or- with no hardware support:
// 3-132, 135
const OTHER = /^\s*(?:Tty\s.*\bTyp\b.*|Line\(s\) not in async mode.*|\d[\d\-, /]*)$/;

export const parseVtyLines: Parser<VtyUse | null> = (output) => {
  let total = 0;
  let busy = 0;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = LINE.exec(line.text)?.groups;
    if (found?.['type'] === 'VTY') {
      total += 1;
      if (found['mark'] !== undefined) busy += 1;
    } else if (!found && !OTHER.test(line.text)) unread.push(line);
  }
  return { value: total === 0 ? null : { total, busy }, unread };
};
