/** `show crypto sockets`: what links tunnels to IPsec. Shape: CryptoSockets in ../../model/crypto-socket.ts. Nothing at all is no sockets and no number of them. */
import { canonicalAddress } from '../../model/address.ts';
import type { CryptoSocket, CryptoSockets, ListeningSocket, SocketIdent } from '../../model/crypto-socket.ts';
import type { Line, Parser } from '../platform.ts';
import { type Groups, known, type LineRule, readLines } from './line-rules.ts';

type Building = { -readonly [K in keyof CryptoSocket]: CryptoSocket[K] } & { trueIdents: { local: string; remote: string }[] };

interface Place {
  connections: number | null;
  readonly sockets: Building[];
  readonly listening: ListeningSocket[];
}

export const parseCryptoSockets: Parser<CryptoSockets> = (output) => {
  const value: Place = { connections: null, sockets: [], listening: [] };
  const unread = readLines(output, rules, value);
  return { value, unread };
};

/** What belongs to the last socket. */
const of = (pattern: RegExp, read: (socket: Building, groups: Groups) => void): LineRule<Place> => [
  pattern,
  (groups, at) => {
    const socket = at.sockets.at(-1);
    if (socket === undefined) return false;
    read(socket, groups);
    return undefined;
  },
];

const rules: readonly LineRule<Place>[] = [
  // Number of Crypto Socket connections 4
  [
    /^Number of Crypto Socket connections (?<connections>\d{1,9})$/,
    ({ connections }, at) => {
      at.connections = Number(connections);
    },
  ],
  //    Tu1 Peers (local/remote): 192.0.2.1/198.51.100.2
  //    Shd Peers (local/remote): 2001:DB8::1/2001:DB8::2
  [/^(?<name>\S{1,80}) Peers \(local\/remote\): (?<local>[^\s/]{1,60})\/(?<remote>[^\s/]{1,60})$/, readSocket],
  //        Local Ident  (addr/mask/port/prot): (192.0.2.1/255.255.255.255/0/47)
  //        Remote Ident (addr/mask/port/prot): (2001:DB8::2/128/0/47)
  of(
    /^(?<end>Local|Remote) Ident +\(addr\/mask\/port\/prot\): \((?<address>[^\s/()]{1,60})\/(?<mask>[^\s/()]{1,60})\/(?<port>\d{1,5})\/(?<protocol>\d{1,3})\)$/,
    (socket, { end, address, mask, port, protocol }) => {
      const ident: SocketIdent = { address: address!, mask: mask!, port: Number(port), protocol: Number(protocol) };
      socket[end === 'Local' ? 'localIdent' : 'remoteIdent'] = ident;
    },
  ),
  //         TRUE  ident (addr/mask/prot/port): {LOCAL -> REMOTE}
  //              172.18.1.0/255.255.255.0/0/0 -> 10.4.0.0/255.255.255.0/0/0
  //              ::/0/0/0 -> ::/0/0/0
  [/^TRUE +ident \(addr\/mask\/prot\/port\): \{LOCAL -> REMOTE\}$/i, known],
  of(/^(?<local>[0-9A-Fa-f.:/]{1,120}) -> (?<remote>[0-9A-Fa-f.:/]{1,120})$/, (socket, { local, remote }) => {
    socket.trueIdents.push({ local: local!, remote: remote! });
  }),
  //        Flags: shared
  of(/^Flags: (?<flags>\S.{0,60})$/, (socket, { flags }) => {
    socket.flags = flags!;
  }),
  //        IPSec Profile: "star"
  of(/^IPSec Profile: "(?<profile>[^"]{0,120})"$/i, (socket, { profile }) => {
    socket.profile = profile!;
  }),
  //        Socket State: Open
  of(/^Socket State: (?<state>\w{1,40})$/, (socket, { state }) => {
    socket.state = state!;
  }),
  //        Client: "TUNNEL SEC" (Client State: Active)
  of(/^Client: "(?<client>[^"]{0,60})" \(Client State: (?<state>\w{1,40})\)$/, (socket, { client, state }) => {
    socket.client = client!;
    socket.clientState = state!;
  }),
  // Crypto Sockets in Listen state:
  // Client: "TUNNEL SEC" Profile: "star" Map-name: "Tunnel1-head-0"
  [/^Crypto Sockets in Listen state:$/, known],
  [
    /^Client: "(?<client>[^"]{0,60})" Profile: "(?<profile>[^"]{0,120})" Map-name:? "(?<map>[^"]{0,120})"$/,
    ({ client, profile, map }, at, line) => {
      at.listening.push({ line: line.number, client: client!, profile: profile!, map: map! });
    },
  ],
];

function readSocket({ name, local, remote }: Groups, at: Place, line: Line): false | undefined {
  const socket: Building = {
    line: line.number,
    interface: name!,
    local: canonicalAddress(local!),
    remote: canonicalAddress(remote!),
    localIdent: null,
    remoteIdent: null,
    trueIdents: [],
    flags: null,
    profile: null,
    state: null,
    client: null,
    clientState: null,
  };
  at.sockets.push(socket);
  return socket.local === null || socket.remote === null ? false : undefined;
}
