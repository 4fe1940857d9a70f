/**
 * Lists of flows (of an incident, of hold-down) with an index beside them, so that in a storm of thousands a message is found, put and
 * counted without a walk over all others. Plain arrays, never changed in place: the index is a cache that wanders from a list to the one
 * made of it, and is built anew for a list that has none. Each flow stands in a list once. Called by hold-down.ts, judging.ts, black-hole.ts.
 */
import type { Judgement } from '../detect/judge.ts';
import { type Flow, flowKey } from '../model/flow.ts';
import type { Monotonic } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';

export interface ListedFlow {
  readonly flow: Flow;
  readonly first: Monotonic;
  readonly judged?: Judgement;
  /** Of hold-down: whose flow it is. In an incident's own list there is but one. */
  readonly incident?: IncidentId;
}

/** Those that are judged persistent. The worst is the one that lasts longest. */
interface Persistent<T> {
  count: number;
  /** Null with a count: it has gone, and is looked for when it is asked for. */
  worst: T | null;
}

class FlowIndex<T extends ListedFlow> {
  readonly byKey = new Map<string, T>();
  readonly persistent = new Map<IncidentId | null, Persistent<T>>();

  constructor(all: readonly T[]) {
    for (const entry of all) this.put(entry);
  }

  put(entry: T): void {
    const key = flowKey(entry.flow);
    const old = this.byKey.get(key);
    if (old !== undefined) this.#uncount(old);
    this.byKey.set(key, entry);
    if (entry.judged?.verdict !== 'persistent') return;
    const id = entry.incident ?? null;
    const known = this.persistent.get(id);
    if (known === undefined) this.persistent.set(id, { count: 1, worst: entry });
    else {
      if (known.count === 0 || (known.worst !== null && lastsLonger(entry, known.worst))) known.worst = entry;
      known.count += 1;
    }
  }

  #uncount(entry: T): void {
    const known = entry.judged?.verdict === 'persistent' ? this.persistent.get(entry.incident ?? null) : undefined;
    if (known === undefined) return;
    known.count -= 1;
    if (known.worst === entry) known.worst = null;
  }

  persistentOf(id: IncidentId | null): { readonly worst: T | null; readonly count: number } {
    const known = this.persistent.get(id);
    if (known === undefined || known.count === 0) return { worst: null, count: 0 };
    if (known.worst === null)
      for (const entry of this.byKey.values()) {
        if (entry.judged?.verdict !== 'persistent' || (entry.incident ?? null) !== id) continue;
        if (known.worst === null || lastsLonger(entry, known.worst)) known.worst = entry;
      }
    return { worst: known.worst, count: known.count };
  }
}

/** Of two that began at once, one and the same whatever the order in which they came. */
function lastsLonger(a: ListedFlow, b: ListedFlow): boolean {
  return a.first < b.first || (a.first === b.first && flowKey(a.flow) < flowKey(b.flow));
}

const indexes = new WeakMap<readonly ListedFlow[], FlowIndex<ListedFlow>>();

function indexOf<T extends ListedFlow>(all: readonly T[]): FlowIndex<T> {
  const known = indexes.get(all);
  if (known !== undefined) return known as unknown as FlowIndex<T>;
  const index = new FlowIndex(all);
  indexes.set(all, index as unknown as FlowIndex<ListedFlow>);
  return index;
}

/** Its entry in the list. */
export const flowIn = <T extends ListedFlow>(all: readonly T[], flow: Flow): T | undefined =>
  indexOf(all).byKey.get(flowKey(flow));

/** The list with this entry in the place of the flow's old one; at the end where there is none. */
export function withFlow<T extends ListedFlow>(all: readonly T[], entry: T): readonly T[] {
  const index = indexOf(all);
  const old = index.byKey.get(flowKey(entry.flow));
  return handOver(all, old === undefined ? [...all, entry] : all.with(all.lastIndexOf(old), entry), index, entry);
}

/** The list with this entry at its end, and without the flow's old one. */
export function withFlowLast<T extends ListedFlow>(all: readonly T[], entry: T): readonly T[] {
  const index = indexOf(all);
  const old = index.byKey.get(flowKey(entry.flow));
  const others = old === undefined ? all.slice() : all.toSpliced(all.indexOf(old), 1);
  others.push(entry);
  return handOver(all, others, index, entry);
}

function handOver<T extends ListedFlow>(from: readonly T[], to: readonly T[], index: FlowIndex<T>, entry: T): readonly T[] {
  indexes.delete(from);
  index.put(entry);
  indexes.set(to, index as unknown as FlowIndex<ListedFlow>);
  return to;
}

interface PeersFlow extends ListedFlow {
  readonly peers: readonly string[];
  readonly signs?: { readonly senders: readonly string[] };
}

/** By the names of peers; for lists that stay as they are for a while, as while thousands of dones come in. */
const byPeer = new WeakMap<readonly PeersFlow[], ReadonlyMap<string, readonly PeersFlow[]>>();

/** Flows whose peer it is, or of which its done speaks; in the list's order. */
export function flowsOfPeer<T extends PeersFlow>(all: readonly T[], peer: string): readonly T[] {
  let known = byPeer.get(all) as ReadonlyMap<string, readonly T[]> | undefined;
  if (known === undefined) {
    const built = new Map<string, T[]>();
    for (const flow of all)
      for (const name of new Set([...flow.peers, ...(flow.signs?.senders ?? [])])) {
        const theirs = built.get(name);
        if (theirs === undefined) built.set(name, [flow]);
        else theirs.push(flow);
      }
    byPeer.set(all, built);
    known = built;
  }
  return known.get(peer) ?? [];
}

/** Flows judged persistent, of one incident where a list holds several's: how many, and the one that has lasted longest. */
export const persistentIn = <T extends ListedFlow>(
  all: readonly T[],
  incident: IncidentId | null = null,
): { readonly worst: T | null; readonly count: number } => indexOf(all).persistentOf(incident);
