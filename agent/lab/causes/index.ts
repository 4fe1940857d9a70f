/** The shelf of causes: one file each, one line here. The bench (test/bench/diagnosis) and the tests go through it. */
import type { Cause } from './cause.ts';
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
import { receiverRestarted } from './receiver-restarted.ts';
import { rekeyTransient } from './rekey-transient.ts';
import { replay } from './replay.ts';
import { stalePeer } from './stale-peer.ts';
import { tunnelKeyMismatch } from './tunnel-key-mismatch.ts';
import { unconfiguredPeer } from './unconfigured-peer.ts';

export const causes: readonly Cause[] = [
  rekeyTransient,
  receiverRestarted,
  clearedOneSide,
  failover,
  ikeSaGone,
  lifetimeMismatch,
  kilobyteLifetime,
  deleteLost,
  crossingRekeys,
  earlyNewSpi,
  keysDiffer,
  replay,
  natChange,
  stalePeer,
  middleboxReplay,
  unconfiguredPeer,
  tunnelKeyMismatch,
];
