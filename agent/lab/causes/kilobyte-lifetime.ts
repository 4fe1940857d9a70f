/**
 * The receiver's SAs end by volume, and it never begins a rekey: at the limit they are gone, with a DELETE, and packets that are on
 * their way find nothing. With less evidence: that the receiver lost the SA, or a late packet of a rekey.
 */
import { both, busy, type Cause, receiverIsHub, settle } from './cause.ts';

export const kilobyteLifetime: Cause = {
  word: 'kilobyte-lifetime',
  title: 'The SA ends by volume',
  control: false,
  prepare(plan, prng) {
    receiverIsHub(plan);
    busy(plan, prng);
    both(plan, { ipsecLifetimeSeconds: 3_600, countsItsOwn: false });
    settle(plan, 'sender', { packetOctets: prng.between(400, 1_200), kilobytes: null });
    settle(plan, 'receiver', { kilobytes: 2_560 * prng.between(1, 12), respondsOnly: true });
    plan.pairAgeMs = prng.between(5, 60) * 1_000;
  },
  act(stage) {
    const { sender, world, prng } = stage;
    stage.every(20_000, () => {
      world.count();
      sender.path.rateFactor = prng.between(40, 220) / 100;
      return false;
    });
    return {
      cause: 'kilobyte-lifetime',
      end: 'receiver',
      what: `the receiver ends SAs after ${stage.plan.settings.receiver.kilobytes} kilobytes`,
      also: [],
      alsoWithLess: ['receiver-lost-sa', 'rekey-transient'],
    };
  },
};
