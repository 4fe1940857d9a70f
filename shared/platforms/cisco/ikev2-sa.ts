/** `show crypto ikev2 sa [detailed|remote X detailed]`: the IKEv2 SAs of one device. Shape: Ikev2Sa[] in ../../model/ike.ts. A heading without rows, or nothing, is an empty list. */
import { canonicalAddress } from '../../model/address.ts';
import type { IkeMessageCounters, Ikev2Sa } from '../../model/ike.ts';
import type { Line, Parser } from '../platform.ts';
import { count, type Groups, known, type LineRule, named, readLines, yes } from './line-rules.ts';
import { shownAddress } from './shown-address.ts';

type Messages = { -readonly [K in keyof IkeMessageCounters]: IkeMessageCounters[K] };
type Building = { -readonly [K in keyof Ikev2Sa]: Ikev2Sa[K] } & {
  localMessages: Messages;
  remoteMessages: Messages;
  remoteSubnets: string[];
};

export const parseIkev2Sas: Parser<Ikev2Sa[]> = (output) => {
  const value: Building[] = [];
  const unread = readLines(output, rules, value);
  return { value, unread };
};

const rowRules: readonly LineRule<Building[]>[] = [
  // IPv4 Crypto IKEv2  SA
  // Tunnel-id Local                 Remote                fvrf/ivrf            Status
  // Tunnel-id    fvrf/ivrf              Status                                                   IPv6
  [/^(?:IPv[46] Crypto IKEv2 +SA|Tunnel-id\s+(?:Local|fvrf\/ivrf)\s.*)$/, known],
  // There are no IKEv2 SAs
  [/^(?:There are no|No) .{0,20}SAs?.{0,20}$/i, known],
  // 1184      192.0.2.1/500         198.51.100.2/500      none/none            READY
  [
    /^(?<id>\d{1,10})\s+(?<local>[^\s/]{1,60})\/(?<localPort>\d{1,5})\s+(?<remote>[^\s/]{1,60})\/(?<remotePort>\d{1,5})\s+(?<fvrf>[^\s/]{1,40})\/(?<ivrf>\S{1,40})\s+(?<status>[A-Z][A-Z_-]{0,20})$/,
    readRow,
  ],
  // 1            none/none             READY                                                     IPv6: ends on lines of their own
  // Local  2001:DB8::1/500
  // Remote  2001:DB8::2/500
  [/^(?<id>\d{1,10})\s+(?<fvrf>[^\s/]{1,40})\/(?<ivrf>\S{1,40})\s+(?<status>[A-Z][A-Z_-]{0,20})$/, readRow],
  // 2         2001:DB8::1/500                                                                    IPv6: a row on two lines
  //           2001:DB8::2/500       none/none            READY
  [/^(?<id>\d{1,10})\s+(?<local>[^\s/]{1,60})\/(?<localPort>\d{1,5})$/, readRow],
];

