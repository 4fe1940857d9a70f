/**
 * The fleet's embedded index as its rooms see it: what the consumer writes (agent/fleet/consumer.ts), and what the page and
 * `spitrap fleet …` ask. Made by open-index.ts over one folder, which several processes of one machine may have open and write to at once.
 * Its answers are shared/fleet/view.ts; how it is laid out: docs/fleet.md, "The index".
 */
import type { Clock } from '../../../shared/clock.ts';
import type { FleetRecord } from '../../../shared/fleet/record.ts';
import type {
  FleetAgent,
  FleetAlarm,
  FleetDimension,
  FleetGroup,
  FleetIncident,
  FleetInstance,
  FleetNow,
  FleetQuery,
  IncidentPage,
  IndexState,
  TimeBucket,
  TopRow,
} from '../../../shared/fleet/view.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import type { Disk, Random } from '../../ports.ts';
import type { PiecesAsk } from './pieces.ts';

/** A record with its place in the stream. `sequence` 0: of the state stream (heartbeats), whose numbers are its own. */
export interface StoredRecord {
  readonly record: FleetRecord;
  readonly sequence: number;
  /** When the engine took it. */
  readonly storedAtMs: number;
}

/** What came and is no record. Kept for people to look at, the newest `limits.fleetSetAsideMax` of them. */
export interface SetAside {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly storedAtMs: number;
  readonly why: string;
  /** Its beginning, printable. */
  readonly excerpt: string;
}

/**
 * Its answers read the disk and do not wait: they take some milliseconds to some tens of them, and throw INDEX_FAILED. Those that are promises
 * may have to look at every incident of their window: they do so in pieces of some milliseconds, one in each turn of the event loop, and
 * reject with INDEX_FAILED.
 */
export interface FleetIndex {
  /** The name under which all who have this folder open consume the stream. A rebuilt index has another. */
  readonly durable: string;

  /**
   * Resolves when all of it is on disk, or rejects with INDEX_FAILED and nothing of it is. The same record twice, an older revision, any
   * order: nothing changes (`stale` counts them).
   */
  upsert(
    batch: readonly StoredRecord[],
    aside?: readonly SetAside[],
  ): Promise<{ readonly applied: number; readonly stale: number }>;

  /** `after` is the `next` of the page before. */
  incidents(query: FleetQuery, page: { readonly limit: number; readonly after: string | null }): IncidentPage;
  /** By id, alias, or a beginning of at least four characters. Null: there is none, or several begin so (`matching` says which). */
  show(idOrPrefix: string): FleetIncident | null;
  /** Ids that begin so, at most `limit`, in order. */
  matching(prefix: string, limit: number): readonly string[];
  /** By number of incidents, most first. */
  top(dimension: FleetDimension, query: FleetQuery, limit: number): readonly TopRow[];
  /** Every bucket of the query's window, empty ones too; at most `limits.fleetTimeBucketsMax`. */
  overTime(query: FleetQuery, bucketMs: DurationMs): readonly TimeBucket[];
  /**
   * That have an incident which the query is of; counts are of the whole group. Newest first. What is written while it is being answered may be
   * in the answer, or not yet.
   */
  groups(query: FleetQuery, limit: number): Promise<readonly FleetGroup[]>;
  /** An id of before it grew finds it too. */
  group(id: string): Promise<FleetGroup | null>;
  /** Newest first. */
  groupMembers(id: string, page: { readonly limit: number; readonly after: string | null }): Promise<IncidentPage>;
  /** Looks at the groups of the newest days, so that whoever asks for them need not wait; while nobody asks anything, in pieces too. */
  warm(): Promise<void>;
  /** What can be counted by, tags among them: `tag:carrier`. */
  dimensions(): readonly FleetDimension[];

  /** By the engine's moments: `nowMs` is our wall clock. */
  now(nowMs: number): FleetNow;
  /** All that ever sent a heartbeat, by site and device. */
  agents(nowMs: number): readonly FleetAgent[];
  /** Standing alarms, newest first. */
  alarms(limit: number): readonly FleetAlarm[];
  /** `behind` is what the consumer last said by `present`. */
  state(): IndexState;
  setAside(limit: number): readonly SetAside[];

  /** This process shares the work: said again every so often by the consumer, taken back by `absent`. */
  present(instance: FleetInstance): Promise<void>;
  absent(name: string): Promise<void>;
  /** Those heard of within `limits.fleetInstanceGoneMs`. */
  instances(nowMs: number): readonly FleetInstance[];

  /** Forgets what is older than `keepMs`, in pieces of one transaction each; resolves with the number of incidents that went. */
  prune(nowMs: number, keepMs: DurationMs): Promise<number>;
  /** Everything that is derived counted anew from the records: what differs, in words; empty when all is well. */
  verify(): readonly string[];
  /** After what was asked is answered. */
  close(): Promise<void>;
}

export interface FleetIndexAsk {
  readonly folder: string;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  /** Of long questions; default: turns of agent/clock.ts, `limits.fleetPieceRows`. */
  readonly pieces?: PiecesAsk;
}

/**
 * `openFleetIndex` of open-index.ts. Makes the folder when absent. Rejects with INDEX_UNREADABLE when what is in it is of another version
 * of spitrap, torn or foreign: the message says what to type (`spitrap fleet rebuild`).
 */
export type OpenFleetIndex = (ask: FleetIndexAsk) => Promise<FleetIndex>;
