/**
 * Control. QoS after encryption reorders packets: the replay window refuses some. One waited so long that its SA was rekeyed away, and
 * gave the message: to call that a transient is right too.
 */
import { busy, type Cause, settle } from './cause.ts';
import { complaining } from './complaining.ts';

export const replay: Cause = {
  word: 'replay',
  title: 'Packets are reordered beyond the replay window',
  control: true,
  prepare(plan, prng) {
    busy(plan, prng);
    settle(plan, 'receiver', { oldKeptMs: prng.between(0, 2_500) });
    settle(plan, 'sender', { oldKeptMs: prng.between(0, 2_500) });
  },
  act(stage) {
    stage.world.count();
    stage.sender.path.replayShare = stage.prng.between(1, 20) / 100;
    complaining(stage);
    stage.later(stage.prng.between(5_000, 90_000), () => stage.rekeyWithLatePacket(stage.prng.pick(['receiver', 'sender'])));
    return { cause: 'replay', end: null, what: 'QoS reorders packets', also: ['rekey-transient'], alsoWithLess: [] };
  },
};
