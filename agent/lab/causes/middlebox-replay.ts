/** Something on the way keeps ESP packets and sends them again minutes after their SA was rekeyed away. */
import { currentPair } from '../sa-model.ts';
import { type Cause, settle } from './cause.ts';

export const middleboxReplay: Cause = {
  word: 'middlebox-replay',
  title: 'A middlebox replays old packets',
  control: false,
  prepare(plan, prng) {
    settle(plan, 'sender', { oldKeptMs: prng.between(500, 5_000), neighbour: plan.settings.receiver.neighbour });
    settle(plan, 'receiver', { oldKeptMs: prng.between(500, 5_000) });
  },
  act(stage) {
    const { sender, prng } = stage;
    const old = currentPair(sender.tunnel)!.outboundSpi;
    stage[prng.pick(['receiver', 'sender'] as const)].rekeyNow();
    stage.later(prng.between(100_000, 420_000), () => {
      sender.path.deliverLate(old, prng.between(1, 40));
      if (prng.between(0, 1) === 0) return;
      stage.every(prng.between(2_000, 70_000), () => {
        sender.path.deliverLate(old, prng.between(1, 40));
        return false;
      });
    });
    return {
      cause: 'middlebox-replay',
      end: null,
      what: 'packets of an SA that was rekeyed minutes ago came again',
      also: [],
      alsoWithLess: [],
    };
  },
};
