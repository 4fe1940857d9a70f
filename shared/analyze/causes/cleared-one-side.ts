/**
 * facts.md §6, "SA cleared on one side": a `clear crypto …` at the receiver, or its configuration changed just as the SA went. The sender got the
 * DELETE and began anew (then the message is of a packet under way), or it did not, and goes on. A deletion that nothing explains is only possible.
 */
import { unknown } from '../answer.ts';
import {
  cameAnew,
  cleared,
  clearing,
  deletionNear,
  failedOver,
  reconfigured,
  restarted,
  toldByReason,
} from '../end-questions.ts';
import { deletedAtReceiver, deleteReceived, deleteSent, deletion, madeBeforeBreak, outOfTheBlue } from '../exchange-questions.ts';
import { expiry } from '../lifetime-questions.ts';
import { clockTime } from '../order.ts';
import { flowRule } from '../rule.ts';
import { fromStranger, onlyIfShown, receiverHad, receiverLacks, senderUses } from '../sa-questions.ts';
import { advise, clearSender, collect, nothingNow, periodicDpd } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const clearedOneSide = flowRule('cleared-one-side', (view) => {
  const { receiver, receiverName, senderName, spi } = view;
  const command = clearing(view);
  const clear = cleared(view);
  const configured = reconfigured(view);
  const gone = deletedAtReceiver(view);
  const had = receiverHad(view);
  const blue = outOfTheBlue(view);
  const byHand =
    clear.known === 'yes' || (configured.known === 'yes' && blue.known !== 'no' && had.known === 'yes') || blue.known === 'yes';
  if (!byHand && gone.known !== 'yes') return null;
  const went = command ? deletionNear(view, command) : null;
  const uses = senderUses(view);
  const proven =
    clear.known === 'yes' && (went !== null || (had.known === 'yes' && command !== null) || toldByReason(view) !== null);
  const weight = weigh({
    // A deletion that nothing explains: a person may have done it, and so may much else.
    needs: [receiverLacks(view), ...(byHand ? [] : [unknown(`who deleted ${spi} at ${receiverName} is not known`)])],
    proofs: proven ? [clear] : [],
    signs: [clear, configured, blue, gone].filter(({ known }) => known === 'yes'),
    rivals: [
      ...onlyIfShown([restarted(view), failedOver(view), expiry(view, 'kilobytes'), fromStranger(view)]),
      ...(clear.known === 'yes' ? [] : onlyIfShown([cameAnew(view), madeBeforeBreak(view), expiry(view, 'seconds')])),
    ],
    besides: [had, deleteSent(view), deleteReceived(view), uses],
  });
  if (weight === null) return null;
  const mark = deletion(view);
  const moment = command?.at ?? mark?.at ?? null;
  const when = moment ? ` at ${clockTime(moment)}` : '';
  const what =
    clear.known === 'yes'
      ? `SAs were cleared at ${receiverName}${when}`
      : configured.known === 'yes'
        ? `${receiverName} dropped the SA${when} as it was configured`
        : `${receiverName} dropped the SA${when}`;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence:
      uses.known === 'yes'
        ? `${what}; ${senderName} did not follow and still encrypts with SPI ${spi}.`
        : uses.known === 'no'
          ? `${what}; ${senderName} has given SPI ${spi} up since.`
          : `${what}; packets with SPI ${spi} came after it.`,
    doNow: uses.known === 'no' ? [nothingNow] : clearSender(view),
    change: [
      ...periodicDpd(view),
      advise('Clear both ends, the sender last: clear crypto session at one end leaves the other to DPD.'),
    ],
    collectNext: collect(view, 'archive log config with notify syslog: who typed what, and when.'),
  };
});
