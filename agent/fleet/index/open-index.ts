/**
 * Opens the fleet's index: its tables, its dictionary and the rooms that put, ask, forget and verify, as one FleetIndex. Called by the wiring of
 * `spitrap fleet` and its commands.
 */
import { join } from 'node:path';
import type { Clock } from '../../../shared/clock.ts';
import { isSpitrapError } from '../../../shared/errors.ts';
import type { FleetBody } from '../../../shared/fleet/record.ts';
import type { FleetDimension, FleetInstance, FleetQuery, IndexState } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import type { Disk } from '../../ports.ts';
import { bucketsOf, topOf } from './count-query.ts';
import { readCounters } from './counters.ts';
import { Dictionary } from './dictionary.ts';
import type { FleetIndex, FleetIndexAsk, SetAside, StoredRecord } from './fleet-index.ts';
import { Agents, alarmsOf, fleetNow } from './fleet-now.ts';
import { currentOf, makeReady, unreadable } from './folder.ts';
import { GroupQueries } from './group-query.ts';
import { IncidentTables } from './incident-tables.ts';
import { afterPrefix, FIRST_KEY, textKey } from './keys.ts';
import { matchingIds, type PageAsk, pageOf, showOf } from './list-query.ts';
import { Pieces, type PiecesAsk, usualPieces } from './pieces.ts';
import { pruneOnce } from './prune-index.ts';
import { putRecords } from './put-records.ts';
import { Scan } from './scan.ts';
import { unpackState } from './state-records.ts';
import { Store } from './store.ts';
import { verifyIndex } from './verify-index.ts';

/** Of what is in the folder; another is another version's. */
const INDEX_SCHEMA = 1;
const ABOUT = Buffer.from('about');
const UNWRITTEN_BYTES_MAX = 16 * 1024 ** 2;

const tableNames = [
  ...['meta', 'ends', 'docs', 'names', 'links', 'orphans', 'cells', 'rows', 'values', 'value-ids', 'profiles', 'profile-ids'],
  ...['alarms', 'gaps', 'agents', 'aside', 'instances'],
];

interface About {
  readonly schema: number;
  readonly durable: string;
  readonly madeAtMs: number;
}

export async function openFleetIndex(ask: FleetIndexAsk): Promise<FleetIndex> {
  await ask.disk.makeFolder(ask.folder);
  return openNamed(ask, await currentOf(ask.disk, ask.folder));
}

