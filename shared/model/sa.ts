/** The IPsec security associations of one device, as `show crypto ipsec sa` tells them. Filled by the platforms' parsers, read by capture deltas, done's `spi=` and the report. */
import type { Spi } from './flow.ts';

export interface IpsecSa {
  readonly protocol: 'esp' | 'ah' | 'pcp';
  readonly direction: 'inbound' | 'outbound';
  /** Null: `[Not Available]` (SD-WAN, before the first key). */
  readonly spi: Spi | null;
  readonly connectionId: number | null;
  /** Seconds left; null when not applicable or not shown. */
  readonly lifetimeSeconds: number | null;
  /** Kilobytes left; null when volume rekey is off or not shown. */
  readonly lifetimeKilobytes: number | null;
  /** `ACTIVE`, `ACTIVE(ACTIVE)`; null when not shown. */
  readonly status: string | null;
}

/** One ident block: a pair of proxy identities towards one peer, its counters and its SAs. */
export interface IpsecIdent {
  readonly interface: string | null;
  /** `(none)` as Cisco prints it, or a name; null when not shown. */
  readonly vrf: string | null;
  /** `20.20.20.0/255.255.255.0/0/0`, as printed. */
  readonly localIdent: string | null;
  readonly remoteIdent: string | null;
  /** Canonical address of `current_peer`. */
  readonly peer: string | null;
  readonly peerPort: number | null;
  /** Canonical; null when absent or not an address. */
  readonly localEndpoint: string | null;
  readonly remoteEndpoint: string | null;
  /** 0 when there is none (`0x0(0)`). */
  readonly currentOutboundSpi: Spi | null;
  /** `pkts encaps`, `pkts replay failed (rcv)`, `send errors` … as printed, to the number beside it. Comparable on the same device only. */
  readonly counters: Readonly<Record<string, number>>;
  readonly sas: readonly IpsecSa[];
}
