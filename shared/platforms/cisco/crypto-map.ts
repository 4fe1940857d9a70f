/** `show crypto map [interface X|tag X]`: the crypto maps of one device, those of tunnel protection included. Shape: CryptoMapEntry[] in ../../model/crypto-map.ts. `No crypto maps found`, or nothing, is an empty list. */
import { canonicalAddress } from '../../model/address.ts';
import type { CryptoMapEntry } from '../../model/crypto-map.ts';
import type { Line, Parser } from '../platform.ts';
import { count, type Groups, known, type LineRule, named, readLines, yes } from './line-rules.ts';

type Building = { -readonly [K in keyof CryptoMapEntry]: CryptoMapEntry[K] } & {
  peers: string[];
  accessRules: string[];
  transformSets: { name: string; transforms: readonly string[] }[];
  interfaces: string[];
  settings: string[];
};

interface Place {
  readonly entries: Building[];
  /** Under `Interfaces using crypto map …:` each line is a name. */
  listsInterfaces: boolean;
}

export const parseCryptoMaps: Parser<CryptoMapEntry[]> = (output) => {
  const at: Place = { entries: [], listsInterfaces: false };
  const unread = readLines(output, rules, at);
  return { value: at.entries, unread };
};

/** What belongs to the last entry, and ends its list of interfaces. */
const of = (pattern: RegExp, read: (entry: Building, groups: Groups, line: Line) => void): LineRule<Place> => [
  pattern,
  (groups, at, line) => {
    const entry = at.entries.at(-1);
    if (entry === undefined) return false;
    at.listsInterfaces = false;
    read(entry, groups, line);
    return undefined;
  },
];

const peerText = (text: string): string => canonicalAddress(text) ?? text;

