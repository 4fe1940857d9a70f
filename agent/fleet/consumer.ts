/**
 * The stream into one index: batches as the engine gives them out, acknowledged when they are on disk. All that name the same index consume
 * under its durable name, and so share the work; what one did not finish another gets. What is no record, or what the index can not take for a
 * reason of its own, is set aside with why, so that nothing blocks what comes behind it. Opened by live-index.ts and rebuild.ts.
 */
import { asSpitrapError, isSpitrapError } from '../../shared/errors.ts';
import { EVENT_STREAM, readRecord, STATE_STREAM } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import type { Engine, EngineMessage } from '../fleet-ports.ts';
import type { Logger } from '../log.ts';
import type { FleetIndex, SetAside, StoredRecord } from './index/fleet-index.ts';

/**
 * What is given out and not acknowledged so long goes to another: a transaction takes some hundred milliseconds, on a slow disk seconds. So long
 * what a killed process was given is missing; what comes to two changes nothing.
 */
const ACK_WAIT_MS = 30_000;
const EXCERPT_CHARS_MAX = 200;

export interface Consumption {
  /** Put into the index, or set aside, since it began. */
  messages(): number;
  /** Of the events; null: the engine is away. */
  behind(): number | null;
  /** Waits for the batches under way. */
  close(): Promise<void>;
}

export function consumeInto(index: FleetIndex, engine: Engine, log: Logger): Consumption {
  let messages = 0;
  const take = (stream: string) => async (batch: readonly EngineMessage[]) => {
    try {
      await putBatch(index, stream, batch, log);
      messages += batch.length;
    } catch (error) {
      log.warn(
        { stream, messages: batch.length, problem: asSpitrapError(error).message },
        'a batch is not in the index, and comes again',
      );
      throw error;
    }
  };
  const ask = { durable: index.durable, from: 1, batchMax: limits.fleetBatchMax, ackWaitMs: ACK_WAIT_MS };
  const consumers = [EVENT_STREAM, STATE_STREAM].map((stream) => engine.consume({ ...ask, stream }, take(stream)));
  return {
    messages: () => messages,
    behind: () => consumers[0]!.behind(),
    close: async () => {
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}

async function putBatch(index: FleetIndex, stream: string, batch: readonly EngineMessage[], log: Logger): Promise<void> {
  const records: { readonly message: EngineMessage; readonly stored: StoredRecord }[] = [];
  const aside: SetAside[] = [];
  for (const message of batch) {
    const read = readRecord(message.subject, message.bytes);
    if (read.kind === 'record') {
      // Numbers of the state stream are its own: they say nothing of how far the events are in.
      const sequence = stream === EVENT_STREAM ? message.sequence : 0;
      records.push({ message, stored: { record: read.record, sequence, storedAtMs: message.storedAtMs } });
    } else aside.push(setAside(stream, message, read.why));
  }
  try {
    await index.upsert(
      records.map(({ stored }) => stored),
      aside,
    );
  } catch (error) {
    // A disk that is full is so for all of them; a fault of ours is of one.
    if (!isSpitrapError(error, 'INTERNAL')) throw error;
    await oneByOne(index, stream, records, aside, log);
  }
  for (const { subject, why } of aside) log.warn({ subject: printable(subject), why }, 'a message of the stream is set aside');
}

async function oneByOne(
  index: FleetIndex,
  stream: string,
  records: readonly { readonly message: EngineMessage; readonly stored: StoredRecord }[],
  aside: SetAside[],
  log: Logger,
): Promise<void> {
  await index.upsert([], aside);
  for (const { message, stored } of records) {
    try {
      await index.upsert([stored]);
    } catch (error) {
      if (!isSpitrapError(error, 'INTERNAL')) throw error;
      log.error(
        { subject: printable(message.subject), problem: error.message },
        'a record can not be put into the index: a fault of ours',
      );
      const one = setAside(stream, message, `the index can not take it: ${printable(error.message)}`);
      await index.upsert([], [one]);
    }
  }
}

const setAside = (stream: string, { subject, sequence, storedAtMs, bytes }: EngineMessage, why: string): SetAside => ({
  stream,
  sequence,
  subject: printable(subject),
  storedAtMs,
  why,
  excerpt: printable(Buffer.from(bytes.subarray(0, 4 * EXCERPT_CHARS_MAX)).toString('utf8'), EXCERPT_CHARS_MAX),
});
