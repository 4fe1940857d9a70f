/**
 * `show debugging`: which debugs are on. Shape: DebugFlag[] in ../platform.ts. What cannot be read stays in `unread`: a verification
 * that debugs are off must not rest on a line that nobody understood.
 */
import type { DebugName } from '../../model/arming.ts';
import type { DebugFlag, Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

//   Crypto ISAKMP debugging is on
//   IKEv2 default debugging is on
//   HSRP Events debugging is on
//   IP packet debugging is on (detailed)
//   IP packet debugging is on for access list 100
//   TCP special event debugging is on for address 10.1.1.1
//   Embedded Event Manager debug is on
const FLAG = /^\s*(?<name>\S.{0,200}?(?:debugging|debugs?|tracing|tracer?)) (?:is|are) (?:on|enabled)\b.{0,200}$/i;

// Cryptographic Subsystem:
// IKEV2:
// IOSXE Packet Tracing Configs:
// Generic IP:
const HEADER = /^\s{0,2}\S[^:]{0,100}:$/;

// IOSXE Conditional Debug Configs:          stands there even when nothing is on
// IOSXE Packet Tracing Configs:
// Packet Infra debugs:
const IOSXE_BLOCK = /^\s*(?:IOSXE (?:Conditional Debug|Packet Trac(?:ing|e)) Configs|Packet Infra debugs):$/;
// Conditional Debug Global State: Stop
// Feature Condition Type      Value
// Ip Address                                               Port
// ------------------------------------------------------|----------
const IOSXE_DETAIL =
  /^\s*(?:Conditional Debug Global State: \S+|Ip Address\s+Port|Feature\s+Condition.*|Conditions?\s+Direction|[-|+ ]+)$/;

//     (protocol, neighbor, redundancy, track, ha, arp, interface)
const DETAIL = /^\s*\(.*\)$/;
// Condition 1: interface Gi0/1 (1 flags triggered)
//         Flags: Gi0/1
// Condition 1: ip 10.1.1.1 (0 flags triggered)
const CONDITION = /^\s*(?:Condition \d+: .*|Flags: .*)$/;
// No debugging is on / All possible debugging has been turned off          (after the off-switch, on the same screen)
const NOTHING = /^\s*(?:All possible debugging has been turned off|No debugging is (?:on|enabled))\.?$/;

const CRYPTO = /\b(?:crypto (?:isakmp|ipsec|engine|ikev2|ike)|isakmp|ipsec|ikev2)\b/i;

export const parseDebugging: Parser<DebugFlag[]> = (output) => {
  const value: DebugFlag[] = [];
  const unread: Line[] = [];
  let inIosxeBlock = false;
  for (const line of dataLines(output)) {
    if (NOTHING.test(line.text)) continue;
    const name = FLAG.exec(line.text)?.groups?.['name'];
    if (name !== undefined) {
      value.push({ text: name, crypto: CRYPTO.test(name) });
      inIosxeBlock = false;
    } else if (IOSXE_BLOCK.test(line.text)) inIosxeBlock = true;
    else if (HEADER.test(line.text)) inIosxeBlock = false;
    else if (inIosxeBlock && IOSXE_DETAIL.test(line.text)) continue;
    else if (!CONDITION.test(line.text) && !(DETAIL.test(line.text) && value.length > 0)) unread.push(line);
  }
  return { value, unread };
};

// Crypto ISAKMP debugging            -> no debug crypto isakmp
// Crypto ISAKMP Error debugging      -> no debug crypto isakmp error
// Crypto IPSEC debugging             -> no debug crypto ipsec
// IKEv2 default debugging            -> no debug crypto ikev2
// IKEv2 packet debugging             -> no debug crypto ikev2 packet
const WHATS: readonly DebugName[] = ['isakmp', 'ipsec', 'engine', 'ikev2'];
const KINDS = ['error', 'internal', 'packet', 'ha'] as const;
const ONE = new RegExp(`^(?:crypto )?(?<what>${WHATS.join('|')})(?: (?<kind>default|${KINDS.join('|')}))? debugging$`, 'i');

/** Every line that `debugOffOne` can give. */
export const debugOffLines: readonly string[] = WHATS.flatMap((what) =>
  ['', ...KINDS.map((kind) => ` ${kind}`)].map((kind) => `no debug crypto ${what}${kind}`),
);

/** Which of the debugs that this pair could have armed a flag is. `kind` null: the debug itself, else a part of it. Null: none of them. */
export function readCryptoFlag(flag: DebugFlag): { readonly name: DebugName; readonly kind: string | null } | null {
  const found = ONE.exec(flag.text)?.groups;
  if (!flag.crypto || !found) return null;
  const kind = found['kind']?.toLowerCase();
  return { name: found['what']!.toLowerCase() as DebugName, kind: kind === undefined || kind === 'default' ? null : kind };
}

/** The line that turns one crypto flag off; null when the flag is none that this pair could have armed. */
export function debugOffOne(flag: DebugFlag): string | null {
  const read = readCryptoFlag(flag);
  return read === null ? null : `no debug crypto ${read.name}${read.kind === null ? '' : ` ${read.kind}`}`;
}
