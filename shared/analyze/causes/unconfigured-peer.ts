/**
 * A control of issue D: nothing of the receiver knows the source. No configuration, no SA, no IKE SA, no line of its log, no inventory, and no SPI
 * of before. Not a desync.
 */
import { ikeAlive } from '../end-questions.ts';
import { neverKnown, peerConfigured } from '../peer-questions.ts';
import { flowRule } from '../rule.ts';
import { fromStranger, not, onlyIfShown, receiverHad, receiverLacks, senderHad } from '../sa-questions.ts';
import { advise, adviseChange, collect } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const unconfiguredPeer = flowRule('unconfigured-peer', (view) => {
  const { receiver, receiverName, spi, flow } = view;
  const configured = peerConfigured(view);
  const stranger = fromStranger(view);
  if (stranger.known !== 'yes' && configured.known !== 'no') return null;
  const never = neverKnown(view);
  const weight = weigh({
    needs: [
      ...onlyIfShown([not(configured), stranger, receiverLacks(view), not(ikeAlive(receiver, flow.flow.src, receiverName))]),
      never,
    ],
    proofs: never.known === 'yes' && flow.foreign === 'yes' ? [never] : [],
    signs: [...onlyIfShown([not(configured), stranger])],
    rivals: onlyIfShown([senderHad(view), receiverHad(view)]),
  });
  if (weight === null) return null;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${flow.flow.src} sends ${receiverName} ESP with SPI ${spi}, and is no peer of ${receiverName}: no configuration, no SA, no inventory knows it. No desync.`,
    doNow: [
      advise(
        `If ${flow.flow.src} should be a peer of ${receiverName}: configure it there. If not: find out who sends.`,
        receiver,
      ),
    ],
    change: [adviseChange(`At ${flow.flow.src}: end the tunnel that still points here.`)],
    collectNext: collect(view, `show running-config of ${receiverName}, whole.`),
  };
});
