/**
 * `show dmvpn [detail]`: peers of the multipoint tunnels and, with `detail`, their crypto sessions (dmvpn-session.ts). Shape: Dmvpn in
 * ../../model/nhrp.ts. Indents are never relied on: the IPv4 rows, rows whose IPv6 NBMA address stands on a line of its own, and the
 * IPv6 layout are told apart by their fields.
 */
import { canonicalAddress } from '../../model/address.ts';
import type { Dmvpn, DmvpnPeer, DmvpnTunnel, NextHopServer } from '../../model/nhrp.ts';
import type { Line, Parser } from '../platform.ts';
import { AGE, ageSeconds } from './age.ts';
import { dmvpnSessions } from './dmvpn-session.ts';
import { dataLines } from './output-lines.ts';

type Building<T> = { -readonly [K in keyof T]: T[K] };
type BuildingTunnel = Omit<Building<DmvpnTunnel>, 'peers' | 'nextHopServers'> & {
  peers: DmvpnPeer[];
  nextHopServers: NextHopServer[];
};

// Legend: Attrb --> S - Static, D - Dynamic, I - Incomplete
//         N - NATed, L - Local, X - No Socket
//         T1 - Route Installed, T2 - Nexthop-override, B - BGP
//         C - CTS Capable, I2 - Temporary
//         # Ent --> Number of NHRP entries with same NBMA peer
//         NHS Status: E --> Expecting Replies, R --> Responding, W --> Waiting
//         UpDn Time --> Up or Down Time for a Tunnel
const LEGEND = /^\s*(?:Legend: Attrb -->|[A-Z]\d? - [A-Z][A-Za-z -]{1,30}(?:,|$)|# Ent -->|NHS Status: E -->|UpDn Time -->)/;
// Interface: Tunnel84, IPv4 NHRP Details
// Interface: Tunnel1, IPv6 NHRP Details
const TUNNEL = /^\s*Interface: (?<name>\S{1,64}), IPv(?<family>[46]) NHRP Details$/;
// Interface Tunnel0 is up/up, Addr. is 10.0.0.1, VRF ""
const DETAIL =
  /^\s*Interface (?<name>\S{1,64}) is (?<status>[\w /-]{1,60}?), Addr\. is (?<address>\S{1,64}), VRF "(?<vrf>[^"]{0,64})"$/;
