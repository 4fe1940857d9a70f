/**
 * Bundles of the object store, for whoever looks at the fleet: saved as they are, or made into the report of one or both ends. Opened by
 * run-fleet.ts for the page and by `spitrap fleet show`. What comes from the store counts when it is what its agent told of (SHA-256),
 * its manifest verifies, and it is of that incident and that device. Reports are kept on disk, bounded: each can be made again.
 */
import { createHash } from 'node:crypto';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { BUNDLE_BUCKET } from '../../shared/fleet/record.ts';
import type { FleetEnd, FleetIncident } from '../../shared/fleet/view.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { isIncidentId } from '../../shared/model/ulid.ts';
import { REPORTS, writeDurably } from '../evidence/bundle-files.ts';
import { verifyBundle } from '../evidence/verify.ts';
import type { Engine } from '../fleet-ports.ts';
import type { World } from '../ports.ts';
import { unpackBundle } from './unpack-bundle.ts';

export interface BundleDeskRoom {
  readonly world: Pick<World, 'clock' | 'disk' | 'random' | 'reports'>;
  readonly engine: Pick<Engine, 'getObject'>;
  /** Where reports are kept; made when absent, nothing else is in it. Other processes may share it. */
  readonly folder: string;
}

/** Files of a report, by form: paths. */
export interface KeptReport {
  readonly files: Readonly<Record<keyof typeof REPORTS, string>>;
  /** Ends whose bundle could not be had, and why; empty: all that there are. */
  readonly without: readonly string[];
}

type TellingEnd = FleetEnd & { readonly bundle: NonNullable<FleetEnd['bundle']> };

/** What is being made has this behind its name. */
const PART = '.part';
/** Whoever made it is gone: no report takes so long. */
const PART_GONE_MS = 3_600_000;

export class BundleDesk {
  readonly #room: BundleDeskRoom;
  /** By the name it will have. */
  readonly #making = new Map<string, Promise<KeptReport>>();
  #last: Promise<unknown> = Promise.resolve();
  #made = 0;
  #turnedAway = 0;

  constructor(room: BundleDeskRoom) {
    this.#room = room;
  }

  get made(): number {
    return this.#made;
  }

  /** Those that came while too many were being made. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** Of all ends whose bundles are there, two at most. Rejects with INCIDENT_UNKNOWN (no bundle yet), BUNDLE_DAMAGED, ENGINE_FAILED, REPORT_FAILED, DISK_FAILED. */
  async report(incident: FleetIncident): Promise<KeptReport> {
    const ends = endsOfReport(incident);
    if (ends.length === 0)
      throw new SpitrapError(
        'INCIDENT_UNKNOWN',
        `no bundle of ${printable(incident.id, 64)} is in the object store (yet): its agents put it there once it is sealed`,
      );
    const name = nameOf(incident.id, ends);
    const kept = await this.#kept(name);
    if (kept !== null) return { files: kept, without: [] };
    const running = this.#making.get(name);
    if (running !== undefined) return running;
    if (this.#making.size >= limits.fleetReportsWaitingMax) {
      this.#turnedAway++;
      throw new SpitrapError('REPORT_FAILED', `${this.#making.size} reports are being made; ask again in some seconds`, {
        retryable: true,
      });
    }
    // One after the other: bundles of a storm have a gigabyte each, unpacked.
    const mine = this.#last.then(() => this.#make(incident, ends, name)).finally(() => this.#making.delete(name));
    this.#last = mine.catch(() => {});
    this.#making.set(name, mine);
    return mine;
  }

