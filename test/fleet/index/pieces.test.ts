/** Long questions in pieces: bounded, one in a turn, shared, and the same answer as in one piece; writers between them tear nothing. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { FleetIndex } from '../../../agent/fleet/index/fleet-index.ts';
import { Pieces, SharedWork } from '../../../agent/fleet/index/pieces.ts';
import { Scan } from '../../../agent/fleet/index/scan.ts';
import type { Work } from '../../../shared/fleet/groups.ts';
import type { FleetRecordOf } from '../../../shared/fleet/record.ts';
import type { FleetQuery } from '../../../shared/fleet/view.ts';
import { incidentRecord, iso, stored } from '../../support/fleet-records.ts';
import { indexAsk, openTestIndex, testFolder } from '../../support/open-test-index.ts';

/** Turns that come when the test says so. */
class Turns {
  readonly #asked: (() => void)[] = [];
  count = 0;
  readonly onNextTurn = (act: () => void): void => void this.#asked.push(act);

  get left(): boolean {
    return this.#asked.length > 0;
  }

  /** What is asked for within a turn is for the next. */
  turn(): void {
    this.count++;
    for (const act of this.#asked.splice(0)) act();
  }

  async until<T>(answer: Promise<T>, between: () => Promise<unknown> = async () => {}): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    answer.then(done, done);
    for (;;) {
      await new Promise((resolve) => process.nextTick(resolve));
      if (settled) return answer;
      if (!this.left) throw new Error('nobody asks for a turn, and there is no answer');
      this.turn();
      await between();
    }
  }
}

function* steps(count: number, rows: number, seen: string[] = [], name = ''): Work<string> {
  for (let step = 1; step <= count; step++) {
    seen.push(name);
    yield rows;
  }
  return name;
}

describe('pieces', () => {
  test('so many rows in a turn, and one piece in it whoever asks', async () => {
    const turns = new Turns();
    let begun = 0;
    const pieces = new Pieces({ onNextTurn: turns.onNextTurn, rowsMax: 20 }, () => begun++);
    const seen: string[] = [];
    const answers = Promise.all(['a', 'b'].map((name) => pieces.run(() => steps(5, 10, seen, name))));
    expect(seen).toEqual([]);
    const perTurn: number[] = [];
    for (let before = 0; turns.left; before = seen.length) {
      turns.turn();
      perTurn.push(seen.length - before);
    }
    expect(await answers).toEqual(['a', 'b']);
    expect(seen.join('')).toBe('aabbaabbab');
    expect(perTurn).toEqual([2, 2, 2, 2, 1, 1]);
    expect(begun).toBe(6);
  });

  test('what is made ready waits for questions', async () => {
    const turns = new Turns();
    const pieces = new Pieces({ onNextTurn: turns.onNextTurn, rowsMax: 1 }, () => {});
    const seen: string[] = [];
    void pieces.run(() => steps(3, 1, seen, 'w'), 'warming');
    turns.turn();
    void pieces.run(() => steps(2, 1, seen, 'q'));
    while (turns.left) turns.turn();
    expect(seen.join('')).toBe('wqqww');
  });

  test('one that fails is rejected, others go on; idle when the last has its answer', async () => {
    const turns = new Turns();
    const pieces = new Pieces({ onNextTurn: turns.onNextTurn, rowsMax: 1 }, () => {});
    const failing = pieces.run(function* (): Work<never> {
      yield 1;
      throw new Error('torn');
    });
    const other = pieces.run(() => steps(4, 1, [], 'other'));
    let idle = false;
    const whenIdle = pieces.idle().then(() => {
      idle = true;
    });
    await expect(turns.until(failing)).rejects.toThrow('torn');
    expect(idle).toBe(false);
    expect(await turns.until(other)).toBe('other');
    await whenIdle;
    expect(turns.left).toBe(false);
  });

  test('work that is shared is done once, and fails for all who wait for it', () => {
    const seen: string[] = [];
    const shared = new SharedWork(steps(4, 1, seen, 'x'));
    const [one, other] = [shared.join(), shared.join()];
    const results = [one.next(), other.next(), one.next(), other.next(), one.next(), other.next()];
    expect(results.at(-2)).toEqual({ done: true, value: 'x' });
    expect(results.at(-1)).toEqual({ done: true, value: 'x' });
    expect(seen).toHaveLength(4);
    const failing = new SharedWork(
      (function* (): Work<never> {
        yield 1;
        throw new Error('no');
      })(),
    );
    const [first, second] = [failing.join(), failing.join()];
    first.next();
    expect(() => second.next()).toThrow('no');
    expect(() => first.next()).toThrow('no');
  });
});

const AT = Date.UTC(2026, 10, 20, 6);
const DAY = 86_400_000;
const month: FleetQuery = { fromMs: AT - 15 * DAY, toMs: AT + 15 * DAY, where: [] };
/** More than a chunk of the index has. */
const ROWS = 1_300;

/** Of one hub, second by second: one group in one cell. */
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const number = from + at;
    const atMs = AT + number * 1_000;
    return stored(
      incidentRecord({
        about: `01KPIECE${String(number).padStart(6, '0')}`,
        device: 'hub-2',
        atMs,
        body: { openedAt: iso(atMs), peers: [{ name: `branch-${number % 50}`, tags: {} }] },
      }),
    );
  });

