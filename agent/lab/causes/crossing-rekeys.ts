/**
 * Both ends begin a rekey at the same moment: two SA pairs (RFC 7296 §2.8.1). The receiver takes down the one that the sender prefers,
 * with a DELETE that names the wrong direction, so that the sender keeps an outbound SA without an inbound one; the DELETE that answers
 * its packets may be lost too. With less evidence: a lost DELETE, or the loss alone.
 */
import { currentPair } from '../sa-model.ts';
import { type Cause, settle } from './cause.ts';

export const crossingRekeys: Cause = {
  word: 'crossing-rekeys',
  title: 'Two rekeys crossed',
  control: false,
  prepare(plan, prng) {
    settle(plan, 'receiver', { oldKeptMs: prng.between(45_000, 90_000) });
    settle(plan, 'sender', { oldKeptMs: prng.between(45_000, 90_000), dpdSeconds: 60 });
    plan.pairAgeMs = Math.max(plan.pairAgeMs, 300_000);
  },
  act(stage) {
    const { receiver, sender, world, clock, prng } = stage;
    receiver.rekeyNow();
    stage.later(prng.between(0, stage.plan.latencyMs), () => sender.rekeyNow());
    stage.later(prng.between(1_500, 9_000), () => {
      const used = currentPair(sender.tunnel);
      const duplicate = receiver.tunnel.pairs.find((pair) => pair.inboundSpi === used?.outboundSpi);
      if (!used || !duplicate || receiver.tunnel.pairs.length < 2) return;
      receiver.dropMistaken(duplicate);
      if (prng.between(1, 100) <= 70) {
        const until = clock.monotonic() + prng.between(25_000, 150_000);
        stage.later(stage.plan.latencyMs * 2 + 15, () =>
          world.link.losses.push(
            (message, from) => from === receiver.address && message.what === 'delete-ipsec' && clock.monotonic() < until,
          ),
        );
      }
    });
    return {
      cause: 'crossing-rekeys',
      end: null,
      what: 'both ends rekeyed at once and disagreed on which duplicate to keep',
      also: [],
      alsoWithLess: ['delete-lost', 'receiver-lost-sa'],
    };
  },
};
