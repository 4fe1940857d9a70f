/**
 * One tunnel between two boxes: negotiation, traffic, rekeys, DPD, and the faults that a scenario asks for. The only file that
 * knows both ends, so that they agree by construction until a fault makes them disagree. RFC 4301, 2409, 7296. Made by pair.ts.
 */
import type { SimulatedBox } from './box.ts';
import type { BothLost, Box, LabTunnel, LostFlow } from './contract.ts';
import { deadPeer, dpd, ikev2Liveness } from './ike-debug-lines.ts';
import { PairEnd, type TunnelSettings } from './pair-end.ts';
import type { Prng } from './prng.ts';
import { NamedTimers } from './timers.ts';

const TRAFFIC_TICK_MS = 250;
const PACKET_OCTETS = 132;
/** IOS rekeys this long before the lifetime ends, and keeps the old inbound SA for as long after it. */
const REKEY_MARGIN_MS = 30_000;
const DPD_RETRIES = 5;
const DPD_RETRY_MS = 2_000;
/** After `clear crypto …` the next packet for the tunnel starts the negotiation. */
const RENEGOTIATE_MS = 1_000;
/** A peer that does not answer IKE is tried again. */
const TRY_AGAIN_MS = 10_000;
const STORM_JITTER_MS = 40;
const DELETED_IKE_SHOWN_MS = 60_000;
/** A packet that was on its way while its SA was deleted. */
const LATE_PACKET_MS = 8;

export interface TunnelSite {
  readonly box: SimulatedBox;
  readonly tunnelAddress: string;
}

export class SimulatedTunnel implements LabTunnel {
  readonly hub: Box;
  readonly spoke: Box;
  private readonly settings: TunnelSettings;
  private readonly prng: Prng;
  private readonly hubEnd: PairEnd;
  private readonly spokeEnd: PairEnd;
  private readonly timers: NamedTimers;
  private sessions = 0;
  private dpdSequence: number;
  private started = false;
  /** A black hole that shall last: the sender's SA does not expire. */
  private held = false;
  /** In a storm nobody's packets come on the beat: with a limit of the whole box it is chance who is told. */
  private stormy = false;

  constructor(hub: TunnelSite, spoke: TunnelSite, settings: TunnelSettings, prng: Prng) {
    this.settings = settings;
    this.prng = prng;
    this.hub = hub.box;
    this.spoke = spoke.box;
    this.timers = new NamedTimers(hub.box.core.clock);
    this.dpdSequence = prng.between(0x10000000, 0x6fffffff);
    const end = (role: 'hub' | 'spoke', here: TunnelSite, there: TunnelSite): PairEnd =>
      new PairEnd(
        here.box.core,
        {
          peer: there.box.core.options.cryptoAddress,
          role,
          localTunnelAddress: here.tunnelAddress,
          peerTunnelAddress: there.tunnelAddress,
        },
        settings,
        prng,
      );
    this.hubEnd = end('hub', hub, spoke);
    this.spokeEnd = end('spoke', spoke, hub);
    for (const each of [this.hubEnd, this.spokeEnd]) each.tunnel.carries = () => this.agree();
    hub.box.core.onClear.push((what, peer) => this.cleared(this.hubEnd, this.spokeEnd, what, peer));
    spoke.box.core.onClear.push((what, peer) => this.cleared(this.spokeEnd, this.hubEnd, what, peer));
    hub.box.core.onReload.push((what) => {
      if (what === 'down') this.hubEnd.lose();
    });
    // The spoke begins, as soon as it is there again.
    spoke.box.core.onReload.push((what) => {
      if (what === 'down') this.spokeEnd.lose();
      else if (this.started) this.repair();
    });
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    if (this.spokeEnd.tunnel.pairs.length === 0) this.negotiate();
    this.timers.every(
      'lab-pair-traffic',
      TRAFFIC_TICK_MS,
      () => this.traffic(),
      () => (this.stormy ? this.prng.between(0, STORM_JITTER_MS) : 0),
    );
    const { dpdSeconds } = this.settings;
    if (dpdSeconds > 0) this.timers.every('lab-pair-dpd', dpdSeconds * 1_000, () => this.keepalive());
  }

