/** The fixed words of a report for the words of a verdict: causes as titles, how sure, how bad. Used by the page and the text. */
import type { Cause, Confidence, Verdict } from '../verdict.ts';

export const causeTitles: Readonly<Record<Cause, string>> = {
  'rekey-transient': 'Rekey transient',
  'receiver-restarted': 'Receiver restarted',
  'cleared-one-side': 'Cleared on one side',
  failover: 'Failover without state',
  'ike-sa-gone': 'IKE SA gone, IPsec SA kept',
  'lifetime-mismatch': 'Lifetimes differ',
  'kilobyte-lifetime': 'Kilobyte lifetime',
  'delete-lost': 'DELETE lost',
  'crossing-rekeys': 'Crossing rekeys',
  'early-new-spi': 'New SPI used too early',
  'keys-differ': 'Keys differ',
  replay: 'Replay or reordering',
  'nat-change': 'NAT or port change',
  'stale-peer': 'Stale or cloned peer',
  'middlebox-replay': 'Middlebox replays old ESP',
  'unconfigured-peer': 'Peer not configured',
  'tunnel-key-mismatch': 'Tunnel keys differ',
  'platform-cannot-say': 'Platform cannot say',
  'receiver-lost-sa': 'Receiver lost the SA',
  'cannot-tell': 'Cannot tell',
};

/** A filled, a half and an empty circle beside the word: not colour alone. */
export const confidenceMarks: Readonly<Record<Confidence, string>> = { certain: '\u25cf', likely: '\u25d1', possible: '\u25cb' };

export const harmWords: Readonly<Record<Verdict['harm'], string>> = {
  persistent: 'black hole: traffic is lost',
  transient: 'benign: a transient',
  unknown: 'benign or not: not known',
};

export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;
