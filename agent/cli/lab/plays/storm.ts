/** The hub loses all its SAs, and three hundred spokes send on: one incident, every flow of the boxes' log counted in it. */
import { type Ending, faultsOf, type Hands, spiText } from '../hands.ts';

export const STORM_FLOWS = 300;
/** The default of `capture.maxPeersCaptured`. */
const PEERS_CAPTURED_MAX = 10;
const ALL_WITHIN_MS = 10_000;

export async function storm(hands: Hands): Promise<Ending> {
  hands.debugsByHand();
  hands.loseFromNow();
  const lost = hands.pair.storm(STORM_FLOWS);
  hands.tell('hub', `loses all its SAs: ${lost.length} spokes send on`);
  await hands.message();
  const key = ({ source, spi }: { source: string; spi: number }): string => `${source} ${spiText(spi)}`;
  const told = (): Set<string> => new Set(hands.messages.map(key));
  await hands.until(`the messages of all ${lost.length} flows`, ALL_WITHIN_MS, () => told().size >= lost.length);
  hands.tell('hub', `${hands.messages.length} messages of ${told().size} flows`);
  await hands.sealed();
  const incidents = (await hands.incidents('hub')).length;
  return {
    facts: { flows: lost.length, messages: hands.messages.length, incidents: { hub: incidents } },
    faults: faultsOf({
      [`hub: ${incidents} incidents where there is one`]: incidents === 1,
      'the box told of other flows than those that it lost': lost.every((flow) => told().has(key(flow))),
    }),
    conclusion: `${lost.length} flows made one incident, and each is counted in it.`,
    ofBundles: ({ hub }) => {
      const recorded = new Set((hub?.flows ?? []).map(({ src, spi }) => `${src} ${spi}`));
      const missing = lost.filter((flow) => !recorded.has(key(flow))).length;
      const peers = new Set((hub?.captures ?? []).flatMap(({ peer }) => peer ?? [])).size;
      return {
        facts: { peersCaptured: peers, flowsRecorded: hub?.flows.length ?? 0, flowsCountedOnly: hub?.flowsNotKept ?? 0 },
        faults: faultsOf({
          [`hub: ${missing} flows are neither in its bundle nor counted there`]: missing === 0 || missing === hub?.flowsNotKept,
          [`hub: ${peers} peers were captured, ${PEERS_CAPTURED_MAX} at most are`]: peers > 0 && peers <= PEERS_CAPTURED_MAX,
        }),
      };
    },
  };
}
