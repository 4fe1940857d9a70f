/** The IPsec security associations of one device, as `show crypto ipsec sa` tells them. Filled by the platforms' parsers, read by capture deltas, done's `spi=` and the report. `line`: place in the command's output, from 1. IOS prints no age of an SA: it is the configured lifetime less what remains. */
import type { Spi } from './flow.ts';

export interface IpsecSa {
  /** Of `spi:`. */
  readonly line: number;
  readonly protocol: 'esp' | 'ah' | 'pcp';
  readonly direction: 'inbound' | 'outbound';
  /** Null: `[Not Available]` (SD-WAN, before the first key). */
  readonly spi: Spi | null;
  readonly connectionId: number | null;
  /** `SW:21`, `Onboard VPN:124`. */
  readonly flowId: string | null;
  /** `esp-256-aes esp-sha-hmac`, `esp-gcm 256`. */
  readonly transform: string | null;
  /** Hex digits, as printed: `FFFFFFFF80000048`. */
  readonly siblingFlags: string | null;
  /** `Tunnel`, or `Transport UDP-Encaps` and `esn`; empty when not shown. */
  readonly settings: readonly string[];
  /** `Tunnel0-head-0` */
  readonly cryptoMap: string | null;
  /** Did this end start the negotiation? Null on releases that do not say. */
  readonly initiator: boolean | null;
  /** Seconds left; null when not applicable or not shown. */
  readonly lifetimeSeconds: number | null;
  /** How exact `lifetimeSeconds` is: 1, or 60 where the device prints hours and minutes; null with it. */
  readonly lifetimeResolutionSeconds: 1 | 60 | null;
  /** Kilobytes left; null when volume rekey is off or not shown. */
  readonly lifetimeKilobytes: number | null;
  /** False: `Kilobyte Volume Rekey has been disabled`. True: kilobytes are shown. Null: neither. */
  readonly kilobyteRekey: boolean | null;
  readonly ivBytes: number | null;
  /** `replay detection support`; null when not shown. */
  readonly replayDetection: boolean | null;
  /** Packets; null when not shown. */
  readonly replayWindow: number | null;
  /** `ACTIVE`, `ACTIVE(ACTIVE)`; null when not shown. */
  readonly status: string | null;
}

/** One ident block: a pair of proxy identities towards one peer, its counters and its SAs. */
export interface IpsecIdent {
  /** Of `local ident`. */
  readonly line: number;
  readonly interface: string | null;
  /** `Crypto map tag`, of the interface. */
  readonly cryptoMap: string | null;
  /** Canonical `local addr` beside it. */
  readonly localAddress: string | null;
  /** `IPsecv6 policy name`: of OSPFv3, whose SAs have no IKE. */
  readonly policyName: string | null;
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
  /** Of `current outbound spi:`; null when not shown. */
  readonly currentOutboundSpiLine: number | null;
  /** `PFS (Y/N)`; null on old releases. */
  readonly pfs: boolean | null;
  /** `group14`; null when not shown or `none`. */
  readonly dhGroup: string | null;
  /** Post-quantum or additional exchange, as printed: `AKE1: MLKEM512`, `ML-KEM-1024`. */
  readonly addedExchange: string | null;
  readonly action: 'PERMIT' | 'DENY' | null;
  /** `origin_is_acl`, `ipsec_sa_request_sent`. */
  readonly flags: readonly string[];
  /** Bytes. */
  readonly pathMtu: number | null;
  readonly plaintextMtu: number | null;
  /** `ip mtu`, `ipv6 mtu`, and the interface that it is of. */
  readonly ipMtu: number | null;
  readonly ipMtuInterface: string | null;
  /** `pkts encaps`, `pkts replay failed (rcv)`, `send errors` … as printed, to the number beside it. Comparable on the same device only. */
  readonly counters: Readonly<Record<string, number>>;
  /** The line that each of `counters` stands in. */
  readonly counterLines: Readonly<Record<string, number>>;
  readonly sas: readonly IpsecSa[];
}

/** An SA of which nothing more is shown: spread first, then what the platform does show. */
export const unshownSa: Omit<IpsecSa, 'line' | 'protocol' | 'direction' | 'spi'> = {
  connectionId: null,
  flowId: null,
  transform: null,
  siblingFlags: null,
  settings: [],
  cryptoMap: null,
  initiator: null,
  lifetimeSeconds: null,
  lifetimeResolutionSeconds: null,
  lifetimeKilobytes: null,
  kilobyteRekey: null,
  ivBytes: null,
  replayDetection: null,
  replayWindow: null,
  status: null,
};

/** The same of an ident block. */
export const unshownIdent: Omit<IpsecIdent, 'line' | 'sas'> = {
  interface: null,
  cryptoMap: null,
  localAddress: null,
  policyName: null,
  vrf: null,
  localIdent: null,
  remoteIdent: null,
  peer: null,
  peerPort: null,
  localEndpoint: null,
  remoteEndpoint: null,
  currentOutboundSpi: null,
  currentOutboundSpiLine: null,
  pfs: null,
  dhGroup: null,
  addedExchange: null,
  action: null,
  flags: [],
  pathMtu: null,
  plaintextMtu: null,
  ipMtu: null,
  ipMtuInterface: null,
  counters: {},
  counterLines: {},
};
