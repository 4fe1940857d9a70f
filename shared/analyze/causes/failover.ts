/**
 * facts.md §6, "HA/HSRP failover without state": the receiver became active just before the message, and the sender's SA is older than that:
 * it was made with the box that held the address before. A takeover long before the SA was made is not it.
 */
import { yes } from '../answer.ts';
import { cleared, failedOver, ikeMissed, LOOK_BACK_MS, receiverIke, restarted, takeover } from '../end-questions.ts';
import { clockTime, near } from '../order.ts';
import { flowRule, stillOrOver } from '../rule.ts';
import {
  cameAgain,
  existedBefore,
  fromStranger,
  not,
  onlyIfShown,
  packetsClimb,
  receiverLacks,
  senderUsed,
  sendsOn,
} from '../sa-questions.ts';
import { advise, adviseChange, clearIfUsed, collect, periodicDpd } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const failover = flowRule('failover', (view) => {
  const { receiver, receiverName, message } = view;
  const active = takeover(view);
  const over = failedOver(view);
  if (active === null || over.known === 'no') return null;
  const older = existedBefore(view, active, `the takeover of ${receiverName}`);
  const fresh = near(active.at, message.at, LOOK_BACK_MS) === 'yes';
  const weight = weigh({
    needs: [over, sendsOn(view), receiverLacks(view)],
    proofs:
      older.known === 'yes' && fresh && senderUsed(view).known === 'yes'
        ? [yes(older.text, [active.quote, ...older.quotes])]
        : [],
    signs: [over],
    rivals: [restarted(view), ...onlyIfShown([cleared(view), fromStranger(view)])],
    besides: [not(receiverIke(view)), ikeMissed(view), cameAgain(view), packetsClimb(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${receiverName} took over${active.at ? ` at ${clockTime(active.at)}` : ''} without the SAs; ${stillOrOver(view)}.`,
    doNow: [...clearIfUsed(view), advise('Find out why the other box gave up the address: its log, from before the takeover.')],
    change: [
      ...periodicDpd(view),
      adviseChange(
        'Stateful failover of IPsec between the two boxes, where the release has it; else expect this at each takeover.',
        receiver,
      ),
    ],
    collectNext: collect(view, 'The log of the box that held the address before.', 'show standby (or vrrp) of both boxes.'),
  };
});
