/**
 * facts.md §6, first question: the bad SPI is the sender's current outbound SPI, and the receiver does not have it. Why is for the other rules;
 * this one stands where none of them does.
 */
import { receiverIke } from '../end-questions.ts';
import { deletedAtReceiver } from '../exchange-questions.ts';
import { flowRule } from '../rule.ts';
import { cameAgain, fromStranger, onlyIfShown, packetsClimb, receiverHad, receiverLacks, senderUses } from '../sa-questions.ts';
import { clearSender, collect, periodicDpd } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const receiverLostSa = flowRule('receiver-lost-sa', (view) => {
  const { receiver, receiverName, senderName, spi } = view;
  const uses = senderUses(view);
  const lacks = receiverLacks(view);
  const again = cameAgain(view);
  const stays = view.sa?.outboundAtSender.last === 'yes' && view.sa.inboundAtReceiver.last === 'no';
  const weight = weigh({
    needs: [uses, lacks],
    // One early look may fall into an exchange that is just going on; a second, seconds later, or a message that comes again does not.
    proofs: uses.known === 'yes' && lacks.known === 'yes' && (stays || again.known === 'yes') ? [uses] : [],
    signs: [again, uses].filter(({ known }) => known === 'yes'),
    rivals: onlyIfShown([fromStranger(view)]),
    besides: [receiverHad(view), deletedAtReceiver(view), packetsClimb(view), receiverIke(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${receiverName} lost the SA that ${senderName} still encrypts with, SPI ${spi}; why is not known.`,
    doNow: clearSender(view),
    change: periodicDpd(view),
    collectNext: collect(view),
  };
});
