/**
 * One router's view of one peer, acting by itself: it negotiates, rekeys, lets SAs expire, asks whether the peer lives, deletes and
 * obeys deletes, answers packets of unknown SPIs. It knows what it was told and nothing else. RFC 2408, 2409, 3706, 7296 and facts.md §1.
 */
import type { Timer } from '../../../shared/clock.ts';
import { monotonic } from '../../../shared/model/time.ts';
import type { BoxCore } from '../box-core.ts';
import { deadPeer, invalidSpiDelete } from '../ike-debug-lines.ts';
import { currentPair, freshTunnel, type IkeSa, type IpsecPair, type PeerTunnel, shownConnId } from '../sa-model.ts';
import { initialContact, lifetimeNears, portFloat } from './end-debug-lines.ts';
import { EspPath } from './esp-path.ts';
import { IkeTalk } from './ike-talk.ts';
import type { Host, IkeMessage } from './link.ts';
import type { EndSettings } from './live-settings.ts';
import { packetComplaint, SaChanges } from './sa-changes.ts';
import type { World } from './world.ts';

/** IOS begins the rekey this long before the end of the seconds. */
const REKEY_MARGIN_MS = 30_000;
/** Share of the kilobytes at which it begins. */
const KILOBYTE_MARGIN = 0.1;
const DELETED_IKE_SHOWN_MS = 60_000;

export interface EndPlace {
  readonly peer: string;
  readonly localTunnelAddress: string;
  readonly peerTunnelAddress: string;
  readonly protects: readonly [local: string, remote: string] | null;
}

export class LiveEnd implements Host {
  readonly address: string;
  readonly core: BoxCore;
  readonly settings: EndSettings;
  readonly tunnel: PeerTunnel;
  readonly path: EspPath;
  readonly sas: SaChanges;
  readonly world: World;
  /** GRE with the wrong key: decrypted, then thrown away. */
  hellosPass = true;
  /** The process that talks IKE does nothing, as behind a filter or under load. */
  silent = false;
  /** Nothing goes out and nothing is begun: the standby router of a pair. */
  standby = false;
  /** UDP port from which the peer sees it: what a NAT in front of it makes of 4500; 500 without one. */
  ownPort = 500;
  private readonly talk: IkeTalk;
  private readonly superseded = new WeakSet<IpsecPair>();
  /** Near the end of their kilobytes, and said so. */
  private readonly warned = new WeakSet<IpsecPair>();
  private readonly lifeTimers = new Map<IpsecPair, Timer[]>();

  constructor(world: World, core: BoxCore, place: EndPlace, settings: EndSettings) {
    this.world = world;
    this.core = core;
    this.settings = settings;
    this.address = core.options.cryptoAddress;
    this.tunnel = {
      ...freshTunnel,
      ...place,
      interfaceName: settings.kind === 'crypto-map' ? core.outsideInterface : 'Tunnel0',
      role: settings.role,
      ikeVersion: settings.ikeVersion,
      dpdSeconds: settings.dpdMode === 'none' ? 0 : settings.dpdSeconds,
      kind: settings.kind,
      present: !this.isCloudHub(),
      nhrpUp: !this.isCloudHub(),
      ike: [],
      pairs: [],
      upSince: core.clock.monotonic(),
      carries: () => this.path.delivers(),
    };
    this.sas = new SaChanges(core, this.tunnel, settings, world.prng);
    this.path = new EspPath(world, this, place.peer);
    this.talk = new IkeTalk(this);
    core.sa.tunnels.push(this.tunnel);
    core.sa.onShow.push(() => world.count());
    core.onReload.push((what) => (what === 'down' ? this.crash() : this.world.change(() => {})));
    core.onClear.push((what, peer) => {
      if (peer === null || peer === this.tunnel.peer) this.clear(what);
    });
    world.ends.push(this);
  }

  isCloudHub(): boolean {
    return this.settings.kind === 'dmvpn' && this.settings.role === 'hub';
  }

  isDown(): boolean {
    return this.core.strain.hung;
  }

  /** Its users have something for the peer's. */
  hasPackets(): boolean {
    if (this.standby || this.settings.packetsPerSecond <= 0 || !this.tunnel.present) return false;
    return !this.settings.answersOnly || (this.world.end(this.tunnel.peer)?.path.delivers() ?? false);
  }

