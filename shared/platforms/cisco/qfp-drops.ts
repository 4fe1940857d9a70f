/** `show platform hardware qfp active statistics drop [history] [| include Ipsec]`: packets dropped by the data plane. Shape: QfpDrops in ../../model/qfp.ts. A filter leaves rows without the heading; nothing is no drops. */
import type { QfpDrop, QfpDrops } from '../../model/qfp.ts';
import type { Parser } from '../platform.ts';
import { count, known, type LineRule, readLines } from './line-rules.ts';

interface Place {
  clearedAt: string | null;
  readonly drops: QfpDrop[];
}

export const parseQfpDrops: Parser<QfpDrops> = (output) => {
  const value: Place = { clearedAt: null, drops: [] };
  const unread = readLines(output, rules, value);
  return { value, unread };
};

const rules: readonly LineRule<Place>[] = [
  // Last clearing of QFP drops statistics : Tue Mar 21 00:00:15 2023
  // Last clearing of QFP drops statistics : never
  [
    /^Last clearing of QFP drops statistics ?: (?<at>\S.{0,60})$/,
    ({ at }, place) => {
      place.clearedAt = at!;
    },
  ],
  // -------------------------------------------------------------------------
  // Global Drop Stats                         Packets                  Octets
  // Global Drop Stats                           1-Min                   5-Min                  30-Min                     All
  [/^(?:-{10,}|Global Drop Stats\s+(?:Packets\s+Octets|1-Min\s+5-Min\s+30-Min\s+All))$/, known],
  // IpsecInput                                    114                   15216
  // IpsecInput                                      0                       0                       2                     114
  [
    /^(?<name>[A-Za-z][\w-]{1,80})\s+(?<first>\d{1,20})\s+(?<second>\d{1,20})(?:\s+(?<third>\d{1,20})\s+(?<all>\d{1,20}))?$/,
    ({ name, first, second, third, all }, { drops }, line) => {
      const history = all !== undefined;
      const recent = { '1-Min': Number(first), '5-Min': Number(second), '30-Min': Number(third) };
      drops.push({
        line: line.number,
        name: name!,
        packets: Number(history ? all : first),
        octets: history ? null : count(second),
        recent: history ? recent : null,
      });
    },
  ],
  // The Global drop stats were all zero
  [/^The Global drop stats were all zero$/i, known],
];
