/** `show crypto session [detail|remote X detail]`: one session for each interface and peer. Shape: CryptoSession[] in ../../model/crypto-session.ts. A heading without sessions, or nothing, is an empty list. */
import { canonicalAddress } from '../../model/address.ts';
import type { CryptoSession, SessionFlow, SessionIkeSa } from '../../model/crypto-session.ts';
import type { Line, Parser } from '../platform.ts';
import { ageSeconds } from './age.ts';
import { count, type Groups, known, type LineRule, named, readLines } from './line-rules.ts';
import { shownAddress } from './shown-address.ts';

type BuildingIke = { -readonly [K in keyof SessionIkeSa]: SessionIkeSa[K] };
type BuildingFlow = { -readonly [K in keyof SessionFlow]: SessionFlow[K] };
type Building = { -readonly [K in Exclude<keyof CryptoSession, 'ikeSas' | 'flows'>]: CryptoSession[K] } & {
  ikeSas: BuildingIke[];
  flows: BuildingFlow[];
};

interface Place {
  readonly sessions: Building[];
  /** `Session ID:` stands above the IKE SA that it is of. */
  sessionId: number | null;
}

export const parseCryptoSessions: Parser<CryptoSession[]> = (output) => {
  const at: Place = { sessions: [], sessionId: null };
  const unread = readLines(output, rules, at);
  return { value: at.sessions, unread };
};

/** What stands under `Interface:`; without that line (a filter cut it) it opens a session of its own. */
const header = (pattern: RegExp, set: (session: Building, value: string, line: Line) => false | undefined): LineRule<Place> => [
  pattern,
  ({ value }, at, line) => set(at.sessions.at(-1) ?? open(at, newSession(line)), value!, line),
];

const rules: readonly LineRule<Place>[] = [
  // Crypto session current status
  // Code: C - IKE Configuration mode, D - Dead Peer Detection
  // K - Keepalives, N - NAT-traversal, T - cTCP encapsulation
  [/^Crypto session current status$/, known],
  [/^(?:Code: )?[A-Z] - [\w -]{1,60}(?:, [A-Z] - [\w -]{1,60})*$/, known],
  // Interface: Virtual-Access2
  [
    /^Interface: (?<name>\S{1,80})$/,
    ({ name }, at, line) => {
      open(at, newSession(line)).interface = name!;
    },
  ],
  // Username: cisco
  header(/^Username: (?<value>\S.{0,120})$/, (session, value) => {
    session.username = value;
    return undefined;
  }),
  // Profile: IKEV2_PROFILE
  header(/^Profile: (?<value>\S{1,120})$/, (session, value) => {
    session.profile = value;
    return undefined;
  }),
  // Group: easy
  header(/^Group: (?<value>\S{1,120})$/, (session, value) => {
    session.group = value;
    return undefined;
  }),
  // Assigned address: 198.51.100.4
  header(/^Assigned address: (?<value>\S{1,60})$/, (session, value) => {
    session.assignedAddress = canonicalAddress(value);
    return session.assignedAddress === null ? false : undefined;
  }),
  // Uptime: 3d18h
  // Uptime: 00:30:25
  header(/^Uptime: (?<value>\S{1,40})$/, (session, value) => {
    session.uptimeSeconds = ageSeconds(value);
    session.uptimeResolutionSeconds = session.uptimeSeconds === null ? null : (UNITS[value.at(-1)!] ?? 1);
    return session.uptimeSeconds === null ? false : undefined;
  }),
  // Session status: UP-ACTIVE
  header(/^Session status: (?<value>[A-Z][A-Z-]{0,40})$/, (session, value, line) => {
    session.status = value;
    session.statusLine = line.number;
    return undefined;
  }),
  // Peer: 192.0.2.1 port 500 fvrf: (none) ivrf: 10
  // Peer: 2001:DB8::2 port 500
  [/^Peer: (?<peer>\S{1,60})(?: port (?<port>\d{1,5}))?(?: fvrf: (?<fvrf>\S{1,80}))?(?: ivrf: (?<ivrf>\S{1,80}))?$/, readPeer],
  // Phase1_id: spoke.example.com
  header(/^Phase1_id: (?<value>\S.{0,250})$/, (session, value) => {
    session.phase1Id = named(value);
    return undefined;
  }),
  // Desc: this is my peer at 10.1.1.3:500 Green
  header(/^Desc: (?<value>\S.{0,250})$/, (session, value) => {
    session.description = named(value);
    return undefined;
  }),
  // System IP: 192.0.2.11  Interface: Tu1                                        SD-WAN
  header(/^System IP: (?<value>\S{1,60})(?: +Interface: \S{1,80})?$/, (session, value) => {
    session.systemAddress = canonicalAddress(value);
    return session.systemAddress === null ? false : undefined;
  }),
  // Session ID: 395
  [
    /^Session ID: (?<id>\d{1,10})$/,
    ({ id }, at) => {
      at.sessionId = Number(id);
    },
  ],
  // IKE SA: local 192.0.2.1/500 remote 192.0.2.2/500 Active
  // IKEv1 SA: local 192.0.2.1/500 remote 192.0.2.2/500 Inactive
  // IKEv2 SA: local 2001:DB8::1/500                                              IPv6: on two lines
  //         remote 2001:DB8::2/500 Active
  [
    /^IKE(?:v(?<version>[12]))? SA: local (?<local>[^\s/]{1,60})\/(?<localPort>\d{1,5})(?: remote (?<remote>[^\s/]{1,60})\/(?<remotePort>\d{1,5})(?: (?<status>[A-Z][A-Za-z-]{1,20}))?)?$/,
    readIkeSa,
  ],
  [
    /^remote (?<remote>[^\s/]{1,60})\/(?<remotePort>\d{1,5})(?: (?<status>[A-Z][A-Za-z-]{1,20}))?$/,
    (groups, at) => {
      const sa = at.sessions.at(-1)?.ikeSas.at(-1);
      return sa === undefined || sa.remote !== null ? false : setRemote(sa, groups);
    },
  ],
  // Capabilities:(none) connid:3 lifetime:22:03:24
  // Capabilities:DN connid:276 lifetime:0
  [/^Capabilities:(?<letters>\(none\)|[A-Z]{0,12}) connid:(?<id>\d{1,10}) lifetime:(?<lifetime>\S{1,20})$/, readCapabilities],
  // IPSEC FLOW: permit 47 host 192.0.2.1 host 192.0.2.2
  // IPSEC FLOW: permit ip   0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0
  [
    /^IPSEC FLOW: (?<flow>(?:permit|deny) .{1,200})$/i,
    ({ flow }, at, line) => {
      const session = at.sessions.at(-1) ?? open(at, newSession(line));
      const text = flow!.trim().replace(/\s+/g, ' ');
      session.flows.push({ line: line.number, flow: text, activeSas: null, origin: null, inbound: null, outbound: null });
    },
  ],
  // Active SAs: 2, origin: crypto map
  [
    /^Active SAs: (?<sas>\d{1,9})(?:, origin: (?<origin>\S.{0,60}))?$/,
    ({ sas, origin }, at) => {
      const flow = at.sessions.at(-1)?.flows.at(-1);
      if (flow === undefined) return false;
      flow.activeSas = Number(sas);
      flow.origin = origin ?? null;
      return undefined;
    },
  ],
  // Inbound:  #pkts dec'ed 449282 drop 0 life (KB/Sec) 4605665/2949
  // Outbound: #pkts enc'ed 772730 drop 0 life (KB/Sec) KB Vol Rekey Disabled/3060
  [
    /^(?<direction>Inbound|Outbound): +#pkts (?:dec|enc)'ed (?<packets>\d{1,20}) drop (?<dropped>\d{1,20}) life \(KB\/Sec\) (?:(?<kilobytes>\d{1,12})|KB Vol Rekey Disabled)\/(?<seconds>-?\d{1,10})$/,
    readTraffic,
  ],
];

