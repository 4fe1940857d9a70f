/**
 * The receiver's IPsec lifetime is shorter, each counts its own, and the receiver never begins a rekey: each time it runs out, packets
 * that are on their way find nothing; without an IKE SA to send a DELETE through, all that follow too. With less evidence: that the receiver
 * lost the SA, a late packet of a rekey, or that there was no IKE SA, where there was none.
 */
import { both, busy, type Cause, receiverIsHub, settle } from './cause.ts';

export const lifetimeMismatch: Cause = {
  word: 'lifetime-mismatch',
  title: 'Lifetimes of the two ends differ',
  control: false,
  prepare(plan, prng) {
    receiverIsHub(plan);
    busy(plan, prng);
    both(plan, { countsItsOwn: true, kilobytes: null });
    const short = prng.between(4, 15) * 30;
    settle(plan, 'receiver', { ipsecLifetimeSeconds: short, respondsOnly: true });
    settle(plan, 'sender', { ipsecLifetimeSeconds: prng.pick([3_600, 3_600, 7_200, 14_400]), dpdSeconds: 60 });
    plan.pairAgeMs = prng.between(10, Math.floor(short / 2)) * 1_000;
    // No IKE SA any more when it comes to that: IKEv1 keeps IPsec SAs without one.
    if (prng.between(1, 100) <= 40) both(plan, { ikeVersion: 1 });
  },
  act(stage) {
    const { receiver, sender, prng, plan } = stage;
    const alone = plan.settings.receiver.ikeVersion === 1 && prng.between(1, 100) <= 50;
    if (alone) {
      // Phase 1 ends in good order at both; nobody needs one until there are SAs to be made.
      stage.later(prng.between(1_000, 20_000), () => {
        receiver.endIke('IKE SA Lifetime Exceeded');
        sender.endIke('IKE SA Lifetime Exceeded');
      });
    }
    return {
      cause: 'lifetime-mismatch',
      end: 'receiver',
      what: `the receiver lets SAs live ${plan.settings.receiver.ipsecLifetimeSeconds} s, the sender ${plan.settings.sender.ipsecLifetimeSeconds} s`,
      also: [],
      alsoWithLess: ['receiver-lost-sa', 'rekey-transient', ...(alone ? (['ike-sa-gone'] as const) : [])],
    };
  },
};
