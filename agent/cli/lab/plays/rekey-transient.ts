/** A late packet of a clean rekey: both ends stop as for any message, the flow is judged benign, and both ends are armed again. */
import { elapsedMs, type Monotonic } from '../../../../shared/model/time.ts';
import { type Ending, faultsOf, type Hands, spiText } from '../hands.ts';
import { type End, ends } from '../relay.ts';
import { bothArmed, kindsOn } from './armed.ts';

const QUIET_WITHIN_MS = 40_000;

/** What the box was sent since: looked at its CPU and its log settings, then the condition, then the debugs. */
function armsInOrder(hands: Hands, end: End, since: Monotonic): boolean {
  const sent = hands.boxes[end].commandLog.filter(({ at, line }) => line >= 0 && at >= since).map(({ expanded }) => expanded);
  const first = (pattern: RegExp): number => sent.findIndex((line) => pattern.test(line));
  const steps = [/^show processes cpu/, /^debug crypto condition peer /, /^debug crypto (isakmp|ipsec)$/].map(first);
  return steps.every((at, index) => at >= 0 && at > (steps[index - 1] ?? -1));
}

export async function rekeyTransient(hands: Hands): Promise<Ending> {
  await bothArmed(hands);
  for (const end of ends) hands.say(end, `armed by its agent: ${kindsOn(hands, end)}`, 'quiet');
  hands.loseFromNow();
  const spi = hands.pair.rekeyTransient();
  hands.tell('hub', 'rekeys, has the new SAs');
  hands.tell('spoke', `rekeys; one packet with the old SPI ${spiText(spi)} comes late`);
  await hands.message();
  const stopped = (end: End): boolean => hands.boxes[end].debugsOn().length === 0;
  await hands.until('both boxes without debugs', hands.delayMs + QUIET_WITHIN_MS, () => ends.every(stopped));
  const quietAt = hands.now();
  await hands.sealed();
  const armedAgain = await bothArmed(hands).then(
    () => true,
    () => false,
  );
  for (const end of ends) if (armedAgain) hands.tell(end, `armed again: ${kindsOn(hands, end)}`, 'good');
  const inOrder = ends.filter((end) => armsInOrder(hands, end, quietAt));
  const hub = await hands.status('hub');
  const verdict = hub?.incidents[0]?.verdict ?? null;
  return {
    facts: {
      judged: verdict,
      armedAgain,
      armedAgainAfterMs: armedAgain ? Math.round(elapsedMs(quietAt, hands.now())) : null,
      messages: hands.messages.length,
    },
    truth: { cause: 'rekey-transient', end: null, what: 'a packet with the old SPI came after the rekey', also: [], less: [] },
    conclusion: 'The message was judged transient, and both ends are armed again.',
    faults: faultsOf({
      'the two ends were not armed again': armedAgain,
      'an end was armed again without its pre-flight, or debugs before their condition': inOrder.length === ends.length,
      [`the verdict is ${verdict ?? 'not known'}, not transient`]: verdict === 'transient',
      [`there were ${hands.messages.length} messages where a rekey has one`]: hands.messages.length === 1,
    }),
  };
}
