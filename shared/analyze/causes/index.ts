/** The shelf of causes: one rule a line, the most specific first (judge.ts keeps that order among equally sure ones). docs/causes.md explains each word. */
import type { CauseRule } from '../verdict.ts';
import { clearedOneSide } from './cleared-one-side.ts';
import { crossingRekeys } from './crossing-rekeys.ts';
import { deleteLost } from './delete-lost.ts';
import { earlyNewSpi } from './early-new-spi.ts';
import { failover } from './failover.ts';
import { ikeSaGone } from './ike-sa-gone.ts';
import { keysDiffer } from './keys-differ.ts';
import { kilobyteLifetime } from './kilobyte-lifetime.ts';
import { lifetimeMismatch } from './lifetime-mismatch.ts';
import { middleboxReplay } from './middlebox-replay.ts';
import { natChange } from './nat-change.ts';
import { platformCannotSay } from './platform-cannot-say.ts';
import { receiverLostSa } from './receiver-lost-sa.ts';
import { receiverRestarted } from './receiver-restarted.ts';
import { rekeyTransient } from './rekey-transient.ts';
import { replay } from './replay.ts';
import { stalePeer } from './stale-peer.ts';
import { tunnelKeyMismatch } from './tunnel-key-mismatch.ts';
import { unconfiguredPeer } from './unconfigured-peer.ts';

export const causeRules: readonly CauseRule[] = [
  unconfiguredPeer,
  stalePeer,
  tunnelKeyMismatch,
  keysDiffer,
  replay,
  platformCannotSay,
  receiverRestarted,
  failover,
  clearedOneSide,
  natChange,
  kilobyteLifetime,
  lifetimeMismatch,
  crossingRekeys,
  ikeSaGone,
  deleteLost,
  earlyNewSpi,
  middleboxReplay,
  rekeyTransient,
  receiverLostSa,
];
