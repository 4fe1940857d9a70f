/**
 * Objects in a bucket, laid out as NATS's object store (ADR-20), so that any client of it reads ours; for agent/net/nats.ts. Of our own, as the
 * library's reader takes a whole object into memory as fast as it comes, and its writer asks for the right to purge the bucket: ours takes and
 * gives one chunk at a time, and an account that may only write can put. What a put that broke off has left goes with the bucket's age limit.
 */
import { createHash } from 'node:crypto';
import type { MsgRequest } from '@nats-io/jetstream';
import { ANSWER_MS, type Life } from './nats.ts';

/** As the library's: below every server's default limit of a message (1 MiB). */
const CHUNK_BYTES = 128 * 1024;
/** Of the text that describes one. */
const META_BYTES_MAX = 64 * 1024;

export const bucketStream = (bucket: string): string => `OBJ_${bucket}`;
export const bucketSubjects = (bucket: string): string[] => [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`];

const metaSubject = (bucket: string, name: string): string =>
  `$O.${bucket}.M.${padded(Buffer.from(name, 'utf8').toString('base64url'))}`;
const chunkSubject = (bucket: string, nuid: string): string => `$O.${bucket}.C.${nuid}`;
const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

export async function putObject(
  { jetstream }: Life,
  { bucket, name, modifiedAt }: { readonly bucket: string; readonly name: string; readonly modifiedAt: string },
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { headers, nuid: nuids } = await import('@nats-io/transport-node');
  const nuid = nuids.next();
  const hash = createHash('sha256');
  let bytes = 0;
  let count = 0;
  for await (const piece of ofSize(chunks, CHUNK_BYTES)) {
    hash.update(piece);
    bytes += piece.length;
    count++;
    await jetstream.publish(chunkSubject(bucket, nuid), piece, { timeout: ANSWER_MS });
  }
  const digest = hash.digest();
  const rollup = headers();
  rollup.set('Nats-Rollup', 'sub');
  await jetstream.publish(
    metaSubject(bucket, name),
    JSON.stringify({
      name,
      bucket,
      nuid,
      size: bytes,
      chunks: count,
      digest: `SHA-256=${padded(digest.toString('base64url'))}`,
      deleted: false,
      mtime: modifiedAt,
      options: { max_chunk_size: CHUNK_BYTES },
    }),
    { headers: rollup, timeout: ANSWER_MS },
  );
  return { bytes, sha256: digest.toString('hex') };
}

export async function getObject(
  life: Life,
  bucket: string,
  name: string,
): Promise<{ readonly bytes: number; readonly chunks: AsyncIterable<Uint8Array> } | null> {
  const meta = await metaOf(life, bucket, name);
  return meta === null ? null : { bytes: meta.size, chunks: chunksOf(life, bucket, name, meta) };
}

interface Meta {
  readonly nuid: string;
  readonly size: number;
  readonly chunks: number;
  readonly digest: string;
}

async function metaOf({ manager }: Life, bucket: string, name: string): Promise<Meta | null> {
  const found = await manager.streams.getMessage(bucketStream(bucket), { last_by_subj: metaSubject(bucket, name) });
  if (found === null || found.data.length > META_BYTES_MAX) return null;
  let meta: Record<string, unknown>;
  try {
    meta = JSON.parse(Buffer.from(found.data).toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new Error(`what describes it is no JSON`);
  }
  const { nuid, size, chunks, digest, deleted } = meta ?? {};
  if (deleted === true) return null;
  const sound =
    typeof nuid === 'string' &&
    /^[A-Za-z0-9]{1,64}$/.test(nuid) &&
    Number.isSafeInteger(size) &&
    Number.isSafeInteger(chunks) &&
    typeof digest === 'string' &&
    digest.startsWith('SHA-256=');
  if (!sound) throw new Error('what describes it is not of an object');
  return { nuid, size: size as number, chunks: chunks as number, digest: digest.slice('SHA-256='.length) };
}

/** One request a chunk: the reader sets the pace, and nothing is kept at the server for it. */
async function* chunksOf({ manager }: Life, bucket: string, name: string, meta: Meta): AsyncGenerator<Uint8Array> {
  const subject = chunkSubject(bucket, meta.nuid);
  const hash = createHash('sha256');
  let bytes = 0;
  let after = 0;
  // The server (2.9 and later) takes it; the library's type of this call has not heard of it.
  const next = (seq: number): MsgRequest => ({ seq, next_by_subj: subject }) as MsgRequest;
  for (let index = 0; index < meta.chunks; index++) {
    const found = await manager.streams.getMessage(bucketStream(bucket), next(after + 1));
    if (found === null) throw new Error(`${name}: chunk ${index + 1} of ${meta.chunks} is gone`);
    after = found.seq;
    bytes += found.data.length;
    if (bytes > meta.size) break;
    hash.update(found.data);
    yield found.data;
  }
  const digest = padded(hash.digest().toString('base64url'));
  if (bytes !== meta.size || digest !== padded(meta.digest)) throw new Error(`${name}: what came is not what was put`);
}

/** The same bytes in pieces of this size, the last of what is left. */
async function* ofSize(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < size) continue;
    const all = Buffer.concat(held);
    let at = 0;
    for (; all.length - at >= size; at += size) yield all.subarray(at, at + size);
    held = [all.subarray(at)];
    bytes = all.length - at;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