const rules: readonly LineRule<Place>[] = [
  // No crypto maps found.
  [/^No crypto maps found\.?$/i, known],
  // Crypto Map IPv4 "VPN_To_Switch2" 1 ipsec-isakmp
  // Crypto Map "mymap" 10 ipsec-isakmp                                          older
  // Crypto Map IPv4 "Tunnel0-head-0" 65537 ipsec-isakmp, (dynamic)
  // Crypto Map Template"dyn" 10
  // Crypto Map IPv4 Template "dyn" 10
  [
    /^Crypto Map (?:(?<family>IPv[46]) ?)?(?<template>Template ?)?"(?<name>[^"]{1,200})" (?<sequence>\d{1,6})(?: (?<kind>[a-z][a-z0-9-]{1,30}))?(?:, .{1,60})?$/i,
    (groups, at, line) => {
      at.entries.push(newEntry(groups, line));
      at.listsInterfaces = false;
    },
  ],
  // WARNING: This crypto map is in an incomplete state!
  // 	(missing peer or access-list definitions)
  of(/^WARNING: This crypto map is in an incomplete state!$/, (entry) => {
    entry.incomplete = true;
  }),
  of(/^\(missing .{1,80}\)$/, () => undefined),
  // Map is a PROFILE INSTANCE.
  of(/^Map is a PROFILE INSTANCE\.?$/i, (entry) => {
    entry.profileInstance = true;
  }),
  // Profile name: IPSEC-PROFILE
  of(/^Profile name: (?<value>\S{1,120})$/, (entry, { value }) => {
    entry.profile = value!;
  }),
  // ISAKMP Profile: PEERS
  // IKEv2 Profile: IKEV2_PROFILE
  of(/^(?:ISAKMP|IKE|IKEv2) Profile: (?<value>\S{1,120})$/i, (entry, { value }) => {
    entry.ikeProfile = value!;
  }),
  // Dynamic map template tag: dyn
  of(/^Dynamic map template tag: (?<value>\S{1,120})$/i, (entry, { value }) => {
    entry.dynamicTemplate = value!;
  }),
  // Peer = 172.20.249.12
  // Peer = 2001:DB8::1
  // Peer = hub.example.com (dynamic)
  of(/^Peer = (?<value>\S{1,120})(?: .{1,60})?$/, (entry, { value }) => {
    entry.peers.push(peerText(value!));
  }),
  // Current peer: 172.20.249.12
  of(/^Current peer: (?<value>\S{1,120})$/, (entry, { value }) => {
    entry.currentPeer = peerText(value!);
  }),
  // Access-List SS dynamic: False
  of(/^Access-List SS dynamic: (?<value>True|False)$/i, (entry, { value }) => {
    entry.accessListDynamic = yes(value);
  }),
  // Extended IP access list 101
  // Extended IP access list                                                      tunnel protection: no name
  // Extended IP access check IN list sds
  // No matching address list set.
  of(/^Extended IPv?6? access (?:check (?:IN|OUT) )?list(?: (?<value>\S{1,120}))?$/i, (entry, { value }) => {
    entry.accessList = value ?? entry.accessList;
  }),
  of(/^No matching address list set\.?$/i, () => undefined),
  //     access-list 101 permit ip 20.20.20.0 0.0.0.255 10.10.10.0 0.0.0.255
  //     access-list  permit gre host 192.0.2.1 host 198.51.100.2
  of(/^access-list +(?:\S{1,120} +)?(?<rule>(?:permit|deny) .{1,200})$/, (entry, { rule }) => {
    entry.accessRules.push(rule!.trim().replace(/\s+/g, ' '));
  }),
  // Security association lifetime: 4608000 kilobytes/3600 seconds
  // Security association lifetime: 3600 seconds
  // Security association lifetime: kilobytes disabled/3600 seconds
  of(
    /^Security association lifetime: (?:(?<kilobytes>\d{1,12}) kilobytes\/|kilobytes? disabled\/)?(?<seconds>\d{1,10}) seconds$/i,
    (entry, { kilobytes, seconds }) => {
      entry.lifetimeKilobytes = count(kilobytes);
      entry.lifetimeSeconds = Number(seconds);
    },
  ),
  // Security association idletime: 600 seconds
  of(/^Security association idletime: (?<seconds>\d{1,10}) seconds$/i, (entry, { seconds }) => {
    entry.idleSeconds = Number(seconds);
  }),
  // Dualstack (Y/N): N
  of(/^Dualstack \(Y\/N\): (?<value>[YN])$/i, (entry, { value }) => {
    entry.dualstack = yes(value);
  }),
  // Responder-Only (Y/N): N
  of(/^Responder-Only \(Y\/N\): (?<value>[YN])$/i, (entry, { value }) => {
    entry.responderOnly = yes(value);
  }),
  // PFS (Y/N): N
  // PFS (Y/N): Y, DH group: group14
  of(/^PFS \(Y\/N\): (?<value>[YN])(?:, DH group: *(?<group>[^\s,]{1,40}))?$/, (entry, { value, group }) => {
    entry.pfs = yes(value);
    entry.dhGroup = named(group) ?? entry.dhGroup;
  }),
  // DH group:  group14
  of(/^DH group: *(?<group>[^\s,]{1,40})$/, (entry, { group }) => {
    entry.dhGroup = named(group);
  }),
  // Mixed-mode : Disabled
  of(/^Mixed-mode ?: (?<value>\w{1,40})$/i, (entry, { value }) => {
    entry.mixedMode = value!;
  }),
  // Transform sets={
  // 	default:  { esp-aes esp-sha-hmac  } ,
  // 	TS, }                                                                       older
  // }
  of(/^Transform sets= ?\{$/, () => undefined),
  of(/^(?<name>[^\s:{}]{1,120}): *\{ ?(?<transforms>[^{}]{0,200})\} ?,?$/, (entry, { name, transforms }) => {
    entry.transformSets.push({ name: name!, transforms: transforms!.split(/[\s,]+/).filter((word) => word !== '') });
  }),
  of(/^(?<name>[^\s:{}]{1,120}), ?\}$/, (entry, { name }) => {
    entry.transformSets.push({ name: name!, transforms: [] });
  }),
  of(/^\}$/, () => undefined),
  // Interfaces using crypto map VPN_To_Switch2:
  // 	GigabitEthernet0/1
  //         Interfaces using crypto map NiStTeSt1:                                 all that IOS prints when there is no map
  [
    /^Interfaces using crypto map (?<name>[^:]{1,200}):$/i,
    ({ name }, at) => {
      at.listsInterfaces = at.entries.at(-1)?.name === name;
    },
  ],
  [
    /^(?<name>[A-Z][\w./:-]{1,80})$/i,
    ({ name }, at) => {
      if (!at.listsInterfaces) return false;
      at.entries.at(-1)!.interfaces.push(name!);
      return undefined;
    },
  ],
  // Always create SAs
  // Reverse Route Injection Enabled
  // Antireplay Window size = 1024
  of(
    /^(?:Always create SAs|Reverse Route Injection .{1,60}|Antireplay Window size ?= ?\d{1,6}|QOS pre-classification.{0,60}|Qos pre-classify.{0,60})$/i,
    (entry, _, line) => {
      entry.settings.push(line.text.trim());
    },
  ),
];

function newEntry({ family, template, name, sequence, kind }: Groups, line: Line): Building {
  return {
    line: line.number,
    name: name!,
    sequence: Number(sequence),
    family: family === undefined ? null : family.endsWith('6') ? 'IPv6' : 'IPv4',
    kind: kind ?? null,
    template: template !== undefined,
    profileInstance: false,
    dynamicTemplate: null,
    incomplete: false,
    peers: [],
    currentPeer: null,
    profile: null,
    ikeProfile: null,
    accessList: null,
    accessRules: [],
    accessListDynamic: null,
    lifetimeKilobytes: null,
    lifetimeSeconds: null,
    idleSeconds: null,
    dualstack: null,
    responderOnly: null,
    pfs: null,
    dhGroup: null,
    mixedMode: null,
    transformSets: [],
    interfaces: [],
    settings: [],
  };
}
