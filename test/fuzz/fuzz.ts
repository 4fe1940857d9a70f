/**
 * Feeds one target with changed inputs, keeps those that reach new code, and tells what went wrong: a throw, a hang, growth of memory. The
 * same seed makes the same inputs as long as code and coverage are the same. Called by main.ts; under test in fuzz.test.ts.
 */
import { Dice } from '../support/dice.ts';
import type { Coverage } from './coverage.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

export interface Find {
  readonly what: 'throw' | 'hang' | 'growth';
  readonly detail: string;
  /** Made as small as it could be; empty for growth, which no single input makes. */
  readonly input: Buffer;
}

export interface Fuzzed {
  readonly name: string;
  readonly inputs: number;
  readonly seconds: number;
  /** Best of three, of the slowest input. */
  readonly slowestMs: number;
  /** Inputs kept because they reached new code, seeds among them. */
  readonly kept: number;
  readonly growthBytes: number;
  readonly finds: readonly Find[];
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Null: changes of the seeds alone. */
  readonly coverage: Coverage | null;
  /** Milliseconds of this process's own work, of any origin: other processes' turns are no hang of ours. */
  readonly now: () => number;
  /** The same by a clock that costs nothing to read and also counts others' turns: what is quick by it is quick. Absent: `now`. */
  readonly glance?: () => number;
  /** Bytes in use after a garbage collection. */
  readonly memory: () => number;
}

/** More is a hang: a line, a packet or an answer is worked on within one turn of the event loop, and a stop may be waiting behind it. */
export const HANG_MS = 50;
/** What a million inputs may leave behind beside the corpus: caches and V8's own. A leak of 8 octets an input is as much. */
export const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
/** A hang takes long to make smaller. */
const SHRINK_MS = 5_000;
/** Of inputs, between two looks at the coverage: doubled as long as nothing new is reached, since a look costs some milliseconds. */
const BATCH = 256;
const BATCH_MAX = 4_096;
/** What finding out which input of a batch was the one may cost: as a share of all runs, and at the beginning, when nearly all reach something. */
const ATTRIBUTION_SHARE = 0.5;
const ATTRIBUTION_FIRST_RUNS = 4 * BATCH;
const CORPUS_MAX = 1_000;
const CORPUS_BYTES_MAX = 8 * 1024 * 1024;
const FINDS_MAX = 8;

export async function fuzz(target: Target, { inputs, seed, coverage, now, glance = now, memory }: FuzzOptions): Promise<Fuzzed> {
  const dice = new Dice(seed ^ hashOf(target.name));
  const corpus = [...target.seeds];
  let corpusBytes = corpus.reduce((sum, { length }) => sum + length, 0);
  const finds = new Map<string, Find>();
  let slowestMs = 0;

  const hangMs = target.hangMs ?? HANG_MS;
  const timed = (input: Buffer): number => {
    const began = now();
    target.run(input);
    return now() - began;
  };
  const failureOf = (input: Buffer): { key: string; find: Find } | null => {
    try {
      const began = glance();
      target.run(input);
      let ms = glance() - began;
      if (ms > slowestMs) {
        // Best of three: the machine may have been elsewhere.
        for (let again = 0; again < 2 && ms > slowestMs; again += 1) ms = Math.min(ms, timed(input));
        slowestMs = Math.max(slowestMs, ms);
      }
      return ms <= hangMs ? null : { key: 'hang', find: { what: 'hang', detail: `${ms.toFixed(0)} ms`, input } };
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { key: detail.split('\n').slice(0, 3).join('|').replace(/\d+/g, '#'), find: { what: 'throw', detail, input } };
    }
  };
  const tryOne = (input: Buffer): void => {
    const failure = failureOf(input);
    if (failure === null || finds.has(failure.key) || finds.size >= FINDS_MAX) return;
    const known = slowestMs;
    const shrinkEnd = now() + SHRINK_MS;
    const fails = (candidate: Buffer): boolean => {
      slowestMs = hangMs;
      return failureOf(candidate)?.key === failure.key;
    };
    const smaller = shrink(input, fails, () => now() > shrinkEnd);
    slowestMs = known;
    finds.set(failure.key, { ...failure.find, input: smaller });
  };
  const keep = (input: Buffer): void => {
    if (corpus.length < CORPUS_MAX && corpusBytes + input.length < CORPUS_BYTES_MAX) {
      corpus.push(input);
      corpusBytes += input.length;
    }
  };
  /**
   * Which inputs of a batch, that together reach these blocks, do: halves, and halves of those, so that a look is taken for few. What the
   * first half does not reach the second does.
   */
  const keepThoseThatReach = (batch: readonly Buffer[], wanted: ReadonlySet<string>): void => {
    if (wanted.size === 0 || coverage === null) return;
    if (batch.length === 1) {
      keep(batch[0]!);
      return;
    }
    const middle = batch.length >> 1;
    const first = batch.slice(0, middle);
    for (const input of first) tryOne(input);
    attributing += middle;
    const fresh = coverage.fresh();
    keepThoseThatReach(first, new Set([...wanted].filter((block) => fresh.has(block))));
    keepThoseThatReach(batch.slice(middle), new Set([...wanted].filter((block) => !fresh.has(block))));
  };
  let attributing = 0;

  for (const input of corpus.slice()) tryOne(input);
  coverage?.remember(coverage.fresh());
  const began = now();
  const warm = Math.floor(inputs / 4);
  let batchMax = BATCH;
  let memoryWarm = 0;
  let corpusWarm = 0;
  for (let done = 0; done < inputs; ) {
    if (memoryWarm === 0 && done >= warm) {
      memoryWarm = memory();
      corpusWarm = corpusBytes;
    }
    const batch: Buffer[] = [];
    for (; batch.length < batchMax && done < inputs; done += 1)
      batch.push(target.mutate(pick(corpus, dice), dice.pick(corpus), dice));
    for (const input of batch) tryOne(input);
    // What an agent would do in the next turns of its event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const fresh = coverage?.fresh();
    batchMax = fresh === undefined || fresh.size === 0 ? Math.min(BATCH_MAX, 2 * batchMax) : BATCH;
    if (fresh === undefined || fresh.size === 0) continue;
    // Not remembered, these blocks are fresh again when another input reaches them.
    if (attributing > ATTRIBUTION_FIRST_RUNS + ATTRIBUTION_SHARE * done) continue;
    keepThoseThatReach(batch, fresh);
    coverage?.remember(fresh);
  }
  const seconds = (now() - began) / 1_000;
  const growthBytes = memory() - memoryWarm - (corpusBytes - corpusWarm);
  if (growthBytes > GROWTH_BYTES_MAX)
    finds.set('growth', {
      what: 'growth',
      detail: `${growthBytes} bytes more after ${inputs - warm} inputs`,
      input: Buffer.alloc(0),
    });
  return { name: target.name, inputs, seconds, slowestMs, kept: corpus.length, growthBytes, finds: [...finds.values()] };
}

/** Half of the time one of the latest: what reached new code may reach more of it. */
const pick = (corpus: readonly Buffer[], dice: Dice): Buffer =>
  dice.percent() < 50 ? corpus[corpus.length - 1 - dice.upTo(Math.min(31, corpus.length - 1))]! : dice.pick(corpus);

function hashOf(name: string): number {
  let hash = 7;
  for (const char of name) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
  return hash;
}
