/** `show crypto debug-condition`: the conditions on crypto debugs, everyone's. Shape: DebugConditions in ../platform.ts. */
import { canonicalAddress } from '../../model/address.ts';
import type { DebugConditions, Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// Crypto conditional debug currently is turned ON
// Crypto conditional debug currently is turned OFF
const STATE = /^\s*Crypto conditional debug currently is turned (?<state>ON|OFF)$/i;
// IKE debug context unmatched flag: ON
// IPsec debug context unmatched flag:OFF
// Crypto Engine debug context unmatched flag: OFF
const UNMATCHED = /^\s*(?<what>IKE(?:v2)?|IPsec|Crypto Engine) debug context (?:unmatched|error) flag: *(?<state>ON|OFF)$/i;
// IKE peer IP address filters:
// IKE peer IPv6 address filters:
// Connection-id filters:[connid:engine_id]
// Crypto flow-id filters:[flowid:engine_id]
const HEADER = /^\s*(?<kind>\S.{0,60}?) filters: *(?:\[[^\]]{0,40}\])?(?<inline>.*)$/i;
// 10.1.1.1  10.1.1.2
//     11.1.1.3
//     10.1.1.0 255.255.255.0
// 2049:1                                    connid:engine_id
// spoke.example.net                         a peer host name, user name, group or VRF
const VALUES = /^\s*[\w.:@/-]{1,128}(?:[ ,]+[\w.:@/-]{1,128}){0,15}[ ,]{0,3}$/;
const MASK = /^255(?:\.\d{1,3}){3}$/;

export const parseDebugConditions: Parser<DebugConditions> = (output) => {
  let conditional: boolean | null = null;
  const unmatched: Record<string, boolean> = {};
  const filters: { kind: string; value: string }[] = [];
  const unread: Line[] = [];
  let kind: string | null = null;
  for (const line of dataLines(output)) {
    const state = STATE.exec(line.text)?.groups;
    if (state) {
      conditional = state['state']!.toUpperCase() === 'ON';
      continue;
    }
    const flag = UNMATCHED.exec(line.text)?.groups;
    if (flag) {
      unmatched[flag['what']!] = flag['state']!.toUpperCase() === 'ON';
      continue;
    }
    const header = HEADER.exec(line.text)?.groups;
    if (header) {
      kind = header['kind']!;
      const inline = header['inline']!.trim();
      // No more on this line than on one of its own: each word is tried as an address.
      if (inline === '' || VALUES.test(inline)) addFilters(filters, kind, inline);
      else unread.push(line);
    } else if (kind !== null && VALUES.test(line.text)) addFilters(filters, kind, line.text);
    else unread.push(line);
  }
  return { value: { conditional, unmatched, filters }, unread };
};

/** `10.1.1.0 255.255.255.0` is one value, `10.1.1.1 10.1.1.2` are two. */
function addFilters(filters: { kind: string; value: string }[], kind: string, text: string): void {
  for (const word of text.split(/[ ,]+/).filter((part) => part !== '')) {
    const last = filters.at(-1);
    if (MASK.test(word) && last?.kind === kind && !last.value.includes(' '))
      filters[filters.length - 1] = { kind, value: `${last.value} ${word}` };
    else filters.push({ kind, value: canonicalAddress(word) ?? word });
  }
}
