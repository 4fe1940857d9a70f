/** The data path looks at its failed packets now and then, and says so once a minute. For causes whose packets fail checks. */
import type { CauseStage } from '../live/stage.ts';

export function complaining(stage: CauseStage): void {
  stage.every(stage.prng.between(500, 3_000), () => {
    stage.sender.path.complain();
    return false;
  });
}
