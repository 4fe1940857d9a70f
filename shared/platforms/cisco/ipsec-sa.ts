/** `show crypto ipsec sa [peer X|interface X|ipv6] [detail]`: the IPsec SAs of one device. Shape: IpsecIdent[] in ../../model/sa.ts. Nothing, or `No SAs found`, is an empty list. */
import { canonicalAddress } from '../../model/address.ts';
import { type IpsecIdent, type IpsecSa, unshownIdent } from '../../model/sa.ts';
import type { Line, Parser } from '../platform.ts';
import { type BuildingSa, listed, newSa, saRules } from './ipsec-sa-entry.ts';
import { count, type Groups, known, type LineRule, named, readLines, yes } from './line-rules.ts';

type Building = { -readonly [K in keyof IpsecIdent]: IpsecIdent[K] } & {
  counters: Record<string, number>;
  counterLines: Record<string, number>;
  sas: BuildingSa[];
};

interface Place {
  readonly value: Building[];
  interface: string | null;
  cryptoMap: string | null;
  localAddress: string | null;
  policyName: string | null;
  vrf: string | null;
  ident: Building | null;
  sa: BuildingSa | null;
  section: { direction: IpsecSa['direction']; protocol: IpsecSa['protocol'] } | null;
}

export const parseIpsecSas: Parser<IpsecIdent[]> = (output) => {
  const at: Place = {
    value: [],
    interface: null,
    cryptoMap: null,
    localAddress: null,
    policyName: null,
    vrf: null,
    ident: null,
    sa: null,
    section: null,
  };
  const unread = readLines(output, rules, at);
  return { value: at.value, unread };
};

const NONE_YET = { ident: null, sa: null, section: null };

/** What opens a new block. `protected vrf` may be absent on old releases: then `local ident` does. */
const headerRules: readonly LineRule<Place>[] = [
  // interface: GigabitEthernet3
  [
    /^interface: (?<name>\S{1,80})$/,
    ({ name }, at) => {
      Object.assign(at, { interface: name!, cryptoMap: null, localAddress: null, policyName: null, vrf: null, ...NONE_YET });
    },
  ],
  //     Crypto map tag: vpn-crypto-map, local addr 1.1.1.2
  //     Crypto map tag: mymap, local addr. 12.1.1.1                                 12.2
  [
    /^Crypto map tag: (?<map>[^,]{1,200})(?:, *local addr\.? (?<address>\S{1,60}))?$/,
    ({ map, address }, at) => {
      const localAddress = address === undefined ? null : canonicalAddress(address);
      Object.assign(at, { cryptoMap: map!, localAddress, policyName: null, ...NONE_YET });
    },
  ],
  //    IPsecv6 policy name: OSPFv3-500
  [
    /^IPsecv6 policy name: (?<policy>\S{1,120})$/,
    ({ policy }, at) => {
      at.policyName = policy!;
    },
  ],
  //    protected vrf: (none)
  [
    /^protected vrf: *(?<vrf>\S{0,80})$/,
    ({ vrf }, at) => {
      Object.assign(at, { vrf: vrf === '' ? null : vrf, ...NONE_YET });
    },
  ],
  //    local  ident (addr/mask/prot/port): (20.20.20.0/255.255.255.0/0/0)
  //    remote ident (addr/mask/prot/port): (4180::151:0:1/128/0/12426)
  [/^(?<side>local|remote) +ident \(addr\/mask\/prot\/port\): \((?<ident>[^)]{1,120})\)$/, readProxy],
  // No SAs found
  // There are no ipsec sas
  [/^(?:No SAs found|There are no ipsec sas)\.?$/i, known],
];

function readProxy({ side, ident }: Groups, at: Place, line: Line): undefined {
  if (side === 'local' || at.ident === null) {
    at.ident = newIdent(at, line);
    at.sa = null;
    at.section = null;
    at.value.push(at.ident);
  }
  if (side === 'local') at.ident.localIdent = ident!;
  else at.ident.remoteIdent = ident!;
}

function newIdent(at: Place, line: Line): Building {
  const { interface: name, cryptoMap, localAddress, policyName, vrf } = at;
  return {
    ...unshownIdent,
    line: line.number,
    interface: name,
    cryptoMap,
    localAddress,
    policyName,
    vrf,
    counters: {},
    counterLines: {},
    sas: [],
  };
}

