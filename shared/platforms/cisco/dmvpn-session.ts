/**
 * `Crypto Session Details` of `show dmvpn detail`: IOS prints them in words of its own (`Crypto Session Status:`, `Outbound SPI`), some
 * releases as in `show crypto session detail`. Called by dmvpn.ts with the lines below that heading. Shape: DmvpnSession in ../../model/nhrp.ts.
 */
import { canonicalAddress } from '../../model/address.ts';
import type { DmvpnFlow, DmvpnSession, FlowCount } from '../../model/nhrp.ts';
import type { Line } from '../platform.ts';
import { ageSeconds } from './age.ts';

type Building<T> = { -readonly [K in keyof T]: T[K] };
type BuildingSession = Omit<Building<DmvpnSession>, 'flows'> & { flows: Building<DmvpnFlow>[] };

// Interface: Tunnel0
const INTERFACE = /^\s*Interface: (?<name>\S{1,64})$/;
// Session: [0x08D513D0]
const SESSION = /^\s*Session: \[0x[0-9A-Fa-f]{1,16}\]$/;
//   Crypto Session Status: UP-ACTIVE
// Session status: UP-NO-IKE
const STATUS = /^\s*(?:Crypto )?Session [Ss]tatus: (?<status>[A-Z][A-Z-]{1,30})$/;
// Uptime: 00:12:33
//   Session ID: 0
//       Desc: (none)
//   fvrf: (none)                                    no Phase1_id yet
const KNOWN = /^\s*(?:Uptime: |Session ID: ?\d|Desc: |Profile: |Assigned address: |fvrf: \S{1,64},?$|-{20,}$)/;
// Peer: 172.16.2.1 port 500 fvrf: (none) ivrf: (none)
const PEER = /^\s*Peer: (?<peer>\S{2,64}) port (?<port>\d{1,5})\b/;
//   IKEv1 SA: local 172.16.1.1/500 remote 172.16.2.1/500 Active
//   IKE SA: local 172.16.1.1/500 remote 172.16.2.1/500 Inactive
const IKE =
  /^\s*IKE(?:v(?<version>[12]))? SA: local (?<local>[0-9A-Fa-f:.]{2,45})\/(?<localPort>\d{1,5}) remote (?<remote>[0-9A-Fa-f:.]{2,45})\/(?<remotePort>\d{1,5}) (?<state>\w{1,20})$/;
//             Capabilities:(none) connid:1001 lifetime:23:57:12
const CAPABILITIES = /^\s*Capabilities:\S{1,40} connid:(?<connection>\d{1,10}) lifetime:(?<left>\S{1,20})$/;
//   fvrf: (none), Phase1_id: 172.16.2.1
//       Phase1_id: spoke.example.net
const PHASE_1 = /^\s*(?:fvrf: \S{1,64}, ?)?Phase1_id: (?<id>\S.{0,255})$/;
//   IPSEC FLOW: permit 47 host 172.16.1.1 host 172.16.2.1
const FLOW = /^\s*IPSEC FLOW: (?<ident>\S.{0,255})$/;
//         Active SAs: 2, origin: crypto map
const ACTIVE = /^\s*Active SAs: (?<count>\d{1,6}), origin: /;
//         Inbound:  #pkts dec'ed 24 drop 0 life (KB/Sec) 4563096/3432
//         Outbound: #pkts enc'ed 22 drop 0 life (KB/Sec) KB Vol Rekey Disabled/3432
//         Outbound: #pkts enc'ed 22 drop 0 life (KB/Sec) 0/0
const COUNT =
  /^\s*(?<way>Inbound|Outbound): +#pkts (?:dec|enc)'ed (?<packets>\d{1,20}) drop (?<drops>\d{1,20})(?: life \(KB\/Sec\) (?:(?<kilobytes>\d{1,20})|[^/]{1,40})\/(?<left>\S.{0,40}))?$/;
//    Outbound SPI : 0x5FE5B0E1, transform : esp-aes esp-sha-hmac
//    Outbound SPI : 0x       0, transform :                    none
const SPI = /^\s*Outbound SPI : 0x(?<hex> {0,8}[0-9A-Fa-f]{1,8}), transform ?:/;
//     Socket State: Open
const SOCKET = /^\s*Socket State: (?<state>\w{1,20})$/;

