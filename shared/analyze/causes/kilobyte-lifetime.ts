/**
 * facts.md §6, "kilobyte lifetime": the SA ran out of its volume at the receiver, not of its time; the directions count by themselves, so the
 * other one has plenty. A rekey by volume leaves the same stray packet as any other: it is named instead of the transient.
 */
import { cameAnew, upheavals } from '../end-questions.ts';
import { rekeyNear } from '../exchange-questions.ts';
import { expiry, kilobytesLow } from '../lifetime-questions.ts';
import { flowRule } from '../rule.ts';
import { fromStranger, onlyIfShown, packetsClimb, receiverLacks, senderUses } from '../sa-questions.ts';
import { clearSender, collect, noKilobyteRekey, nothingNow, periodicDpd } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const kilobyteLifetime = flowRule('kilobyte-lifetime', (view) => {
  const { receiver, receiverName, senderName, spi } = view;
  const out = expiry(view, 'kilobytes');
  const low = kilobytesLow(view);
  if (out.known !== 'yes' && low.known !== 'yes') return null;
  const uses = senderUses(view);
  const weight = weigh({
    needs: [receiverLacks(view), ...(out.known === 'unknown' ? [] : [out])],
    proofs: out.known === 'yes' ? [out] : [],
    signs: [low],
    rivals: onlyIfShown([...upheavals(view), cameAnew(view), fromStranger(view)]),
    besides: [rekeyNear(view), uses, packetsClimb(view)],
  });
  if (weight === null) return null;
  const stays = uses.known === 'yes';
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `SPI ${spi} reached its volume at ${receiverName}, not its time; ${senderName} ${stays ? 'still encrypts with it' : 'sent with it after that'}.`,
    doNow: stays ? clearSender(view) : [nothingNow],
    change: [...noKilobyteRekey(view), ...(stays ? periodicDpd(view) : [])],
    collectNext: collect(view, 'show crypto ipsec sa detail twice, minutes apart: how fast (k/sec) falls.'),
  };
});
