/**
 * Is a sealed bundle whole? Whole: its manifest verifies, nothing is there that it does not name, and each planned command has output or a
 * stated reason. Used by the lab's verdict, `spitrap incidents` and tests; reads only.
 */
import { join } from 'node:path';
import { type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { Disk } from '../ports.ts';
import { filesIn, INCIDENT, MANIFEST, sha256Of, textOf } from './bundle-files.ts';

export interface BundleVerdict {
  readonly whole: boolean;
  readonly problems: readonly string[];
  readonly incident: IncidentFile | null;
}

const MANIFEST_LINE = /^([0-9a-f]{64}) {2}([\w./-]+)$/;

/** Never rejects: what cannot be read is a problem. */
export async function verifyBundle(folder: string, disk: Disk): Promise<BundleVerdict> {
  const problems: string[] = [];
  const tried = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      problems.push(asSpitrapError(error).message);
      return null;
    }
  };
  const manifest = await tried(() => textOf(join(folder, MANIFEST), limits.reportJournalBytesMax, disk));
  const listed = await tried(() => filesIn(folder, disk, limits.bundleFilesMax));
  const present: ReadonlySet<string> = new Set(listed ?? []);
  const named = listed === null ? new Map<string, string>() : readManifest(manifest ?? '', problems);
  for (const [name, expected] of named) {
    if (!present.has(name)) problems.push(`${name} is missing`);
    else {
      const found = await tried(() => sha256Of(join(folder, name), disk));
      if (found !== null && found !== expected)
        problems.push(`${name} was changed: SHA-256 ${found}, the manifest says ${expected}`);
    }
  }
  if (manifest !== null)
    for (const name of present) if (name !== MANIFEST && !named.has(name)) problems.push(`${name} is not in the manifest`);
  const content = await tried(() => textOf(join(folder, INCIDENT), limits.reportIncidentBytesMax, disk));
  const read = content === null ? null : parseIncidentFile(content);
  if (read?.kind === 'unreadable') problems.push(read.why);
  const incident = read?.kind === 'incident' ? read.incident : null;
  if (incident && listed !== null) problems.push(...missingOutputs(incident, present));
  return { whole: problems.length === 0, problems, incident };
}

function readManifest(manifest: string, problems: string[]): Map<string, string> {
  const named = new Map<string, string>();
  for (const line of manifest.split('\n')) {
    if (line === '') continue;
    const match = MANIFEST_LINE.exec(line);
    const name = match?.[2] ?? '';
    // A manifest names files of its own bundle only.
    if (match && !name.startsWith('/') && !name.split('/').includes('..')) named.set(name, match[1]!);
    else problems.push(`${MANIFEST} has a line that is none of ours: ${quoted(line, 120)}`);
  }
  return named;
}

function missingOutputs({ captures, planned }: IncidentFile, present: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  for (const { command, round, status, file, detail } of captures) {
    const hasOutput = file !== null && present.has(file);
    if (!hasOutput && detail === null) problems.push(`${command} (${round}): neither output nor a reason`);
    else if (status !== 'ok' && detail === null) problems.push(`${command} (${round}): ${status}, and no reason`);
    else if (file !== null && !hasOutput) problems.push(`${command} (${round}): its file ${file} is missing`);
  }
  const told = new Set(captures.map(({ command, round }) => `${round} ${command}`));
  for (const { command, round } of planned)
    if (!told.has(`${round} ${command}`)) problems.push(`${command} (${round}): planned, and nothing is said of it`);
  return problems;
}
