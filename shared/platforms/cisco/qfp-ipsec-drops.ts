/** `show platform hardware qfp active feature ipsec datapath drops [all] [| include SPI]`: Note B's counters of unknown SPIs. Shape: QfpIpsecDrop[] in ../../model/qfp.ts. A filter leaves rows without the heading; nothing is no rows. */
import type { QfpIpsecDrop } from '../../model/qfp.ts';
import type { Parser } from '../platform.ts';
import { known, type LineRule, readLines } from './line-rules.ts';

export const parseQfpIpsecDrops: Parser<QfpIpsecDrop[]> = (output) => {
  const value: QfpIpsecDrop[] = [];
  const unread = readLines(output, rules, value);
  return { value, unread };
};

const rules: readonly LineRule<QfpIpsecDrop[]>[] = [
  // ------------------------------------------------------------------------
  // Drop Type  Name                                     Packets
  [/^(?:-{10,}|Drop Type\s+Name\s+Packets)$/, known],
  //         4  IN_US_V4_PKT_SA_NOT_FOUND_SPI                            64574
  [
    /^(?<type>\d{1,6})\s+(?<name>[A-Z][A-Z0-9_]{1,80})\s+(?<packets>\d{1,20})$/,
    ({ type, name, packets }, drops, line) => {
      drops.push({ line: line.number, type: Number(type), name: name!, packets: Number(packets) });
    },
  ],
];
