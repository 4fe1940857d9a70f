/** facts.md §6, "replay, reordering": `PKT_REPLAY_ERR` and counters of the replay check are of SAs that are there. Not a desync. */
import { packetFault } from '../packet-fault.ts';
import { adviseChange, widerReplayWindow } from '../steps.ts';

export const replay = packetFault({
  cause: 'replay',
  kind: 'replay-error',
  sentence: (name) => `${name} drops packets that come too late or twice (anti-replay), on SAs that both ends have: no desync.`,
  change: (end) => [
    widerReplayWindow(end),
    adviseChange('Queue before encryption, not after it: qos pre-classify, or a policy that keeps a tunnel’s packets in order.'),
  ],
  collectNext: ['show crypto ipsec sa detail twice: how fast “pkts replay failed” rises, and on which SA.'],
});
