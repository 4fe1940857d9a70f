/** `show processes cpu | include CPU utilization`. Shape: CpuReading in ../platform.ts. */
import type { CpuReading, Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// CPU utilization for five seconds: 8%/4%; one minute: 6%; five minutes: 5%
// CPU utilization for five seconds: 1%; one minute: 2%; five minutes: 2%        no interrupt share on some IOS XE
// Core 0: CPU utilization for five seconds: 12%; one minute: 6%;  five minutes: 4%
const CPU =
  /^\s*(?:Core \d+: )?CPU utilization for five seconds: +(?<five>\d{1,3})%(?:\/(?<interrupt>\d{1,3})%)?; +one minute: +(?<one>\d{1,3})%; +five minutes: +(?<fiveMin>\d{1,3})%$/;

// PID Runtime(ms)     Invoked      uSecs   5Sec   1Min   5Min TTY Process      (without the filter)
//   1           4         180         22  0.00%  0.00%  0.00%   0 Chunk Manager
const PROCESS = /^\s*(?:PID\s+Runtime|\d+\s+\d+\s+\d+\s+\d+\s+[\d.]+%)/;

/** Several cores: the busiest decides, because one saturated core is enough to lose the box. */
export const parseCpu: Parser<CpuReading | null> = (output) => {
  let value: CpuReading | null = null;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = CPU.exec(line.text)?.groups;
    if (found) {
      const reading: CpuReading = {
        fiveSeconds: Number(found['five']),
        interrupt: Number(found['interrupt'] ?? 0),
        oneMinute: Number(found['one']),
        fiveMinutes: Number(found['fiveMin']),
      };
      if (value === null || reading.fiveSeconds > value.fiveSeconds) value = reading;
    } else if (!PROCESS.test(line.text)) unread.push(line);
  }
  return { value, unread };
};
