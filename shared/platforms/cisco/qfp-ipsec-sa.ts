/** `show platform hardware qfp active feature ipsec sa N`: one SA as the data plane holds it. Shape: QfpIpsecSa in ../../model/qfp.ts; null when no field is shown. */
import { canonicalAddress } from '../../model/address.ts';
import type { QfpIpsecSa } from '../../model/qfp.ts';
import type { Parser } from '../platform.ts';
import { known, type LineRule, readLines } from './line-rules.ts';

interface Place {
  line: number | null;
  readonly fields: Map<string, string>;
  readonly flags: Map<string, string>;
}

export const parseQfpIpsecSa: Parser<QfpIpsecSa | null> = (output) => {
  const at: Place = { line: null, fields: new Map(), flags: new Map() };
  const unread = readLines(output, rules, at);
  if (at.line === null) return { value: null, unread };
  const saId = at.fields.get('QFP sa id') ?? '';
  const hex = /^0x([0-9A-Fa-f]{1,8})(?:\(\d{1,10}\))?$/.exec(at.fields.get('QFP spi') ?? '')?.[1];
  return {
    value: {
      line: at.line,
      saId: /^\d{1,10}$/.test(saId) ? Number(saId) : null,
      spi: hex === undefined ? null : Number.parseInt(hex, 16) >>> 0,
      local: canonicalAddress(at.fields.get('local endpoint') ?? ''),
      remote: canonicalAddress(at.fields.get('remote endpoint') ?? ''),
      flags: Object.fromEntries(at.flags),
      fields: Object.fromEntries(at.fields),
    },
    unread,
  };
};

const rules: readonly LineRule<Place>[] = [
  // QFP ipsec sa Information
  [/^QFP ipsec sa Information$/i, known],
  //                    : src:IKE  valid:Yes  soft-life-expired:No  hard-life-expired:No
  [
    /^: *(?<flags>[\w-]{1,60}:\S{1,60}(?:\s+[\w-]{1,60}:\S{1,60}){0,20})$/,
    ({ flags }, at) => {
      for (const flag of flags!.split(/\s+/)) {
        const colon = flag.indexOf(':');
        at.flags.set(flag.slice(0, colon), flag.slice(colon + 1));
      }
    },
  ],
  //             QFP spi: 0xf60ce626(4128040486)
  //               flags: 0x2c400890 (Details below)
  //      local endpoint: 192.0.2.1
  //     nat fixup  ip: 0.0.0.0
  [
    /^(?<name>[A-Za-z][\w. ]{1,40}): *(?<value>\S.{0,120})$/,
    ({ name, value }, at, line) => {
      at.line ??= line.number;
      at.fields.set(name!.trim().replace(/ +/g, ' '), value!);
    },
  ],
];
