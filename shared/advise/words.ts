/**
 * The words of `spitrap advise`: one a point, each with its severity and where it is from. docs/advise.md lists them, which a test holds.
 * `warning`: will be missed in an incident, or makes one; `note`: to know; `good`: as it should be; `unknown`: this file does not say, or
 * nobody knows.
 */
export type Severity = 'warning' | 'unknown' | 'note' | 'good';

interface Word {
  readonly severity: Severity;
  readonly source: string;
}

const NOTE_B = 'Cisco 115801 (invalid SPI recovery)';
const LOGGING = 'Cisco 10374 (debug commands); docs/router.md, "Logging"';
const EEM = 'Cisco 116005 (EEM scripts); docs/eem.md';

const word = <S extends Severity>(severity: S, source: string): Word & { readonly severity: S } => ({ severity, source });

/** In the order in which a report has them. */
export const adviceWords = {
  'no-crypto': word('unknown', 'the file itself'),
  excerpt: word('unknown', 'the file itself'),
  'not-all-judged': word('unknown', 'the file itself'),
  'not-ios': word('unknown', 'the file itself'),
  'kind-unknown': word('unknown', NOTE_B),
  'platform-differs': word('warning', 'the version line; docs/configuration.md, device.platform'),
  'peer-not-on-router': word('warning', 'docs/configuration.md, peers[].cryptoAddresses'),
  'not-logged-to-agent': word('warning', LOGGING),
  'condition-without-peer': word('warning', 'docs/arming.md; IOS Crypto Conditional Debug'),
  'debugs-lack-ike': word('warning', 'docs/configuration.md, arming.debugs'),
  'peer-not-judged': word('unknown', 'docs/configuration.md, peers[].cryptoAddresses'),
  'peer-not-in-agent': word('note', 'docs/configuration.md, peers[].cryptoAddresses'),
  'peers-fit': word('good', 'docs/configuration.md, peers[].cryptoAddresses'),
  'logged-to-agent': word('good', LOGGING),
  'profile-missing': word('warning', 'the file itself'),
  'recovery-does-not-work': word('warning', NOTE_B),
  'recovery-unknown': word('unknown', NOTE_B),
  'recovery-not-applicable': word('note', NOTE_B),
  'recovery-works': word('good', NOTE_B),
  'recovery-off': word('note', NOTE_B),
  'recovery-on': word('note', NOTE_B),
  'dpd-unknown': word('unknown', 'IOS ISAKMP profiles: match identity; Cisco 115801'),
  'dpd-missing': word('warning', `${NOTE_B}: a black hole lasts until DPD acts or the SA of the sender expires`),
  'dpd-on-demand': word('note', 'IOS IPsec Dead Peer Detection; Cisco 115801'),
  'dpd-periodic': word('good', 'IOS IPsec Dead Peer Detection; Cisco 115801'),
  'ike-version-differs': word('warning', 'RFC 7296: IKEv1 and IKEv2 do not speak to each other'),
  'ike-version': word('note', 'IOS; for IKEv2 invalid-SPI recovery is not described by Cisco 115801'),
  'lifetime-differs': word('warning', 'RFC 2407 §4.5.4, RFC 7296 §2.8; docs/advise.md, "Lifetimes"'),
  'lifetime-same': word('good', 'RFC 2407 §4.5.4, RFC 7296 §2.8'),
  'lifetime-not-compared': word('unknown', 'docs/advise.md, "Lifetimes"'),
  'kilobyte-lifetime': word('note', 'IOS crypto ipsec security-association lifetime; docs/advise.md, "Lifetimes"'),
  'nat-t': word('note', `${NOTE_B}: CSCsq59183`),
  'nat-t-off': word('note', 'IOS IPsec NAT Transparency'),
  'replay-off': word('warning', 'RFC 4303 §3.4.3; IOS IPsec Anti-Replay Window'),
  'replay-window': word('note', 'RFC 4303 §3.4.3; IOS IPsec Anti-Replay Window'),
  'console-debugs': word('warning', LOGGING),
  'console-quiet': word('good', LOGGING),
  'trap-level': word('warning', LOGGING),
  'no-logging-host': word('warning', LOGGING),
  'buffer-small': word('note', LOGGING),
  'rate-limited': word('warning', LOGGING),
  'debug-stamps': word('warning', 'docs/router.md, "Logging"; Cisco 116005'),
  'log-stamps': word('warning', 'docs/router.md, "Logging"; Cisco 116005'),
  'sequence-numbers': word('note', 'docs/router.md, "Logging"'),
  'no-ntp': word('warning', 'docs/router.md, "Time"; Cisco 116005, whose stamps are marked *'),
  'vty-lines': word('note', EEM),
  'vty-never-times-out': word('note', 'docs/router.md, "SSH and VTY lines"'),
  'eem-applet': word('note', EEM),
  'eem-none': word('note', EEM),
  'eem-user': word('warning', EEM),
  'snmp-not-ready': word('note', EEM),
  'snmp-ready': word('good', EEM),
  'snmp-public': word('warning', EEM),
} as const;

export type AdviceWord = keyof typeof adviceWords;

/** A line of the file, with its number from 1; secrets hidden. */
export interface Evidence {
  readonly line: number;
  readonly text: string;
}

export interface Advice {
  readonly word: AdviceWord;
  readonly severity: Severity;
  /** What is so, of what. */
  readonly what: string;
  readonly why: string;
  readonly source: string;
  /** Empty: it is the absence of a line. */
  readonly lines: readonly Evidence[];
  /** In configuration mode; empty: nothing to enter. */
  readonly enter: readonly string[];
}

export const advice = (
  name: AdviceWord,
  what: string,
  why: string,
  lines: readonly Evidence[] = [],
  enter: readonly string[] = [],
): Advice => ({
  word: name,
  ...adviceWords[name],
  what,
  why,
  // A statement has its words beside its text, secrets among them.
  lines: lines.map(({ line, text }) => ({ line, text })),
  enter,
});
