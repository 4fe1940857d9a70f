/**
 * Fetches the other end's sealed bundle over its page (config `peers[].page`), verifies it, and has the report of both ends made, so that
 * nobody copies files at three in the morning. Opened by app.ts. What was fetched so far stays on the disk: an agent that is killed, a path
 * that breaks and a peer that seals later cost time, not evidence. The peer is authenticated and may still be broken or taken over: what
 * it says is bounded, and counts only when its manifest verifies. Layout: docs/bundle.md.
 */
import { join } from 'node:path';
import { backoffDelays } from '../../shared/backoff.ts';
import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import { type IncidentId, isIncidentId } from '../../shared/model/ulid.ts';
import type { PeerConfig, PeerPageConfig } from '../config/config.ts';
import { bounded } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { HttpResponse, World } from '../ports.ts';
import { COMMANDS, sha256Of, writeDurably } from './bundle-files.ts';
import { madeAtMs } from './bundle-id.ts';
import { type BundleListing, parseListing } from './bundle-listing.ts';
import { fetchedBundles, PART, peersFolder, reportOfBothEnds, storedIncident } from './stored-incidents.ts';
import { verifyBundle } from './verify.ts';

export interface PeerBundlesRoom {
  readonly dataDir: string;
  readonly peers: () => readonly PeerConfig[];
  readonly world: Pick<World, 'clock' | 'random' | 'disk' | 'http' | 'reports'>;
  readonly log: Logger;
  /** The report of both ends is on the disk. */
  readonly onBothEnds?: (id: IncidentId) => void;
}

/** It seals when its own log tail is kept, seconds after us or minutes; then a path that is down is tried for a day. */
const RETRIES = { firstMs: 5_000, factor: 2, mostMs: 5 * 60_000, jitter: 0.2 };
const GIVE_UP_AFTER_MS = 24 * 3_600_000;
const REQUEST_MS = 30_000;
/** Then it is the turn of another peer; what came so far stays. */
const TURN_MS = 10 * 60_000;
/** The agent's own evidence needs the room: what was fetched so far makes way at once, and nothing more comes. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
const LISTING_BYTES_MAX = 1024 * 1024;

/** Of which bundle, and into which folder, until when. */
interface Fetching {
  readonly id: string;
  readonly part: string;
  readonly peer: string;
  readonly until: Monotonic;
}

interface Job {
  readonly id: IncidentId;
  readonly peer: string;
  readonly delays: Generator<DurationMs, never>;
  attempts: number;
  dueAt: Monotonic;
}

export class PeerBundles {
  readonly #room: PeerBundlesRoom;
  readonly #jobs: Job[] = [];
  #timer: Timer | null = null;
  #running = false;
  #closed = false;
  #abort = new AbortController();

  constructor(room: PeerBundlesRoom) {
    this.#room = room;
  }

