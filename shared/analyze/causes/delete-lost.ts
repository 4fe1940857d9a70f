/**
 * facts.md §6, "DELETE or rekey message lost": the receiver's own debug shows that the DELETE left, the sender's shows none, and it goes on.
 * Why the SA was deleted is a question of its own: a clearing or an expiry with different lifetimes goes before it.
 */
import { type Answer, no, unknown, yes } from '../answer.ts';
import { cameAnew, linesMissing, reconfigured, senderIke, upheavals } from '../end-questions.ts';
import {
  deletedAtReceiver,
  deleteMoment,
  deleteReceived,
  deleteSent,
  isTwin,
  madeBeforeBreak,
  outOfTheBlue,
  retransmits,
} from '../exchange-questions.ts';
import { expiry, lifetimesDiffer } from '../lifetime-questions.ts';
import { clockTime } from '../order.ts';
import { flowRule } from '../rule.ts';
import { cameAgain, fromStranger, not, onlyIfShown, packetsClimb, receiverLacks, senderUses } from '../sa-questions.ts';
import { advise, clearSender, collect, periodicDpd } from '../steps.ts';
import type { View } from '../view.ts';
import { weigh } from '../weigh.ts';

export const deleteLost = flowRule('delete-lost', (view) => {
  const { receiver, receiverName, sender, senderName, spi } = view;
  const sent = deleteSent(view);
  const received = deleteReceived(view);
  const again = retransmits(view);
  const uses = senderUses(view);
  if (sent.known !== 'yes' && again.known !== 'yes') return null;
  if (received.known === 'yes') return null;
  const weight = weigh({
    needs: [receiverLacks(view), uses, sent],
    proofs:
      sent.known === 'yes' && received.known === 'no' && uses.known === 'yes'
        ? [not(received)].map(({ text, quotes }) => yes(text, quotes))
        : [],
    signs: [sent, again].filter(({ known }) => known === 'yes'),
    rivals: [
      linesMissing(view.receiver),
      ...upheavals(view),
      reasonUnknown(view),
      ...onlyIfShown([outOfTheBlue(view)]),
      ...onlyIfShown([
        reconfigured(view),
        cameAnew(view),
        fromStranger(view),
        expiry(view, 'kilobytes'),
        isTwin(view),
        ...(expiry(view, 'seconds').known === 'yes' ? [lifetimesDiffer(view)] : []),
      ]),
    ],
    besides: [deletedAtReceiver(view), madeBeforeBreak(view), senderIke(view), cameAgain(view), packetsClimb(view)],
  });
  if (weight === null) return null;
  const left = deleteMoment(view)?.at ?? null;
  return {
    weight,
    end: sender?.index ?? null,
    sentence: `${receiverName} sent a DELETE for SPI ${spi}${left ? ` at ${clockTime(left)}` : ''}, and ${senderName} did not get it: it still encrypts with that SPI.`,
    doNow: clearSender(view),
    change: [
      ...periodicDpd(view),
      advise(
        'Look for loss of UDP 500 and 4500 on the way, and for policing of the control plane: a DELETE is sent once.',
        receiver,
      ),
    ],
    collectNext: collect(view, 'Counters of the path between the two: drops, policers, firewalls.'),
  };
});

/** A DELETE of what was replaced is plain; of one out of the blue, somebody may have cleared it, though no line of that was kept. */
function reasonUnknown(view: View): Answer {
  const replacedFirst = madeBeforeBreak(view);
  if (replacedFirst.known === 'yes') return no(replacedFirst.text, replacedFirst.quotes);
  const out = expiry(view, 'seconds');
  if (out.known === 'yes') return no(out.text, out.quotes);
  return unknown(`why ${view.receiverName} deleted ${view.spi} is not known`);
}
