/** Which software a device runs, as the capture of an incident shows it. For fleet-desk.ts. */
import { join } from 'node:path';
import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
import type { Platform } from '../../shared/platforms/platform.ts';
import type { Disk } from '../ports.ts';

/** A few lines; one that is longer is something else. */
const OUTPUT_BYTES_MAX = 64 * 1024;

/** Null: no output shows it. Rejects with DISK_FAILED. */
export async function softwareOf(
  incident: IncidentFile,
  folder: string,
  platform: Pick<Platform, 'software'>,
  disk: Pick<Disk, 'readFile' | 'stat'>,
): Promise<string | null> {
  for (const { command, status, file, bytes } of incident.captures) {
    // Whose output it could be is known from the line: most are not read.
    if (status !== 'ok' || file === null || bytes > OUTPUT_BYTES_MAX || !/version/.test(command)) continue;
    const path = join(folder, file);
    if ((await disk.stat(path)) === null) continue;
    const software = platform.software(command, (await disk.readFile(path)).toString('utf8'));
    if (software !== null) return software;
  }
  return null;
}