export function dmvpnSessions(lines: readonly Line[]): { readonly value: DmvpnSession[]; readonly unread: Line[] } {
  const value: BuildingSession[] = [];
  const unread: Line[] = [];
  for (const line of lines) {
    const name = INTERFACE.exec(line.text)?.groups?.['name'];
    if (name !== undefined) value.push(newSession(line.number, name));
    else if (!SESSION.test(line.text) && !KNOWN.test(line.text) && !readLine(line.text, value)) unread.push(line);
  }
  return { value, unread };
}

function readLine(text: string, sessions: readonly BuildingSession[]): boolean {
  const session = sessions.at(-1);
  return session !== undefined && (readPeer(text, session) || readFlow(text, session));
}

function readPeer(text: string, session: BuildingSession): boolean {
  const status = STATUS.exec(text)?.groups?.['status'];
  if (status !== undefined) session.status = status;
  const peer = PEER.exec(text)?.groups;
  if (peer) {
    session.remote = canonicalAddress(peer['peer']!);
    session.remotePort = Number(peer['port']);
  }
  const ike = IKE.exec(text)?.groups;
  if (ike) {
    session.ikeVersion = ike['version'] === '2' ? 2 : 1;
    session.ikeState = ike['state']!;
    session.local = canonicalAddress(ike['local']!);
    session.localPort = Number(ike['localPort']);
    session.remote = canonicalAddress(ike['remote']!);
    session.remotePort = Number(ike['remotePort']);
  }
  const capabilities = CAPABILITIES.exec(text)?.groups;
  if (capabilities) {
    session.connectionId = Number(capabilities['connection']);
    session.ikeLifetimeSeconds = ageSeconds(capabilities['left']!);
  }
  const phase1 = PHASE_1.exec(text)?.groups?.['id'];
  if (phase1 !== undefined) session.phase1Id = phase1;
  return [status, peer, ike, capabilities, phase1].some((found) => found !== undefined);
}

function readFlow(text: string, session: BuildingSession): boolean {
  const ident = FLOW.exec(text)?.groups?.['ident'];
  if (ident !== undefined) session.flows.push({ ident, activeSas: null, inbound: null, outbound: null });
  const spi = SPI.exec(text)?.groups?.['hex'];
  // 0: there is none.
  if (spi !== undefined) session.outboundSpi = Number.parseInt(spi.trim(), 16) >>> 0 || null;
  const socket = SOCKET.exec(text)?.groups?.['state'];
  if (socket !== undefined) session.socket = socket;
  const flow = session.flows.at(-1);
  const active = ACTIVE.exec(text)?.groups?.['count'];
  if (active !== undefined && flow) flow.activeSas = Number(active);
  const count = COUNT.exec(text)?.groups;
  if (count && flow) flow[count['way'] === 'Inbound' ? 'inbound' : 'outbound'] = countOf(count);
  return [ident, spi, socket].some((found) => found !== undefined) || (flow !== undefined && (active ?? count) !== undefined);
}

const countOf = (found: Readonly<Record<string, string | undefined>>): FlowCount => ({
  packets: Number(found['packets']),
  drops: Number(found['drops']),
  lifetimeKilobytes: found['kilobytes'] === undefined ? null : Number(found['kilobytes']),
  lifetimeSeconds: secondsLeft(found['left'] ?? ''),
});

// 3432     1 hours, 12 mins     23 hours, 5 mins
function secondsLeft(text: string): number | null {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const words = /^(?:(\d{1,4}) days?, )?(\d{1,4}) hours?, (\d{1,2}) mins?$/.exec(text);
  return words ? Number(words[1] ?? 0) * 86_400 + Number(words[2]) * 3_600 + Number(words[3]) * 60 : null;
}

const newSession = (line: number, name: string): BuildingSession => ({
  line,
  interface: name,
  status: null,
  local: null,
  remote: null,
  localPort: null,
  remotePort: null,
  phase1Id: null,
  ikeVersion: null,
  ikeState: null,
  connectionId: null,
  ikeLifetimeSeconds: null,
  flows: [],
  outboundSpi: null,
  socket: null,
});
