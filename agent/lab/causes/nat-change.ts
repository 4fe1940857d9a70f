/**
 * The sender sits behind a NAT that forgets its port. It begins anew from another port, with INITIAL_CONTACT; the receiver brings its old
 * SAs down, and what the sender still encrypts with them finds nothing until the new ones are made. With less evidence: the loss alone, or a
 * transient, because it is over in a second.
 */
import { busy, type Cause, receiverIsHub } from './cause.ts';

export const natChange: Cause = {
  word: 'nat-change',
  title: 'The NAT gave the sender another port',
  control: false,
  prepare(plan, prng) {
    busy(plan, prng);
    receiverIsHub(plan);
    plan.natPort = prng.pick([4_500, prng.between(1_025, 65_000)]);
  },
  act(stage) {
    const { sender, prng } = stage;
    sender.ownPort = prng.between(1_025, 65_000);
    sender.startAnew();
    return {
      cause: 'nat-change',
      end: 'sender',
      what: `the NAT in front of the sender changed its port from ${stage.plan.natPort} to ${sender.ownPort}`,
      also: [],
      alsoWithLess: ['receiver-lost-sa', 'rekey-transient'],
    };
  },
};
