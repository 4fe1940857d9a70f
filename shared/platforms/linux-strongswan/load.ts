/** CPU and memory of a Linux host, for the pre-flight and the breaker of arming: load average, pressure (PSI), `/proc/meminfo`. */
import type { CpuReading, Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// 0.52 0.58 0.59 1/389 12345
const LOAD = /^(?<one>\d+\.\d+) (?<five>\d+\.\d+) \d+\.\d+ \d+\/\d+ \d+$/;
// some avg10=1.53 avg60=0.87 avg300=0.55 total=157622151
// full avg10=0.00 avg60=0.00 avg300=0.00 total=0
const PRESSURE = /^(?<kind>some|full) avg10=(?<ten>\d+\.\d+) avg60=\d+\.\d+ avg300=\d+\.\d+ total=\d+$/;
// 4              nproc
const PROCESSORS = /^(?<count>\d{1,4})$/;
// cat: /proc/pressure/cpu: No such file or directory          a kernel without PSI
const NO_PRESSURE = /^cat: \/proc\/pressure\/cpu: /;

/**
 * Percent of all processors. One and five minutes: the load average. Five seconds: the share of the last ten seconds in which something
 * waited for a processor, which is what debugs must not make worse; without PSI the one-minute load stands for it. Null: no load average.
 */
export const parseCpu: Parser<CpuReading | null> = (output) => {
  let load: { one: number; five: number } | null = null;
  let waiting: number | null = null;
  let processors: number | null = null;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const loads = LOAD.exec(line.text)?.groups;
    const pressure = PRESSURE.exec(line.text)?.groups;
    const count = PROCESSORS.exec(line.text)?.groups;
    if (loads) load = { one: Number(loads['one']), five: Number(loads['five']) };
    else if (pressure) waiting = pressure['kind'] === 'some' ? Number(pressure['ten']) : waiting;
    else if (count) processors = Number(count['count']);
    else if (!NO_PRESSURE.test(line.text)) unread.push(line);
  }
  if (load === null || processors === null || processors === 0) return { value: null, unread };
  const share = (busy: number): number => Math.round((100 * busy) / processors);
  const fiveSeconds = waiting === null ? share(load.one) : Math.round(waiting);
  return { value: { fiveSeconds, interrupt: 0, oneMinute: share(load.one), fiveMinutes: share(load.five) }, unread };
};

// MemTotal:        8146928 kB
// MemAvailable:    6012345 kB
const MEMORY = /^(?<name>MemTotal|MemAvailable):\s+(?<kb>\d+) kB$/;
// MemFree:         1234567 kB           says nothing: caches are given back
const OTHER_MEMORY = /^\w+:\s+\d+ kB$/;

export const parseMemory: Parser<number | null> = (output) => {
  const found = new Map<string, number>();
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const memory = MEMORY.exec(line.text)?.groups;
    if (memory) found.set(memory['name']!, Number(memory['kb']));
    else if (!OTHER_MEMORY.test(line.text)) unread.push(line);
  }
  const [total, available] = [found.get('MemTotal'), found.get('MemAvailable')];
  return { value: total === undefined || available === undefined || total === 0 ? null : (100 * available) / total, unread };
};