  desync(): number {
    if (this.spokeEnd.tunnel.pairs.length === 0) this.negotiate();
    const sending = this.spokeEnd.tunnel.pairs[0]!.outboundSpi;
    this.hubEnd.lose();
    this.hubEnd.tunnel.upSince = this.hubEnd.core.clock.monotonic();
    return sending;
  }

  /** `desync`, told as the flow that the hub will name. */
  loseHub(): LostFlow {
    this.stormy = true;
    return { source: this.spokeEnd.core.options.cryptoAddress, spi: this.desync() };
  }

  blackHole(): number {
    this.held = true;
    return this.desync();
  }

  rekeyTransient(): number {
    if (!this.agree()) this.repair();
    const old = this.spokeEnd.tunnel.pairs[0]!.outboundSpi;
    this.newPair();
    this.timers.cancel('lab-pair-delete-old');
    this.spokeEnd.deletePairs(1, false);
    this.hubEnd.deletePairs(1, true);
    this.timers.once('lab-pair-late-packet', LATE_PACKET_MS, () =>
      this.hubEnd.core.receiveUnknownSpi(this.spokeEnd.core.options.cryptoAddress, old, 1, PACKET_OCTETS),
    );
    return old;
  }

  bothDetect(): BothLost {
    if (!this.agree()) this.repair();
    for (const end of [this.hubEnd, this.spokeEnd]) end.mistake(this.prng.spi());
    // Both have packets to send at once.
    this.traffic();
    return {
      towardHub: this.spokeEnd.tunnel.pairs[0]!.outboundSpi,
      towardSpoke: this.hubEnd.tunnel.pairs[0]!.outboundSpi,
    };
  }

  repair(): void {
    this.held = false;
    this.stormy = false;
    this.timers.cancel('lab-pair-renegotiate');
    this.hubEnd.lose();
    this.spokeEnd.lose();
    this.negotiate();
  }

  /** Ends what waits; the boxes are their owner's. */
  close(): void {
    this.timers.close();
  }

  /** Phase 1 and phase 2; the spoke begins, as it does on a DMVPN. A box that hangs answers nobody: later. */
  private negotiate(): void {
    if (this.unanswering()) {
      this.timers.once('lab-pair-renegotiate', TRY_AGAIN_MS, () => this.negotiate());
      return;
    }
    this.phaseOne();
    this.newPair();
  }

  private unanswering(): boolean {
    return this.hub.isHung() || this.spoke.isHung();
  }

  private phaseOne(): void {
    this.sessions += 1;
    const [initiatorSpi, responderSpi] = [this.prng.hex(16), this.prng.hex(16)];
    const now = this.hubEnd.core.clock.monotonic();
    this.spokeEnd.establish(this.sessions, true, initiatorSpi, responderSpi, now);
    this.hubEnd.establish(this.sessions, false, responderSpi, initiatorSpi, now);
    this.timers.once('lab-pair-forget-ike', DELETED_IKE_SHOWN_MS, () => {
      this.hubEnd.forgetDeletedIke();
      this.spokeEnd.forgetDeletedIke();
    });
  }

  /** A new pair of IPsec SAs on both ends: what is inbound here is outbound there. */
  private newPair(): void {
    const towardHub = this.prng.spi();
    const towardSpoke = this.prng.spi();
    this.hubEnd.install(towardHub, towardSpoke, false);
    this.spokeEnd.install(towardSpoke, towardHub, true);
    const lifetimeMs = this.settings.ipsecLifetimeSeconds * 1_000;
    this.timers.once('lab-pair-rekey', Math.max(lifetimeMs - REKEY_MARGIN_MS, lifetimeMs / 2), () => this.rekey());
  }

  /** The lifetime nears its end. In step: new SPIs and a graceful end of the old. Out of step: the spoke starts from phase 1. */
  private rekey(): void {
    if (this.held) return;
    if (this.unanswering()) {
      this.timers.once('lab-pair-rekey', TRY_AGAIN_MS, () => this.rekey());
      return;
    }
    if (!this.agree()) {
      this.repair();
      return;
    }
    if (this.spokeEnd.ikeEndsSoon()) this.phaseOne();
    this.newPair();
    this.timers.once('lab-pair-delete-old', REKEY_MARGIN_MS, () => {
      this.spokeEnd.deletePairs(1, false);
      this.hubEnd.deletePairs(1, true);
    });
  }

