/** Retry schedules as iterables of delays; the jitter is injected, so the same seed gives the same schedule. */
import type { DurationMs } from './model/time.ts';

export interface Backoff {
  readonly firstMs: DurationMs;
  readonly factor: number;
  readonly mostMs: DurationMs;
  /** 0: none; 0.2: each delay is shortened by up to 20 %. */
  readonly jitter: number;
}

export function* backoffDelays(backoff: Backoff, uniform: () => number): Generator<DurationMs, never> {
  for (let delayMs = backoff.firstMs; ; delayMs = Math.min(delayMs * backoff.factor, backoff.mostMs)) {
    yield Math.round(delayMs * (1 - backoff.jitter * uniform()));
  }
}