/** One by its name in the folder, for a rebuild: `current` or not. */
export async function openNamed(ask: FleetIndexAsk, name: string): Promise<FleetIndex> {
  const { folder, clock, disk, random } = ask;
  const path = await makeReady(disk, folder, name);
  const store = new Store(path);
  try {
    await whole(disk, store, path, folder);
    const durable = `spitrap-fleet-${random.bytes(6).toString('hex')}`;
    // Tables are made outside of transactions.
    store.table('meta');
    const about = store.write(() => aboutOf(store, { schema: INDEX_SCHEMA, durable, madeAtMs: clock.wall() }));
    if (about?.schema !== INDEX_SCHEMA)
      throw unreadable(
        folder,
        about === null ? 'it does not say what it is' : `it is of schema ${about.schema}, not ${INDEX_SCHEMA}`,
      );
    return new OpenIndex({ store, clock, disk, path, durable: about.durable, pieces: ask.pieces ?? usualPieces });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What the first who opened it wrote; null: somebody else's. */
function aboutOf(store: Store, fresh: About): About | null {
  const meta = store.table('meta');
  const value = meta.get(ABOUT);
  if (value === undefined) {
    if ([...meta.keys({ from: FIRST_KEY, limit: 1 })].length > 0) return null;
    meta.put(ABOUT, Buffer.from(JSON.stringify(fresh)));
    return fresh;
  }
  try {
    return JSON.parse(value.toString('utf8')) as About;
  } catch {
    return null;
  }
}

/**
 * A page that the file does not have would end the process when it is looked at. LMDB may leave the last pages unwritten when nothing is on them; a
 * torn file lacks some that are needed: with zeros in their place, reading everything tells which it is.
 */
async function whole(disk: Disk, store: Store, path: string, folder: string): Promise<void> {
  const should = store.extent().bytes;
  const file = join(path, 'data.mdb');
  const has = (await disk.stat(file))?.bytes ?? 0;
  if (has >= should) return;
  const torn = unreadable(folder, `its file is torn: ${has} bytes of ${should}`);
  if (should - has > UNWRITTEN_BYTES_MAX) throw torn;
  const open = await disk.open(file, 'append');
  await open.append(Buffer.alloc(should - has)).finally(() => open.close());
  try {
    for (const name of tableNames) for (const _ of store.table(name).keys({ from: FIRST_KEY }));
  } catch (error) {
    throw isSpitrapError(error, 'INDEX_UNREADABLE') ? torn : error;
  }
}

class OpenIndex implements FleetIndex {
  readonly durable: string;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #dictionary: Dictionary;
  readonly #tables: IncidentTables;
  readonly #scan: Scan;
  readonly #groups: GroupQueries;
  readonly #pieces: Pieces;
  readonly #agents: Agents;
  #closing: Promise<void> | null = null;
  /** Size of the file, as of the last transaction of ours. */
  #bytes = 0;

  constructor(of: {
    readonly store: Store;
    readonly clock: Clock;
    readonly disk: Disk;
    readonly path: string;
    readonly durable: string;
    readonly pieces: PiecesAsk;
  }) {
    this.durable = of.durable;
    this.#store = of.store;
    this.#clock = of.clock;
    this.#disk = of.disk;
    this.#path = of.path;
    this.#dictionary = new Dictionary(of.store);
    this.#tables = new IncidentTables(of.store);
    this.#scan = new Scan(of.store, this.#dictionary);
    this.#groups = new GroupQueries(this.#scan, this.#tables);
    this.#pieces = new Pieces(of.pieces, () => this.#fresh());
    this.#agents = new Agents(of.store);
    for (const name of tableNames) of.store.table(name);
    of.store.clearDeadReaders();
  }

  async upsert(batch: readonly StoredRecord[], aside: readonly SetAside[] = []) {
    this.#fresh();
    return this.#store.write(() => putRecords(this.#store, this.#dictionary, batch, aside));
  }

  incidents(query: FleetQuery, page: PageAsk) {
    this.#fresh();
    return pageOf(this.#scan, this.#tables, query, page, this.#now);
  }

  show(idOrPrefix: string) {
    this.#fresh();
    return showOf(idOrPrefix, this.#tables, this.#now);
  }

  matching(prefix: string, limit: number) {
    this.#fresh();
    return matchingIds(prefix, this.#tables, limit);
  }

  top(dimension: FleetDimension, query: FleetQuery, limit: number) {
    this.#fresh();
    return topOf(this.#scan, dimension, query, limit, this.#now);
  }

  overTime(query: FleetQuery, bucketMs: number) {
    this.#fresh();
    return bucketsOf(this.#scan, query, bucketMs, this.#now);
  }

  groups(query: FleetQuery, limit: number) {
    return this.#pieces.run(() => this.#groups.groups(query, limit, this.#now));
  }

  group(id: string) {
    return this.#pieces.run(() => this.#groups.group(id, this.#now));
  }

  groupMembers(id: string, page: PageAsk) {
    return this.#pieces.run(() => this.#groups.members(id, page, this.#now));
  }

  async warm() {
    await this.#pieces.run(() => this.#groups.warm(this.#now, () => this.#closing !== null), 'warming');
  }

  dimensions(): readonly FleetDimension[] {
    this.#fresh();
    const tags = this.#dictionary.dimensions().filter((one) => one.startsWith('tag:'));
    return ['cause', 'hub', 'spoke', 'site', 'software', 'agent-version', 'state', 'harm', ...tags.toSorted()];
  }

  now(nowMs: number) {
    this.#fresh();
    return fleetNow(this.#agents.all(nowMs), alarmsOf(this.#store));
  }

  agents(nowMs: number) {
    this.#fresh();
    return this.#agents.all(nowMs);
  }

  alarms(limit: number) {
    this.#fresh();
    return alarmsOf(this.#store).slice(0, limit);
  }

  state(): IndexState {
    this.#fresh();
    const counters = readCounters(this.#store.table('meta'));
    const behind = this.instances(this.#now).flatMap((one) => one.behind ?? []);
    return {
      incidents: counters.incidents,
      records: counters.records,
      sequence: counters.sequence,
      behind: behind.length === 0 ? null : Math.min(...behind),
      unreadable: counters.unreadable,
      gaps: [...this.#store.table('gaps').range({ from: FIRST_KEY })].map(({ value }) => {
        const { site, device, body } = unpackState(value);
        return { site, device, gap: body as FleetBody<'gap'> };
      }),
      otherValues: counters.otherValues,
      tooOld: counters.tooOld,
      beyondLimits: counters.beyondLimits,
      bytes: Math.max(this.#bytes, this.#store.extent().bytes),
    };
  }

  setAside(limit: number): readonly SetAside[] {
    this.#fresh();
    const to = afterPrefix(Buffer.alloc(8, 0xff));
    return [...this.#store.table('aside').range({ from: FIRST_KEY, to, reverse: true, limit })].map(
      ({ value }) => JSON.parse(value.toString('utf8')) as SetAside,
    );
  }

  async present(instance: FleetInstance): Promise<void> {
    this.#bytes = (await this.#disk.stat(join(this.#path, 'data.mdb')))?.bytes ?? 0;
    const table = this.#store.table('instances');
    this.#store.write(() => {
      for (const one of this.#readInstances())
        if (instance.heardAtMs - one.heardAtMs > 10 * limits.fleetInstanceGoneMs) table.remove(textKey(one.name));
      table.put(textKey(instance.name), Buffer.from(JSON.stringify(instance)));
    });
  }

  async absent(name: string): Promise<void> {
    this.#store.write(() => this.#store.table('instances').remove(textKey(name)));
  }

  instances(nowMs: number): readonly FleetInstance[] {
    this.#store.fresh();
    return this.#readInstances().filter(({ heardAtMs }) => nowMs - heardAtMs <= limits.fleetInstanceGoneMs);
  }

  async prune(nowMs: number, keepMs: number): Promise<number> {
    let incidents = 0;
    for (;;) {
      this.#fresh();
      const piece = pruneOnce(this.#store, this.#dictionary, nowMs, keepMs);
      incidents += piece.incidents;
      if (!piece.left) return incidents;
      // Others want to write, and people to read.
      await this.#clock.sleep('fleet-prune', 1);
    }
  }

  verify(): readonly string[] {
    this.#fresh();
    return verifyIndex(this.#store, this.#dictionary);
  }

  async close(): Promise<void> {
    // Whoever asked before gets an answer: a rebuilt index takes the place of one that is being asked.
    this.#closing ??= this.#pieces.idle().then(() => this.#store.close());
    await this.#closing;
  }

  get #now(): number {
    return this.#clock.wall();
  }

  #fresh(): void {
    this.#scan.fresh();
  }

  #readInstances(): readonly FleetInstance[] {
    return [...this.#store.table('instances').range({ from: FIRST_KEY })].map(
      ({ value }) => JSON.parse(value.toString('utf8')) as FleetInstance,
    );
  }
}
