/**
 * The security associations of one box: IKE SAs and IPsec SA pairs by peer, with counters and lifetimes. Changed only by
 * pair.ts (which keeps both ends in step) and by `clear crypto …`; read by render/*. SPIs are unsigned numbers above 255.
 */
import type { Monotonic } from '../../shared/model/time.ts';

export interface IkeSa {
  readonly version: 1 | 2;
  readonly connId: number;
  /** 16 hex digits each: IKEv1 cookies, IKEv2 SPIs (RFC 7296 §3.1). */
  readonly localSpi: string;
  readonly remoteSpi: string;
  readonly initiator: boolean;
  readonly establishedAt: Monotonic;
  readonly lifetimeSeconds: number;
  readonly sessionId: number;
  /** Set: still shown, as `MM_NO_STATE … (deleted)`. */
  deletedAt: Monotonic | null;
}

export interface IpsecPair {
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly inboundConnId: number;
  readonly outboundConnId: number;
  readonly createdAt: Monotonic;
  readonly lifetimeSeconds: number;
  /** Kilobytes that are left, each way. */
  inboundKilobytes: number;
  outboundKilobytes: number;
  readonly initiator: boolean;
  /** False: this end has not got, or has no longer, the one direction of it (half an SA pair; live/ only). */
  inboundUp: boolean;
  outboundUp: boolean;
}

/** What the tunnel is made of: mGRE with NHRP, GRE with tunnel protection, sVTI, or a static crypto map on the outside interface. */
export type TunnelKind = 'dmvpn' | 'gre' | 'vti' | 'crypto-map';

export interface PeerTunnel {
  readonly peer: string;
  readonly interfaceName: string;
  readonly localTunnelAddress: string;
  readonly peerTunnelAddress: string;
  readonly role: 'hub' | 'spoke';
  readonly ikeVersion: 1 | 2;
  readonly dpdSeconds: number;
  readonly kind: TunnelKind;
  /** Networks behind a crypto map: `10.1.0.0/255.255.0.0`, here and there. */
  readonly protects: readonly [local: string, remote: string] | null;
  /** UDP port of the peer: 500, 4500 or what a NAT made of it. */
  peerPort: number;
  /** False: the box has no place for this peer at all, as a DMVPN hub before a spoke registers. */
  present: boolean;
  /** The spoke registered, or the next-hop server answered. False: `show dmvpn` waits in state NHRP. */
  nhrpUp: boolean;
  /** Packets that failed the replay check, and the integrity check, on SAs that are there. */
  replayFailed: number;
  verifyFailed: number;
  ike: IkeSa[];
  /** Newest first: the first pair's outbound SPI is the current one. */
  pairs: IpsecPair[];
  upSince: Monotonic;
  encaps: number;
  decaps: number;
  sendErrors: number;
  receiveErrors: number;
  ikeMessages: number;
  /** Does the other end know the SPI that this one sends with, and the reverse? What a ping through the tunnel finds out. */
  carries: () => boolean;
}

export interface TransientSpi {
  readonly spi: number;
  readonly handle: number;
  readonly createdAt: Monotonic;
}

export const TRANSFORM_KILOBYTES = 4_608_000;

export class SaModel {
  readonly tunnels: PeerTunnel[] = [];
  readonly transient: TransientSpi[] = [];
  /** Packets that arrived with an SPI that is not here (`IN_US_V4_PKT_SA_NOT_FOUND_SPI` on IOS XE). */
  unknownSpiPackets = 0;
  unknownSpiOctets = 0;
  private nextConnId = 1_001;
  private nextFlowId = 1;

  /** Before a table is shown: who counts packets only when asked brings its counters up to date (live/). */
  readonly onShow: (() => void)[] = [];

  /** Tunnels that the box's tables have rows for. */
  shown(): readonly PeerTunnel[] {
    return this.tunnels.filter((tunnel) => tunnel.present);
  }

  connId(): number {
    this.nextConnId += 1;
    return this.nextConnId - 1;
  }

  /** Conn id of the next IPsec SA (`conn id: 2001, flow_id: …:1`). */
  flowId(): number {
    this.nextFlowId += 1;
    return this.nextFlowId - 1;
  }

  tunnel(peer: string): PeerTunnel | undefined {
    return this.tunnels.find((tunnel) => tunnel.peer === peer);
  }

  liveIke(tunnel: PeerTunnel): IkeSa | undefined {
    return tunnel.ike.find((sa) => sa.deletedAt === null);
  }

  /** The tunnel whose inbound SA has this SPI: what the data path looks up when an ESP packet arrives. */
  inbound(spi: number): { tunnel: PeerTunnel; pair: IpsecPair } | null {
    for (const tunnel of this.tunnels) {
      const pair = tunnel.pairs.find((each) => each.inboundUp && each.inboundSpi === spi);
      if (pair) return { tunnel, pair };
    }
    return null;
  }

  /** A reload: what the data plane has counted and remembered. The SAs themselves are their tunnels'. */
  restart(): void {
    this.transient.length = 0;
    this.unknownSpiPackets = 0;
    this.unknownSpiOctets = 0;
    this.nextConnId = 1_001;
    this.nextFlowId = 1;
  }

  noteTransient(spi: number, handle: number, createdAt: Monotonic, countMax: number): void {
    this.transient.push({ spi, handle, createdAt });
    if (this.transient.length > countMax) this.transient.shift();
  }
}

/** The pair that packets are encrypted with. */
export const currentPair = (tunnel: PeerTunnel): IpsecPair | undefined => tunnel.pairs.find((pair) => pair.outboundUp);

/** What every tunnel begins with, whoever drives it. */
export const freshTunnel = {
  kind: 'dmvpn' as TunnelKind,
  protects: null,
  peerPort: 500,
  present: true,
  nhrpUp: true,
  replayFailed: 0,
  verifyFailed: 0,
  encaps: 0,
  decaps: 0,
  sendErrors: 0,
  receiveErrors: 0,
  ikeMessages: 0,
};

/** IOS XE numbers the SAs of its data plane from 2001, classic IOS from 1. */
export const shownConnId = (isXe: boolean, flowId: number): number => (isXe ? 2_000 + flowId : flowId);
