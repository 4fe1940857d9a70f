/**
 * Long questions in pieces: `limits.fleetPieceRows` rows at a time, one piece in each turn of the event loop whoever asks, so that the page,
 * the consumer and whatever is quick have their turns between. Each piece sees the index as it is then: no transaction of a reader outlives a
 * turn, so that pages which writers free can be used again. Used by group-query.ts; made by open-index.ts.
 */
import type { Work } from '../../../shared/fleet/groups.ts';
import { limits } from '../../../shared/limits.ts';
import { onNextTurn } from '../../clock.ts';

/** `warming` waits until no question is left. */
export type Urgency = 'question' | 'warming';

export interface PiecesAsk {
  readonly onNextTurn: (act: () => void) => void;
  /** Looked at in one turn, and what a step has more. */
  readonly rowsMax: number;
}

export const usualPieces: PiecesAsk = { onNextTurn, rowsMax: limits.fleetPieceRows };

export class Pieces {
  readonly #of: PiecesAsk;
  readonly #begin: () => void;
  readonly #waiting: Record<Urgency, (() => void)[]> = { question: [], warming: [] };
  #turnIsAsked = false;
  #asked = 0;
  #whenIdle: (() => void)[] = [];

  /** `begin`: before each piece. What it throws, the question rejects with. */
  constructor(of: PiecesAsk, begin: () => void) {
    this.#of = of;
    this.#begin = begin;
  }

  /** `make` is called in the first piece. Rejects with what it, or a piece, throws. */
  run<T>(make: () => Work<T>, urgency: Urgency = 'question'): Promise<T> {
    this.#asked++;
    const whole = new Promise<T>((resolve, reject) => {
      let work: Work<T> | null = null;
      const piece = (): void => {
        try {
          this.#begin();
          work ??= make();
          for (let rows = 0; rows < this.#of.rowsMax; ) {
            const step = work.next();
            if (step.done === true) {
              resolve(step.value);
              return;
            }
            rows += step.value;
          }
          this.#next(piece, urgency);
        } catch (error) {
          reject(error);
        }
      };
      this.#next(piece, urgency);
    });
    return whole.finally(() => {
      this.#asked--;
      if (this.#asked > 0) return;
      for (const tell of this.#whenIdle) tell();
      this.#whenIdle = [];
    });
  }

  /** All that was asked has its answer. */
  idle(): Promise<void> {
    return this.#asked === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #next(piece: () => void, urgency: Urgency): void {
    this.#waiting[urgency].push(piece);
    this.#askTurn();
  }

  #askTurn(): void {
    if (this.#turnIsAsked) return;
    this.#turnIsAsked = true;
    this.#of.onNextTurn(() => {
      this.#turnIsAsked = false;
      (this.#waiting.question.shift() ?? this.#waiting.warming.shift())?.();
      if (this.#waiting.question.length + this.#waiting.warming.length > 0) this.#askTurn();
    });
  }
}

/** Work that several wait for: whoever has a turn does the next step of it. */
export class SharedWork<T> {
  readonly #work: Work<T>;
  #end: { readonly value: T } | { readonly error: unknown } | null = null;

  constructor(work: Work<T>) {
    this.#work = work;
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  *join(): Work<T> {
    while (this.#end === null) {
      let step: IteratorResult<number, T>;
      try {
        step = this.#work.next();
      } catch (error) {
        this.#end = { error };
        throw error;
      }
      if (step.done === true) this.#end = { value: step.value };
      else yield step.value;
    }
    if ('error' in this.#end) throw this.#end.error;
    return this.#end.value;
  }
}