async function stand(): Promise<{ readonly index: FleetIndex; readonly whole: FleetIndex; readonly turns: Turns }> {
  const folder = testFolder();
  const turns = new Turns();
  const onNextTurn = (act: () => void): void => queueMicrotask(act);
  const whole = await openTestIndex({ ...indexAsk(folder), pieces: { onNextTurn, rowsMax: Number.POSITIVE_INFINITY } });
  await whole.upsert([...records(0, ROWS), ...records(40_000, 40_100)]);
  return {
    whole,
    turns,
    index: await openTestIndex({ ...indexAsk(folder), pieces: { onNextTurn: turns.onNextTurn, rowsMax: 1 } }),
  };
}

/** Rows that are copied out of the index, turn by turn. */
function copied(turns: Turns): { readonly byTurn: Map<number, number>; cells: number } {
  const seen = { byTurn: new Map<number, number>(), cells: 0 };
  const { copies } = Scan.prototype;
  vi.spyOn(Scan.prototype, 'copies').mockImplementation(function* (this: Scan, cell) {
    seen.cells++;
    for (const chunk of copies.call(this, cell)) {
      seen.byTurn.set(turns.count, (seen.byTurn.get(turns.count) ?? 0) + chunk.used);
      yield chunk;
    }
  });
  return seen;
}

afterEach(() => vi.restoreAllMocks());

describe('groups in pieces', { timeout: 60_000 }, () => {
  test('the same answers as in one piece, and no turn reads more than a chunk', async () => {
    const { index, whole, turns } = await stand();
    const queries = [
      month,
      { ...month, fromMs: AT + 600_500 },
      { ...month, where: [{ dimension: 'spoke', value: 'branch-7' }] } as const,
    ];
    const expected = await Promise.all(queries.map((query) => whole.groups(query, 10)));
    const group = expected[0]!.at(-1)!;
    expect(group).toMatchObject({ incidents: ROWS, others: 50 });
    const members = await whole.groupMembers(group.id, { limit: 100, after: null });
    const seen = copied(turns);
    for (const [at, query] of queries.entries()) expect(await turns.until(index.groups(query, 10))).toEqual(expected[at]);
    expect(await turns.until(index.group(group.id))).toEqual(group);
    expect(await turns.until(index.groupMembers(group.id, { limit: 100, after: null }))).toEqual(members);
    expect(seen.byTurn.size).toBeGreaterThan(2 * queries.length);
    expect(Math.max(...seen.byTurn.values())).toBeLessThanOrEqual(1_024);
  });

  test('two who ask the same at once have one copy of each cell looked at', async () => {
    const { index, whole, turns } = await stand();
    const expected = await whole.groups(month, 10);
    const seen = copied(turns);
    expect(await turns.until(Promise.all([index.groups(month, 10), index.groups(month, 10)]))).toEqual([expected, expected]);
    // The storm, and what is left ten hours later.
    expect(seen.cells).toBe(2);
  });

  test('while a writer comes in every turn: each group is of one state, and the next answer of the last', async () => {
    const { index, whole, turns } = await stand();
    let rows = ROWS;
    const answer = await turns.until(index.groups(month, 10), async () => {
      if (rows < ROWS + 12) await whole.upsert(records(rows, ++rows));
    });
    const { incidents, byState } = answer.at(-1)!;
    expect(rows).toBeGreaterThan(ROWS + 3);
    expect(incidents).toBeGreaterThanOrEqual(ROWS);
    expect(incidents).toBeLessThanOrEqual(rows);
    expect(Object.values(byState).reduce((sum, one) => sum + one, 0)).toBe(incidents);
    expect(await turns.until(index.groups(month, 10))).toEqual(await whole.groups(month, 10));
    expect((await whole.groups(month, 10)).at(-1)).toMatchObject({ incidents: rows });
  });

  test('a cell that is written while it is copied is copied again: what changes together is seen together', async () => {
    const { index, whole, turns } = await stand();
    // One at each end of the cell's rows, in another chunk each: always one of the two is persistent.
    let revision = 1;
    const swap = (): Promise<unknown> => {
      revision++;
      const [first, last] = [records(0, 1), records(ROWS - 1, ROWS)].map(([one]) => one!.record as FleetRecordOf<'incident'>);
      const harmed = [first, last].map((record, at) =>
        stored({
          ...record!,
          revision,
          body: {
            ...record!.body,
            sealedAt: iso(AT + ROWS * 1_000),
            harm: revision % 2 === at ? ('persistent' as const) : ('transient' as const),
          },
        }),
      );
      return whole.upsert(harmed);
    };
    await swap();
    const { byState } = (await whole.groups(month, 10)).at(-1)!;
    expect(byState).toMatchObject({ 'black-holed': 1, healed: 1 });
    for (let times = 0; times < 3; times++) {
      let swaps = 0;
      const answer = await turns.until(index.groups(month, 10), async () => {
        if (swaps++ < 8) await swap();
      });
      expect(answer.at(-1)!.byState).toEqual(byState);
    }
  });

  test('what is made ready beforehand is not computed again; who asked before it is closed gets an answer', async () => {
    const { index, whole, turns } = await stand();
    const start = turns.count;
    await turns.until(index.warm());
    const warming = turns.count - start;
    const asked = index.groups(month, 10);
    const closed = index.close();
    expect(await turns.until(asked)).toEqual(await whole.groups(month, 10));
    expect(turns.count - start - warming).toBeLessThan(warming);
    await closed;
    await expect(turns.until(index.groups(month, 10))).rejects.toMatchObject({ code: 'INDEX_FAILED' });
  });
});
