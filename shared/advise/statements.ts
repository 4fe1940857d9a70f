/**
 * A running configuration as sections and their lines, for facts.ts. Takes what people have in files too: `show running-config` with its
 * header, RANCID's, pastes with `int tu0`, indents of any kind and comments behind a line. Nothing throws.
 */
import { limits } from '../limits.ts';
import { printable } from '../model/printable.ts';
import type { Evidence } from './words.ts';

export interface Statement extends Evidence {
  /** In lower case; names keep theirs in `named`. */
  readonly words: readonly string[];
  readonly named: readonly string[];
}

export interface Section {
  readonly head: Statement;
  readonly body: readonly Statement[];
}

const SPLIT = /\r\n|\r|\n/;
/** What opens a mode of its own, as its first words; `interface` and `line` in their abbreviations. */
const HEADS: readonly RegExp[] = [
  /^interface \S/,
  /^line (?:con|console|aux|vty)\b/,
  /^crypto map \S+ \d+/,
  /^crypto dynamic-map \S+ \d+/,
  /^crypto ipsec profile \S/,
  /^crypto isakmp (?:profile|policy) \S/,
  /^crypto ikev2 (?:profile|policy|proposal|keyring|name-mangler|authorization) \S/,
  /^crypto ipsec (?:transform-set|client ezvpn|proposal) \S/,
  /^crypto (?:gdoi group|gkm group|keyring|pki trustpoint|pki server|ca trustpoint|ca server) \S/,
  /^event manager applet \S/,
];
/** Lines of the whole router; whatever mode was open ends at one. `logging synchronous` is of a line, `event syslog` of an applet. */
const GLOBAL =
  /^(?:no )?(?:(?:aaa|banner|boot|clock|control-plane|crypto|enable|end|hostname|interface|key|line|ntp|parser|policy-map|class-map|route-map|router|service|snmp-server|spanning-tree|username|version|access-list|archive|conf|configure|wr|write)\b|logging (?!synchronous)|event manager|(?:ip )?vrf definition|ip (?:route|access-list|nat inside source|ssh|domain|http|cef)\b)/;
/** Of the mode of an interface though it begins as a global line does. */
const OF_INTERFACE =
  /^(?:no )?(?:crypto map \S+(?: redundancy \S+(?: stateful)?)?$|crypto ipsec client ezvpn |vrf forwarding |service-|aaa |clock |logging (?:event|ip) |ntp (?:broadcast|disable|multicast)|ip route-cache)/;
/** Of an IKE profile: `aaa authorization group psk list …`. */
const OF_PROFILE = /^(?:no )?aaa (?:authorization|accounting) (?:group|user|cert|psk|eap|anyconnect-eap|peer|cert|\S+ list)\b/;
/** `banner motd ^C`: what follows is text up to that delimiter. */
const BANNER = /^banner \S+ (\^C|\S)(.*)$/;
const BANNER_LINES_MAX = 400;

export function readSections(text: string): { readonly globals: readonly Statement[]; readonly sections: readonly Section[] } {
  const globals: Statement[] = [];
  const sections: { head: Statement; body: Statement[] }[] = [];
  let open: { head: Statement; body: Statement[] } | null = null;
  const all = text.split(SPLIT);
  let bannerEnds = -1;
  for (const [index, raw] of all.entries()) {
    if (index <= bannerEnds) continue;
    const cut = raw.length > limits.lineBytesMax ? raw.slice(0, limits.lineBytesMax) : raw;
    if (/^!\s*$/.test(cut)) open = null;
    // `! comment`, and ` set peer 1.1.1.1   ! comment`; a key may have a ! inside.
    const banner = BANNER.exec(cut);
    if (banner !== null && !banner[2]!.includes(banner[1]!)) {
      const last = all.slice(index + 1, index + 1 + BANNER_LINES_MAX).findIndex((line) => line.includes(banner[1]!));
      if (last >= 0) bannerEnds = index + 1 + last;
    }
    const bare = cut.replace(/(?:^|\s)!.*$/, '').trim();
    if (bare === '') continue;
    const statement = statementOf(bare, index + 1);
    const line = statement.words.join(' ');
    const inInterface = open?.head.words[0] === 'interface';
    const inProfile = open !== null && /^crypto (?:isakmp|ikev2) profile /.test(open.head.words.join(' '));
    if ((inInterface && OF_INTERFACE.test(line)) || (inProfile && OF_PROFILE.test(line) && /^\s/.test(cut)))
      open!.body.push(statement);
    else if (HEADS.some((head) => head.test(line))) {
      open = { head: statement, body: [] };
      sections.push(open);
    } else if (GLOBAL.test(line)) {
      open = null;
      globals.push(statement);
    } else if (open === null) globals.push(statement);
    else open.body.push(statement);
  }
  return { globals, sections };
}

function statementOf(bare: string, line: number): Statement {
  const spelled = bare
    .replace(/^crypto map ipv6 (?=\S+ \d)/i, 'crypto map ')
    // An `ipv6 crypto map` of an interface is one as any.
    .replace(/^ipv6 (?=crypto map \S+$)/i, '');
  const named = spelled.split(/\s+/);
  const words = named.map((word) => word.toLowerCase());
  // int tu0, interface Tunnel0
  if (words.length > 1 && words[0]!.length >= 3 && 'interface'.startsWith(words[0]!)) words[0] = 'interface';
  return { line, text: printable(hidden(bare), 200), words, named };
}

/** What may be a secret does not leave this file: communities, keys, passwords. `public` is none. */
const hidden = (bare: string): string =>
  bare
    .replace(/^((?:no )?snmp-server community )(?!public\b|private\b)\S+/i, '$1<hidden>')
    .replace(
      /^((?:no )?snmp-server host \S+(?: (?:traps|informs))?(?: version (?:1|2c))? )(?!public\b|private\b|version\b)\S+/i,
      '$1<hidden>',
    )
    .replace(/^(group \S+ key ).*$/i, '$1<hidden>')
    .replace(/^(crypto isakmp key )(?:[06] )?\S+/i, '$1<hidden>')
    .replace(/^(.*\b(?:pre-shared-key|secret|password|key-string|authentication)\b.*?) \S+$/i, '$1 <hidden>')
    .replace(/^((?:no )?snmp-server user .*?\b(?:auth|v3)\b).*$/i, '$1 <hidden>');

/** The first line that begins so; null: none. A last `no` of it counts as none. */
export function findLine(statements: readonly Statement[], begins: RegExp): Statement | null {
  return statements.findLast(({ words }) => begins.test(words.join(' '))) ?? null;
}

export const allLines = (statements: readonly Statement[], begins: RegExp): Statement[] =>
  statements.filter(({ words }) => begins.test(words.join(' ')));

/** Number of a word in the line that matches; null: not there. */
export function numberIn(statement: Statement | null, pattern: RegExp): number | null {
  const found = statement === null ? null : pattern.exec(statement.words.join(' '))?.[1];
  return found === undefined || found === null ? null : Number(found);
}