const identRules: readonly LineRule<Building>[] = [
  //    current_peer 11.1.1.3 port 500
  //    current_peer: 11.1.1.3                                                      12.4
  //    current_peer: 11.1.1.3:500                                                  12.2
  [/^current_peer:? (?<peer>\S{1,60}?)(?: port (?<port>\d{1,5})|(?<=\.\d{1,3}):(?<colonPort>\d{1,5}))?$/, readPeer],
  //      PERMIT, flags={origin_is_acl,ipsec_sa_request_sent}
  [
    /^(?<action>PERMIT|DENY), flags=\{(?<flags>[^}]{0,200})\}$/,
    ({ action, flags }, ident) => {
      ident.action = action as 'PERMIT' | 'DENY';
      ident.flags = listed(flags!);
    },
  ],
  //     #pkts encaps: 4, #pkts encrypt: 4, #pkts digest: 4
  //     #pkts no sa (send) 0, #pkts invalid sa (rcv) 0                             no colon
  //     ##pkts replay failed (rcv): 0                                              two hashes
  //     #send errors 0, #recv errors 0
  [/^##?(?:pkts|send|recv) /, (_, ident, line) => readCounters(line, ident)],
  //      local crypto endpt.: 1.1.1.2, remote crypto endpt.: 1.1.1.1
  //      local crypto endpt.: 4180::56:0:1,                                        IPv6: on two lines
  //      remote crypto endpt.: 4180::151:0:1
  [
    /^(?:local crypto endpt\.?: *(?<local>[^\s,]{1,60}))?(?:, *)?(?:remote crypto endpt\.?: *(?<remote>[^\s,]{1,60}))?$/,
    readEndpoints,
  ],
  //      plaintext mtu 1438, path mtu 1500, ip mtu 1500, ip mtu idb GigabitEthernet3
  //      path mtu 1500, ipv6 mtu 1500, ipv6 mtu idb Ethernet0/0
  //      path mtu 1500, ip mtu 1500, ip mtu idb (none)
  //      path mtu 1500, media mtu 1500                                             12.2
  [
    /^(?:plaintext mtu (?<plain>\d{1,6}), )?path mtu (?<path>\d{1,6})(?:, (?:ip|ipv6|media) mtu (?<ip>\d{1,6}))?(?:, ipv?6? mtu idb (?<idb>\S{1,80}))?$/,
    ({ plain, path, ip, idb }, ident) => {
      ident.plaintextMtu = count(plain);
      ident.pathMtu = count(path);
      ident.ipMtu = count(ip);
      ident.ipMtuInterface = named(idb);
    },
  ],
  //      current outbound spi: 0x397C36EE(964441838)
  //      current outbound spi: 0x0(0)                                              none
  //      current outbound spi: 3D3                                                 12.2
  [
    /^current outbound spi: *(?:0x)?(?<hex>[0-9A-Fa-f]{1,8})(?: ?\(\d{1,10}\))?$/i,
    ({ hex }, ident, line) => {
      ident.currentOutboundSpi = Number.parseInt(hex!, 16) >>> 0;
      ident.currentOutboundSpiLine = line.number;
    },
  ],
  //      PFS (Y/N): N, DH group: none
  //      PFS (Y/N): Y, DH group: group14, AKE group: AKE1: MLKEM512
  //      PFS (Y/N): Y, DH group: none, PQC Key Exchange: ML-KEM-1024
  [
    /^PFS \(Y\/N\): (?<pfs>[YN])(?:, DH group: *(?<group>[^\s,]{1,40}))?(?:, (?:AKE group|PQC Key Exchange): *(?<added>.{1,120}))?$/,
    ({ pfs, group, added }, ident) => {
      ident.pfs = yes(pfs);
      ident.dhGroup = named(group);
      ident.addedExchange = named(added);
    },
  ],
];

function readPeer({ peer, port, colonPort }: Groups, ident: Building): false | undefined {
  ident.peer = canonicalAddress(peer!);
  ident.peerPort = count(port ?? colonPort);
  return ident.peer === null ? false : undefined;
}

const COUNTER = /^##?(?<name>(?:pkts|send|recv) [a-z. ]{1,40}?(?:\((?:send|rcv|recv)\))?) ?:? *(?<count>\d{1,20})$/i;

/** Reads what it can of the line; false when any part of it is not a counter. */
function readCounters(line: Line, ident: Building): false | undefined {
  let whole = true;
  for (const part of line.text.trim().split(/, */)) {
    const found = COUNTER.exec(part.trim())?.groups;
    if (found) {
      const name = found['name']!.toLowerCase().replace(/ +/g, ' ');
      ident.counters[name] = Number(found['count']);
      ident.counterLines[name] = line.number;
    } else whole = false;
  }
  return whole ? undefined : false;
}

function readEndpoints({ local, remote }: Groups, ident: Building): false | undefined {
  if (local === undefined && remote === undefined) return false;
  if (local !== undefined) ident.localEndpoint = canonicalAddress(local);
  if (remote !== undefined) ident.remoteEndpoint = canonicalAddress(remote);
  const read = (text: string | undefined, address: string | null) => text === undefined || address !== null;
  return read(local, ident.localEndpoint) && read(remote, ident.remoteEndpoint) ? undefined : false;
}

const sectionRules: readonly LineRule<Place>[] = [
  //      inbound esp sas:
  //      outbound ah sas:
  [
    /^(?<direction>inbound|outbound) (?<protocol>esp|ah|pcp) sas:$/,
    ({ direction, protocol }, at) => {
      at.section = { direction: direction as IpsecSa['direction'], protocol: protocol as IpsecSa['protocol'] };
      at.sa = null;
      return at.ident === null ? false : undefined;
    },
  ],
  //       spi: 0x658F7C11(1703902225)
  //       spi: 0x11C(284)                                                          not padded
  //       spi: [Not Available]                                                     SD-WAN
  [
    /^spi: *(?:0x(?<hex>[0-9A-Fa-f]{1,8})(?: ?\(\d{1,10}\))?|\[Not Available\])$/i,
    ({ hex }, at, line) => {
      if (at.ident === null || at.section === null) return false;
      at.sa = newSa(at.section, hex, line);
      at.ident.sas.push(at.sa);
      return undefined;
    },
  ],
];

/** A rule of an ident or an SA only holds within one. */
const within = <S>(inner: readonly LineRule<S>[], of: (at: Place) => S | null): LineRule<Place>[] =>
  inner.map(([pattern, read]) => [
    pattern,
    (groups, at, line) => {
      const state = of(at);
      return state === null ? false : read(groups, state, line);
    },
  ]);

const rules: readonly LineRule<Place>[] = [
  ...headerRules,
  ...within(identRules, (at) => at.ident),
  ...sectionRules,
  ...within(saRules, (at) => at.sa),
];
