/**
 * facts.md §6, "stale, cloned or unknown peer": the source is in nobody's inventory, and the SAs of the real spoke are clean. Whoever it is, no SA
 * of the pair was lost.
 */

import { type Answer, no } from '../answer.ts';
import { endsAgree } from '../control-questions.ts';
import { peerConfigured } from '../peer-questions.ts';
import { flowRule } from '../rule.ts';
import { fromStranger, not, receiverHad, receiverLacks } from '../sa-questions.ts';
import { advise, adviseChange, collect } from '../steps.ts';
import type { View } from '../view.ts';
import { weigh } from '../weigh.ts';

export const stalePeer = flowRule('stale-peer', (view) => {
  const { about, receiver, receiverName, spi, flow } = view;
  const stranger = fromStranger(view);
  if (stranger.known !== 'yes') return null;
  const clean = endsAgree(about);
  const weight = weigh({
    needs: [stranger],
    proofs: clean.known === 'yes' ? [clean] : [],
    signs: [stranger],
    rivals: [mayBeUnconfigured(view)],
    besides: [receiverLacks(view), not(receiverHad(view))],
  });
  if (weight === null) return null;
  return {
    weight,
    end: null,
    sentence: `${flow.flow.src}, which is no peer of ${receiverName}, sends it ESP with SPI ${spi}: a stale, cloned or unknown device. No SA of a known peer is lost.`,
    doNow: [
      advise(`Find out who has ${flow.flow.src}: a spoke that was moved, a clone with old keys, or a forged source.`, receiver),
    ],
    change: [
      adviseChange(
        `Filter ESP and UDP 500/4500 from ${flow.flow.src} in front of ${receiverName}, once it is known that nobody misses it.`,
        receiver,
      ),
    ],
    collectNext: collect(view, `A packet capture at ${receiverName} of packets from ${flow.flow.src}.`),
  };
});

/** A box that names each of its peers does not have this one: then it is not configured, and needs no other story. */
function mayBeUnconfigured(view: View): Answer {
  const { receiver, receiverName } = view;
  if (receiver?.configuration?.value.peerings.some(({ peers }) => peers.length === 0))
    return no(`${receiverName} takes peers that its configuration does not name`);
  return not(peerConfigured(view));
}