  talks(): boolean {
    return this.hasPackets() && !this.isDown();
  }

  receive(message: IkeMessage): void {
    if (this.silent) return;
    this.talk.receive(message);
  }

  send(message: IkeMessage, roundTrips = 0): void {
    if (this.silent || this.isDown() || this.standby) return;
    this.world.link.send(this.address, this.tunnel.peer, message, roundTrips);
  }

  /** Users wait: an SA is needed and there is none. */
  want(): void {
    if (currentPair(this.tunnel) || !this.talks() || !this.settings.knowsPeer || this.settings.respondsOnly) return;
    this.talk.wantChild();
  }

  // What is there before the play begins.

  /** SAs of some age, as both ends agreed on. `local` and `remote`: inbound here, inbound there. */
  hold(
    ike: { initiator: boolean; localSpi: string; remoteSpi: string; ageMs: number },
    pair: { local: number; remote: number; ageMs: number },
  ): void {
    const now = this.world.now();
    const sa = this.sas.addIke(ike.initiator, ike.localSpi, ike.remoteSpi, monotonic(now - ike.ageMs));
    this.talk.watch(sa);
    this.nhrp(true);
    const held = this.sas.addPair({
      inboundSpi: pair.local,
      outboundSpi: pair.remote,
      initiator: ike.initiator,
      lifetimeSeconds: this.settings.ipsecLifetimeSeconds,
      outboundUp: true,
      since: monotonic(now - pair.ageMs),
    });
    this.live(held);
  }

  // IKE.

  established(sa: IkeSa, port: number): void {
    if (port !== 500) this.sas.say(portFloat(this.sas.seen(), this.settings.ikeVersion, port));
    this.tunnel.peerPort = port;
    this.talk.watch(sa);
    this.world.timeouts.in(DELETED_IKE_SHOWN_MS, () => this.sas.forgetDeletedIke());
  }

  /** The peer says that it has nothing of us: what there was of it goes. */
  forgetPeer(port: number): void {
    this.sas.say(initialContact(this.sas.seen(), this.settings.ikeVersion, port));
    if (this.tunnel.pairs.length > 0) this.sas.trace('KEY_MGR_CLEAR_ENDPT_SAS');
    for (const pair of [...this.tunnel.pairs]) this.drop(pair, 'quietly');
    this.sas.removeIke();
  }

  /** The peer does not answer any more. */
  peerDead(): void {
    this.world.change(() => {
      this.sas.say(deadPeer(this.sas.seen(), this.settings.ikeVersion));
      this.sas.trace('KEY_MGR_SESSION_CLOSED');
      for (const pair of [...this.tunnel.pairs]) this.drop(pair, 'quietly');
      this.loseIke();
      if (this.isCloudHub()) this.world.timeouts.in(this.world.prng.between(5_000, 40_000), () => this.unregister());
    });
  }

  /** Its IKE SA is gone; IKEv1 keeps the IPsec SAs (RFC 2408 §4.3), IKEv2 does not (RFC 7296 §1.4.1). */
  loseIke(): void {
    this.sas.removeIke();
    this.world.timeouts.in(DELETED_IKE_SHOWN_MS, () => this.sas.forgetDeletedIke());
    if (this.settings.ikeVersion === 2) for (const pair of [...this.tunnel.pairs]) this.drop(pair, 'quietly');
  }

  /** `clear crypto isakmp`, or its lifetime is over. */
  endIke(reason: string): void {
    this.world.change(() => this.talk.endIke(reason));
  }

  // IPsec SAs.

  install(pair: { local: number; remote: number; initiator: boolean; seconds: number; outboundUp: boolean }): IpsecPair {
    return this.world.change(() => {
      const older = [...this.tunnel.pairs];
      if (older.length === 0) this.sas.trace('KEY_ENG_REQUEST_SAS');
      this.sas.trace('KEY_MGR_CREATE_IPSEC_SAS');
      if (!this.tunnel.present) this.sas.resetCounters();
      const added = this.sas.addPair({
        inboundSpi: pair.local,
        outboundSpi: pair.remote,
        initiator: pair.initiator,
        lifetimeSeconds: this.settings.countsItsOwn
          ? this.settings.ipsecLifetimeSeconds
          : Math.min(pair.seconds, this.settings.ipsecLifetimeSeconds),
        outboundUp: pair.outboundUp,
      });
      for (const old of older) this.superseded.add(old);
      this.live(added);
      if (older.length === 0) this.world.timeouts.in(this.world.prng.between(200, 3_000), () => this.nhrp(added.inboundUp));
      return added;
    });
  }

