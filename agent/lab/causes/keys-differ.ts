/**
 * Control. After a rekey the keys of the two ends differ: every packet fails its integrity check on an SA that is there. The message
 * came of the same rekey's late packet, and is a transient: to call it that is right too.
 */
import { type Cause, settle } from './cause.ts';
import { complaining } from './complaining.ts';

export const keysDiffer: Cause = {
  word: 'keys-differ',
  title: 'Keys differ after a rekey',
  control: true,
  prepare(plan, prng) {
    settle(plan, 'receiver', { oldKeptMs: prng.between(0, 2_500) });
    settle(plan, 'sender', { oldKeptMs: prng.between(0, 2_500) });
  },
  act(stage) {
    complaining(stage);
    stage.rekeyWithLatePacket(stage.prng.pick(['receiver', 'sender']));
    stage.every(20, () => {
      const rekeyed = stage.receiver.tunnel.pairs.length > 1 || stage.sender.tunnel.pairs.length > 1;
      if (rekeyed) {
        stage.world.count();
        stage.sender.path.verifyShare = 1;
      }
      return rekeyed;
    });
    return {
      cause: 'keys-differ',
      end: null,
      what: 'both ends have the SA, with different keys',
      also: ['rekey-transient'],
      alsoWithLess: [],
    };
  },
};
