/**
 * One end of a tunnel: a box and its view of one peer, with what happens to its SAs and what its crypto debugs say about it.
 * pair.ts orders both ends; the hub's further peers (other-peers.ts) have this one end only.
 */
import type { Monotonic } from '../../shared/model/time.ts';
import type { BoxCore } from './box-core.ts';
import {
  type DebugContext,
  deletePair,
  ikev2Child,
  ikev2Delete,
  ikev2Setup,
  mainMode,
  type NewSas,
  quickMode,
} from './ike-debug-lines.ts';
import { labLimits } from './lab-limits.ts';
import type { Prng } from './prng.ts';
import { freshTunnel, type IpsecPair, type PeerTunnel, shownConnId, TRANSFORM_KILOBYTES } from './sa-model.ts';

export interface TunnelSettings {
  readonly ikeVersion: 1 | 2;
  readonly packetsPerSecond: number;
  readonly ikeLifetimeSeconds: number;
  readonly ipsecLifetimeSeconds: number;
  readonly dpdSeconds: number;
  readonly otherPeers: number;
}

export interface TunnelEnds {
  readonly peer: string;
  readonly localTunnelAddress: string;
  readonly peerTunnelAddress: string;
  readonly role: 'hub' | 'spoke';
}

/** Handle of an SPI in the tables of `show crypto ipsec spi-lookup`. */
const HANDLE_BASE = 0x40000000;

export class PairEnd {
  readonly core: BoxCore;
  readonly tunnel: PeerTunnel;
  private readonly settings: TunnelSettings;
  private readonly prng: Prng;

  constructor(core: BoxCore, ends: TunnelEnds, settings: TunnelSettings, prng: Prng) {
    this.core = core;
    this.settings = settings;
    this.prng = prng;
    this.tunnel = {
      ...freshTunnel,
      ...ends,
      interfaceName: 'Tunnel0',
      ikeVersion: settings.ikeVersion,
      dpdSeconds: settings.dpdSeconds,
      ike: [],
      pairs: [],
      upSince: core.clock.monotonic(),
      carries: () => true,
    };
    core.sa.tunnels.push(this.tunnel);
  }

  /** Phase 1 is done: one IKE SA, established at `since`. */
  establish(sessionId: number, initiator: boolean, localSpi: string, remoteSpi: string, since: Monotonic): void {
    const { core, tunnel, settings } = this;
    // The SA that this one replaces is shown as `(deleted)` for a while.
    const replaced = tunnel.ike.filter((old) => old.deletedAt === null);
    for (const old of replaced) old.deletedAt = core.clock.monotonic();
    tunnel.ike = [
      {
        version: settings.ikeVersion,
        connId: core.sa.connId(),
        localSpi,
        remoteSpi,
        initiator,
        establishedAt: since,
        lifetimeSeconds: settings.ikeLifetimeSeconds,
        sessionId,
        deletedAt: null,
      },
      ...(settings.ikeVersion === 1 ? replaced : []),
    ];
    if (tunnel.pairs.length === 0) tunnel.upSince = since;
    tunnel.ikeMessages = 2;
    core.cryptoDebug(tunnel.peer, settings.ikeVersion === 1 ? mainMode(this.seen()) : ikev2Setup(this.seen()));
  }

  /** Phase 2 is done: a new pair of SAs in front of those that are there. */
  install(inboundSpi: number, outboundSpi: number, initiator: boolean, since: Monotonic = this.core.clock.monotonic()): void {
    const { core, tunnel, settings } = this;
    tunnel.pairs.unshift({
      inboundSpi,
      outboundSpi,
      inboundConnId: core.sa.flowId(),
      outboundConnId: core.sa.flowId(),
      createdAt: since,
      lifetimeSeconds: settings.ipsecLifetimeSeconds,
      inboundKilobytes: TRANSFORM_KILOBYTES,
      outboundKilobytes: TRANSFORM_KILOBYTES,
      initiator,
      inboundUp: true,
      outboundUp: true,
    });
    const at = this.seen(initiator);
    core.cryptoDebug(tunnel.peer, (settings.ikeVersion === 1 ? quickMode : ikev2Child)(at, shown(core, tunnel.pairs[0]!)));
  }

  /** Takes all pairs from `first` on down, with a DELETE sent or received. */
  deletePairs(first: number, received: boolean): void {
    const { core, tunnel, settings } = this;
    for (const old of tunnel.pairs.splice(first)) {
      this.noteTransient(old);
      const at = this.seen(!received);
      core.cryptoDebug(tunnel.peer, (settings.ikeVersion === 1 ? deletePair : ikev2Delete)(at, shown(core, old), received));
    }
  }

  forgetDeletedIke(): void {
    this.tunnel.ike = this.tunnel.ike.filter((sa) => sa.deletedAt === null);
  }

  /** Does the IKE SA end before another IPsec lifetime is over? */
  ikeEndsSoon(): boolean {
    const ike = this.core.sa.liveIke(this.tunnel);
    if (!ike) return true;
    const ageSeconds = (this.core.clock.monotonic() - ike.establishedAt) / 1_000;
    return ageSeconds + this.settings.ipsecLifetimeSeconds >= ike.lifetimeSeconds;
  }

  /** All SAs are gone, and nothing was said to anyone: a crash, a failover, a lost DELETE. */
  lose(): void {
    for (const pair of this.tunnel.pairs.splice(0)) this.noteTransient(pair);
    this.tunnel.ike = [];
  }

  /**
   * The IKE SA is gone, and this end waits for packets with an SPI that the other never heard of, while it goes on sending with
   * the one that it had: a rekey of which each end believes another half.
   */
  mistake(inboundSpi: number): void {
    const pair = this.tunnel.pairs[0];
    if (pair) {
      this.noteTransient(pair);
      this.tunnel.pairs = [{ ...pair, inboundSpi }];
    }
    this.tunnel.ike = [];
  }

  /** This end's words for what its debugs print. */
  seen(initiator?: boolean): DebugContext {
    const ike = this.core.sa.liveIke(this.tunnel);
    return {
      local: this.core.options.cryptoAddress,
      peer: this.tunnel.peer,
      connId: ike?.connId ?? 0,
      initiator: initiator ?? ike?.initiator ?? false,
      messageId: this.prng.uint32(),
      localSpi: ike?.localSpi ?? '0000000000000000',
      remoteSpi: ike?.remoteSpi ?? '0000000000000000',
    };
  }

  private noteTransient(pair: IpsecPair): void {
    this.core.sa.noteTransient(pair.inboundSpi, HANDLE_BASE + pair.inboundConnId, pair.createdAt, labLimits.transientSpis);
  }
}

const shown = (core: BoxCore, pair: IpsecPair): NewSas => ({
  ...pair,
  inboundConnId: shownConnId(core.isXe, pair.inboundConnId),
  outboundConnId: shownConnId(core.isXe, pair.outboundConnId),
});
