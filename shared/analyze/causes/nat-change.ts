/**
 * facts.md §6, "NAT or port change": IKE floated to another port, or an initial contact came and the receiver brought down what it had of the peer.
 * The sender of the old SAs is the same box behind a new mapping, or another one behind the same.
 */
import { cameAnew, cameAnewEvents, cleared, deletionNear, failedOver, restarted } from '../end-questions.ts';
import { deletedAtReceiver, portChanged } from '../exchange-questions.ts';
import { flowRule } from '../rule.ts';
import { cameAgain, fromStranger, onlyIfShown, packetsClimb, receiverHad, receiverLacks, senderUses } from '../sa-questions.ts';
import { adviseChange, clearSender, collect, nothingNow } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const natChange = flowRule('nat-change', (view) => {
  const { receiver, receiverName, senderName, spi } = view;
  const anew = cameAnew(view);
  const ports = portChanged(view);
  if (anew.known !== 'yes' && ports.known !== 'yes') return null;
  const together = cameAnewEvents(view).some((event) => deletionNear(view, event) !== null);
  const had = receiverHad(view);
  const uses = senderUses(view);
  const weight = weigh({
    needs: [receiverLacks(view)],
    proofs: anew.known === 'yes' && (together || (had.known === 'yes' && ports.known === 'yes')) ? [anew] : [],
    signs: [anew, ports].filter(({ known }) => known === 'yes'),
    rivals: onlyIfShown([restarted(view), failedOver(view), cleared(view), fromStranger(view)]),
    besides: [had, deletedAtReceiver(view), uses, cameAgain(view), packetsClimb(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${senderName} came anew to ${receiverName}, through another NAT mapping, and ${receiverName} brought its old SAs down; ${uses.known === 'no' ? 'packets' : `${senderName} goes on`} with SPI ${spi}${uses.known === 'no' ? ' were on their way' : ''}.`,
    doNow: uses.known === 'no' ? [nothingNow] : clearSender(view),
    change: [
      adviseChange(
        'NAT keepalives more often than the mapping times out (crypto isakmp nat keepalive 20), and one identity for each device behind the NAT.',
      ),
    ],
    collectNext: collect(view, 'The NAT box: its translations of UDP 500 and 4500, and their timeouts.'),
  };
});