/** All below belong to the last row. */
const saRules: readonly LineRule<Building>[] = [
  [
    /^(?<remote>[^\s/]{1,60})\/(?<remotePort>\d{1,5})\s+(?<fvrf>[^\s/]{1,40})\/(?<ivrf>\S{1,40})\s+(?<status>[A-Z][A-Z_-]{0,20})$/,
    (groups, sa) => {
      if (sa.remote !== null || !setEnd(sa, 'remote', groups['remote'], groups['remotePort'])) return false;
      setStatus(sa, groups);
      return undefined;
    },
  ],
  [
    /^Local +(?<address>[^\s/:]{0,60}:[^\s/]{1,60})\/(?<port>\d{1,5})$/,
    ({ address, port }, sa) => readEnd(sa, 'local', address, port),
  ],
  [
    /^Remote +(?<address>[^\s/:]{0,60}:[^\s/]{1,60})\/(?<port>\d{1,5})$/,
    ({ address, port }, sa) => readEnd(sa, 'remote', address, port),
  ],
  // Encr: AES-CBC, keysize: 256, PRF: SHA256, Hash: SHA256, DH Grp:14, Auth sign: PSK, Auth verify: PSK, QR
  // Encr: AES-GCM, keysize: 256, PRF: SHA384, Hash: None, DH Grp:20, Auth sign: PSK, Auth verify: PSK
  [/^(?:Encr|Hash|Auth sign|Auth verify): (?=.{1,300}$)/, (_, sa, line) => readAgreed(line.text, sa)],
  // Life/Active Time: 86400/12689 sec
  [
    /^Life\/Active Time: (?<life>\d{1,10})\/(?<active>\d{1,10}) sec$/,
    ({ life, active }, sa) => {
      sa.lifetimeSeconds = Number(life);
      sa.activeSeconds = Number(active);
    },
  ],
  // CE id: 76468, Session-id: 17155
  // CE id: 1001, Session-id: 1, MIB-id: 1
  [
    /^CE id: (?<ce>\d{1,10}), Session-id: (?<session>\d{1,10})(?:, MIB-id: \d{1,10})?$/,
    ({ ce, session }, sa) => {
      sa.ceId = Number(ce);
      sa.sessionId = Number(session);
    },
  ],
  // Status Description: Negotiation done
  [
    /^Status Description: (?<text>.{1,120})$/,
    ({ text }, sa) => {
      sa.statusDescription = text!;
    },
  ],
  // Local spi: 000D3669857A0F82       Remote spi: E0419B1DB02DE6AE
  [
    /^Local spi: (?<local>[0-9A-F]{1,16})\s+Remote spi: (?<remote>[0-9A-F]{1,16})$/i,
    ({ local, remote }, sa) => {
      sa.localSpi = local!.toUpperCase();
      sa.remoteSpi = remote!.toUpperCase();
    },
  ],
  // Local id: user2621@example.com
  // Remote id: hostname=hub.example.com,cn=hub
  [
    /^(?<end>Local|Remote) id:\s*(?<id>.{0,250})$/,
    ({ end, id }, sa) => {
      sa[end === 'Local' ? 'localId' : 'remoteId'] = named(id);
    },
  ],
  // Local req msg id:  214            Remote req msg id:  6
  // Local next msg id: 214            Remote next msg id: 6
  // Local req queued:  214            Remote req queued:  6
  // Local window:      5              Remote window:      5
  [
    /^Local (?<what>req msg id|next msg id|req queued|window):\s+(?<local>\d{1,10})\s+Remote \k<what>:\s+(?<remote>\d{1,10})$/,
    ({ what, local, remote }, sa) => {
      const counter = counters[what!]!;
      sa.localMessages[counter] = Number(local);
      sa.remoteMessages[counter] = Number(remote);
    },
  ],
  // DPD configured for 60 seconds, retry 3
  [
    /^DPD configured for (?<seconds>\d{1,9}) seconds, retry (?<retry>\d{1,9})$/,
    ({ seconds, retry }, sa) => {
      sa.dpdSeconds = Number(seconds);
      sa.dpdRetrySeconds = Number(retry);
    },
  ],
  // Fragmentation not  configured.
  // IETF Std Fragmentation  configured.
  // IETF Std Fragmentation MTU in use: 544 bytes.
  [
    /^(?:[\w ]{1,40} )?Fragmentation +(?:(?<not>not +)?(?:configured|enabled)\.?|MTU in use: \d{1,6} bytes\.?)$/,
    ({ not }, sa) => {
      sa.fragmentation = not === undefined;
    },
  ],
  // Dynamic Route Update: enabled
  [
    /^Dynamic Route Update: (?<state>enabled|disabled)$/,
    ({ state }, sa) => {
      sa.dynamicRouteUpdate = yes(state);
    },
  ],
  // Extended Authentication not configured.
  [
    /^Extended Authentication (?<not>not )?configured\.?$/,
    ({ not }, sa) => {
      sa.extendedAuthentication = not === undefined;
    },
  ],
  // NAT-T is not detected
  // NAT-T is detected inside
  // NAT-T is detected  outside
  [
    /^NAT-T is (?:(?<not>not )detected|detected(?: +(?<where>inside|outside|both))?)$/,
    ({ not, where }, sa) => {
      sa.nat = not === undefined ? ((where as 'inside' | 'outside' | 'both' | undefined) ?? 'detected') : 'none';
    },
  ],
  // Cisco Trust Security SGT is disabled
  [
    /^Cisco Trust Security SGT is (?<state>enabled|disabled)$/,
    ({ state }, sa) => {
      sa.securityGroupTags = yes(state);
    },
  ],
  // Initiator of SA : Yes
  [
    /^Initiator of SA ?: ?(?<state>Yes|No)$/,
    ({ state }, sa) => {
      sa.initiator = yes(state);
    },
  ],
  // Pushed IP address: 198.51.100.4
  // Assigned host addr: 198.51.100.4
  [
    /^(?:Pushed IP address|Assigned host addr): *(?<address>\S{1,60})$/,
    ({ address }, sa) => {
      sa.pushedAddress = canonicalAddress(address!);
      return sa.pushedAddress === null ? false : undefined;
    },
  ],
  // Remote subnets:
  // 10.0.0.0 255.0.0.0
  // 2001:DB8:7::/64
  [/^Remote subnets:$/, known],
  [
    /^(?<subnet>(?:\d{1,3}\.){3}\d{1,3} (?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]{2,40}\/\d{1,3})$/,
    ({ subnet }, sa) => {
      sa.remoteSubnets.push(subnet!);
    },
  ],
  // Quantum-safe Encryption using Manual PPK
  // Quantum Resistance Enabled
  [
    /^Quantum(?:-safe Encryption using (?<key>.{1,60})| Resistance (?<state>Enabled|not configured|Disabled)\.?)$/i,
    ({ key, state }, sa) => {
      if (key !== undefined) sa.quantumKey = key;
      else sa.quantumResistant = /^enabled$/i.test(state!);
    },
  ],
  // PEER TYPE: IOS-XE
  [
    /^PEER TYPE: (?<type>.{1,60})$/,
    ({ type }, sa) => {
      sa.peerType = type!;
    },
  ],
];

