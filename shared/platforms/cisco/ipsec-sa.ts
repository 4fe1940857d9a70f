/** `show crypto ipsec sa [peer X|interface X] [detail]`: the IPsec SAs of one device. Shape: IpsecIdent[] in ../../model/sa.ts. */
import { canonicalAddress } from '../../model/address.ts';
import type { IpsecIdent, IpsecSa } from '../../model/sa.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

type Building = { -readonly [K in keyof IpsecIdent]: IpsecIdent[K] } & { counters: Record<string, number>; sas: BuildingSa[] };
type BuildingSa = { -readonly [K in keyof IpsecSa]: IpsecSa[K] };

// interface: GigabitEthernet3
const INTERFACE = /^\s*interface: (?<name>\S+)$/;
//     Crypto map tag: vpn-crypto-map, local addr 1.1.1.2
//    protected vrf: (none)
const VRF = /^\s*protected vrf: *(?<vrf>.*)$/;
//    local  ident (addr/mask/prot/port): (20.20.20.0/255.255.255.0/0/0)
//    remote ident (addr/mask/prot/port): (4180::151:0:1/128/0/12426)
const IDENT = /^\s*(?<side>local|remote) +ident \(addr\/mask\/prot\/port\): \((?<ident>[^)]{1,120})\)$/;
//    current_peer 11.1.1.3 port 500
//    current_peer: 11.1.1.3                     12.4
const PEER = /^\s*current_peer:? (?<peer>\S+)(?: port (?<port>\d+))?$/;
//     #pkts encaps: 4, #pkts encrypt: 4, #pkts digest: 4
//     #pkts no sa (send) 0, #pkts invalid sa (rcv) 0                 no colon
//     ##pkts replay failed (rcv): 0                                  two hashes
//     #send errors 0, #recv errors 0
const COUNTERS = /^\s*##?(?:pkts|send|recv) /;
const COUNTER = /^##?(?<name>(?:pkts|send|recv) [a-z. ]{1,40}?(?:\((?:send|rcv|recv)\))?) ?:? *(?<count>\d{1,20})$/i;
//      local crypto endpt.: 1.1.1.2, remote crypto endpt.: 1.1.1.1
//      local crypto endpt.: 4180::56:0:1,                            IPv6: on two lines
//      remote crypto endpt.: 4180::151:0:1
const LOCAL_ENDPOINT = /\blocal crypto endpt\.?: *(?<address>[^\s,]+)/;
const REMOTE_ENDPOINT = /\bremote crypto endpt\.?: *(?<address>[^\s,]+)/;
//      current outbound spi: 0x397C36EE(964441838)
//      current outbound spi: 0x0(0)                                  none
const CURRENT = /^\s*current outbound spi: *0x(?<hex>[0-9A-Fa-f]{1,8})(?:\(\d+\))?$/i;
//      inbound esp sas:
//      outbound ah sas:
const SECTION = /^\s*(?<direction>inbound|outbound) (?<protocol>esp|ah|pcp) sas:$/;
//       spi: 0x658F7C11(1703902225)
//       spi: 0x11C(284)                                              not padded
//       spi: [Not Available]                                         SD-WAN
const SPI = /^\s*spi: *(?:0x(?<hex>[0-9A-Fa-f]{1,8})(?:\s?\(\d+\))?|\[Not Available\])$/i;
//         conn id: 2076, flow_id: CSR:76, sibling_flags FFFFFFFF80000048, crypto map: vpn-crypto-map
//         slot: 0, conn id: 2000, flow_id: 1, crypto map: vpn           12.4
const CONNECTION = /^\s*(?:slot: \d+, )?conn id: (?<id>\d+),/;
//         sa timing: remaining key lifetime (k/sec): (4607999/83191)
const LIFETIME_BOTH = /remaining key lifetime \(k\/sec\): *\((?<kilobytes>\d+)\/(?<seconds>-?\d+)\)/;
//         sa timing: remaining key lifetime (sec): 94
const LIFETIME_SECONDS = /remaining key lifetime \(sec\): *(?<seconds>\d+)/;
//         sa timing: remaining key lifetime 8 hours, 0 mins
const LIFETIME_HOURS = /remaining key lifetime (?:(?<days>\d+) days?, )?(?<hours>\d+) hours?, (?<minutes>\d+) mins?/;
//         sa timing: remaining key lifetime is not applicable
const LIFETIME = /^\s*sa timing: *remaining key lifetime/;
//         Status: ACTIVE(ACTIVE)
const STATUS = /^\s*Status: *(?<status>\S+)$/;

// Known, and of no use to us:
//     Crypto map tag: Tunnel1-head-0, local addr 1.2.3.4
//      PERMIT, flags={origin_is_acl,}
//      plaintext mtu 1438, path mtu 1500, ip mtu 1500, ip mtu idb GigabitEthernet3
//      PFS (Y/N): Y, DH group: none, PQC Key Exchange: ML-KEM-1024
//         transform: esp-256-aes esp-sha256-hmac ,
//         in use settings ={Transport UDP-Encaps, esn}
//         Kilobyte Volume Rekey has been disabled
//         IV size: 16 bytes
//         replay detection support: Y  replay window size: 1024
//   IPsecv6 policy name: OSPFv3-500
//         ipsec policy: …   /   Initiator: …   /   No SAs found   /   There are no ipsec sas
const KNOWN =
  /^\s*(?:Crypto map tag: |(?:PERMIT|DENY), flags=|(?:plaintext mtu \d+, )?path mtu \d+|PFS \(Y\/N\): |transform: |in use settings ?=|Kilobyte Volume Rekey |IV size: |replay detection support: |IPsecv6 policy name: |initiator ?: |ipsec sa |No SAs found|There are no ipsec sas)/i;

