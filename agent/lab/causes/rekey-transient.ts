/**
 * A rekey in good order, and a packet with the old SPI that arrives when it is gone. Benign. What both boxes show is one line and a new
 * SA in place.
 */
import { type Cause, settle } from './cause.ts';

export const rekeyTransient: Cause = {
  word: 'rekey-transient',
  title: 'A rekey, and a packet that came late',
  control: false,
  prepare(plan, prng) {
    // The shorter the old SA is kept, the likelier a late packet.
    settle(plan, 'receiver', { oldKeptMs: prng.between(0, 2_500) });
    settle(plan, 'sender', { oldKeptMs: prng.between(0, 2_500) });
  },
  act(stage) {
    stage.rekeyWithLatePacket(stage.prng.pick(['receiver', 'sender']));
    return {
      cause: 'rekey-transient',
      end: null,
      what: 'a packet with the old SPI came after the rekey',
      also: [],
      alsoWithLess: [],
    };
  },
};
