/** A drop counter as a source: readings in, symptoms and the source's state out. Shared by qfp-drops.ts and snmp-counter.ts; the judgement is shared/detect/drop-counter.ts. */
import {
  type CounterReading,
  type CounterRule,
  type CounterState,
  newCounter,
  readCounter,
} from '../../shared/detect/drop-counter.ts';
import type { SymptomCause } from '../../shared/model/observation.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { SourceContext } from './source.ts';

export interface DropCounterOptions {
  readonly source: string;
  readonly cause: SymptomCause;
  readonly opens: boolean;
  readonly rule: CounterRule;
  /** For people: what is counted. */
  readonly what: string;
}

export class DropCounter {
  readonly #options: DropCounterOptions;
  readonly #context: Pick<SourceContext<unknown>, 'emit' | 'world'>;
  #state: CounterState = newCounter;
  #told: 'open' | 'interrupted' | null = null;

  constructor(options: DropCounterOptions, context: Pick<SourceContext<unknown>, 'emit' | 'world'>) {
    this.#options = options;
    this.#context = context;
  }

  get state(): CounterState {
    return this.#state;
  }

  take(reading: CounterReading): void {
    const { source, cause, opens, rule, what } = this.#options;
    const { state, outcome } = readCounter(this.#state, reading, rule);
    this.#state = state;
    this.tell('open', `${what}, every ${formatDuration(rule.everyMs)}`);
    const { clock } = this.#context.world;
    if (outcome.kind === 'above' && outcome.tell) {
      const detail = `${what}: ${outcome.delta} packets since the last look, ${outcome.threshold} and more are above what is normal here`;
      const remote = null;
      this.#context.emit({ kind: 'symptom', source, cause, opens, remote, detail, at: clock.monotonic(), wall: clock.wall() });
    }
  }

  /** Only what is new: a device that does not answer is asked again and again. */
  tell(state: 'open' | 'interrupted', detail: string): void {
    if (this.#told === state) return;
    this.#told = state;
    this.#context.emit({
      kind: 'source-state',
      source: this.#options.source,
      state,
      detail,
      at: this.#context.world.clock.monotonic(),
    });
  }
}