  /** As it is in the store: a gzipped tar. The chunks reject when it is not what its agent told of. Rejects with INCIDENT_UNKNOWN, ENGINE_FAILED. */
  async bundle(
    incident: FleetIncident,
    key: string,
  ): Promise<{ readonly name: string; readonly bytes: number; readonly chunks: AsyncIterable<Uint8Array> }> {
    const end = incident.ends.find((one) => endKey(one) === key);
    if (end?.bundle == null)
      throw new SpitrapError('INCIDENT_UNKNOWN', `that end of ${printable(incident.id, 64)} has told of no bundle (yet)`);
    const { bytes, sha256 } = end.bundle;
    return { name: bundleFileName(incident.id, end), bytes, chunks: judged(await this.#object(end as TellingEnd), sha256) };
  }

  async #object({ bundle, device }: TellingEnd): Promise<AsyncIterable<Uint8Array>> {
    if (bundle.bytes > limits.peerBundleBytesMax)
      throw damaged(device, `${bundle.bytes} bytes, more than any bundle of ours has`);
    const found = await this.#room.engine.getObject(BUNDLE_BUCKET, bundle.object);
    if (found === null)
      throw new SpitrapError(
        'INCIDENT_UNKNOWN',
        `the bundle of ${printable(device, 80)} is not in the object store any more (its age or size limit); it may still be on its agent: spitrap incidents`,
      );
    if (found.bytes !== bundle.bytes) throw damaged(device, `${found.bytes} bytes, and its agent told of ${bundle.bytes}`);
    return found.chunks;
  }

  async #make(incident: FleetIncident, ends: readonly TellingEnd[], name: string): Promise<KeptReport> {
    const { disk, clock, random, reports } = this.#room.world;
    const work = `${this.#room.folder}/${name}.${random.bytes(6).toString('hex')}${PART}`;
    const overdue = new AbortController();
    const timer = clock.timer('fleet report', limits.fleetReportMs, () => overdue.abort());
    try {
      await disk.makeFolder(this.#room.folder);
      await disk.makeFolder(work);
      const folders: string[] = [];
      const without: string[] = [];
      let first: unknown = null;
      for (const end of ends) {
        try {
          folders.push(await this.#unpacked(incident, end, `${work}/${folders.length}`, overdue.signal));
        } catch (error) {
          first ??= error;
          without.push(`${printable(end.device, 80)}: ${asSpitrapError(error).message}`);
        }
      }
      const [one, other] = folders;
      if (one === undefined) throw first;
      const made = await reports.make(other === undefined ? [one] : [one, other], overdue.signal);
      const out = `${work}/report`;
      await disk.makeFolder(out);
      for (const form of forms) await writeDurably(`${out}/${REPORTS[form]}`, [Buffer.from(made[form], 'utf8')], disk);
      this.#made++;
      // One without an end that told of a bundle has another name: when that one comes, this is not in its way.
      const whole = without.length === 0 ? name : `${name}-part`;
      return { files: await this.#keep(out, whole), without };
    } finally {
      timer.cancel();
      await disk.remove(work).catch(() => {});
    }
  }

  async #unpacked(incident: FleetIncident, end: TellingEnd, parent: string, overdue: AbortSignal): Promise<string> {
    const { disk } = this.#room.world;
    const { id } = incident;
    await disk.makeFolder(parent);
    // The report names its bundles by their folders.
    const folder = `${parent}/${id}`;
    const chunks = inTime(judged(await this.#object(end), end.bundle.sha256), overdue);
    const ids = new Set([id, ...incident.aliases]);
    await unpackBundle(chunks, folder, ids, disk);
    const { whole, problems, incident: read } = await verifyBundle(folder, disk);
    const [problem] = problems;
    if (!whole || read === null)
      throw damaged(
        end.device,
        `${printable(problem ?? 'no incident.json', 300)}; spitrap fleet show --bundle saves it as it is`,
      );
    if (read.device.name !== end.device) throw damaged(end.device, `it is of ${JSON.stringify(printable(read.device.name, 80))}`);
    if (![read.id, ...read.aliases].some((one) => ids.has(one))) throw damaged(end.device, `it is of incident ${read.id}`);
    return folder;
  }

  async #kept(name: string): Promise<KeptReport['files'] | null> {
    const files = filesOf(`${this.#room.folder}/${name}`);
    const look = await this.#room.world.disk.stat(files.html);
    return look === null || look.folder ? null : files;
  }

  /** Into its place, unless another process was first; then the oldest go. */
  async #keep(made: string, name: string): Promise<KeptReport['files']> {
    const { disk } = this.#room.world;
    const place = `${this.#room.folder}/${name}`;
    if (name.endsWith('-part')) await disk.remove(place);
    try {
      await disk.rename(made, place);
    } catch (error) {
      if ((await this.#kept(name)) === null) throw error;
    }
    await this.#prune(name);
    return filesOf(place);
  }

  async #prune(spared: string): Promise<void> {
    const { disk, clock } = this.#room.world;
    const { folder } = this.#room;
    const found: { readonly path: string; readonly atMs: number; readonly bytes: number }[] = [];
    for (const name of await disk.list(folder)) {
      const path = `${folder}/${name}`;
      if (name.endsWith(PART)) {
        const look = await disk.stat(path);
        if (look !== null && clock.wall() - look.modifiedAtMs > PART_GONE_MS) await disk.remove(path);
        continue;
      }
      const looks = await Promise.all(Object.values(filesOf(path)).map((file) => disk.stat(file)));
      const bytes = looks.reduce((sum, look) => sum + (look?.bytes ?? 0), 0);
      found.push({
        path,
        bytes,
        atMs: name === spared ? Number.POSITIVE_INFINITY : Math.max(0, ...looks.map((look) => look?.modifiedAtMs ?? 0)),
      });
    }
    found.sort((a, b) => b.atMs - a.atMs);
    let bytes = 0;
    for (const [index, one] of found.entries()) {
      bytes += one.bytes;
      if (index > 0 && (index >= limits.fleetReportsMax || bytes > limits.fleetReportsBytesMax)) await disk.remove(one.path);
    }
  }
}

const forms = ['html', 'text', 'json'] as const;

const filesOf = (folder: string): KeptReport['files'] => ({
  html: `${folder}/${REPORTS.html}`,
  text: `${folder}/${REPORTS.text}`,
  json: `${folder}/${REPORTS.json}`,
});

/** Of an end, in an address: names of devices have whatever letters. */
export const endKey = ({ site, device }: Pick<FleetEnd, 'site' | 'device'>): string =>
  createHash('sha256')
    .update(JSON.stringify([site, device]))
    .digest('hex')
    .slice(0, 16);

/** `spitrap-<id>-<device>.tar.gz`, of letters that every file system takes. */
export const bundleFileName = (id: string, { device }: Pick<FleetEnd, 'device'>): string =>
  `spitrap-${safe(id)}-${safe(device)}.tar.gz`;

const safe = (text: string): string => text.replace(/[^\w.-]/g, '_').slice(0, 80);

/** A hub and a spoke where both told; the first two that told otherwise. */
function endsOfReport({ ends }: FleetIncident): readonly TellingEnd[] {
  const telling = ends.filter((end): end is TellingEnd => end.bundle !== null);
  const hub = telling.find(({ role }) => role === 'hub');
  const spoke = telling.find(({ role }) => role === 'spoke');
  return hub !== undefined && spoke !== undefined ? [hub, spoke] : telling.slice(0, 1);
}

/** Of the incident and of these very bundles. */
const nameOf = (id: string, ends: readonly TellingEnd[]): string => {
  const hash = createHash('sha256')
    .update(ends.map(({ bundle }) => bundle.sha256).join())
    .digest('hex')
    .slice(0, 16);
  return `${isIncidentId(id) ? id : safe(id)}-${hash}`;
};

const damaged = (device: string, why: string): SpitrapError =>
  new SpitrapError('BUNDLE_DAMAGED', `the bundle that the object store has of ${printable(device, 80)} is not whole: ${why}`);

/** The same chunks; rejects at their end when they are not what was told of, as soon as they are more. */
async function* judged(chunks: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limits.peerBundleBytesMax)
      throw new SpitrapError(
        'BUNDLE_DAMAGED',
        `the object store gives more than ${limits.peerBundleBytesMax} bytes for a bundle`,
      );
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256)
    throw new SpitrapError(
      'BUNDLE_DAMAGED',
      'what the object store gives is not the bundle that its agent told of: another SHA-256',
    );
}

async function* inTime(chunks: AsyncIterable<Uint8Array>, overdue: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const late = new Promise<never>((_, reject) => {
    const slow = (): void =>
      reject(new SpitrapError('ENGINE_FAILED', 'the object store was too slow with a bundle; ask again', { retryable: true }));
    if (overdue.aborted) slow();
    else overdue.addEventListener('abort', slow, { once: true });
  });
  late.catch(() => {});
  try {
    for (;;) {
      const next = await Promise.race([source.next(), late]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Of one that hangs this never comes.
    void Promise.resolve(source.return?.()).catch(() => {});
  }
}
