/** `show processes memory [| include Processor Pool]`, `show memory statistics`: free share of the processor pool, in percent; null: not shown. */
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// Processor Pool Total:  371504640 Used:   53716896 Free:  317787744
//  Processor Pool Total: 1709352688 Used:  302846784 Free: 1406505904
const POOL = /^\s*Processor Pool Total: *(?<total>\d{1,20}) +Used: *\d{1,20} +Free: *(?<free>\d{1,20})$/;
//                 Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)
// Processor    6528F6C8   371504640    53716896   317787744   317305252   315880308
const STATISTICS = /^\s*Processor +[0-9A-Fa-f]{4,16} +(?<total>\d{1,20}) +\d{1,20} +(?<free>\d{1,20})(?: +\d{1,20}){0,2}$/;
//       I/O Pool Total:   19922944 Used:    4209740 Free:   15713204
//  lsmpi_io Pool Total:    6295128 Used:    6294296 Free:        832
//       I/O    7C400000    19922944     4209740    15713204    15683072    15689916
// Tracekey : 1#b0dcfb8c9a6ff3ccb9a1b9ba5a5bd6c1
//  PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process
//    1   0     264712       1848     267876          0          0 Chunk Manager
const OTHER =
  /^\s*(?:[\w/ ]{1,20} Pool Total: .*|\S{1,20} +[0-9A-Fa-f]{4,16}(?: +\d{1,20}){3,5}|Tracekey : .*|Head +Total\(b\).*|PID TTY .*|[\d*]+ +\d+ +\d+ .*|\d+ Total)$/;

export const parseMemory: Parser<number | null> = (output) => {
  let value: number | null = null;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = (POOL.exec(line.text) ?? STATISTICS.exec(line.text))?.groups;
    const total = Number(found?.['total'] ?? 0);
    const free = Number(found?.['free'] ?? 0);
    if (found && total > 0 && free <= total) value ??= (100 * free) / total;
    else if (found || !OTHER.test(line.text)) unread.push(line);
  }
  return { value, unread };
};
