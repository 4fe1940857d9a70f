/**
 * Timers that wait, soonest first and then in the order in which they were set: what both virtual clocks (fake-clock.ts, virtual-clock.ts)
 * fire from. A binary heap; a cancelled timer stays in it, dead, until its time comes.
 */
export interface Waiting {
  readonly name: string;
  readonly dueAt: number;
  readonly order: number;
  readonly fire: () => void;
  live: boolean;
}

export class TimerHeap {
  readonly #heap: Waiting[] = [];
  #order = 0;

  add(name: string, dueAt: number, fire: () => void): Waiting {
    const entry: Waiting = { name, dueAt, order: this.#order++, fire, live: true };
    this.#push(entry);
    return entry;
  }

  /** How many are due until then, dead ones too. */
  dueBy(untilMs: number, at = 0): number {
    const entry = this.#heap[at];
    if (entry === undefined || entry.dueAt > untilMs) return 0;
    return 1 + this.dueBy(untilMs, 2 * at + 1) + this.dueBy(untilMs, 2 * at + 2);
  }

  /** The next one due until then, taken out. */
  take(untilMs: number): Waiting | null {
    for (let next = this.#heap[0]; next !== undefined && next.dueAt <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (next.live) return next;
    }
    return null;
  }

  /** Those that wait, soonest first. */
  waiting(): Waiting[] {
    return this.#heap.filter(({ live }) => live).sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #push(entry: Waiting): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Waiting, b: Waiting): boolean => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
