/**
 * The IKE security associations of one device, as `show crypto isakmp sa [detail]` and `show crypto ikev2 sa [detailed]` tell them.
 * Filled by the platforms' parsers, read by the analysis. `line`: place in the command's output, from 1. Addresses are canonical, or as
 * printed (in lower case) where an output holds none that exists (`100.0.10::2`, made anonymous).
 */
import { sameAddress } from './address.ts';

/** One IKEv1 SA. The short table names the exchange's ends (dst, src), the detailed one this device's (local, remote): the other two are null. */
export interface IsakmpSa {
  readonly line: number;
  /** The responder of the exchange. */
  readonly dst: string | null;
  /** Its initiator. */
  readonly src: string | null;
  readonly local: string | null;
  readonly remote: string | null;
  /** `QM_IDLE` (up), `MM_NO_STATE`, `MM_KEY_EXCH`; null in the detailed table. */
  readonly state: string | null;
  /** 0 until the SA has keys. */
  readonly connectionId: number;
  /** Only on old releases. */
  readonly slot: number | null;
  /** `ACTIVE`, `STDBY`; null when not shown. */
  readonly status: string | null;
  /** `(deleted)`: being torn down, good for nothing. */
  readonly deleted: boolean;
  readonly vrf: string | null;
  /** `aes`, `3des`; null in the short table or before it is agreed. So the three after it. */
  readonly encryption: string | null;
  readonly hash: string | null;
  /** `psk`, `rsig`. */
  readonly authentication: string | null;
  readonly dhGroup: number | null;
  /** Seconds left; 0 when it has run out. */
  readonly lifetimeSeconds: number | null;
  /** Letters of the legend: `D` dead peer detection, `N` NAT traversal, `K` keepalives …; empty for none, null in the short table. */
  readonly capabilities: string | null;
  /** `SW`, of `Engine-id:Conn-id = SW:12609`; null when not shown or `????`. */
  readonly engine: string | null;
  readonly engineConnectionId: number | null;
}

export type IkeMessageCounters = Readonly<Record<'request' | 'next' | 'queued' | 'window', number | null>>;

/** One IKEv2 SA. All from `detailed` may be null without it. */
export interface Ikev2Sa {
  readonly line: number;
  readonly tunnelId: number;
  readonly local: string | null;
  readonly localPort: number | null;
  readonly remote: string | null;
  readonly remotePort: number | null;
  /** Null: `none`. */
  readonly fvrf: string | null;
  readonly ivrf: string | null;
  /** `READY`, `IN-NEG`, `DELETE`; empty when cut off before it. */
  readonly status: string;
  /** `AES-GCM` */
  readonly encryption: string | null;
  readonly keyBits: number | null;
  readonly prf: string | null;
  /** Null: `None` (a combined cipher), or not shown. */
  readonly hash: string | null;
  readonly dhGroup: number | null;
  readonly authSign: string | null;
  readonly authVerify: string | null;
  /** `QR` stands behind the authentication. */
  readonly quantumResistant: boolean;
  /** Seconds: as configured. Left are `lifetimeSeconds - activeSeconds`. */
  readonly lifetimeSeconds: number | null;
  /** Seconds since it came up or was rekeyed. */
  readonly activeSeconds: number | null;
  readonly ceId: number | null;
  readonly sessionId: number | null;
  /** 16 hex digits, upper case: the IKE SPIs, no IPsec SPIs. */
  readonly localSpi: string | null;
  readonly remoteSpi: string | null;
  readonly statusDescription: string | null;
  readonly localId: string | null;
  readonly remoteId: string | null;
  readonly localMessages: IkeMessageCounters;
  readonly remoteMessages: IkeMessageCounters;
  /** Seconds between checks; 0: dead peer detection is off. */
  readonly dpdSeconds: number | null;
  readonly dpdRetrySeconds: number | null;
  readonly fragmentation: boolean | null;
  readonly dynamicRouteUpdate: boolean | null;
  readonly extendedAuthentication: boolean | null;
  /** `none`, or where: `inside` (this end), `outside` (the other). `detected`: not told where. */
  readonly nat: 'none' | 'inside' | 'outside' | 'both' | 'detected' | null;
  readonly securityGroupTags: boolean | null;
  /** Did this end start it? */
  readonly initiator: boolean | null;
  readonly pushedAddress: string | null;
  /** `10.0.0.0 255.0.0.0` */
  readonly remoteSubnets: readonly string[];
  readonly peerType: string | null;
  /** `Manual PPK` */
  readonly quantumKey: string | null;
}

/** Both ends, without those not shown. */
export const isakmpEnds = (sa: IsakmpSa): string[] => [sa.local, sa.remote, sa.dst, sa.src].filter((end) => end !== null);

/** Is this an SA with that address, at whichever end? */
export const isakmpSaWith = (sa: IsakmpSa, address: string): boolean => isakmpEnds(sa).some((end) => sameAddress(end, address));

/**
 * Up: messages to the peer can be sent on it, a DELETE among them. The detailed table shows no state: an SA without ciphers was never
 * negotiated, one without lifetime is gone (its `(deleted)` may stand in the line of the engine, which a filter for the peer takes away).
 */
export const isakmpIsUp = (sa: IsakmpSa): boolean =>
  !sa.deleted &&
  (sa.status === null || sa.status === 'ACTIVE') &&
  (sa.state === null ? sa.encryption !== null && sa.lifetimeSeconds !== 0 : sa.state === 'QM_IDLE');

export const ikev2IsUp = (sa: Ikev2Sa): boolean => sa.status === 'READY';
