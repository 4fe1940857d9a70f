/**
 * Holes: spans in which lines of the device may be missing from the ring, each with its reason (pair-protocol.md, promise 2). Kept by
 * ring.ts in memory and in the segment indexes; copied into a bundle's incident.json.
 */
import { limits } from '../../shared/limits.ts';
import { type Moment, overlaps, type Window } from './window.ts';

export interface Hole {
  readonly from: Moment;
  /** Null: not over yet. */
  readonly to: Moment | null;
  /** Which source was affected; null: all. */
  readonly source: string | null;
  /** One of `holeReasons`; a later version's may come back from disk. */
  readonly reason: string;
  readonly detail: string | null;
  /** What is known to be lost; null: unknown. */
  readonly lostLines: number | null;
  readonly lostBytes: number | null;
}

/** docs/bundle.md explains each; a test holds the two together. */
export const holeReasons = [
  'agent-not-running',
  'source-interrupted',
  'ring-full',
  'ring-closed',
  'sync-failed',
  'counter-gap',
  'counter-gap-one-way',
  'sequence-gap',
  'counter-reset',
  'device-dropped',
  'device-rate-limited',
  'kernel-dropped',
  'file-truncated',
  'file-gone',
  'file-skipped',
  'several',
] as const;

/** What the log lacks of no fault on the way, or has by another way: recorded, and nothing against an incident's completeness. */
const HARMLESS: ReadonlySet<string> = new Set([
  'counter-gap-one-way',
  'sequence-gap',
  'counter-reset',
  'device-rate-limited',
] satisfies HoleReason[]);
export type HoleReason = (typeof holeReasons)[number];

/** Does it speak against an incident that opened at that time (of the wall clock)? Lines known to be lost do, and a hole that reaches into it. */
export const isHarm = (
  { reason, lostLines }: Pick<Hole, 'reason' | 'lostLines'>,
  endedAtWall: number | null,
  openedAtWall: number,
): boolean => !HARMLESS.has(reason) && ((lostLines ?? 0) > 0 || endedAtWall === null || endedAtWall >= openedAtWall);

const keyOf = (hole: Hole): string => JSON.stringify([hole.source, hole.reason, hole.from.wall, hole.from.monotonic]);

export class Holes {
  /** By key, in order of arrival. */
  readonly #known = new Map<string, Hole>();
  /** Not yet in an index on disk. */
  readonly #unsaved = new Set<string>();
  #merged = 0;

  /** A hole noted again under the same source, reason and start takes the place of the first: that is how an open one is closed. */
  note(hole: Hole, saved = false): void {
    const key = keyOf(hole);
    this.#known.set(key, hole);
    if (!saved) this.#unsaved.add(key);
    if (this.#known.size > limits.ringHolesMax) this.#mergeOldest();
  }

  /** Oldest ones of which only a common span is left. */
  get merged(): number {
    return this.#merged;
  }

  in(window: Window): Hole[] {
    return [...this.#known.values()].filter((hole) => {
      const to = hole.to ?? { ...window.to, bootId: hole.from.bootId };
      const span = {
        wallFirst: hole.from.wall,
        wallLast: to.wall,
        monotonicFirst: hole.from.monotonic,
        monotonicLast: to.monotonic,
      };
      // A hole that lasted over a reboot has only wall clocks to compare.
      const bootId = to.bootId === hole.from.bootId ? hole.from.bootId : '';
      return (hole.to === null && startsInTime(hole, window)) || overlaps(span, bootId, window);
    });
  }

  unsaved(): Hole[] {
    return [...this.#unsaved].flatMap((key) => this.#known.get(key) ?? []);
  }

  saved(holes: readonly Hole[]): void {
    for (const hole of holes) if (this.#known.get(keyOf(hole)) === hole) this.#unsaved.delete(keyOf(hole));
  }

  #mergeOldest(): void {
    const [first, second] = this.#known.values();
    if (!first || !second) return;
    for (const hole of [first, second]) {
      this.#known.delete(keyOf(hole));
      this.#unsaved.delete(keyOf(hole));
    }
    this.#merged++;
    const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
    const one: Hole = {
      from: first.from,
      to: second.to ?? first.to,
      source: first.source === second.source ? first.source : null,
      reason: first.reason === second.reason ? first.reason : 'several',
      detail: null,
      lostLines: sum(first.lostLines, second.lostLines),
      lostBytes: sum(first.lostBytes, second.lostBytes),
    };
    const rest = [...this.#known];
    this.#known.clear();
    this.#known.set(keyOf(one), one);
    for (const [key, hole] of rest) this.#known.set(key, hole);
  }
}

const startsInTime = (hole: Hole, { to }: Window): boolean =>
  hole.from.bootId === to.bootId ? hole.from.monotonic <= to.monotonic : hole.from.wall <= to.wall;
