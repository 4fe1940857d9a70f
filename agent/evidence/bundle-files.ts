/** Small writes and reads that bundle.ts, bundle-log.ts, bundles.ts and verify.ts share: whole files, made durable before anybody is told. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Redact } from '../../shared/redact/redact.ts';
import type { Disk } from '../ports.ts';

export const MANIFEST = 'MANIFEST.sha256';
export const INCIDENT = 'incident.json';
export const CAPTURES = 'captures.jsonl';
export const DEVICE_LOG = 'device.log';
export const JOURNAL = 'journal.jsonl';
export const COMMANDS = 'commands';
/** What this end knew at the seal, for people, for tickets, for programs (docs/report.md). */
export const REPORTS = { html: 'report.html', text: 'report.txt', json: 'verdict.json' } as const;

/** Rejects with DISK_FAILED; `pieces` are written as they come. */
export async function writeDurably(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  disk: Disk,
): Promise<number> {
  const file = await disk.open(path, 'create');
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      await file.append(piece);
      bytes += piece.length;
    }
    await file.sync();
  } finally {
    await file.close().catch(() => {});
  }
  return bytes;
}

/** In pieces of limits.ringCopyBytes. */
export async function* readPieces(path: string, disk: Disk): AsyncGenerator<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    for (let offset = 0; ; ) {
      const piece = await file.read(offset, limits.ringCopyBytes);
      if (piece.length === 0) return;
      offset += piece.length;
      yield piece;
    }
  } finally {
    await file.close().catch(() => {});
  }
}

/** Rejects with BUNDLE_DAMAGED for a file larger than any of ours: a sparse one of terabytes costs nothing to send. */
export async function sha256Of(path: string, disk: Disk): Promise<string> {
  await expectAtMost(path, limits.bundleFileBytesMax, disk);
  const hash = createHash('sha256');
  for await (const piece of readPieces(path, disk)) hash.update(piece);
  return hash.digest('hex');
}

/** A whole file as text. Rejects with BUNDLE_DAMAGED beyond `bytesMax`, DISK_FAILED. */
export async function textOf(path: string, bytesMax: number, disk: Disk): Promise<string> {
  await expectAtMost(path, bytesMax, disk);
  return (await disk.readFile(path)).toString('utf8');
}

/** Rejects with BUNDLE_DAMAGED. */
export async function expectAtMost(path: string, bytesMax: number, disk: Disk): Promise<void> {
  const bytes = (await disk.stat(path))?.bytes ?? 0;
  if (bytes <= bytesMax) return;
  throw new SpitrapError(
    'BUNDLE_DAMAGED',
    `${path} has ${bytes} bytes, more than any of ours: ${bytesMax} at most; it was not read`,
  );
}

/**
 * Every file below a folder, relative, sorted. Bundles are two levels deep; what lies deeper is not ours and is listed as its folder. Rejects with
 * BUNDLE_DAMAGED beyond `filesMax`. */
export async function filesIn(folder: string, disk: Disk, filesMax = Number.POSITIVE_INFINITY): Promise<string[]> {
  const files: string[] = [];
  const namesIn = async (below: string): Promise<string[]> => {
    const names = await disk.list(below);
    if (files.length + names.length <= filesMax) return names;
    const message = `${below} has ${names.length} files, more than any bundle of ours: ${filesMax} at most; they were not looked at`;
    throw new SpitrapError('BUNDLE_DAMAGED', message);
  };
  for (const name of await namesIn(folder)) {
    const found = await disk.stat(`${folder}/${name}`);
    if (!found?.folder) files.push(name);
    else for (const inner of await namesIn(`${folder}/${name}`)) files.push(`${name}/${inner}`);
  }
  return files.sort();
}

/** Every string of a JSON value redacted; keys stay. The count is of redacted values. */
export function redactDeep<T>(value: T, redact: Redact): { readonly value: T; readonly count: number } {
  let count = 0;
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') {
      const result = redact(one);
      count += result.count;
      return result.text;
    }
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one === 'object' && one !== null)
      return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]));
    return one;
  };
  return { value: walk(value) as T, count };
}

/** Of one turn of the event loop: five thousand flows take a quarter of a second. */
export const REDACT_TURN_MS = 5;

/**
 * The same of a value whose arrays may have thousands of entries (a storm's flows): entry by entry, with a turn of the event loop in between
 * wherever REDACT_TURN_MS are used up. A stop may be waiting.
 */
export async function redactDeepInTurns<T extends object>(
  value: T,
  redact: Redact,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<{ readonly value: T; readonly count: number }> {
  let count = 0;
  let began = clock.monotonic();
  const one = async (inner: unknown): Promise<unknown> => {
    const clean = redactDeep(inner, redact);
    count += clean.count;
    if (clock.monotonic() - began >= REDACT_TURN_MS) {
      await clock.sleep('redaction', 0);
      began = clock.monotonic();
    }
    return clean.value;
  };
  const entries: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(inner)) entries.push([key, await one(inner)]);
    else {
      const cleaned: unknown[] = [];
      for (const entry of inner) cleaned.push(await one(entry));
      entries.push([key, cleaned]);
    }
  }
  return { value: Object.fromEntries(entries) as T, count };
}