  useOutbound(pair: IpsecPair): void {
    if (pair.outboundUp || !this.tunnel.pairs.includes(pair)) return;
    this.world.change(() => {
      pair.outboundUp = true;
    });
  }

  /** Takes a pair down: with a DELETE where there is an IKE SA to send it through. */
  drop(pair: IpsecPair, how: 'with a delete' | 'quietly'): void {
    if (!this.tunnel.pairs.includes(pair)) return;
    this.world.change(() => {
      for (const timer of this.lifeTimers.get(pair) ?? []) timer.cancel();
      this.lifeTimers.delete(pair);
      if (how === 'with a delete' && this.core.sa.liveIke(this.tunnel)) {
        this.sas.sayDeleteSent(pair);
        this.talk.sendDelete([pair.inboundSpi]);
      } else this.sas.sayDeleted(pair);
      this.sas.removePair(pair);
    });
  }

  obeyDelete(spis: readonly number[]): void {
    this.world.change(() => {
      for (const spi of spis) {
        const pair = this.tunnel.pairs.find((each) => each.outboundUp && each.outboundSpi === spi) ?? null;
        this.sas.sayDeleteReceived(spi, pair);
        this.sas.trace('KEY_MGR_DELETE_SAS');
        const half = pair ? undefined : this.tunnel.pairs.find((each) => each.inboundUp && each.inboundSpi === spi);
        if (half) this.sas.removeInbound(half);
        if (!pair) continue;
        for (const timer of this.lifeTimers.get(pair) ?? []) timer.cancel();
        this.sas.removePair(pair);
      }
    });
  }

  // The data path.

  /** ESP came with an SPI that is not here. */
  receiveUnknownSpi(source: string, spi: number, packets: number, octets: number): void {
    if (!this.core.receiveUnknownSpi(source, spi, packets, octets, false) || source !== this.tunnel.peer) return;
    const { prng, timeouts } = this.world;
    // Through the key engine's queue.
    timeouts.in(prng.between(20, 90), () => {
      if (this.core.sa.inbound(spi) || this.talk.gaveOut(spi) || this.isDown()) return;
      if (this.core.sa.liveIke(this.tunnel)) {
        this.sas.say(invalidSpiDelete({ ...this.sas.seen(), messageId: prng.uint32() }, this.settings.ikeVersion, spi));
        this.talk.sendDelete([spi]);
      } else if (this.settings.invalidSpiRecovery && this.recovers()) this.talk.recover(spi);
    });
  }

  complainOfPackets(what: 'replay' | 'mac', spi: number): void {
    const found = this.core.sa.inbound(spi);
    if (!found) return;
    const connId = shownConnId(this.core.isXe, found.pair.inboundConnId);
    packetComplaint(this.core, what, this.tunnel.peer, spi, connId);
  }

  neighbourChanged(up: boolean): void {
    if (this.isDown()) return;
    const why = up ? 'up: new adjacency' : 'down: holding time expired';
    this.core.log.message(5, 'DUAL-5-NBRCHANGE', `EIGRP-IPv4 100: Neighbor ${this.tunnel.peerTunnelAddress} (Tunnel0) is ${why}`);
  }

  /** A DMVPN spoke registers through the tunnel; the hub forgets it when it does not. */
  nhrp(up: boolean): void {
    if (up && !this.hellosPass) return;
    this.tunnel.nhrpUp = up;
    if (up) this.tunnel.present = true;
  }

  crash(): void {
    this.world.change(() => {
      for (const timers of this.lifeTimers.values()) for (const timer of timers) timer.cancel();
      this.lifeTimers.clear();
      this.talk.forget();
      this.sas.lose();
      if (this.isCloudHub()) this.unregister();
    });
  }

  private recovers(): boolean {
    // Note B's table: not where the peer is known from a dynamic NHRP map only.
    return !this.isCloudHub();
  }

  private unregister(): void {
    if (this.tunnel.pairs.length > 0) return;
    this.tunnel.present = false;
    this.tunnel.nhrpUp = false;
  }

