/**
 * facts.md §6, "rekey race (benign)": the sender is done with the SPI, a new SA was made within seconds of the message and stands at both ends, and
 * the receiver had the old one until then. What makes the SA before it breaks the old one is a rekey; a clearing breaks first.
 */
import { unknown, yes } from '../answer.ts';
import { rekeyDropBugs } from '../bugs.ts';
import { cameAnew, ikeIsNew, linesMissing, upheavals } from '../end-questions.ts';
import {
  deletedAtReceiver,
  madeBeforeBreak,
  mayBeTwin,
  outOfTheBlue,
  outOfUseFor,
  REKEY_MS,
  rekeyMarks,
  rekeyNear,
} from '../exchange-questions.ts';
import { expiry } from '../lifetime-questions.ts';
import { clockTime } from '../order.ts';
import { flowRule } from '../rule.ts';
import {
  cameAgain,
  fromStranger,
  not,
  onlyIfShown,
  receiverHad,
  receiverLacks,
  replaced,
  senderHad,
  senderUses,
} from '../sa-questions.ts';
import { adviseChange, collect, nothingNow } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const rekeyTransient = flowRule('rekey-transient', (view) => {
  const { receiverName, senderName, spi } = view;
  const made = rekeyMarks(view)[0] ?? null;
  const place = replaced(view);
  const order = madeBeforeBreak(view);
  const had = receiverHad(view);
  const done = not(senderUses(view));
  const out = outOfUseFor(view);
  const stale = out !== null && out.leastMs > 2 * REKEY_MS;
  const proven = order.known === 'yes' && place.known === 'yes' && done.known === 'yes';
  const weight = weigh({
    needs: [receiverLacks(view), done, rekeyNear(view), ...onlyIfShown([not(cameAgain(view))])],
    proofs: proven ? [order] : [],
    signs: [place, ...(made ? [yes(`it was the SPI before the rekey`, [made.mark.quote])] : [])].filter(
      ({ known }) => known === 'yes',
    ),
    rivals: [
      linesMissing(view.receiver),
      ...onlyIfShown([cameAnew(view), expiry(view, 'kilobytes'), fromStranger(view)]),
      // With the order of making and breaking known, a clearing and all that follows a loss is ruled out by it.
      ...(order.known === 'yes' ? onlyIfShown(upheavals(view)) : upheavals(view)),
      ...(order.known === 'no' ? [{ ...order, known: 'yes' as const }] : []),
      ...onlyIfShown([ikeIsNew(view), outOfTheBlue(view)]),
      mayBeTwin(view),
      ...(stale ? [yes(`${spi} had been out of use for ${Math.round(out.leastMs / 1_000)} s`, [out.moment.quote])] : []),
      ...(had.known === 'yes' || senderHad(view).known === 'yes'
        ? []
        : [unknown(`that ${spi} ever was an SA of the two is not shown`)]),
    ],
    besides: [had, deletedAtReceiver(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: null,
    sentence: `A rekey${made?.mark.at ? ` at ${clockTime(made.mark.at)}` : ''}: a late packet of ${senderName} with the old SPI ${spi} reached ${receiverName}; the new SA is in use. Benign.`,
    doNow: [nothingNow],
    change: [adviseChange('If it comes with each rekey and hurts: longer lifetimes, the same at both ends.')],
    collectNext: collect(view),
    bugs: rekeyDropBugs(view, (view.sa?.inboundAtReceiver.errors ?? 0) > 0),
  };
});
