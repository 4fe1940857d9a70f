/**
 * Where a `file` source stood when the agent ended, in `dataDir/sources/<name>.json`: what was written meanwhile is read as backlog
 * evidence. No bytes of the log are kept in it. Used by file-tail.ts; without it, or with one that cannot be read, nothing is lost but that.
 */
import { z } from 'zod';
import type { GapEdge } from '../../shared/model/observation.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import type { Disk } from '../ports.ts';
import type { FilePosition } from './followed-file.ts';

export interface KeptPositions {
  /** Oldest first: renamed ones that were still read, then the file under the path. */
  readonly files: readonly FilePosition[];
  /** When they were written down. */
  readonly at: GapEdge;
}

const count = z.number().int().nonnegative();
const kept = z.strictObject({
  files: z.array(
    z.strictObject({ identity: z.string(), offset: count, pendingBytes: count, print: z.string(), printBytes: count.max(4_096) }),
  ),
  at: z.strictObject({ wall: z.number(), monotonic: z.number(), bootId: z.string() }),
});

/** `why`: there is one that cannot be read; null: none was ever written. */
export async function loadPositions(
  path: string,
  disk: Disk,
): Promise<{ readonly kept: KeptPositions } | { readonly kept: null; readonly why: string | null }> {
  try {
    if ((await disk.stat(path)) === null) return { kept: null, why: null };
    const { files, at } = kept.parse(JSON.parse((await disk.readFile(path)).toString('utf8')));
    const sound = files.every((file) => file.pendingBytes <= file.offset && file.printBytes <= file.offset);
    if (!sound) return { kept: null, why: 'contradicts itself' };
    return { kept: { files, at: { wall: wall(at.wall), monotonic: monotonic(at.monotonic), bootId: at.bootId } } };
  } catch (error) {
    return { kept: null, why: error instanceof Error ? error.message : String(error) };
  }
}

/** Rejects with DISK_FAILED. Not synced: after a power cut some bytes are read once more, as backlog. */
export async function savePositions(path: string, positions: KeptPositions, disk: Disk): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  await disk.makeFolder(folder);
  const file = await disk.open(`${path}.new`, 'create');
  try {
    await file.append(Buffer.from(`${JSON.stringify(positions)}\n`));
  } finally {
    await file.close();
  }
  await disk.rename(`${path}.new`, path);
}