  /** Takes up what an earlier run did not finish. Never rejects. */
  async start(): Promise<void> {
    if (this.#pages().size === 0) return;
    const { disk, clock } = this.#room.world;
    try {
      const names = await disk.list(join(this.#room.dataDir, 'incidents'));
      const young = names.filter(isIncidentId).filter((id) => clock.wall() - madeAtMs(id) < GIVE_UP_AFTER_MS);
      // Newest first: there is room for so many only.
      for (const id of young.reverse()) await this.noteSealed(id);
    } catch (error) {
      this.#room.log.warn(
        { event: 'peer-bundle', error: asSpitrapError(error).message },
        'peer bundles: what is missing could not be looked up',
      );
    }
  }

  /** Its bundle is on the disk: the other ends' are wanted. Never rejects. */
  async noteSealed(id: IncidentId): Promise<void> {
    const pages = this.#pages();
    if (pages.size === 0) return;
    const incident = await storedIncident(this.#folderOf(id), this.#room.world.disk);
    if (incident === null) return;
    for (const peer of namesOfOthers(incident)) {
      if (!pages.has(peer)) continue;
      if ((await this.#room.world.disk.stat(this.#peerFolder(id, peer)).catch(() => null)) !== null) continue;
      this.#enqueue(id, peer);
    }
    this.#plan();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#abort.abort();
  }

  #enqueue(id: IncidentId, peer: string): void {
    const { clock, random } = this.#room.world;
    // The disk was asked meanwhile: sealed, and taken up by the start at the same moment.
    if (this.#jobs.some((job) => job.id === id && job.peer === peer)) return;
    if (this.#jobs.length >= limits.peerBundlesWaitingMax) {
      this.#room.log.warn(
        { event: 'peer-bundle', incident: id, peer },
        `peer bundles: too many are waited for; that of ${peer} is not fetched`,
      );
      return;
    }
    const delays = backoffDelays(RETRIES, () => random.uniform());
    this.#jobs.push({ id, peer, delays, attempts: 0, dueAt: after(clock.monotonic(), RETRIES.firstMs) });
  }

  #pages(): ReadonlyMap<string, PeerPageConfig> {
    return new Map(this.#room.peers().flatMap(({ name, page }) => (page === null ? [] : [[name, page] as const])));
  }

  #folderOf(id: string): string {
    return join(this.#room.dataDir, 'incidents', id);
  }

  #peerFolder(id: string, peer: string): string {
    return join(peersFolder(this.#folderOf(id)), peer);
  }

  #plan(): void {
    this.#timer?.cancel();
    const [next] = this.#jobs.toSorted((a, b) => a.dueAt - b.dueAt);
    if (next === undefined || this.#running || this.#closed) return;
    const { clock } = this.#room.world;
    this.#timer = clock.timer('peer bundle', Math.max(0, next.dueAt - clock.monotonic()), () => void this.#run(next));
  }

  /** One at a time: evidence is in no hurry, and a stop may be. */
  async #run(job: Job): Promise<void> {
    this.#running = true;
    const over = await this.#attempt(job);
    if (over) this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#running = false;
    this.#plan();
  }

  /** True: it is here, or given up. */
  async #attempt(job: Job): Promise<boolean> {
    const { world, log } = this.#room;
    const about = { event: 'peer-bundle', incident: job.id, peer: job.peer };
    const part = `${this.#peerFolder(job.id, job.peer)}${PART}`;
    const giveUp = async (): Promise<true> => {
      await world.disk.remove(part).catch(() => {});
      return true;
    };
    // Removed from the configuration, or our own bundle had its time.
    if (!this.#pages().has(job.peer)) return await giveUp();
    if ((await world.disk.stat(this.#folderOf(job.id)).catch(() => null)) === null) return true;
    job.attempts++;
    try {
      const bytes = await this.#fetch(job);
      log.info(
        { ...about, bytes, attempts: job.attempts },
        `the bundle of ${job.peer} is here, ${bytes} bytes: the report is of both ends`,
      );
      return true;
    } catch (error) {
      if (this.#closed) return true;
      const why = printable(asSpitrapError(error).message, 400);
      if (FULL.has(asSpitrapError(error).context['errno'])) {
        log.warn(about, `the bundle of ${job.peer} is not fetched, our own evidence needs the room: ${why}`);
        return await giveUp();
      }
      if (world.clock.wall() - madeAtMs(job.id) > GIVE_UP_AFTER_MS) {
        log.warn(
          { ...about, attempts: job.attempts },
          `the bundle of ${job.peer} could not be fetched in a day, given up: ${why}`,
        );
        return await giveUp();
      }
      const { value: delayMs } = job.delays.next();
      job.dueAt = after(world.clock.monotonic(), delayMs);
      // The first may well come before it is sealed there.
      const tell = job.attempts === 3 ? log.warn : log.debug;
      tell.call(log, { ...about, attempts: job.attempts, delayMs }, `the bundle of ${job.peer} is not here yet: ${why}`);
      return false;
    }
  }

  async #fetch(job: Job): Promise<number> {
    const { disk, clock } = this.#room.world;
    const until = after(clock.monotonic(), TURN_MS);
    const folder = this.#peerFolder(job.id, job.peer);
    const part = `${folder}${PART}`;
    const own = await storedIncident(this.#folderOf(job.id), disk);
    if (own === null) throw new SpitrapError('INCIDENT_UNKNOWN', `our own bundle of ${job.id} cannot be read`);
    const listing = await this.#listing(own, job.peer);
    for (const below of [peersFolder(this.#folderOf(job.id)), part, join(part, COMMANDS)]) await disk.makeFolder(below);
    let bytes = 0;
    for (const file of listing.files) bytes += await this.#fetchFile({ id: listing.id, part, peer: job.peer, until }, file);
    await this.#expectTheOtherEnd(part, own);
    await disk.syncFolder(part);
    await disk.rename(part, folder);
    await disk.syncFolder(peersFolder(this.#folderOf(job.id)));
    await this.#report(own, job.peer);
    return bytes;
  }

  /** Under whichever of its names the other end knows it. */
  async #listing(own: IncidentFile, peer: string): Promise<BundleListing> {
    let last: unknown = null;
    for (const id of [own.id, ...own.aliases].slice(0, ALIASES_TRIED_MAX)) {
      try {
        return parseListing((await this.#get(peer, `/api/v1/bundles/${id}`, {}, LISTING_BYTES_MAX, 200)).body);
      } catch (error) {
        last = error;
        if (!(error instanceof NotThere)) throw error;
      }
    }
    throw last;
  }

  /** Goes on where an earlier attempt ended. Returns its size. */
  async #fetchFile({ id, part, peer, until }: Fetching, file: BundleListing['files'][number]): Promise<number> {
    const { disk, clock } = this.#room.world;
    const path = join(part, file.name);
    const have = (await disk.stat(path))?.bytes ?? null;
    if (have !== null && have > file.bytes) await disk.remove(path);
    const target = await disk.open(path, 'append');
    try {
      for (let at = await target.size(); at < file.bytes; at = await target.size()) {
        const to = Math.min(file.bytes, at + limits.peerBundlePieceBytes);
        const range = { range: `bytes=${at}-${to - 1}` };
        const { body } = await this.#get(peer, `/api/v1/bundles/${id}/files/${file.name}`, range, to - at, 206);
        if (body.length === 0) throw new SpitrapError('BUNDLE_DAMAGED', `${file.name} ends at ${at} of ${file.bytes} bytes`);
        await target.append(body);
        if (clock.monotonic() > until)
          throw new SpitrapError('PEER_UNANSWERED', `${file.name} is still coming, ${at + body.length} of ${file.bytes} bytes`, {
            retryable: true,
          });
      }
      await target.sync();
    } finally {
      await target.close().catch(() => {});
    }
    if (file.sha256 !== null && (await sha256Of(path, disk)) !== file.sha256) {
      // From the start, next time.
      await disk.remove(path);
      throw new SpitrapError('BUNDLE_DAMAGED', `${file.name} came with another SHA-256 than its manifest says`);
    }
    return file.bytes;
  }

  /** A bundle that is not whole, or of something else, is thrown away: nobody shall read it as evidence. */
  async #expectTheOtherEnd(part: string, own: IncidentFile): Promise<void> {
    const { disk } = this.#room.world;
    const { problems, incident } = await verifyBundle(part, disk);
    const ids = new Set([own.id, ...own.aliases]);
    const why =
      incident === null || problems.length > 0
        ? `it is not whole: ${problems[0] ?? 'no incident.json'}`
        : ![incident.id, ...incident.aliases].some((id) => ids.has(id))
          ? `it is of another incident, ${incident.id}`
          : incident.device.name === own.device.name && incident.device.address === own.device.address
            ? `it is of our own device, ${own.device.name}`
            : null;
    if (why === null) return;
    await disk.remove(part);
    throw new SpitrapError('BUNDLE_DAMAGED', `what was fetched is not used: ${why}`);
  }

  /** Null in the log is not enough: whoever opens the report shall not take one end's for both. */
  async #report(incident: IncidentFile, peer: string): Promise<void> {
    const { world, log } = this.#room;
    const { id } = incident;
    const own = this.#folderOf(id);
    // Of several peers it is of one, and always of the same, in whatever order they came.
    const theirs = (await fetchedBundles(incident, own, world.disk))[0];
    if (theirs === undefined || theirs !== this.#peerFolder(id, peer)) return;
    const abort = new AbortController();
    const onClose = (): void => abort.abort();
    this.#abort.signal.addEventListener('abort', onClose, { once: true });
    try {
      const making = world.reports.make([own, theirs], abort.signal);
      making.catch(() => {});
      const made = await bounded(making, limits.reportWithinMs, world.clock, 'report of both ends');
      if (!made.inTime) throw new SpitrapError('REPORT_FAILED', `not made within ${limits.reportWithinMs / 1_000} s`);
      // The JSON last: it is what says that the others are there. Each at once: somebody may be reading it.
      for (const kind of ['html', 'text', 'json'] as const) {
        const path = reportOfBothEnds(own, kind);
        await writeDurably(`${path}${PART}`, [Buffer.from(made.value[kind])], world.disk);
        await world.disk.rename(`${path}${PART}`, path);
      }
      await world.disk.syncFolder(peersFolder(own));
      this.#room.onBothEnds?.(id as IncidentId);
    } catch (error) {
      const why = asSpitrapError(error, 'REPORT_FAILED').message;
      log.warn(
        { event: 'peer-bundle', incident: id },
        `the report of both ends was not made (${why}); spitrap report ${id} makes it`,
      );
    } finally {
      abort.abort();
      this.#abort.signal.removeEventListener('abort', onClose);
    }
  }

  async #get(
    peer: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    responseBytesMax: number,
    expected: 200 | 206,
  ): Promise<HttpResponse> {
    const { clock, http } = this.#room.world;
    // As it stands now: a reload may have taken the peer away, or its token.
    const page = this.#pages().get(peer);
    if (page === undefined || this.#closed)
      throw new SpitrapError('PEER_UNANSWERED', `${peer} is not asked any more`, { retryable: true });
    const abort = new AbortController();
    const onClose = (): void => abort.abort();
    this.#abort.signal.addEventListener('abort', onClose, { once: true });
    const timer = clock.timer('peer bundle: answer', REQUEST_MS, () => abort.abort());
    const authorization = page.token === null ? {} : { authorization: `Bearer ${page.token}` };
    try {
      const asked = {
        method: 'GET',
        url: `${page.origin}${path}`,
        headers: { accept: '*/*', ...authorization, ...headers },
        body: Buffer.alloc(0),
        ca: null,
        ...(page.fingerprint === null ? {} : { pin: page.fingerprint }),
        responseBytesMax,
      } as const;
      const response = await http.request(asked, abort.signal);
      if (response.status === expected) return response;
      const said = printable(response.body.toString('utf8'), 200);
      const Failure = response.status === 404 ? NotThere : SpitrapError;
      throw new Failure('PEER_UNANSWERED', `${page.origin} answered ${response.status} for ${path}: ${said}`, {
        retryable: true,
      });
    } catch (error) {
      if (error instanceof SpitrapError && error.code === 'PEER_UNANSWERED') throw error;
      throw new SpitrapError('PEER_UNANSWERED', `${page.origin} did not answer for ${path}: ${wordsOf(error, page)}`, {
        retryable: true,
        cause: error,
      });
    } finally {
      timer.cancel();
      this.#abort.signal.removeEventListener('abort', onClose);
    }
  }
}

class NotThere extends SpitrapError {}

/** An incident that merged others has their names too; the first few are what a peer can know. */
const ALIASES_TRIED_MAX = 8;

function wordsOf(error: unknown, { fingerprint }: PeerPageConfig): string {
  const errno = String(asSpitrapError(error).context['errno'] ?? asSpitrapError(error).message);
  return errno === 'CERTIFICATE_NOT_PINNED'
    ? `it shows another certificate than ${fingerprint}; if it was renewed, take the new fingerprint over into peers[].page, else somebody is in between`
    : errno;
}

/** Whose agents were part of it: those we told, and those that told us. */
const namesOfOthers = ({ peers }: IncidentFile): readonly string[] => [...new Set(peers.map(({ name }) => name))];
