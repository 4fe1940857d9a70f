/** What links tunnels to IPsec on one device, as `show crypto sockets` tells it. Filled by the platforms' parsers, read by the analysis. `line`: place in the command's output, from 1. */

export interface CryptoSockets {
  /** `Number of Crypto Socket connections`; null when not shown. */
  readonly connections: number | null;
  readonly sockets: readonly CryptoSocket[];
  readonly listening: readonly ListeningSocket[];
}

export interface CryptoSocket {
  readonly line: number;
  /** Short: `Tu1`; `Shd` for one that tunnels share. */
  readonly interface: string;
  /** Canonical. */
  readonly local: string | null;
  readonly remote: string | null;
  readonly localIdent: SocketIdent | null;
  readonly remoteIdent: SocketIdent | null;
  /** As printed: `10.4.0.0/255.255.255.0/0/0`. */
  readonly trueIdents: readonly { readonly local: string; readonly remote: string }[];
  /** `shared` */
  readonly flags: string | null;
  readonly profile: string | null;
  /** `Open`, `Closed`, `Opening`. */
  readonly state: string | null;
  /** `TUNNEL SEC` */
  readonly client: string | null;
  /** `Active`, `Idle`. */
  readonly clientState: string | null;
}

export interface SocketIdent {
  /** As printed. The mask of an IPv6 one is its number of bits. */
  readonly address: string;
  readonly mask: string;
  readonly port: number;
  readonly protocol: number;
}

export interface ListeningSocket {
  readonly line: number;
  readonly client: string;
  readonly profile: string;
  readonly map: string;
}
