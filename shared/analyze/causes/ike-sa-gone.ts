/**
 * facts.md §6, "IKE SA gone, IPsec SA kept": the receiver has no IKE SA for the peer and says so (`%CRYPTO-4-IKMP_NO_SA`, a DELETE that could not
 * leave), the sender has its IPsec SA and no IKE SA beside it. A restart, a failover or a clearing leave the same behind and go before it.
 */
import { yes } from '../answer.ts';
import { ikeMissed, receiverIke, senderIke, upheavals } from '../end-questions.ts';
import { deletedAtReceiver, outOfTheBlue } from '../exchange-questions.ts';
import { expiry, lifetimesDiffer } from '../lifetime-questions.ts';
import { clockTime } from '../order.ts';
import { flowRule, stillOrOver } from '../rule.ts';
import { cameAgain, fromStranger, not, onlyIfShown, packetsClimb, receiverHad, receiverLacks, sendsOn } from '../sa-questions.ts';
import { advise, clearIfUsed, collect, periodicDpd } from '../steps.ts';
import { eventsOf, isBefore, latest, type View } from '../view.ts';
import { weigh } from '../weigh.ts';

export const ikeSaGone = flowRule('ike-sa-gone', (view) => {
  const { receiver, receiverName, senderName } = view;
  const here = not(receiverIke(view));
  const there = not(senderIke(view));
  const missed = ikeMissed(view);
  const gone = ikeDeletion(view);
  // A box that never had the SA did not lose it for want of an IKE SA: it restarted, or took over.
  const lostHere = gone ? yes(`${receiverName} had an IKE SA with ${senderName}`, [gone.quote]) : receiverHad(view);
  const weight = weigh({
    needs: [receiverLacks(view), sendsOn(view), here, lostHere],
    proofs: here.known === 'yes' && there.known === 'yes' && missed.known === 'yes' ? [missed] : [],
    signs: [missed, there, ...(gone ? [yes(`${receiverName} ended the IKE SA before`, [gone.quote])] : [])].filter(
      ({ known }) => known === 'yes',
    ),
    rivals: [
      ...upheavals(view),
      ...onlyIfShown([
        fromStranger(view),
        outOfTheBlue(view),
        ...(expiry(view, 'seconds').known === 'yes' ? [lifetimesDiffer(view)] : []),
        expiry(view, 'kilobytes'),
      ]),
    ],
    besides: [deletedAtReceiver(view), cameAgain(view), packetsClimb(view)],
  });
  if (weight === null) return null;
  const since = gone?.at ? ` since ${clockTime(gone.at)}` : '';
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${receiverName} has no IKE SA with ${senderName}${since} and could not tell it that the SA went; ${stillOrOver(view)}.`,
    doNow: clearIfUsed(view),
    change: [
      ...periodicDpd(view),
      advise(
        there.known === 'no'
          ? `Find out what took the SAs from ${receiverName} and left ${senderName} its own: DPD at one end alone, clear crypto isakmp, clear crypto session.`
          : 'Find out why the IKE SA went while IPsec SAs were left: its lifetime, DPD at one end alone, clear crypto isakmp.',
        receiver,
      ),
    ],
    collectNext: collect(view, 'show crypto isakmp sa detail (or ikev2) of both ends: age and lifetime of the IKE SA.'),
  };
});

const ikeDeletion = (view: View) =>
  latest(eventsOf(view.receiver, ['ike-deleted'], view.flow.flow.src).filter((event) => isBefore(event, view.message)));
