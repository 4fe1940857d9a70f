/**
 * The crypto parts of `show running-config`, whole or `| section …`. Shape: CryptoConfiguration in ../../model/evidence.ts. The reader of
 * configurations is advise's (../../advise/facts.ts); this file asks it what the diagnosis wants, and names crypto lines of an unknown form.
 */
import { type ConfigFacts, readConfig, recoveryOf } from '../../advise/facts.ts';
import { findLine, type Statement } from '../../advise/statements.ts';
import { canonicalAddress } from '../../model/address.ts';
import type { CryptoConfiguration } from '../../model/evidence.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// crypto isakmp policy 10     crypto map VPN 5 ipsec-isakmp     no crypto isakmp enable     crypto pki trustpoint X
const CRYPTO_LINE =
  /^(?:no )?crypto (?:isakmp|ikev1|ikev2|ipsec|map|dynamic-map|keyring|key|pki|ca|engine|gdoi|gkm|identity|logging|mib|call|connect|ctcp|csr-params|eng|fips|tls-tunnel|ssl|vpn|wui|xauth|provisioning)\b/;
// What may begin a line inside a crypto section:
//  set peer 1.1.1.1    match address ACL    pre-shared-key address 1.1.1.1 key …    keepalive 10 retry 3    lifetime 86400
//  certificate self-signed 01    quit
const SECTION_WORDS = new Set(
  `aaa accept-lifetime accounting acl address address-family anyconnect authentication authorization auto auto-import backup-gateway
   banner ca cdp-url cert certificate cisco client common-name config configuration connect country crl cryptographic-algorithm database
   default description dialer dns domain dpd eap ekm email encr encryption enrollment esn exit exit-peer extended-key-usage fqdn fvrf grant group group-lock
   hash hostname http identity idle-time include-local-lan initial-contact initiate initiator integrity interface ip ip-address ipv6 isakmp issuer-name
   ivrf keepalive key key-string keypair keyring lifetime local local-address locality loopback-reservation mac-algorithm match max-logins
   max-users mode named-key nat netmask no on-failure organization-name organization-unit passive peer pfs policy pool ppk pre-shared-key
   prf primary proposal protocol qos queue quit reconnect redirect redundancy registration rekey responder-only reverse-route
   revocation-check rsakeypair sa save-password self-identity send-lifetime serial-number server set shutdown sig signature smtp source split-dns state
   subject-alt-name subject-name subnet-acl template transform-set transport trustpoint tunnel usage user username validation-usage virtual-interface
   virtual-template vrf wins xauth address-pool`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
//   3082024B 308201B4 A0030201 …         of a certificate or a public key; <redacted:1f2e3d4c>
const HEX = /^(?:[0-9A-Fa-f]{2,8} ?){1,8}$/;
const CERTIFICATES = /^crypto (?:pki|ca) certificate chain |^crypto key pubkey-chain /;
// tunnel source Ethernet0/0     tunnel mode gre multipoint     tunnel protection ipsec profile VPN-PROFILE
const TUNNEL_LINE =
  /^(?:no )?tunnel (?:source|destination|mode|key|protection|vrf|path-mtu-discovery|checksum|bandwidth|tos|ttl|sequence-datagrams|route-via|endpoint|rbscp|udlr|mpls|flow|entropy|raw-udp|dst-port|src-port|6to4|isatap|cts|ipsec|nas|snooping|traffic|df)\b/;
// ip nhrp map 10.0.0.1 192.0.2.1     ip nhrp map multicast dynamic     ip nhrp nhs 10.0.0.1 nbma 192.0.2.1 multicast
const NHRP_LINE =
  /^(?:no )?ip(?:v6)? nhrp (?:attribute|authentication|bfd|connect|event-publisher|group|holdtime|interest|map|max-send|multicast|network-id|nhs|path|pseudo-registration|record|redirect|registration|responder|route-watch|server-only|send-routed|shortcut|side|summary-map|trigger-svc|trust|use)\b/;

export const parseRunningConfig: Parser<CryptoConfiguration> = (output) => {
  const facts = readConfig(output);
  return { value: configurationOf(facts), unread: unreadOf(facts, output) };
};

function configurationOf(facts: ConfigFacts): CryptoConfiguration {
  const { globals, sections, peerings } = facts;
  const heads = sections.map(({ head }) => head);
  // A filter that let no crypto line through tells nothing of crypto.
  const isShown = facts.whole || [...globals, ...heads].some(({ words }) => /^(?:no )?crypto /.test(words.join(' ')));
  const recovery = findLine(globals, /^(?:no )?crypto isakmp invalid-spi-recovery$/);
  const seconds = findLine(globals, /^crypto ipsec security-association lifetime seconds \d/);
  const kilobytes = findLine(globals, /^crypto ipsec security-association lifetime kilobytes \d/);
  return {
    dpd: dpdOf(facts) ?? (isShown ? { mode: 'none', intervalSeconds: null, line: null } : null),
    invalidSpiRecovery:
      recovery !== null ? { on: recovery.words[0] !== 'no', line: recovery.line } : isShown ? { on: false, line: null } : null,
    lifetimeSeconds: lastNumber(seconds),
    lifetimeKilobytes: lastNumber(kilobytes),
    peerings: peerings.map((peering) => ({
      kind: peering.kind,
      where: peering.where,
      peers: peering.peers.map((peer) => canonicalAddress(peer) ?? peer),
      recovery: recoveryOf[peering.kind],
      lifetimeSeconds: peering.lifetimes.secondsLine === null ? null : peering.lifetimes.seconds,
      lifetimeKilobytes: peering.lifetimes.kilobytesLine === null ? null : peering.lifetimes.kilobytes,
      ike: peering.ike,
      tunnelKey: peering.tunnelKey,
      line: peering.lines[0]?.line ?? null,
    })),
  };
}

// crypto isakmp keepalive 10 3 periodic        crypto isakmp keepalive 10           on demand
// crypto ikev2 dpd 10 2 on-demand              dpd 10 2 periodic                    of a profile
//  keepalive 10 retry 3                                                             of an ISAKMP profile
const DPD = /^(?:crypto isakmp keepalive|crypto ikev2 dpd|dpd|keepalive) (?<seconds>\d{1,5})\b(?<rest>.*)$/;

/** The global lines first, then the first peering that has one; then any IKE profile's: IOS also takes a profile because a peer matches it. */
function dpdOf({ globals, sections, peerings }: ConfigFacts): CryptoConfiguration['dpd'] {
  const ofProfile = sections
    .filter(({ head }) => /^crypto (?:isakmp|ikev2) profile /.test(head.words.join(' ')))
    .flatMap(({ body }) => findLine(body, /^(?:keepalive|dpd) \d/) ?? []);
  const line =
    findLine(globals, /^crypto isakmp keepalive \d/) ??
    findLine(globals, /^crypto ikev2 dpd \d/) ??
    peerings.find(({ dpd }) => dpd !== null)?.dpd ??
    ofProfile[0] ??
    null;
  const found = line === null ? undefined : DPD.exec(line.text.trim().toLowerCase())?.groups;
  if (line === null || !found) return null;
  return {
    mode: /\bperiodic\b/.test(found['rest']!) ? 'periodic' : 'on-demand',
    intervalSeconds: Number(found['seconds']),
    line: line.line,
  };
}

function unreadOf({ globals, sections }: ConfigFacts, output: string): Line[] {
  const unread: number[] = [];
  const judge = (statement: Statement, isKnown: boolean): void => {
    if (!isKnown) unread.push(statement.line);
  };
  for (const statement of globals) {
    const text = statement.words.join(' ');
    if (/^(?:no )?crypto\b/.test(text)) judge(statement, CRYPTO_LINE.test(text));
  }
  for (const { head, body } of sections) {
    const of = head.words.join(' ');
    const isCrypto = of.startsWith('crypto ');
    if (isCrypto) judge(head, CRYPTO_LINE.test(of));
    for (const statement of body) {
      const text = statement.words.join(' ');
      if (/^(?:no )?tunnel /.test(text) && !isCrypto) judge(statement, TUNNEL_LINE.test(text));
      else if (/^(?:no )?ip(?:v6)? nhrp /.test(text)) judge(statement, NHRP_LINE.test(text));
      else if (isCrypto && !CERTIFICATES.test(of)) judge(statement, isSectionLine(statement));
    }
  }
  const numbers = new Set(unread);
  return dataLines(output).filter(({ number }) => numbers.has(number));
}

const isSectionLine = ({ words, text }: Statement): boolean =>
  SECTION_WORDS.has(words[0] === 'no' ? (words[1] ?? '') : words[0]!) || HEX.test(text.trim());

const lastNumber = (statement: Statement | null): number | null => {
  const last = statement?.words.at(-1) ?? '';
  return /^\d{1,10}$/.test(last) ? Number(last) : null;
};
