/**
 * V8's precise coverage of one script, taken a batch of inputs at a time: one look costs more than a hundred inputs (dependencies.md §8).
 * Used by fuzz.ts to keep inputs that reach a block which none before them reached.
 */
import { Session } from 'node:inspector';

export interface Coverage {
  /** Blocks reached since the last look and not remembered yet. */
  fresh(): ReadonlySet<string>;
  remember(blocks: Iterable<string>): void;
  readonly blocks: number;
  close(): void;
}

/** `url`: of the script, as its import.meta.url. One at a time in a process. */
export function openCoverage(url: string): Coverage {
  const session = new Session();
  const seen = new Set<string>();
  session.connect();
  const post = (method: string, params: object = {}): unknown => {
    // The in-process session answers before it returns.
    let answer: unknown;
    let failed: Error | null = null;
    session.post(method, params, (error, result) => {
      failed = error;
      answer = result;
    });
    if (failed !== null) throw failed;
    return answer;
  };
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    fresh() {
      const blocks = new Set<string>();
      const { result } = post('Profiler.takePreciseCoverage') as Taken;
      for (const script of result) {
        if (script.url !== url) continue;
        for (const { ranges } of script.functions)
          for (const { startOffset, endOffset, count } of ranges) {
            const block = `${startOffset}-${endOffset}`;
            if (count > 0 && !seen.has(block)) blocks.add(block);
          }
      }
      return blocks;
    },
    remember(blocks) {
      for (const block of blocks) seen.add(block);
    },
    get blocks() {
      return seen.size;
    },
    close() {
      post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}

interface Taken {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}
