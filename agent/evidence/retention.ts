/** Which sealed bundles have had their time (config evidence.retainMax…). Called by bundles.ts at start and after each seal. */
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { type DurationMs, formatDuration } from '../../shared/model/time.ts';
import { type IncidentId, isIncidentId } from '../../shared/model/ulid.ts';
import type { Logger } from '../log.ts';
import type { Disk } from '../ports.ts';
import { filesIn } from './bundle-files.ts';
import { madeAtMs } from './bundle-id.ts';
import { peersFolder } from './stored-incidents.ts';

export interface Retention {
  readonly maxAgeMs: DurationMs;
  readonly maxCount: number;
  readonly maxBytes: number;
}

interface Sized {
  readonly id: IncidentId;
  /** Its own. */
  readonly bytes: number;
  /** Of the other ends, fetched or on their way. */
  readonly peersBytes: number;
}

/** Ids deleted, oldest first. An open bundle, and the newest sealed one, stay whatever the bounds. Rejects with DISK_FAILED. */
export async function expireBundles(
  root: string,
  retention: Retention,
  { disk, clock, log }: { readonly disk: Disk; readonly clock: Clock; readonly log: Logger },
): Promise<IncidentId[]> {
  const names = await disk.list(root);
  const sealed: Sized[] = [];
  for (const id of names.filter(isIncidentId))
    sealed.push({ id, bytes: await sizeOf(join(root, id), disk), peersBytes: await peersSize(join(root, id), disk) });
  await removeOrphans(root, names, disk);
  const deleted: IncidentId[] = [];
  const peersBytes = new Map(sealed.map((one) => [one.id, one.peersBytes]));
  let bytes = sealed.reduce((sum, one) => sum + one.bytes + one.peersBytes, 0);
  // Copies before what nobody else has.
  for (const { id, peersBytes: copied } of sealed.slice(0, -1)) {
    if (bytes <= retention.maxBytes) break;
    if (copied === 0) continue;
    await disk.remove(peersFolder(join(root, id)));
    log.info({ incident: id, bytes: copied }, 'bundle: what was fetched from the other ends deleted by retention');
    bytes -= copied;
    peersBytes.set(id, 0);
  }
  for (const [index, one] of sealed.slice(0, -1).entries()) {
    const ageMs = clock.wall() - madeAtMs(one.id);
    const left = sealed.length - index;
    const why = reasonToDelete(retention, ageMs, left, bytes);
    if (why === null) continue;
    await disk.remove(join(root, one.id));
    await disk.remove(join(root, `${one.id}.addendum.jsonl`));
    await disk.remove(peersFolder(join(root, one.id)));
    log.info({ incident: one.id, why, bytes: one.bytes }, 'bundle: deleted by retention');
    bytes -= one.bytes + (peersBytes.get(one.id) ?? 0);
    deleted.push(one.id);
  }
  if (deleted.length > 0) await disk.syncFolder(root);
  return deleted;
}

function reasonToDelete(retention: Retention, ageMs: DurationMs, left: number, bytes: number): string | null {
  if (ageMs > retention.maxAgeMs) return `older than ${formatDuration(retention.maxAgeMs)}`;
  if (left > retention.maxCount) return `more than ${retention.maxCount} bundles`;
  if (bytes > retention.maxBytes) return `more than ${retention.maxBytes} bytes of bundles`;
  return null;
}

/** What was fetched from the other ends, and what is on its way. */
async function peersSize(folder: string, disk: Disk): Promise<number> {
  let bytes = 0;
  for (const name of await disk.list(peersFolder(folder))) {
    const path = join(peersFolder(folder), name);
    const found = await disk.stat(path);
    bytes += found?.folder === true ? await sizeOf(path, disk) : (found?.bytes ?? 0);
  }
  return bytes;
}

/** A fetch that was under way when its incident was deleted may leave its folder behind. */
async function removeOrphans(root: string, names: readonly string[], disk: Disk): Promise<void> {
  for (const name of names) {
    const id = name.slice(0, -peersFolder('').length);
    if (name === peersFolder(id) && isIncidentId(id) && !names.includes(id)) await disk.remove(join(root, name));
  }
}

async function sizeOf(folder: string, disk: Disk): Promise<number> {
  let bytes = 0;
  for (const name of await filesIn(folder, disk)) bytes += (await disk.stat(join(folder, name)))?.bytes ?? 0;
  return bytes;
}
