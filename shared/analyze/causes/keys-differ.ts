/** facts.md §6, "keys differ after rekey": integrity errors on a current SPI. The SA was found, its key does not fit. Not a desync of SPIs. */
import { clearSenderOf, packetFault } from '../packet-fault.ts';

export const keysDiffer = packetFault({
  cause: 'keys-differ',
  kind: 'mac-error',
  sentence: (name) =>
    `${name} finds the SA and the packets fail its integrity check: the two ends have different keys for one SPI, or packets are changed on the way. No desync of SPIs.`,
  doNow: clearSenderOf,
  change: () => [],
  collectNext: [
    'show crypto ipsec sa detail twice: “pkts verify failed”, and on which SA.',
    'A packet capture at both ends: are packets changed on the way?',
  ],
});
