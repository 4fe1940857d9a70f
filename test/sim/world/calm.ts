/**
 * Is there anything left that the pair has to bring to its end? A night is over when there is not: most come to rest within seconds, and a
 * rest that nothing happens in shows nothing. Used by play.ts and checkers/takes-the-next.ts; every 25th night waits to the last second.
 */
import type { Stage } from './stage.ts';
import type { Truth } from './truth.ts';
import { ENDS } from './weather.ts';

const OPEN = /\/incidents\/[0-9A-Z]{26}\.open\//;
const LOOKS_APART_MS = 2_000;
/** One seed in so many. */
const PATIENT_SEEDS = 25;

const isCalm = (stage: Stage, truth: Truth): boolean =>
  ENDS.every(
    (end) =>
      stage.hosts[end].listens &&
      !stage.boxes[end].isHung() &&
      truth.undertakings[end].every(({ flags, told }) => flags.size === 0 || told) &&
      (stage.books[end]?.incidents ?? []).every(({ outcome }) => outcome !== null) &&
      !stage.station(end).disk.paths.some((path) => OPEN.test(path)),
  );

/** Asked after each step: at least `leastMs` have passed, and for two looks in a row nothing was under way. */
export function untilCalm(stage: Stage, truth: Truth, leastMs: number): () => boolean {
  if (stage.seed % PATIENT_SEEDS === 0) return () => false;
  const from = stage.now + leastMs;
  let lookedAt = 0;
  let calmLooks = 0;
  return () => {
    if (stage.now < from || stage.now - lookedAt < LOOKS_APART_MS) return false;
    lookedAt = stage.now;
    calmLooks = isCalm(stage, truth) ? calmLooks + 1 : 0;
    return calmLooks >= 2;
  };
}
