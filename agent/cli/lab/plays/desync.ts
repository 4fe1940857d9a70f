/** The main job: debugs on by hand, the hub loses its SAs, both ends stop. With losses on the way it is lost-stop and lost-alert. */
import { type Ending, type Hands, spiText } from '../hands.ts';

export async function desync(hands: Hands): Promise<Ending> {
  hands.debugsByHand();
  breakSas(hands);
  await hands.message();
  await hands.sealed();
  return { facts: {}, faults: [] };
}

/** The hub loses its SAs without a word to the spoke. */
export function breakSas(hands: Hands): void {
  hands.loseFromNow();
  const spi = hands.pair.desync();
  hands.tell('hub', 'loses its SAs, sends no DELETE');
  hands.tell('spoke', `still sends with SPI ${spiText(spi)}`);
}
