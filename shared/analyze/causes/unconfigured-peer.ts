/** A control of issue D: the receiver's configuration names each of its peers, and the source is none of them. Not a desync. */
import { ikeAlive } from '../end-questions.ts';
import { peerConfigured } from '../peer-questions.ts';
import { flowRule } from '../rule.ts';
import { not, receiverLacks } from '../sa-questions.ts';
import { advise, adviseChange, collect } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const unconfiguredPeer = flowRule('unconfigured-peer', (view) => {
  const { receiver, receiverName, spi, flow } = view;
  const configured = peerConfigured(view);
  if (configured.known !== 'no') return null;
  const ike = ikeAlive(receiver, flow.flow.src, receiverName, view.sender);
  const weight = weigh({
    needs: [not(configured), receiverLacks(view), not(ike)].filter(({ known }) => known !== 'unknown'),
    proofs: [not(configured)],
    signs: [not(configured)],
    rivals: [],
  });
  if (weight === null) return null;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${flow.flow.src} sends ${receiverName} ESP with SPI ${spi}, and ${receiverName} has no such peer in its configuration. No desync.`,
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