  private agree(): boolean {
    const [hub, spoke] = [this.hubEnd.tunnel.pairs[0], this.spokeEnd.tunnel.pairs[0]];
    return (
      hub !== undefined && spoke !== undefined && hub.inboundSpi === spoke.outboundSpi && hub.outboundSpi === spoke.inboundSpi
    );
  }

  private traffic(): void {
    const mean = (this.settings.packetsPerSecond * TRAFFIC_TICK_MS) / 1_000;
    const packets = (): number => Math.max(1, Math.round(mean * (0.6 + this.prng.between(0, 80) / 100)));
    this.send(this.spokeEnd, this.hubEnd, packets());
    this.send(this.hubEnd, this.spokeEnd, packets());
  }

  /** What a box that hangs forwards or does not is nobody's to say: here, nothing. */
  private send(from: PairEnd, to: PairEnd, packets: number): void {
    if (from.core.strain.hung) return;
    const pair = from.tunnel.pairs[0];
    if (!pair) {
      from.tunnel.sendErrors += packets;
      return;
    }
    const kilobytes = (packets * PACKET_OCTETS) / 1_024;
    from.tunnel.encaps += packets;
    pair.outboundKilobytes -= kilobytes;
    if (to.core.strain.hung) return;
    const found = to.core.sa.inbound(pair.outboundSpi);
    if (found) {
      found.tunnel.decaps += packets;
      found.pair.inboundKilobytes -= kilobytes;
    } else to.core.receiveUnknownSpi(from.core.options.cryptoAddress, pair.outboundSpi, packets, packets * PACKET_OCTETS);
  }

  /** Periodic DPD from the spoke (RFC 3706); a hub without the IKE SA cannot answer. */
  private keepalive(): void {
    const { core, tunnel } = this.spokeEnd;
    if (core.strain.hung || !core.sa.liveIke(tunnel) || this.timers.has('lab-pair-dpd-retry')) return;
    if (!this.askAlive()) this.retryDpd(1);
  }

  private hubAnswers(): boolean {
    return !this.hub.isHung() && this.hubEnd.core.sa.liveIke(this.hubEnd.tunnel) !== undefined;
  }

  private askAlive(): boolean {
    const { core, tunnel } = this.spokeEnd;
    const answered = this.hubAnswers();
    this.dpdSequence = (this.dpdSequence + 1) >>> 0;
    tunnel.ikeMessages += 1;
    const at = this.spokeEnd.seen();
    const asked = this.settings.ikeVersion === 1 ? dpd : ikev2Liveness;
    core.cryptoDebug(tunnel.peer, asked(at, this.dpdSequence, answered));
    if (answered) this.hubEnd.tunnel.ikeMessages += 1;
    else this.hubEnd.core.receiveUnknownIke(core.options.cryptoAddress);
    return answered;
  }

  private retryDpd(attempt: number): void {
    this.timers.once('lab-pair-dpd-retry', DPD_RETRY_MS, () => {
      if (this.hubAnswers()) return;
      if (attempt < DPD_RETRIES) {
        this.askAlive();
        this.retryDpd(attempt + 1);
        return;
      }
      const { core, tunnel } = this.spokeEnd;
      core.cryptoDebug(tunnel.peer, deadPeer(this.spokeEnd.seen(), this.settings.ikeVersion));
      this.repair();
    });
  }

  /** `clear crypto …` on one end: the DELETE reaches the other, and traffic brings the tunnel up again. */
  private cleared(here: PairEnd, there: PairEnd, what: 'sa' | 'isakmp' | 'session', peer: string | null): void {
    if (peer !== null && peer !== here.tunnel.peer) return;
    if (what !== 'isakmp') {
      here.deletePairs(0, false);
      there.deletePairs(0, true);
    }
    if (what !== 'sa') for (const end of [here, there]) end.tunnel.ike = [];
    this.timers.once('lab-pair-renegotiate', RENEGOTIATE_MS, () => this.repair());
  }
}
