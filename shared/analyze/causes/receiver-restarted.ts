/**
 * facts.md §6, "receiver lost all SAs (reload, crash)": `%SYS-5-RESTART` or a short uptime at the receiver, the bad SPI is the sender's outbound
 * SPI still, and it or the IKE SA beside it is older than the boot: nothing else takes every SA of a box away and leaves the peer's standing.
 */
import { yes } from '../answer.ts';
import { bootOf, cleared, failedOver, ikeMissed, LOOK_BACK_MS, receiverIke, restarted } from '../end-questions.ts';
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
import { advise, clearIfUsed, collect, periodicDpd } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const receiverRestarted = flowRule('receiver-restarted', (view) => {
  const { receiver, receiverName } = view;
  const restart = restarted(view);
  const boot = bootOf(receiver);
  if (restart.known !== 'yes' || boot === null) return null;
  const older = existedBefore(view, boot, `the restart of ${receiverName}`);
  const fresh = near(boot.at, view.message.at, LOOK_BACK_MS) === 'yes';
  const weight = weigh({
    needs: [restart, sendsOn(view), receiverLacks(view)],
    proofs:
      older.known === 'yes' && fresh && senderUsed(view).known === 'yes'
        ? [yes(older.text, [...boot.quotes, ...older.quotes])]
        : [],
    signs: [restart],
    // A box that reloads loses its log in between: what is not shown there takes nothing away from the restart.
    rivals: onlyIfShown([failedOver(view), cleared(view), fromStranger(view)]),
    besides: [not(receiverIke(view)), ikeMissed(view), cameAgain(view), packetsClimb(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: receiver?.index ?? null,
    sentence: `${receiverName} restarted${boot.at ? ` at ${clockTime(boot.at)}` : ''} and lost its SAs; ${stillOrOver(view)}.`,
    doNow: clearIfUsed(view),
    change: [...periodicDpd(view), advise(`Find out why ${receiverName} restarted: show version, crashinfo.`, receiver)],
    collectNext: collect(view, `show version and crashinfo of ${receiverName}.`),
  };
});