  private clear(what: 'sa' | 'isakmp' | 'session'): void {
    this.world.change(() => {
      if (what !== 'isakmp') {
        if (this.tunnel.pairs.length > 0) this.sas.trace('KEY_ENG_DELETE_SAS');
        for (const pair of [...this.tunnel.pairs]) this.drop(pair, 'with a delete');
        this.sas.resetCounters();
      }
      if (what !== 'sa') this.talk.endIke('No reason');
    });
  }

  /** Its time runs from now (or from when it was made). */
  private live(pair: IpsecPair): void {
    const { world } = this;
    const ageMs = world.now() - pair.createdAt;
    const endMs = pair.lifetimeSeconds * 1_000 - ageMs;
    const marginMs = Math.min(REKEY_MARGIN_MS, (pair.lifetimeSeconds * 1_000) / 4);
    // The initiator of the old one begins, as a rule: the other waits a little longer.
    const beginMs = endMs - marginMs + world.prng.between(0, 4_000) + (pair.initiator ? 0 : 9_000);
    if (pair.lifetimeSeconds <= 0) return;
    const timers = [
      world.timeouts.in(beginMs, () => this.nearItsEnd(pair, Math.round(marginMs / 1_000))),
      world.timeouts.in(endMs, () => this.expire(pair)),
    ];
    this.lifeTimers.set(pair, timers);
    if (this.settings.kilobytes !== null) this.watchKilobytes(pair, this.settings.kilobytes);
  }

  /** Both directions count towards the limit, each for itself. */
  private watchKilobytes(pair: IpsecPair, limit: number): void {
    this.world.count();
    if (!this.tunnel.pairs.includes(pair)) return;
    const left = Math.min(pair.inboundKilobytes, pair.outboundKilobytes);
    if (left <= 0) {
      this.expire(pair);
      return;
    }
    if (left <= limit * KILOBYTE_MARGIN && !this.warned.has(pair)) {
      this.warned.add(pair);
      this.nearItsEnd(pair, 30);
    }
    const far = this.world.end(this.tunnel.peer);
    const perSecond = Math.max(rateOf(this), far ? rateOf(far) : 0, 0.01);
    const next = left > limit * KILOBYTE_MARGIN ? left - limit * KILOBYTE_MARGIN : left;
    // Looked at twice on the way: users do not send evenly.
    const timer = this.world.timeouts.in(Math.max(250, (next / perSecond) * 500), () => this.watchKilobytes(pair, limit));
    this.lifeTimers.get(pair)?.push(timer);
  }

  private nearItsEnd(pair: IpsecPair, seconds: number): void {
    if (this.superseded.has(pair) || !this.tunnel.pairs.includes(pair) || this.isDown()) return;
    this.sas.say(lifetimeNears(seconds));
    if (this.settings.respondsOnly || !this.talks() || this.talk.negotiates()) return;
    if (this.settings.knowsPeer || this.core.sa.liveIke(this.tunnel)) this.talk.wantChild();
  }

  private expire(pair: IpsecPair): void {
    this.drop(pair, 'with a delete');
  }

  /** Two SAs of one rekey each believe to be the newest: which one this end sends with. */
  prefer(pair: IpsecPair): void {
    this.world.change(() => {
      const index = this.tunnel.pairs.indexOf(pair);
      if (index > 0) this.tunnel.pairs.unshift(...this.tunnel.pairs.splice(index, 1));
    });
  }

  rekeyNow(): void {
    this.talk.beginChild();
  }

  /** From phase 1 on, while the SAs that there are go on carrying: after a change of the own address or port. */
  startAnew(): void {
    this.talk.startAnew();
  }

  /** A duplicate goes, and the DELETE for it names the wrong direction: the peer takes down what it receives with. */
  dropMistaken(pair: IpsecPair): void {
    if (!this.tunnel.pairs.includes(pair)) return;
    this.world.change(() => {
      for (const timer of this.lifeTimers.get(pair) ?? []) timer.cancel();
      this.sas.sayDeleteSent(pair);
      this.talk.sendDelete([pair.outboundSpi]);
      this.sas.removePair(pair);
    });
  }
}

const rateOf = (end: LiveEnd): number => (end.path.rate() * end.settings.packetOctets) / 1_024;
