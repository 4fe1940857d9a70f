/**
 * Incidents of the disk for the page's list: each bundle is read once, and again when it changed. Opened by server.ts. Small pieces only:
 * whoever looks at the page must never keep a stop waiting.
 */
import { join } from 'node:path';
import { causeTitles } from '../../shared/analyze/report/words.ts';
import { causes } from '../../shared/analyze/verdict.ts';
import { type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { limits } from '../../shared/limits.ts';
import { isIncidentId } from '../../shared/model/ulid.ts';
import { REPORTS } from '../evidence/bundle-files.ts';
import { madeAtMs } from '../evidence/bundle-id.ts';
import { reportOfBothEnds, storedVerdicts } from '../evidence/stored-incidents.ts';
import type { Disk } from '../ports.ts';
import type { IncidentSummary } from '../status/status.ts';

export interface IncidentCause {
  readonly name: string;
  readonly title: string;
  readonly confidence: string;
}

/** One line of the page's list. */
export type IncidentRow = Omit<IncidentSummary, 'openedBy' | 'stopInMs' | 'bundle'> & {
  readonly cause: IncidentCause | null;
  /** Sealed, on this disk. */
  readonly bundle: boolean;
  readonly report: boolean;
  /** The report is made of both ends' bundles. */
  readonly twoEnded: boolean;
};

const OPEN = '.open';

export class StoredIndex {
  readonly #disk: Disk;
  readonly #root: string;
  /** By id, with what its files looked like. */
  readonly #rows = new Map<string, { readonly stamp: string; readonly row: IncidentRow }>();
  readonly #aliases = new Map<string, readonly string[]>();
  /** One reading at a time, whoever asks. */
  #reading: Promise<readonly IncidentRow[]> | null = null;

  constructor(dataDir: string, disk: Disk) {
    this.#disk = disk;
    this.#root = join(dataDir, 'incidents');
  }

  folderOf(id: string): string {
    return join(this.#root, id);
  }

  /** The id of the sealed bundle that has it, or into which it was merged, among those that are listed; null: none. */
  async sealedId(id: string): Promise<string | null> {
    if ((await this.#disk.stat(join(this.folderOf(id), 'incident.json'))) !== null) return id;
    const rows = await this.rows();
    return rows.find((row) => this.#aliases.get(row.id)?.includes(id))?.id ?? null;
  }

  /** Sealed ones, newest first, limits.pageIncidentsMax at most. Rejects with DISK_FAILED. */
  rows(): Promise<readonly IncidentRow[]> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Null: not there, not of this version, or too large to be read here. */
  async incident(id: string): Promise<IncidentFile | null> {
    const path = join(this.folderOf(id), 'incident.json');
    const look = await this.#disk.stat(path);
    if (look === null || look.folder || look.bytes > limits.pageIncidentBytesMax) return null;
    const read = parseIncidentFile((await this.#disk.readFile(path)).toString('utf8'));
    return read.kind === 'incident' ? read.incident : null;
  }

  async #read(): Promise<readonly IncidentRow[]> {
    const names = (await this.#disk.list(this.#root)).filter((name) => isIncidentId(name) && !name.endsWith(OPEN)).reverse();
    const shown = names.slice(0, limits.pageIncidentsMax);
    for (const id of this.#rows.keys())
      if (!shown.includes(id)) {
        this.#rows.delete(id);
        this.#aliases.delete(id);
      }
    const rows: IncidentRow[] = [];
    for (const id of shown) {
      const stamp = await this.#stampOf(id);
      const known = this.#rows.get(id);
      if (known?.stamp === stamp) rows.push(known.row);
      else {
        const row = await this.#rowOf(id);
        this.#rows.set(id, { stamp, row });
        rows.push(row);
      }
    }
    return rows;
  }

  async #stampOf(id: string): Promise<string> {
    const folder = this.folderOf(id);
    const files = [
      `${folder}/incident.json`,
      `${folder}/${REPORTS.json}`,
      reportOfBothEnds(folder, 'json'),
      `${folder}.addendum.jsonl`,
    ];
    const looks = await Promise.all(files.map((path) => this.#disk.stat(path).catch(() => null)));
    return looks.map((look) => (look === null ? '-' : `${look.bytes} ${look.modifiedAtMs}`)).join(' / ');
  }

  async #rowOf(id: string): Promise<IncidentRow> {
    const folder = this.folderOf(id);
    const incident = await this.incident(id);
    const later = incident === null ? [] : await storedVerdicts(folder, this.#disk);
    this.#aliases.set(id, incident?.aliases ?? []);
    const bothEnds = reportOfBothEnds(folder, 'json');
    const twoEnded = (await this.#disk.stat(bothEnds)) !== null;
    const first = incident?.flows[0];
    return {
      id,
      openedAt: incident?.opened.at ?? new Date(madeAtMs(id)).toISOString(),
      phase: incident === null ? 'unreadable' : 'sealed',
      peers: incident?.peers.map((peer) => peer.name) ?? [],
      flows: incident === null ? 0 : incident.flows.length + incident.flowsNotKept,
      firstFlow: first === undefined ? null : `${first.src} -> ${first.dst} SPI ${first.spi}`,
      debugsOff: incident === null ? 'unknown' : incident.stop.off === 'not-planned' ? 'not-sent' : incident.stop.off,
      outcome: incident?.outcome.kind ?? null,
      reasons: incident?.outcome.reasons ?? [],
      verdict: later.at(-1)?.verdict ?? incident?.verdict ?? 'unknown',
      cause: await this.#causeOf(twoEnded ? bothEnds : `${folder}/${REPORTS.json}`),
      bundle: true,
      report: (await this.#disk.stat(`${folder}/${REPORTS.html}`)) !== null,
      twoEnded,
    };
  }

  /** From the beginning of verdict.json: all of it has megabytes. */
  async #causeOf(path: string): Promise<IncidentCause | null> {
    if ((await this.#disk.stat(path)) === null) return null;
    const file = await this.#disk.open(path, 'read');
    try {
      return causeIn((await file.read(0, limits.pageVerdictHeadBytes)).toString('utf8'));
    } finally {
      await file.close();
    }
  }
}

/** Of the verdict itself: what a finding says of its own cause is not followed by `harm`. In a string the quotes would be escaped. */
export function causeIn(head: string): IncidentCause | null {
  const found = /"cause":\s*"([a-z-]{1,40})",\s*"confidence":\s*"(certain|likely|possible)",\s*"harm":/.exec(head);
  const name = causes.find((cause) => cause === found?.[1]);
  return name === undefined ? null : { name, title: causeTitles[name], confidence: found![2]! };
}