export const parseIpsecSas: Parser<IpsecIdent[]> = (output) => {
  const value: Building[] = [];
  const unread: Line[] = [];
  const at: Place = { interface: null, vrf: null, ident: null, sa: null, section: null };
  for (const line of dataLines(output)) {
    if (!readHeader(line.text, at, value) && !readIdent(line.text, at) && !readSa(line.text, at) && !KNOWN.test(line.text))
      unread.push(line);
  }
  return { value, unread };
};

interface Place {
  interface: string | null;
  vrf: string | null;
  ident: Building | null;
  sa: BuildingSa | null;
  section: { direction: IpsecSa['direction']; protocol: IpsecSa['protocol'] } | null;
}

/** What opens a new block. `protected vrf` may be absent on old releases: then `local ident` does. */
function readHeader(text: string, at: Place, value: Building[]): boolean {
  const name = INTERFACE.exec(text)?.groups?.['name'];
  if (name !== undefined) {
    Object.assign(at, { interface: name, vrf: null, ident: null, sa: null, section: null });
    return true;
  }
  const vrf = VRF.exec(text)?.groups?.['vrf'];
  if (vrf !== undefined) {
    Object.assign(at, { vrf: vrf === '' ? null : vrf, ident: null, sa: null, section: null });
    return true;
  }
  const ident = IDENT.exec(text)?.groups;
  if (!ident) return false;
  if (ident['side'] === 'local' || at.ident === null) {
    at.ident = newIdent(at);
    at.sa = null;
    at.section = null;
    value.push(at.ident);
  }
  if (ident['side'] === 'local') at.ident.localIdent = ident['ident']!;
  else at.ident.remoteIdent = ident['ident']!;
  return true;
}

function newIdent(at: Place): Building {
  return {
    interface: at.interface,
    vrf: at.vrf,
    localIdent: null,
    remoteIdent: null,
    peer: null,
    peerPort: null,
    localEndpoint: null,
    remoteEndpoint: null,
    currentOutboundSpi: null,
    counters: {},
    sas: [],
  };
}

function readIdent(text: string, at: Place): boolean {
  const ident = at.ident;
  if (ident === null) return false;
  const peer = PEER.exec(text)?.groups;
  if (peer) {
    ident.peer = canonicalAddress(peer['peer']!);
    ident.peerPort = peer['port'] === undefined ? null : Number(peer['port']);
    return ident.peer !== null;
  }
  if (COUNTERS.test(text)) return readCounters(text, ident);
  const local = LOCAL_ENDPOINT.exec(text)?.groups?.['address'];
  const remote = REMOTE_ENDPOINT.exec(text)?.groups?.['address'];
  if (local !== undefined || remote !== undefined) {
    if (local !== undefined) ident.localEndpoint = canonicalAddress(local);
    if (remote !== undefined) ident.remoteEndpoint = canonicalAddress(remote);
    return (local === undefined || ident.localEndpoint !== null) && (remote === undefined || ident.remoteEndpoint !== null);
  }
  const current = CURRENT.exec(text)?.groups?.['hex'];
  if (current === undefined) return false;
  ident.currentOutboundSpi = Number.parseInt(current, 16) >>> 0;
  return true;
}

/** Reads what it can of the line; false when any part of it is not a counter. */
function readCounters(text: string, ident: Building): boolean {
  let whole = true;
  for (const part of text.trim().split(/, */)) {
    const found = COUNTER.exec(part.trim())?.groups;
    if (found) ident.counters[found['name']!.toLowerCase().replace(/ +/g, ' ')] = Number(found['count']);
    else whole = false;
  }
  return whole;
}

function readSa(text: string, at: Place): boolean {
  const section = SECTION.exec(text)?.groups;
  if (section) {
    at.section = {
      direction: section['direction'] as IpsecSa['direction'],
      protocol: section['protocol'] as IpsecSa['protocol'],
    };
    at.sa = null;
    return at.ident !== null;
  }
  const spi = SPI.exec(text);
  if (spi) {
    if (at.ident === null || at.section === null) return false;
    const hex = spi.groups?.['hex'];
    at.sa = {
      ...at.section,
      spi: hex === undefined ? null : Number.parseInt(hex, 16) >>> 0,
      connectionId: null,
      lifetimeSeconds: null,
      lifetimeKilobytes: null,
      status: null,
    };
    at.ident.sas.push(at.sa);
    return true;
  }
  return at.sa !== null && readSaDetail(text, at.sa);
}

function readSaDetail(text: string, sa: BuildingSa): boolean {
  const connection = CONNECTION.exec(text)?.groups;
  if (connection) {
    sa.connectionId = Number(connection['id']);
    return true;
  }
  if (LIFETIME.test(text)) return readLifetime(text, sa);
  const status = STATUS.exec(text)?.groups?.['status'];
  if (status === undefined) return false;
  sa.status = status;
  return true;
}

function readLifetime(text: string, sa: BuildingSa): boolean {
  const both = LIFETIME_BOTH.exec(text)?.groups;
  const seconds = LIFETIME_SECONDS.exec(text)?.groups;
  const hours = LIFETIME_HOURS.exec(text)?.groups;
  if (both) {
    sa.lifetimeKilobytes = Number(both['kilobytes']);
    sa.lifetimeSeconds = Number(both['seconds']);
  } else if (seconds) sa.lifetimeSeconds = Number(seconds['seconds']);
  else if (hours)
    sa.lifetimeSeconds = Number(hours['days'] ?? 0) * 86_400 + Number(hours['hours']) * 3_600 + Number(hours['minutes']) * 60;
  else return / is not applicable$/.test(text);
  return true;
}
