/**
 * facts.md §6, "lifetime mismatch": the receiver drops SAs at the end of its own, shorter lifetime, and the sender goes on to the end of its own.
 * Shown by both lifetimes, by what is left of the SA at the sender, and by a receiver's line that time ran out.
 */
import { type Answer, either, yes } from '../answer.ts';
import { cameAnew, linesMissing, upheavals } from '../end-questions.ts';
import { deletedAtReceiver } from '../exchange-questions.ts';
import { configured, deletesAtPeriod, expiry, lifetimesDiffer, outlived, ranOut } from '../lifetime-questions.ts';
import { flowRule } from '../rule.ts';
import {
  cameAgain,
  fromStranger,
  onlyIfShown,
  packetsClimb,
  receiverLacks,
  senderHad,
  senderUses,
  sendsOn,
} from '../sa-questions.ts';
import { clearSender, collect, equalLifetimes, nothingNow, periodicDpd } from '../steps.ts';
import { weigh } from '../weigh.ts';

const isYes = ({ known }: Answer): boolean => known === 'yes';

export const lifetimeMismatch = flowRule('lifetime-mismatch', (view) => {
  const { receiver, sender, receiverName, senderName, spi, sa, flow } = view;
  const differ = lifetimesDiffer(view);
  const out = expiry(view, 'seconds');
  const outlives = outlived(view);
  const over = ranOut(view);
  const period = deletesAtPeriod(view);
  const signs = [out, outlives, over, period].filter(({ known }) => known === 'yes');
  if (signs.length === 0 && differ.known !== 'yes') return null;
  const left = sa?.outboundAtSender.lifetimeSeconds ?? null;
  const ours = configured(receiver, flow.flow.src, 'lifetimeSeconds')?.value ?? null;
  const theirs = configured(sender, flow.flow.dst, 'lifetimeSeconds')?.value ?? null;
  const weight = weigh({
    needs: [
      receiverLacks(view),
      either(senderHad(view), sendsOn(view)),
      differ,
      ...(outlives.known === 'no' ? [outlives] : []),
      ...(signs.length > 0 ? [] : [outlives]),
    ],
    proofs:
      differ.known === 'yes' && senderHad(view).known === 'yes' && [out, outlives, over].some(isYes)
        ? [out, outlives, over].filter(isYes).slice(0, 1)
        : [],
    signs: [differ, ...signs].filter(({ known }) => known === 'yes'),
    rivals: [
      linesMissing(receiver),
      ...onlyIfShown([...upheavals(view), cameAnew(view), expiry(view, 'kilobytes'), fromStranger(view)]),
    ],
    besides: [
      deletedAtReceiver(view),
      ...(left === null ? [] : [yes(`${senderName} keeps it for another ${left} s`, sa?.outboundAtSender.quotes ?? [])]),
      cameAgain(view),
      packetsClimb(view),
    ],
  });
  if (weight === null) return null;
  const stays = senderUses(view).known !== 'no';
  const both = ours !== null && theirs !== null ? ` (${ours} s against ${theirs} s)` : '';
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${receiverName} drops SAs earlier than ${senderName}${both}; ${stays ? `${senderName} still encrypts with SPI ${spi}${left === null ? '' : `, for another ${left} s`}` : `${senderName} sent with SPI ${spi} after that`}.`,
    doNow: stays ? clearSender(view) : [nothingNow],
    change: [
      ...equalLifetimes(view, Math.min(ours ?? 3_600, theirs ?? 3_600), { receiver: ours, sender: theirs }),
      ...periodicDpd(view),
    ],
    collectNext: collect(view, 'show running-config | section crypto of both ends: the lifetimes.'),
  };
});
