/** Makes a failing night as short as it can: happenings are left out in halves and one by one, for as long as it still fails in the same way. */
import type { Plan } from './plan.ts';
import { type Night, play } from './play.ts';

const TRIES_MAX = 60;

export async function shrink(
  plan: Plan,
  failed: Night,
  run: (plan: Plan) => Promise<Night> = play,
): Promise<{ readonly plan: Plan; readonly night: Night }> {
  const checker = failed.violations[0]!.checker;
  let best = { plan, night: failed };
  let tries = 0;
  for (let size = Math.max(1, Math.floor(plan.happenings.length / 2)); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.plan.happenings.length && tries < TRIES_MAX; ) {
      const happenings = best.plan.happenings.filter((_, index) => index < from || index >= from + size);
      const shorter = { ...best.plan, happenings };
      tries++;
      const night = await run(shorter);
      if (night.violations.some((violation) => violation.checker === checker)) best = { plan: shorter, night };
      else from += size;
    }
  }
  return best;
}
