/** What a device says of itself (heartbeat, alarms, gap) as the index keeps it. Written by put-records.ts, read by fleet-now.ts. */
import type { StoredRecord } from './fleet-index.ts';

/** As JSON in its table. `about`: an alarm's key. */
export interface StateRecord {
  readonly site: string;
  readonly device: string;
  readonly about: string;
  readonly revision: number;
  readonly at: string;
  readonly storedAtMs: number;
  readonly version: string;
  readonly body: unknown;
}

export const packState = ({ record, storedAtMs }: StoredRecord): StateRecord => ({
  site: record.site,
  device: record.device,
  about: record.about,
  revision: record.revision,
  at: record.at,
  storedAtMs,
  version: record.version,
  body: record.body,
});

export const unpackState = (value: Buffer): StateRecord => JSON.parse(value.toString('utf8')) as StateRecord;
