/**
 * A rekey whose last messages the network loses: the commit that lets the sender use the new SA, and the DELETE of the old one. The
 * receiver, which began the rekey, takes the old SA down and says so; the sender never hears it. With less evidence only the loss.
 */
import { type Cause, settle } from './cause.ts';

export const deleteLost: Cause = {
  word: 'delete-lost',
  title: 'The DELETE for an old SA was lost',
  control: false,
  prepare(plan, prng) {
    settle(plan, 'receiver', { oldKeptMs: prng.between(1_000, 25_000) });
    settle(plan, 'sender', { dpdSeconds: 60 });
  },
  act(stage) {
    const { receiver, world, clock, prng } = stage;
    const until = clock.monotonic() + prng.between(60_000, 400_000);
    world.link.losses.push(
      (message, from) =>
        from === receiver.address &&
        (message.what === 'child-commit' || message.what === 'delete-ipsec') &&
        clock.monotonic() < until,
    );
    receiver.rekeyNow();
    return {
      cause: 'delete-lost',
      end: 'sender',
      what: 'the end of a rekey and the DELETE for the old SA never reached the sender',
      also: [],
      alsoWithLess: ['receiver-lost-sa'],
    };
  },
};
