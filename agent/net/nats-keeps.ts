/** Streams and buckets of the engine: made when absent, compared when there, never altered. For agent/net/nats.ts. */
import type { StreamConfig } from '@nats-io/jetstream';
import type { DurationMs } from '../../shared/model/time.ts';
import type { EngineKeeps } from '../fleet-ports.ts';
import type { Life } from './nats.ts';
import { whyOf } from './nats-errors.ts';
import { bucketStream, bucketSubjects } from './nats-objects.ts';

const nanosOf = (ms: DurationMs): number => ms * 1_000_000;

export async function ensureKept(life: Life, wanted: EngineKeeps): Promise<readonly string[]> {
  const { StorageType, DiscardPolicy, RetentionPolicy } = await import('@nats-io/jetstream');
  const kept = { storage: StorageType.File, retention: RetentionPolicy.Limits };
  const remarks: string[] = [];
  for (const stream of wanted.streams) {
    remarks.push(
      ...(await ensureStream(life, {
        ...kept,
        name: stream.name,
        subjects: [...stream.subjects],
        max_msgs_per_subject: stream.perSubjectMax ?? -1,
        max_bytes: stream.bytesMax,
        max_age: nanosOf(stream.ageMaxMs ?? 0),
        duplicate_window: nanosOf(stream.duplicateWindowMs),
        num_replicas: stream.replicas,
        discard: DiscardPolicy.Old,
      })),
    );
  }
  for (const bucket of wanted.buckets) {
    remarks.push(
      // As an object store of any NATS client: `nats object get` reads it.
      ...(await ensureStream(life, {
        ...kept,
        name: bucketStream(bucket.name),
        subjects: bucketSubjects(bucket.name),
        max_bytes: bucket.bytesMax,
        max_age: nanosOf(bucket.ageMaxMs ?? 0),
        num_replicas: bucket.replicas,
        discard: DiscardPolicy.New,
        allow_direct: true,
        allow_rollup_hdrs: true,
      })),
    );
  }
  return remarks;
}

async function ensureStream({ manager }: Life, wanted: Partial<StreamConfig> & { name: string }): Promise<string[]> {
  let there: StreamConfig;
  try {
    there = (await manager.streams.info(wanted.name)).config;
  } catch (error) {
    if (!(error instanceof Error && error.name === 'StreamNotFoundError')) throw error;
    try {
      await manager.streams.add(wanted as StreamConfig & { name: string });
      return [];
    } catch (refused) {
      // Another made it between our question and our request, otherwise than we would.
      if (!/already in use/.test(whyOf(refused))) throw refused;
      there = (await manager.streams.info(wanted.name)).config;
    }
  }
  return Object.entries(wanted).flatMap(([key, value]) => {
    const found = there[key as keyof StreamConfig];
    const same = Array.isArray(value)
      ? JSON.stringify([...value].sort()) === JSON.stringify([...((found as string[] | undefined) ?? [])].sort())
      : (found ?? absentMeans(value)) === value;
    return same
      ? []
      : [`${wanted.name}: ${key} is ${JSON.stringify(found ?? null)}, not ${JSON.stringify(value)}; left as it is`];
  });
}

/** A server leaves out what is nought or no. */
const absentMeans = (value: unknown): unknown => (typeof value === 'boolean' ? false : typeof value === 'number' ? 0 : null);
