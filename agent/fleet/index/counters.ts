/** The index's own numbers, read and written within each transaction. Kept in table `meta`, beside what the folder is. */
import type { Table } from './store.ts';

export interface Counters {
  /** Next of each kind; numbers are never given out twice. */
  number: number;
  value: number;
  profile: number;
  /** Grows with each transaction: cells are stamped with it. */
  change: number;
  incidents: number;
  /** Newest records that are kept. */
  records: number;
  agents: number;
  unreadable: number;
  asideKept: number;
  /** Highest sequence of the stream that is in the index. */
  sequence: number;
  tooOld: number;
  otherValues: number;
  /** Alarms and agents beyond their limits. */
  beyondLimits: number;
  /** Incidents that opened before are not taken in: they were forgotten. */
  horizonMs: number;
  /** Different values of each dimension. */
  values: Record<string, number>;
}

const KEY = Buffer.from('counters');

const none: Counters = {
  number: 1,
  value: 1,
  profile: 1,
  change: 1,
  incidents: 0,
  records: 0,
  agents: 0,
  unreadable: 0,
  asideKept: 0,
  sequence: 0,
  tooOld: 0,
  otherValues: 0,
  beyondLimits: 0,
  horizonMs: 0,
  values: {},
};

export function readCounters(meta: Table): Counters {
  const value = meta.get(KEY);
  return value === undefined ? { ...none, values: {} } : { ...none, ...(JSON.parse(value.toString('utf8')) as Counters) };
}

export const writeCounters = (meta: Table, counters: Counters): void => meta.put(KEY, Buffer.from(JSON.stringify(counters)));
