/**
 * The hub's further spokes, which have no box of their own: they fill its tables, carry some traffic, rekey now and then and
 * so give scoped captures and debug conditions something to leave out. Made by pair.ts.
 */
import type { Monotonic } from '../../shared/model/time.ts';
import type { BoxCore } from './box-core.ts';
import type { LostFlow } from './contract.ts';
import { PairEnd, type TunnelSettings } from './pair-end.ts';
import type { Prng } from './prng.ts';
import type { NamedTimers } from './timers.ts';

const REKEY_MARGIN_SECONDS = 30;
const PACKET_OCTETS = 132;
const TRAFFIC_TICK_MS = 250;
const STORM_JITTER_MS = 40;
/** A hub that does not answer IKE is tried again. */
const TRY_AGAIN_MS = 10_000;

interface OtherPeer {
  readonly end: PairEnd;
  /** The SPI that it sends with and that the hub has lost. */
  lost: number | null;
}

export interface CloudPlace {
  /** The hub's address in the tunnel's network. */
  readonly own: string;
  /** The last octet of the first of these spokes. */
  readonly firstOther: number;
}

export class OtherPeers {
  private readonly core: BoxCore;
  private readonly settings: TunnelSettings;
  private readonly place: CloudPlace;
  private readonly prng: Prng;
  private readonly timers: NamedTimers;
  private readonly peers: OtherPeer[] = [];

  constructor(core: BoxCore, settings: TunnelSettings, place: CloudPlace, prng: Prng, timers: NamedTimers) {
    this.core = core;
    this.settings = settings;
    this.place = place;
    this.prng = prng;
    this.timers = timers;
    core.onReload.push((what) => {
      if (what === 'down') this.lose();
    });
  }

  start(): void {
    if (this.settings.otherPeers === 0) return;
    const jitterMs = (): number => (this.peers.some(({ lost }) => lost !== null) ? this.prng.between(0, STORM_JITTER_MS) : 0);
    this.timers.every(`lab-net-others-${this.place.own}`, TRAFFIC_TICK_MS, () => this.traffic(), jitterMs);
    for (let index = 0; index < this.settings.otherPeers; index += 1) this.add(index);
  }

  private traffic(): void {
    if (this.core.strain.hung) return;
    for (const { end, lost } of this.peers) {
      const packets = this.prng.between(1, 6);
      if (lost !== null) this.core.receiveUnknownSpi(end.tunnel.peer, lost, packets, packets * PACKET_OCTETS);
      else {
        end.tunnel.encaps += this.prng.between(1, 6);
        end.tunnel.decaps += packets;
      }
    }
  }

  /** The hub has none of their SAs any more, and nobody told them. */
  lose(): readonly LostFlow[] {
    return this.peers.map((peer) => {
      const { tunnel } = peer.end;
      peer.lost ??= tunnel.pairs[0]?.inboundSpi ?? this.prng.spi();
      peer.end.lose();
      return { source: tunnel.peer, spi: peer.lost };
    });
  }

  /** Those that were lost come up again. */
  restore(): void {
    for (const peer of this.peers) {
      if (peer.lost !== null) this.renew(peer, this.peers.indexOf(peer));
    }
  }

  private add(index: number): void {
    const { core, prng, settings, place } = this;
    const peer = `${prng.between(20, 90)}.${prng.between(1, 250)}.${prng.between(1, 250)}.${prng.between(1, 250)}`;
    const peerTunnelAddress = place.own.replace(/\d+$/, String(place.firstOther + index));
    const end = new PairEnd(core, { peer, role: 'hub', localTunnelAddress: place.own, peerTunnelAddress }, settings, prng);
    const other: OtherPeer = { end, lost: null };
    this.peers.push(other);
    // Up for a while: not every tunnel began with the lab.
    const ageSeconds = prng.between(1, Math.max(1, settings.ipsecLifetimeSeconds - 2 * REKEY_MARGIN_SECONDS));
    const since = (core.clock.monotonic() - ageSeconds * 1_000) as Monotonic;
    end.establish(index + 2, false, prng.hex(16), prng.hex(16), since);
    end.install(prng.spi(), prng.spi(), false, since);
    end.tunnel.upSince = (since - prng.between(1, 400) * 3_600_000) as Monotonic;
    end.tunnel.encaps = prng.between(10_000, 900_000);
    end.tunnel.decaps = prng.between(10_000, 900_000);
    this.renewLater(other, index, ageSeconds);
  }

  private timer(index: number): string {
    return `lab-pair-other-${this.place.own}-${index}`;
  }

  private renewLater(peer: OtherPeer, index: number, ageSeconds: number): void {
    const delayMs = Math.max(1, this.settings.ipsecLifetimeSeconds - ageSeconds - REKEY_MARGIN_SECONDS) * 1_000;
    this.timers.once(this.timer(index), delayMs, () => this.renew(peer, index));
  }

  /** A rekey, or phase 1 and 2 anew where the IKE SA ends or is gone. */
  private renew(peer: OtherPeer, index: number): void {
    if (this.core.strain.hung) {
      this.timers.once(this.timer(index), TRY_AGAIN_MS, () => this.renew(peer, index));
      return;
    }
    const { end } = peer;
    if (end.ikeEndsSoon()) end.establish(index + 2, false, this.prng.hex(16), this.prng.hex(16), this.core.clock.monotonic());
    end.forgetDeletedIke();
    end.install(this.prng.spi(), this.prng.spi(), false);
    end.deletePairs(1, true);
    peer.lost = null;
    this.renewLater(peer, index, 0);
  }
}
