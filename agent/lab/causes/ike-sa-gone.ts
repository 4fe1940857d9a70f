/**
 * IKEv1. The path fails for a while; the receiver's DPD gives the peer up, the sender has none. When the path is back, the sender has
 * its IPsec SA, but its IKE SA has come to its end: the DELETE for that reaches a receiver that knows of no SA (IKMP_NO_SA).
 * With less evidence only the loss is left to see.
 */
import { both, type Cause, receiverIsHub, settle } from './cause.ts';

export const ikeSaGone: Cause = {
  word: 'ike-sa-gone',
  title: 'The IKE SA is gone, the IPsec SA was kept',
  control: false,
  prepare(plan, prng) {
    receiverIsHub(plan);
    both(plan, { ikeVersion: 1, invalidSpiRecovery: false });
    settle(plan, 'receiver', { dpdMode: 'periodic', dpdSeconds: prng.pick([10, 15, 20]), answersOnly: true });
    settle(plan, 'sender', { dpdMode: 'none', ipsecLifetimeSeconds: 3_600, ikeLifetimeSeconds: 28_800 });
    settle(plan, 'receiver', { ipsecLifetimeSeconds: 3_600 });
    plan.pairAgeMs = prng.between(60, 1_200) * 1_000;
  },
  act(stage) {
    const { world, receiver, sender, prng } = stage;
    const liveAt = (end: typeof receiver) => end.core.sa.liveIke(end.tunnel) !== undefined;
    world.change(() => {
      world.link.down = true;
    });
    stage.every(500, () => {
      if (liveAt(receiver) || receiver.tunnel.pairs.length > 0) return false;
      stage.later(prng.between(2_000, 40_000), () => {
        // Its IKE SA ends about when the path is back.
        stage.later(prng.between(300, 6_000), () => sender.endIke('IKE SA Lifetime Exceeded'));
        world.change(() => {
          world.link.down = false;
        });
      });
      return true;
    });
    return {
      cause: 'ike-sa-gone',
      end: 'receiver',
      what: "the receiver's DPD gave the peer up while the path was down; the sender kept its IPsec SA and lost its IKE SA",
      also: [],
      alsoWithLess: ['receiver-lost-sa'],
    };
  },
};