//    Tunnel Src./Dest. addr: 172.16.1.1/MGRE, Tunnel VRF ""
//    Tunnel Src./Dest. addr: 2001:DB8:1::1/Multipoint, Tunnel VRF ""
const SOURCE = /^\s*Tunnel Src\.\/Dest\. addr: (?<source>[^\s/]{1,64})\/(?<destination>[^\s,]{1,64}), Tunnel VRF "[^"]{0,64}"$/;
//    Protocol/Transport: "multi-GRE/IP", Protect "DMVPN-PROFILE"
const PROTECT = /^\s*Protocol\/Transport: "[^"]{0,64}", Protect "(?<profile>[^"]{0,128})"$/;
//    Interface State Control: Disabled
//    nhrp event-publisher : Disabled
const SETTING = /^\s*(?:Interface State Control ?:|nhrp event-publisher ?:)/i;
// IPv4 NHS:
// IPv4 NHS: 10.0.0.1 RE                       some releases put the first on the same line
const NHS_HEAD = /^\s*IPv[46] NHS:\s*(?<rest>.*)$/;
// 10.0.0.1  RE priority = 0 cluster = 0
// 10.0.0.1  NBMA Address: 172.16.1.1 priority = 0 cluster = 0
const NHS =
  /^\s*(?<address>[0-9A-Fa-f:.]{2,45})(?=\s)(?:\s+(?<status>[EWRD]{1,4})\b)?(?:\s+NBMA Address: \S{1,64})?(?:\s+priority = (?<priority>\d{1,5}) cluster = (?<cluster>\d{1,5}))?\s*$/;
// Type:Spoke, NHRP Peers:1,
// Type:Hub, Total NBMA Peers (v4/v6): 2
const TYPE = /^\s*Type: ?(?<role>[\w/-]{1,20}), (?:NHRP Peers|Total NBMA Peers \(v4\/v6\)): ?(?<count>\d{1,9}),?$/;
//  # Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb
//  ----- --------------- --------------- ----- -------- -----    Target Network
const TABLE = /^\s*(?:# Ent +Peer NBMA Addr|-{5} -{15}|[-=]{20,}$)/;
//      1 172.30.84.1          172.29.0.1  NHRP    never    SC
//      2 172.29.134.1       172.30.72.72    UP 00:29:40   DT2
//      1      172.16.2.1        10.0.0.2    UP 00:02:47    D       10.0.0.2/32
const ATTRIBUTES = '(?<attributes>[A-Z][A-Z0-9]{0,9}(?: [A-Z][A-Z0-9]{0,9}){0,3})';
const STATE = `(?<state>[A-Z][A-Z0-9_-]{1,11})\\s+(?<age>never|${AGE})(?:\\s+${ATTRIBUTES})?(?:\\s+(?<target>[0-9A-Fa-f:.]{2,45}/\\d{1,3}))?`;
const ROW = new RegExp(`^\\s*(?<entries>\\d{1,6})\\s+(?<nbma>\\S{2,64})\\s+(?<tunnel>[0-9A-Fa-f:.]{2,45})\\s+${STATE}$`);
//                            172.30.90.25   UP    6d12h     S          more behind the same NBMA address
//                            192.2.1.122    UP 00:02:19     D          below its IPv6 NBMA address
const MORE = new RegExp(`^\\s*(?<tunnel>[0-9A-Fa-f:.]{2,45})\\s+${STATE}$`);
//      1 2001:DB8:1201::122
const NBMA_ALONE = /^\s*(?<entries>\d{1,6})\s+(?<nbma>[0-9A-Fa-f:.]{2,45})$/;
//     1.Peer NBMA Address: 2001:DB8:1101::222
const V6_PEER = /^\s*\d{1,6}\. ?Peer NBMA Address: (?<nbma>\S{2,64})$/;
//         Tunnel IPv6 Address: FD00:192::1101
const V6_TUNNEL = /^\s*Tunnel IPv[46] Address: (?<tunnel>[0-9A-Fa-f:.]{2,45})$/;
//         IPv6 Target Network: FD00:192::1101/128
const V6_TARGET = /^\s*IPv[46] Target Network: (?<target>[0-9A-Fa-f:.]{2,45}\/\d{1,3})$/;
//         # Ent: 1, Status: UP, UpDn Time: 3d05h, Cache Attrib: S
const V6_STATE = new RegExp(
  `^\\s*# Ent: ?(?<entries>\\d{1,6}), Status: (?<state>[A-Z][A-Z0-9_-]{1,11}), UpDn Time: (?<age>never|${AGE}), Cache Attrib: ?(?<attributes>[A-Z][A-Z0-9 ]{0,19})?$`,
);
// Crypto Session Details:
const SESSIONS = /^\s*Crypto Session Details:$/;
// Pending DMVPN Sessions:
const PENDING = /^\s*Pending DMVPN Sessions:$/;
// No DMVPN tunnels / There are no DMVPN sessions
const NOTHING = /^\s*(?:%? ?No DMVPN \w+|There are no \w+)/i;

interface Place {
  tunnel: BuildingTunnel | null;
  peer: Building<DmvpnPeer> | null;
  inServers: boolean;
}

export const parseDmvpn: Parser<Dmvpn> = (output) => {
  const lines = dataLines(output);
  const cut = lines.findIndex(({ text }) => SESSIONS.test(text));
  const sessions = dmvpnSessions(cut < 0 ? [] : lines.slice(cut + 1).filter(({ text }) => !PENDING.test(text)));
  const tunnels: BuildingTunnel[] = [];
  const unread: Line[] = [];
  let legend = false;
  const at: Place = { tunnel: null, peer: null, inServers: false };
  for (const line of cut < 0 ? lines : lines.slice(0, cut)) {
    if (LEGEND.test(line.text)) legend = true;
    else if (
      !TABLE.test(line.text) &&
      !readTunnel(line.text, at, tunnels) &&
      !readPeer(line, at) &&
      !PENDING.test(line.text) &&
      !NOTHING.test(line.text)
    )
      unread.push(line);
  }
  return { value: { legend, tunnels, sessions: sessions.value }, unread: [...unread, ...sessions.unread] };
};

function readTunnel(text: string, at: Place, tunnels: BuildingTunnel[]): boolean {
  const head = TUNNEL.exec(text)?.groups;
  const detail = head ? undefined : DETAIL.exec(text)?.groups;
  const found = head ?? detail;
  if (found) {
    at.tunnel = newTunnel(found['name']!, head ? (Number(head['family']) as 4 | 6) : null);
    at.peer = null;
    at.inServers = false;
    if (detail) Object.assign(at.tunnel, { status: detail['status'], address: addressOr(detail['address']!) });
    tunnels.push(at.tunnel);
    return true;
  }
  const tunnel = at.tunnel;
  if (tunnel === null) return false;
  const source = SOURCE.exec(text)?.groups;
  if (source) Object.assign(tunnel, { source: addressOr(source['source']!), destination: source['destination']! });
  const profile = PROTECT.exec(text)?.groups?.['profile'];
  if (profile !== undefined) tunnel.profile = profile;
  const type = TYPE.exec(text)?.groups;
  if (type) {
    Object.assign(tunnel, { role: type['role'], peersCounted: Number(type['count']) });
    at.inServers = false;
  }
  return (
    source !== undefined || profile !== undefined || type !== undefined || SETTING.test(text) || readServer(text, at, tunnel)
  );
}

function readServer(text: string, at: Place, tunnel: BuildingTunnel): boolean {
  const head = NHS_HEAD.exec(text)?.groups;
  if (head) {
    at.inServers = true;
    tunnel.family ??= text.includes('IPv6') ? 6 : 4;
    return head['rest'] === '' || readServer(head['rest']!, at, tunnel);
  }
  const found = at.inServers ? NHS.exec(text)?.groups : undefined;
  const address = found ? canonicalAddress(found['address']!) : null;
  if (!found || address === null) return false;
  tunnel.nextHopServers.push({
    address,
    status: found['status'] ?? '',
    priority: found['priority'] === undefined ? null : Number(found['priority']),
    cluster: found['cluster'] === undefined ? null : Number(found['cluster']),
  });
  return true;
}

function readPeer({ number, text }: Line, at: Place): boolean {
  const { tunnel } = at;
  if (tunnel === null) return false;
  const alone = NBMA_ALONE.exec(text)?.groups ?? V6_PEER.exec(text)?.groups;
  if (alone) {
    at.peer = { ...NO_PEER, entries: Number(alone['entries'] ?? 0), nbma: canonicalAddress(alone['nbma']!) };
    return at.peer.nbma !== null || alone['nbma'] === 'UNKNOWN';
  }
  const row = ROW.exec(text)?.groups;
  const more = row ? undefined : MORE.exec(text)?.groups;
  const found = row ?? more;
  if (found) {
    if (row) at.peer = { ...NO_PEER, entries: Number(row['entries']), nbma: canonicalAddress(row['nbma']!) };
    // A row without its NBMA address above it: the beginning is cut off.
    if (at.peer === null) return false;
    const peer = { ...at.peer, line: number, tunnel: canonicalAddress(found['tunnel']!), ...stateOf(found) };
    tunnel.peers.push(peer);
    return peer.tunnel !== null;
  }
  return readV6(number, text, at, tunnel);
}

/** Address, target and state of one peer stand on three lines: it is a peer of the tunnel from its state on. */
function readV6(number: number, text: string, at: Place, tunnel: BuildingTunnel): boolean {
  if (at.peer === null) return false;
  const address = V6_TUNNEL.exec(text)?.groups?.['tunnel'];
  if (address !== undefined) {
    at.peer = { ...at.peer, tunnel: canonicalAddress(address), target: null };
    return at.peer.tunnel !== null;
  }
  const target = V6_TARGET.exec(text)?.groups?.['target'];
  if (target !== undefined) {
    at.peer = { ...at.peer, target };
    return true;
  }
  const state = V6_STATE.exec(text)?.groups;
  if (!state) return false;
  tunnel.peers.push({ ...at.peer, line: number, ...stateOf(state), target: at.peer.target, entries: Number(state['entries']) });
  return true;
}

const stateOf = (found: Readonly<Record<string, string | undefined>>) => ({
  state: found['state']!,
  upDown: found['age']!,
  upDownSeconds: ageSeconds(found['age']!),
  attributes: (found['attributes'] ?? '').split(' ').filter((word) => word !== ''),
  target: found['target'] ?? null,
});

const NO_PEER: DmvpnPeer = {
  line: 0,
  entries: 0,
  nbma: null,
  tunnel: null,
  state: '',
  upDown: 'never',
  upDownSeconds: null,
  attributes: [],
  target: null,
};

const newTunnel = (name: string, family: 4 | 6 | null): BuildingTunnel => ({
  interface: name,
  family,
  role: null,
  peersCounted: null,
  peers: [],
  nextHopServers: [],
  status: null,
  address: null,
  source: null,
  destination: null,
  profile: null,
});

const addressOr = (text: string): string => canonicalAddress(text) ?? text;
