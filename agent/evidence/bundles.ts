/**
 * All incidents' folders under dataDir/incidents: opening, finding again after a restart, listing, retention (docs/bundle.md).
 * Called by app.ts at start, the coordinator at each incident, and the cli's `incidents`.
 */
import { join } from 'node:path';
import { type CaptureEntry, captureSchema, type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { wall } from '../../shared/model/time.ts';
import { type IncidentId, isIncidentId } from '../../shared/model/ulid.ts';
import type { Redact } from '../../shared/redact/redact.ts';
import type { Logger } from '../log.ts';
import type { Disk, Reports } from '../ports.ts';
import { Bundle, type Sealed, type SealFacts } from './bundle.ts';
import { CAPTURES, COMMANDS, filesIn, INCIDENT, MANIFEST, redactDeep, sha256Of } from './bundle-files.ts';
import { madeAtMs } from './bundle-id.ts';
import { fileMoment } from './file-moment.ts';
import { expireBundles, type Retention } from './retention.ts';
import { momentNow } from './window.ts';

export interface BundlesOptions {
  readonly retention: Retention;
  readonly redact: Redact;
  readonly redactionKey: 'shared' | 'random';
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reports: Reports;
}

export interface IncidentListing {
  readonly id: IncidentId;
  readonly folder: string;
  readonly state: 'open' | 'sealed' | 'unreadable';
  /** By the id, ISO 8601. */
  readonly openedAt: string;
  readonly incident: IncidentFile | null;
  /** Why it is unreadable. */
  readonly why: string | null;
}

export interface Bundles {
  /** Makes `<id>.open`, or finds it again after a restart. Rejects with DISK_FAILED. */
  open(id: IncidentId): Promise<Bundle>;
  /** Ids of the folders that a crash, or a stop of the agent, left open. */
  listOpen(): Promise<IncidentId[]>;
  /**
   * Ends a folder that nobody goes on with: sealed with these facts, or removed where no file is in it and no record of it is known (null).
   * Whoever opens the same incident meanwhile waits for it. Rejects with DISK_FAILED or BUNDLE_DAMAGED, and may be called again.
   */
  endLeft(id: IncidentId, facts: () => SealFacts): Promise<Sealed | null>;
  /** Newest first. */
  listIncidents(): Promise<IncidentListing[]>;
  /** By id or alias. Rejects with INCIDENT_UNKNOWN or BUNDLE_DAMAGED. */
  readIncident(id: string): Promise<IncidentFile>;
  /** One line in `<id>.addendum.jsonl` beside the sealed bundle, which is never changed. Rejects with DISK_FAILED. */
  addAddendum(id: IncidentId, record: unknown): Promise<void>;
  /** Deletes what is too old, too many, too large; never an open one nor the newest. Returns the ids it deleted. Never rejects. */
  expire(): Promise<IncidentId[]>;
}

/** Rejects with DISK_FAILED when the folder cannot be had. */
export async function openBundles(dataDir: string, options: BundlesOptions): Promise<Bundles> {
  const root = join(dataDir, 'incidents');
  await options.disk.makeFolder(root);
  const bundles = new FolderOfBundles(root, options);
  await bundles.expire();
  return bundles;
}

const OPEN = '.open';
const ADDENDUM = '.addendum.jsonl';
class FolderOfBundles implements Bundles {
  readonly #root: string;
  readonly #options: BundlesOptions;
  readonly #addenda = new Map<IncidentId, number>();
  readonly #ending = new Map<IncidentId, Promise<Sealed | null>>();
  #adding: Promise<unknown> = Promise.resolve();

  constructor(root: string, options: BundlesOptions) {
    this.#root = root;
    this.#options = options;
  }

  async open(id: IncidentId): Promise<Bundle> {
    await this.#ending.get(id)?.catch(() => {});
    return await this.#open(id);
  }

  endLeft(id: IncidentId, facts: () => SealFacts): Promise<Sealed | null> {
    const ending = this.#end(id, facts).finally(() => this.#ending.delete(id));
    this.#ending.set(id, ending);
    return ending;
  }

  async #end(id: IncidentId, facts: () => SealFacts): Promise<Sealed | null> {
    const { disk } = this.#options;
    const folder = join(this.#root, `${id}${OPEN}`);
    if ((await disk.stat(folder)) === null) return null;
    const known = facts();
    if (known.journalRecords.length === 0 && (await filesIn(folder, disk)).length === 0) {
      await disk.remove(folder);
      await disk.syncFolder(this.#root);
      return null;
    }
    const bundle = await this.#open(id);
    return await bundle.seal(known);
  }

  async #open(id: IncidentId): Promise<Bundle> {
    if (!isIncidentId(id))
      throw new SpitrapError('INTERNAL', 'a bundle can be opened under an incident id only: anything else may name another path');
    const { disk } = this.#options;
    const sealedFolder = join(this.#root, id);
    const folder = `${sealedFolder}${OPEN}`;
    const alreadySealed = (await disk.stat(sealedFolder)) ? await this.#alreadySealed(id, sealedFolder) : null;
    if (!alreadySealed) {
      await disk.makeFolder(join(folder, COMMANDS));
      await disk.syncFolder(this.#root);
    }
    const captures = alreadySealed ? [] : await this.#capturesSoFar(folder);
    return new Bundle({ id, folder, sealedFolder, captures, alreadySealed }, this.#options);
  }

  async listOpen(): Promise<IncidentId[]> {
    const names = await this.#options.disk.list(this.#root);
    return names
      .filter((name) => name.endsWith(OPEN))
      .map((name) => name.slice(0, -OPEN.length))
      .filter(isIncidentId);
  }

  async listIncidents(): Promise<IncidentListing[]> {
    const listings: IncidentListing[] = [];
    for (const name of await this.#options.disk.list(this.#root)) {
      const id = name.endsWith(OPEN) ? name.slice(0, -OPEN.length) : name;
      if (!isIncidentId(id)) continue;
      const folder = join(this.#root, name);
      const openedAt = fileMoment({ ...momentNow(this.#options.clock), wall: wall(madeAtMs(id)) }).at;
      const about = { id, folder, openedAt, incident: null, why: null };
      if (name !== id) listings.push({ ...about, state: 'open' });
      else listings.push({ ...about, ...(await this.#read(folder)) });
    }
    return listings.sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  }

  async readIncident(id: string): Promise<IncidentFile> {
    const all = await this.listIncidents();
    const found = all.find((one) => one.id === id) ?? all.find((one) => one.incident?.aliases.includes(id));
    if (!found)
      throw new SpitrapError(
        'INCIDENT_UNKNOWN',
        `no incident ${JSON.stringify(id.slice(0, 60))} in ${this.#root}; spitrap incidents lists them`,
      );
    if (found.incident) return found.incident;
    if (found.state === 'open')
      throw new SpitrapError(
        'INCIDENT_UNKNOWN',
        `incident ${found.id} is not sealed yet; its outputs so far are in ${found.folder}`,
      );
    throw new SpitrapError('BUNDLE_DAMAGED', `bundle ${found.folder} cannot be read: ${found.why}`);
  }

  addAddendum(id: IncidentId, record: unknown): Promise<void> {
    const adding = this.#adding.then(() => this.#add(id, record));
    this.#adding = adding.catch(() => {});
    return adding;
  }

  async #add(id: IncidentId, record: unknown): Promise<void> {
    const { disk, clock, redact, log } = this.#options;
    const path = join(this.#root, `${id}${ADDENDUM}`);
    const so = this.#addenda.get(id) ?? (await linesOf(path, disk));
    if (so >= limits.addendaPerIncidentMax) {
      if (so === limits.addendaPerIncidentMax)
        log.warn({ incident: id, addenda: so }, 'bundle: no more addenda are kept of this incident');
      this.#addenda.set(id, so + 1);
      return;
    }
    const line = JSON.stringify(redactDeep({ added: fileMoment(momentNow(clock)), record }, redact).value);
    const file = await disk.open(path, 'append');
    try {
      await file.append(Buffer.from(`${line}\n`));
      await file.sync();
    } finally {
      await file.close().catch(() => {});
    }
    this.#addenda.set(id, so + 1);
    await disk.syncFolder(this.#root);
  }

  async expire(): Promise<IncidentId[]> {
    const { disk, clock, log, retention } = this.#options;
    try {
      return await expireBundles(this.#root, retention, { disk, clock, log });
    } catch (error) {
      log.error({ folder: this.#root, error }, 'bundles: old ones could not be deleted; trying again after the next incident');
      return [];
    }
  }

  async #read(folder: string): Promise<Pick<IncidentListing, 'state' | 'incident' | 'why'>> {
    try {
      const content = await this.#options.disk.readFile(join(folder, INCIDENT));
      const read = parseIncidentFile(content.toString('utf8'));
      if (read.kind === 'incident') return { state: 'sealed', incident: read.incident, why: null };
      return { state: 'unreadable', incident: null, why: read.why };
    } catch (error) {
      return { state: 'unreadable', incident: null, why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #alreadySealed(id: IncidentId, folder: string): Promise<Sealed> {
    const { disk, log } = this.#options;
    const read = await this.#read(folder);
    const outcome = read.incident?.outcome ?? { kind: 'partial' as const, reasons: [`bundle-unreadable:${read.why}`] };
    log.warn(
      { incident: id, folder },
      'bundle: found sealed already; the agent stopped between its seal and the journal record of it',
    );
    // The rename may have been seen and not yet be on disk.
    await disk.syncFolder(this.#root);
    return { folder, manifestSha256: await sha256Of(join(folder, MANIFEST), disk), files: await filesIn(folder, disk), outcome };
  }

  /** What an earlier run saved. A torn line of the list is an output without its entry: said, and its file stays. */
  async #capturesSoFar(folder: string): Promise<CaptureEntry[]> {
    const { disk, log } = this.#options;
    if (!(await disk.stat(join(folder, CAPTURES)))) return [];
    const entries: CaptureEntry[] = [];
    for (const line of (await disk.readFile(join(folder, CAPTURES))).toString('utf8').split('\n')) {
      if (line === '') continue;
      const entry = parseCapture(line);
      if (entry) entries.push(entry);
      else log.warn({ folder, line: line.slice(0, 120) }, 'bundle: a torn line in the list of captures is left out');
    }
    return entries;
  }
}

function parseCapture(line: string): CaptureEntry | null {
  try {
    const parsed = captureSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

async function linesOf(path: string, disk: Disk): Promise<number> {
  if (!(await disk.stat(path))) return 0;
  return (await disk.readFile(path)).toString('utf8').split('\n').length - 1;
}
