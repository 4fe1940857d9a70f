/** Both boxes lose their SAs in the same moment: both agents, of role `both`, open an incident, and the two must become one. */
import { elapsedMs } from '../../../../shared/model/time.ts';
import { type Ending, faultsOf, type Hands, spiText } from '../hands.ts';
import { type End, ends } from '../relay.ts';
import { CRYPTO_ADDRESS } from '../setting.ts';

const SECOND_MESSAGE_WITHIN_MS = 5_000;

export async function bothDetect(hands: Hands): Promise<Ending> {
  hands.debugsByHand();
  hands.loseFromNow();
  const { towardHub, towardSpoke } = hands.pair.bothDetect();
  hands.tell('hub', `loses its SAs, still sends with SPI ${spiText(towardSpoke)}`);
  hands.tell('spoke', `loses its SAs, still sends with SPI ${spiText(towardHub)}`);
  await hands.message();
  const first = (end: End) => hands.messages.find((message) => message.end === end);
  await hands.until('the message at both boxes', SECOND_MESSAGE_WITHIN_MS, () => ends.every((end) => first(end) !== undefined));
  await hands.sealed();
  const [hub, spoke] = ends.map((end) => first(end)!.at);
  const messagesApartMs = Math.round(Math.abs(elapsedMs(hub!, spoke!)) * 10) / 10;
  const counts = { hub: (await hands.incidents('hub')).length, spoke: (await hands.incidents('spoke')).length };
  return {
    facts: { messagesApartMs, incidents: counts },
    faults: faultsOf(
      Object.fromEntries(ends.map((end) => [`${end}: ${counts[end]} incidents where there is one`, counts[end] === 1])),
    ),
    conclusion: 'Both ends opened an incident, and the two became one.',
    ofBundles: (incidents) => {
      const detected = ends.filter((end) => incidents[end]?.flows.some(({ dst }) => dst === CRYPTO_ADDRESS[end]));
      const done = ends.filter((end) => incidents[end]?.done.some(({ off }) => off === 'verified'));
      const merged = ends.some((end) => (incidents[end]?.aliases.length ?? 0) > 0);
      return {
        facts: { detected, doneFromPeer: done, merged },
        faults: faultsOf({
          'the incidents of the two ends did not merge': merged,
          'an end has no flow that its own device logged': detected.length === ends.length,
          'an end never got the verified done of the other': done.length === ends.length,
        }),
      };
    },
  };
}
