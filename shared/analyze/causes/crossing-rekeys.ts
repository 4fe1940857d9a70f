/**
 * facts.md §6, "crossing rekeys, duplicate child SA": both ends began a rekey at once, two SAs the same way were made, and each end kept another.
 * Two inbound SAs alone are what every rekey shows for a while; the same moment of their making is what does not.
 */
import { cameAnew, linesMissing, upheavals } from '../end-questions.ts';
import { deletedAtReceiver, isTwin, partnerless, rekeysCrossed, severalInbound } from '../exchange-questions.ts';
import { expiry } from '../lifetime-questions.ts';
import { flowRule } from '../rule.ts';
import { cameAgain, fromStranger, onlyIfShown, packetsClimb, receiverLacks, senderUses } from '../sa-questions.ts';
import { adviseChange, clearSender, collect, nothingNow } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const crossingRekeys = flowRule('crossing-rekeys', (view) => {
  const { about, sender, receiverName, senderName, spi } = view;
  const crossed = rekeysCrossed(view);
  const twins = isTwin(view);
  const several = severalInbound(view);
  const alone = partnerless(view);
  if (crossed.known !== 'yes' && twins.known !== 'yes' && (several.known !== 'yes' || alone.known !== 'yes')) return null;
  const weight = weigh({
    needs: [receiverLacks(view), ...(twins.known === 'yes' ? [] : [senderUses(view)])],
    proofs: twins.known === 'yes' && (crossed.known === 'yes' || alone.known === 'yes') ? [twins] : [],
    signs: [crossed, twins, several, alone].filter(({ known }) => known === 'yes'),
    rivals: [
      ...about.ends.filter(({ index }) => twins.quotes.some(({ end }) => end === index)).map(linesMissing),
      ...onlyIfShown([...upheavals(view), cameAnew(view), fromStranger(view), expiry(view, 'kilobytes')]),
    ],
    besides: [deletedAtReceiver(view), cameAgain(view), packetsClimb(view)],
  });
  if (weight === null) return null;
  const over = senderUses(view).known === 'no';
  return {
    weight,
    end: sender?.index ?? null,
    sentence: `Both ends rekeyed at once and kept different SAs: ${senderName} ${over ? 'sent' : 'encrypts'} with SPI ${spi}, which ${receiverName} ${over ? 'had dropped' : 'does not have any more'}.`,
    doNow: over ? [nothingNow] : clearSender(view),
    change: [
      adviseChange(
        'Let the ends rekey at different times: a lifetime that is some minutes longer at the one that should answer.',
      ),
    ],
    collectNext: collect(view, 'show crypto ipsec sa peer … detail of both ends within the same second.'),
  };
});