// 7w0d is exact to the day.
const UNITS: Readonly<Record<string, number>> = { y: 31_536_000, w: 604_800, d: 86_400, h: 3_600, m: 60 };

function open(at: Place, session: Building): Building {
  at.sessions.push(session);
  at.sessionId = null;
  return session;
}

/** The second peer of an interface has a session of its own under the same heading. */
function readPeer({ peer, port, fvrf, ivrf }: Groups, at: Place, line: Line): false | undefined {
  let session = at.sessions.at(-1);
  if (session === undefined) session = open(at, newSession(line));
  else if (session.peer !== null) {
    const { interface: name, username, profile, group, assignedAddress, status, statusLine } = session;
    session = open(at, { ...newSession(line), interface: name, username, profile, group, assignedAddress, status, statusLine });
  }
  session.peer = shownAddress(peer!);
  session.peerPort = count(port);
  session.fvrf = named(fvrf);
  session.ivrf = named(ivrf);
  return session.peer === null ? false : undefined;
}

function readIkeSa(groups: Groups, at: Place, line: Line): false | undefined {
  const session = at.sessions.at(-1) ?? open(at, newSession(line));
  const sa: BuildingIke = {
    line: line.number,
    version: groups['version'] === undefined ? null : (Number(groups['version']) as 1 | 2),
    sessionId: at.sessionId,
    local: shownAddress(groups['local']!),
    localPort: count(groups['localPort']),
    remote: null,
    remotePort: null,
    status: null,
    capabilities: null,
    connectionId: null,
    lifetimeSeconds: null,
  };
  at.sessionId = null;
  session.ikeSas.push(sa);
  const read = groups['remote'] === undefined ? undefined : setRemote(sa, groups);
  return sa.local === null ? false : read;
}

function setRemote(sa: BuildingIke, { remote, remotePort, status }: Groups): false | undefined {
  sa.remote = shownAddress(remote!);
  sa.remotePort = count(remotePort);
  sa.status = status ?? null;
  return sa.remote === null ? false : undefined;
}

function readCapabilities({ letters, id, lifetime }: Groups, at: Place): false | undefined {
  const sa = at.sessions.at(-1)?.ikeSas.at(-1);
  if (sa === undefined) return false;
  sa.capabilities = named(letters) ?? '';
  sa.connectionId = Number(id);
  sa.lifetimeSeconds = /^\d{1,9}$/.test(lifetime!) ? Number(lifetime) : ageSeconds(lifetime!);
  return sa.lifetimeSeconds === null ? false : undefined;
}

function readTraffic({ direction, packets, dropped, kilobytes, seconds }: Groups, at: Place, line: Line): false | undefined {
  const flow = at.sessions.at(-1)?.flows.at(-1);
  if (flow === undefined) return false;
  flow[direction === 'Inbound' ? 'inbound' : 'outbound'] = {
    line: line.number,
    packets: Number(packets),
    dropped: Number(dropped),
    lifetimeKilobytes: count(kilobytes),
    lifetimeSeconds: Number(seconds),
  };
  return undefined;
}

function newSession(line: Line): Building {
  return {
    line: line.number,
    interface: null,
    username: null,
    profile: null,
    group: null,
    assignedAddress: null,
    uptimeSeconds: null,
    uptimeResolutionSeconds: null,
    status: null,
    statusLine: null,
    peer: null,
    peerPort: null,
    fvrf: null,
    ivrf: null,
    phase1Id: null,
    description: null,
    systemAddress: null,
    ikeSas: [],
    flows: [],
  };
}
