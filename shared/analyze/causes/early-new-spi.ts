/**
 * facts.md §6, "peer uses the new SPI too early": the receiver calls invalid what it makes in the same second, and has afterwards. Nothing is
 * lost but the first packets. The order is read off the receiver's own clock.
 */
import { yes } from '../answer.ts';
import { earlySenderBugs } from '../bugs.ts';
import { linesMissing } from '../end-questions.ts';
import { deletedAtReceiver } from '../exchange-questions.ts';
import { gap, near, order } from '../order.ts';
import { flowRule } from '../rule.ts';
import { cameAgain, fromStranger, marksOf, not, onlyIfShown, receiverHas, senderUses } from '../sa-questions.ts';
import { adviseChange, collect, nothingNow } from '../steps.ts';
import { messageFor } from '../view.ts';
import { weigh } from '../weigh.ts';

/** The same second, and the one that a line may wait in the queue. */
const SAME_SECOND_MS = 1_000;
/** A slow exchange. */
const AFTER_MS = 10_000;

export const earlyNewSpi = flowRule('early-new-spi', (view) => {
  const { sender, receiverName, senderName, spi, message } = view;
  const has = receiverHas(view);
  // What it does not have afterwards, while the sender goes on with it, is a lost SA, however new it was; with one end alone that may be so.
  const uses = senderUses(view).known;
  if (has.known === 'no' && (uses === 'yes' || (uses === 'unknown' && deletedAtReceiver(view).known !== 'yes'))) return null;
  const made = marksOf(view, 'receiver', ['created']);
  const after = made.find((mark) => order(message, mark) !== 'after' && near(mark.at, message.at, AFTER_MS) === 'yes');
  const close = made.find((mark) => near(mark.at, message.at, SAME_SECOND_MS) === 'yes');
  const mark = after ?? close ?? null;
  const before = (view.sa?.marks ?? []).find(
    (one) => ['created', 'seen'].includes(one.what) && (gap(one.at, messageFor(view, one.end).at)?.minMs ?? 0) > AFTER_MS,
  );
  // It has it now, and called it unknown then: it was made in between, whether a line says so or not.
  const grown = yes(`${receiverName} called ${spi} unknown, and has it: it was made after the packet came`, has.quotes);
  const weight = weigh({
    needs: mark ? [] : [has],
    proofs: mark ? [yes(`${receiverName} made ${spi} in the second in which it called it invalid`, [mark.quote])] : [],
    signs: has.known === 'yes' && made.length === 0 ? [grown] : [],
    // What was there for longer was not new.
    rivals: [
      linesMissing(view.receiver),
      ...onlyIfShown([cameAgain(view), fromStranger(view)]),
      ...(before ? [yes(`${spi} was there before`, [before.quote])] : []),
    ],
    besides: [has, senderUses(view), not(cameAgain(view)), deletedAtReceiver(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: sender?.index ?? null,
    sentence: `${senderName} sent with the new SPI ${spi} before ${receiverName} had it in place${has.known === 'yes' ? `; ${receiverName} has it now` : ''}. Benign, but for the first packets.`,
    doNow: [nothingNow],
    change: [
      adviseChange(
        `If it comes with each rekey: another release at ${senderName}, which should wait for the last message of the exchange.`,
        sender,
      ),
    ],
    collectNext: collect(view, `show version of ${senderName}: its release, for the bugs named.`),
    bugs: earlySenderBugs(view),
  };
});
