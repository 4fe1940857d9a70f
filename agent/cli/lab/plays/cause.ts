/** One of the causes of agent/lab/causes, acted by two routers that follow their own timers: whatever it is, the diagnosis must not be wrong. */
import { SpitrapError } from '../../../../shared/errors.ts';
import { formatDuration } from '../../../../shared/model/time.ts';
import type { Ending, Hands } from '../hands.ts';

/** Beside what the rehearsal says: a busy machine, a router that is slow to come up. */
const MARGIN_MS = 40_000;

export async function playCause(hands: Hands): Promise<Ending> {
  const { cause } = hands;
  const due = `its message is due in about ${formatDuration(Math.ceil(cause.messageInMs / 1_000) * 1_000)}`;
  if (cause.agoMs > 0) {
    if (hands.messages.length > 0)
      throw new SpitrapError('LAB_FAILED', 'the message came before both agents watched: this machine is too busy, run it again');
    hands.note(`Debugs are on. It began ${formatDuration(Math.round(cause.agoMs / 1_000) * 1_000)} ago; ${due}.`);
    hands.loseFromNow();
  } else {
    hands.debugsByHand();
    hands.note(`It begins now; ${due}.`);
    hands.loseFromNow();
    cause.act();
  }
  await hands.until('the message', cause.messageInMs + MARGIN_MS, () => hands.messages.length > 0);
  await hands.sealed();
  return { facts: {}, faults: [], truth: cause.truth() };
}
