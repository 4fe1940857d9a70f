/** The tunnel side of DMVPN: what `show dmvpn [detail]` and `show ip nhrp` say of a device. Filled by the platforms' parsers, read by the analysis. */
import type { Spi } from './flow.ts';

/** A row of `show dmvpn`: one tunnel address behind one NBMA address. */
export interface DmvpnPeer {
  /** Where its state stands, from 1. */
  readonly line: number;
  /** NHRP entries with the same NBMA address. */
  readonly entries: number;
  /** Canonical; null when it is no address (`UNKNOWN`). */
  readonly nbma: string | null;
  /** Canonical. */
  readonly tunnel: string | null;
  /** `UP`, `NHRP` (registration under way), `IKE` (no SAs yet), `IPSEC`, `DOWN`, as printed. */
  readonly state: string;
  /** `3w5d`, `never`, as printed; the same in seconds, null for `never`. */
  readonly upDown: string;
  readonly upDownSeconds: number | null;
  /** Letters of the legend, as printed: `D`, `DT1`, `SC`. */
  readonly attributes: readonly string[];
  /** `detail`, and the IPv6 layout. */
  readonly target: string | null;
}

export interface NextHopServer {
  readonly address: string;
  /** E expecting replies, R responding, W waiting, and what else stands there: `RE`. */
  readonly status: string;
  readonly priority: number | null;
  readonly cluster: number | null;
}

export interface DmvpnTunnel {
  readonly interface: string;
  readonly family: 4 | 6 | null;
  /** `Hub`, `Spoke`, `Hub/Spoke`, `Unknown`; null when not shown. */
  readonly role: string | null;
  /** What the device counts; null when not shown. */
  readonly peersCounted: number | null;
  readonly peers: readonly DmvpnPeer[];
  readonly nextHopServers: readonly NextHopServer[];
  /** `detail` only, else null: `up/up`, own tunnel address, source of the tunnel (canonical where it is an address), `MGRE` or the destination, name of the IPsec profile. */
  readonly status: string | null;
  readonly address: string | null;
  readonly source: string | null;
  readonly destination: string | null;
  readonly profile: string | null;
}

/** A block of `Crypto Session Details`. */
export interface DmvpnSession {
  /** Its first, from 1. */
  readonly line: number;
  readonly interface: string | null;
  /** `UP-ACTIVE`, `UP-NO-IKE`, `DOWN` …, as printed. */
  readonly status: string | null;
  /** Canonical. */
  readonly local: string | null;
  readonly remote: string | null;
  readonly localPort: number | null;
  readonly remotePort: number | null;
  readonly phase1Id: string | null;
  readonly ikeVersion: 1 | 2 | null;
  /** `Active`, `Inactive`; null: no IKE SA is shown. */
  readonly ikeState: string | null;
  readonly connectionId: number | null;
  readonly ikeLifetimeSeconds: number | null;
  readonly flows: readonly DmvpnFlow[];
  readonly outboundSpi: Spi | null;
  /** `Open`, `Closed`. */
  readonly socket: string | null;
}

export interface DmvpnFlow {
  readonly ident: string;
  readonly activeSas: number | null;
  readonly inbound: FlowCount | null;
  readonly outbound: FlowCount | null;
}

/** Packets since the SAs came up, what was dropped, and what is left of the SA. */
export interface FlowCount {
  readonly packets: number;
  readonly drops: number;
  readonly lifetimeKilobytes: number | null;
  readonly lifetimeSeconds: number | null;
}

/** `tunnels` and `sessions` empty with `legend`: a broken hub prints that alone (facts.md §8). */
export interface Dmvpn {
  readonly legend: boolean;
  readonly tunnels: readonly DmvpnTunnel[];
  readonly sessions: readonly DmvpnSession[];
}

export interface NhrpEntry {
  /** Its first, from 1. */
  readonly line: number;
  /** `100.0.0.2/32`, as printed. */
  readonly target: string;
  /** Canonical; null: an incomplete entry has none. */
  readonly via: string | null;
  readonly interface: string | null;
  readonly createdSeconds: number | null;
  /** Null: it never expires, or it is not shown. */
  readonly expiresSeconds: number | null;
  readonly neverExpires: boolean;
  /** `static`, `dynamic`, `incomplete`. */
  readonly type: string | null;
  readonly flags: readonly string[];
  /** Canonical. */
  readonly nbma: string | null;
  /** Behind NAT: the address that the peer believes it has. */
  readonly claimedNbma: string | null;
  readonly socket: boolean;
  readonly group: string | null;
}

/** `show ip nhrp summary`: its numbers by their words, `total entries`, `remote static`, `local lfib`. */
export interface NhrpCache {
  readonly entries: readonly NhrpEntry[];
  readonly summary: Readonly<Record<string, number>> | null;
}
