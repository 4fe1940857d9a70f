/** A verdict and its grounds in words, for `spitrap incidents` and `spitrap detect`. The words themselves: shared/detect/judge.ts. */
import { type Ground, grounds, type Verdict } from '../../shared/detect/judge.ts';

const WORDS: Readonly<Record<Ground, string>> = {
  'not-borne-out': 'the device’s own log does not bear it out',
  'again-after-a-minute': 'the same flow came again after its minute: its traffic is black-holed',
  'no-trusted-time': 'the lines bear no time that can be trusted',
  'told-by-peer': 'a peer told of it; whether it comes again is seen there',
  'silence-proves-nothing': 'not seen again, and silence alone proves nothing',
  'silent-too-short': 'not silent for long enough to tell',
  'came-again': 'it came twice, though not a minute apart; silent since, which proves nothing',
  'current-at-sender': 'not seen again, but the sender still had that SPI as outbound',
  'errors-climb': 'not seen again, but packets from there went on failing',
  'not-current-at-sender': 'the sender does not use that SPI any more',
  'others-may-mask': 'other flows’ messages may have kept it from being logged',
  'new-spi-in-use': 'another SPI from that end carries the traffic',
  silent: 'no further message for three minutes',
};

const isGround = (word: string): word is Ground => (grounds as readonly string[]).includes(word);

/** `transient: the sender does not use that SPI any more; no further message for three minutes`. Words of a later version stand as they are. */
export function verdictText(verdict: Verdict, because: readonly string[]): string {
  const words = because.map((ground) => (isGround(ground) ? WORDS[ground] : ground));
  return words.length === 0 ? verdict : `${verdict}: ${words.join('; ')}`;
}