const counters: Readonly<Record<string, keyof IkeMessageCounters>> = {
  'req msg id': 'request',
  'next msg id': 'next',
  'req queued': 'queued',
  window: 'window',
};

const rules: readonly LineRule<Building[]>[] = [
  ...rowRules,
  ...saRules.map(
    ([pattern, read]): LineRule<Building[]> => [
      pattern,
      (groups, rows, line) => {
        const sa = rows.at(-1);
        return sa === undefined ? false : read(groups, sa, line);
      },
    ],
  ),
];

function readRow(groups: Groups, rows: Building[], line: Line): false | undefined {
  const sa = newSa(Number(groups['id']), line);
  if (groups['local'] !== undefined && !setEnd(sa, 'local', groups['local'], groups['localPort'])) return false;
  if (groups['remote'] !== undefined && !setEnd(sa, 'remote', groups['remote'], groups['remotePort'])) return false;
  setStatus(sa, groups);
  rows.push(sa);
  return undefined;
}

function setStatus(sa: Building, { fvrf, ivrf, status }: Groups): void {
  sa.fvrf = named(fvrf);
  sa.ivrf = named(ivrf);
  sa.status = status ?? '';
}

function setEnd(sa: Building, end: 'local' | 'remote', address: string | undefined, port: string | undefined): boolean {
  sa[end] = shownAddress(address ?? '');
  sa[`${end}Port`] = count(port);
  return sa[end] !== null;
}

const readEnd = (sa: Building, end: 'local' | 'remote', address: string | undefined, port: string | undefined) =>
  setEnd(sa, end, address, port) ? undefined : false;

const agreed: Readonly<Record<string, (sa: Building, value: string) => void>> = {
  Encr: (sa, value) => {
    sa.encryption = named(value);
  },
  keysize: (sa, value) => {
    sa.keyBits = /^\d{1,5}$/.test(value) ? Number(value) : null;
  },
  PRF: (sa, value) => {
    sa.prf = named(value);
  },
  Hash: (sa, value) => {
    sa.hash = named(value);
  },
  'DH Grp': (sa, value) => {
    sa.dhGroup = /^\d{1,3}$/.test(value) ? Number(value) : null;
  },
  'Auth sign': (sa, value) => {
    sa.authSign = named(value);
  },
  'Auth verify': (sa, value) => {
    sa.authVerify = named(value);
  },
};

// Encr: Unknown - 0, PRF: Unknown - 0, Hash: None, DH Grp:0                     IN-NEG
const UNDECIDED = /\bUnknown - \d{1,5}$/;

/** Reads what it can of the line; false when any part of it is not known. */
function readAgreed(text: string, sa: Building): false | undefined {
  let whole = true;
  for (const part of text.trim().split(/, */)) {
    const [key, value] = part.replace(UNDECIDED, 'none').split(/: */);
    if (key === 'QR' && value === undefined) sa.quantumResistant = true;
    else if (value !== undefined && Object.hasOwn(agreed, key!)) agreed[key!]!(sa, value.trim());
    else whole = part === '' && whole;
  }
  return whole ? undefined : false;
}

const noMessages = (): Messages => ({ request: null, next: null, queued: null, window: null });

function newSa(tunnelId: number, line: Line): Building {
  return {
    line: line.number,
    tunnelId,
    local: null,
    localPort: null,
    remote: null,
    remotePort: null,
    fvrf: null,
    ivrf: null,
    status: '',
    encryption: null,
    keyBits: null,
    prf: null,
    hash: null,
    dhGroup: null,
    authSign: null,
    authVerify: null,
    quantumResistant: false,
    lifetimeSeconds: null,
    activeSeconds: null,
    ceId: null,
    sessionId: null,
    localSpi: null,
    remoteSpi: null,
    statusDescription: null,
    localId: null,
    remoteId: null,
    localMessages: noMessages(),
    remoteMessages: noMessages(),
    dpdSeconds: null,
    dpdRetrySeconds: null,
    fragmentation: null,
    dynamicRouteUpdate: null,
    extendedAuthentication: null,
    nat: null,
    securityGroupTags: null,
    initiator: null,
    pushedAddress: null,
    remoteSubnets: [],
    peerType: null,
    quantumKey: null,
  };
}
