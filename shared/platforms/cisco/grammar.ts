/**
 * The closed grammar of what may ever be sent to a Cisco device (pair-protocol.md, "Sessions and commands"), as anchored patterns
 * with a word for the change board. Used by session.ts before every send, and when the config loads.
 */
import { canonicalAddress } from '../../model/address.ts';
import { parseSpi } from '../../model/flow.ts';
import type { GrammarLine } from '../platform.ts';
import { deadManPatterns } from './dead-man.ts';

// Words of a `show` command: no `?` (IOS answers it at once with help), no `>` or other redirect, no quote, no control character.
const WORD = '[A-Za-z0-9_.:/-]{1,64}';
// `| include CRYPTO|IPSEC`: alternation stands without blanks. A second pipe with blanks would be another filter, which may be
// `redirect`, `tee` or `append` on newer IOS XE.
const FILTER = "(?:include|begin|exclude|section) (?:[A-Za-z0-9_.:/^$()\\[\\]*+,%=#'-]|(?<! )[|](?! )|(?<! ) (?! )){1,200}";

// As `condition` (arming.ts) spells it: `ipv4 11.1.1.3`, `ipv6 2001:db8::3`.
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const PEER = `(?:ipv4 ${OCTET}(?:\\.${OCTET}){3}|ipv6 (?=[0-9a-f:.]{0,42}:)[0-9a-f:.]{2,45})`;

/** In the order in which the change board reads them. `show tech` in any abbreviation dumps the whole configuration, secrets and all. */
export const grammar: readonly GrammarLine[] = [
  {
    pattern: new RegExp(`^show (?!te(?:c|ch\\S*)?(?: |$))${WORD}(?: ${WORD}){0,12}(?: \\| ${FILTER})?$`),
    purpose: 'reads state',
  },
  { pattern: /^undebug all$/, purpose: 'turns every debug off (the stop)', stops: true },
  {
    pattern: /^no debug crypto (?:isakmp|ipsec|engine|ikev2)(?: (?:error|internal|packet|ha))?$/,
    purpose: 'turns one debug off',
    stops: true,
  },
  { pattern: new RegExp(`^debug crypto condition peer ${PEER}$`), purpose: 'arming: limits crypto debugs to one peer' },
  { pattern: new RegExp(`^no debug crypto condition peer ${PEER}$`), purpose: 'disarming: removes our own condition' },
  { pattern: /^debug crypto (?:isakmp|ikev2|ipsec|engine)$/, purpose: 'arming: turns one debug on' },
  { pattern: /^configure terminal$/, purpose: 'dead-man: enters configuration mode', errand: true },
  ...deadManPatterns.map((pattern) => ({ pattern, purpose: 'dead-man: its applet', errand: true })),
  { pattern: /^end$/, purpose: 'dead-man: leaves configuration mode', errand: true },
  { pattern: /^terminal (?:length 0|width (?:0|511))$/, purpose: 'terminal settings of our own session' },
  { pattern: /^terminal (?:no )?monitor$/, purpose: 'log messages on our own session' },
  { pattern: /^enable$/, purpose: 'privileged EXEC' },
  { pattern: /^(?:logout|exit)$/, purpose: 'ends our own session' },
];

/** An address as it may stand in a command; null for anything that does not parse as one. */
export const addressWord = (text: string): string | null => canonicalAddress(text);

/** An SPI spelled as received, when it is plain hex: `0x68842105`, `0x11C`. */
export const spiWord = (text: string): string | null => (parseSpi(text) === null ? null : text.trim());
