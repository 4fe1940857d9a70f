/** Which counters of IOS XE's data plane tell of packets without an SA (Note B), for source `qfp-drops`. */
import { parseQfpDrops } from '../cisco/qfp-drops.ts';
import { parseQfpIpsecDrops } from '../cisco/qfp-ipsec-drops.ts';
import type { DropCounterLine } from '../platform.ts';

/** `4 IN_US_V4_PKT_SA_NOT_FOUND_SPI`, `7 IN_TRANS_V4_IPSEC_PKT_NOT_FOUND_SPI`, `12 IN_US_V6_PKT_SA_NOT_FOUND_SPI`. */
const NOT_FOUND = /^IN_.*NOT_FOUND_SPI$/;

export const dropCounters: readonly DropCounterLine[] = [
  {
    command: 'show platform hardware qfp active feature ipsec datapath drops all | include SPI',
    parse: (output) => {
      const { value, unread } = parseQfpIpsecDrops(output);
      return { value: counted(value.filter(({ name }) => NOT_FOUND.test(name))), unread };
    },
  },
  // Older releases have this alone: all of IPsec's drops in one.
  {
    command: 'show platform hardware qfp active statistics drop | include Ipsec',
    parse: (output) => {
      const { value, unread } = parseQfpDrops(output);
      return { value: counted(value.drops.filter(({ name }) => name === 'IpsecInput')), unread };
    },
  },
];

function counted(drops: readonly { readonly name: string; readonly packets: number }[]): Readonly<Record<string, number>> | null {
  return drops.length === 0 ? null : Object.fromEntries(drops.map(({ name, packets }) => [name, packets]));
}
