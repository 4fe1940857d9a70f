/** Incidents as they stand on disk, for `spitrap incidents` and the page: works when the agent is down. Layout: docs/bundle.md. Reads, never writes. */
import { join } from 'node:path';
import { z } from 'zod';
import { type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { type Verdict, verdicts } from '../../shared/detect/judge.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import { isIncidentId } from '../../shared/model/ulid.ts';
import type { Disk } from '../ports.ts';
import { REPORTS } from './bundle-files.ts';

export interface StoredIncident {
  readonly id: string;
  /** Absolute when dataDir is. */
  readonly folder: string;
  readonly state: 'open' | 'sealed' | 'unreadable';
  /** Why it is unreadable. */
  readonly why: string | null;
  readonly incident: IncidentFile | null;
}

/** A verdict as an addendum revised it. */
export interface StoredVerdict {
  readonly verdict: Verdict;
  /** Of its first flow. */
  readonly grounds: readonly string[];
  readonly added: string;
}

const addendumSchema = z.object({
  added: z.unknown(),
  record: z.object({
    kind: z.literal('judged'),
    verdict: z.enum(verdicts),
    flows: z.array(z.object({ grounds: z.array(z.string()) })),
  }),
});

/** Oldest first; lines that are none of ours, or torn, are passed over: they stand in the file. */
export async function storedVerdicts(folder: string, disk: Disk): Promise<StoredVerdict[]> {
  const path = `${folder}.addendum.jsonl`;
  if ((await disk.stat(path)) === null) return [];
  const text = (await disk.readFile(path)).toString('utf8');
  return text.split('\n').flatMap((line) => {
    const read = addendumSchema.safeParse(parsed(line));
    if (!read.success) return [];
    const { verdict, flows } = read.data.record;
    return [{ verdict, grounds: flows[0]?.grounds ?? [], added: String(read.data.added) }];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Of a sealed bundle; null: it is not there, or cannot be read. Never rejects. */
export async function storedIncident(folder: string, disk: Disk): Promise<IncidentFile | null> {
  const { incident } = await readOne(folder, disk);
  return incident;
}

/** Beside the sealed bundle, which is never changed: what was fetched from the other ends, and the report of both (peer-bundles.ts). */
export const peersFolder = (bundle: string): string => `${bundle}.peers`;

export const reportOfBothEnds = (bundle: string, kind: keyof typeof REPORTS): string => join(peersFolder(bundle), REPORTS[kind]);

/** Fetched bundles of the other ends, whole; in the order in which the incident names them, the first is the one reports are of. Never rejects. */
export async function fetchedBundles({ peers }: IncidentFile, bundle: string, disk: Disk): Promise<readonly string[]> {
  const fetched: string[] = [];
  for (const name of new Set(peers.map((peer) => peer.name))) {
    const folder = join(peersFolder(bundle), name);
    if ((await disk.stat(folder).catch(() => null))?.folder === true) fetched.push(folder);
  }
  return fetched;
}

/** What is being fetched has this behind its name. */
export const PART = '.part';

const OPEN = '.open';

/** Newest first; ids sort by time. */
export async function storedIncidents(dataDir: string, disk: Disk): Promise<StoredIncident[]> {
  const root = join(dataDir, 'incidents');
  const found: StoredIncident[] = [];
  for (const name of (await disk.list(root)).reverse()) {
    const open = name.endsWith(OPEN);
    const id = open ? name.slice(0, -OPEN.length) : name;
    if (!isIncidentId(id)) continue;
    const folder = join(root, name);
    if (open) found.push({ id, folder, state: 'open', why: null, incident: null });
    else found.push({ id, folder, ...(await readOne(folder, disk)) });
  }
  return found;
}

async function readOne(folder: string, disk: Disk): Promise<Pick<StoredIncident, 'state' | 'why' | 'incident'>> {
  try {
    const read = parseIncidentFile((await disk.readFile(join(folder, 'incident.json'))).toString('utf8'));
    return read.kind === 'incident'
      ? { state: 'sealed', why: null, incident: read.incident }
      : { state: 'unreadable', why: read.why, incident: null };
  } catch (error) {
    return { state: 'unreadable', why: error instanceof Error ? error.message : String(error), incident: null };
  }
}

/**
 * By id, the beginning of one (four characters or more), or the id of an incident that was merged into it.
 * @throws SpitrapError INCIDENT_UNKNOWN, also when several fit.
 */
export function pickIncident(incidents: readonly StoredIncident[], asked: string): StoredIncident {
  const wanted = asked.toUpperCase();
  const fitting = incidents.filter(
    ({ id, incident }) => id === wanted || (wanted.length >= 4 && id.startsWith(wanted)) || incident?.aliases.includes(wanted),
  );
  const [only, second] = fitting;
  if (only === undefined)
    throw new SpitrapError('INCIDENT_UNKNOWN', `no incident ${quoted(asked)} here; spitrap incidents list shows them`);
  if (second !== undefined && only.id !== wanted)
    throw new SpitrapError('INCIDENT_UNKNOWN', `${fitting.length} incidents begin with ${quoted(asked)}; give more of the id`);
  return only;
}
