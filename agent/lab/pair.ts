/**
 * Two boxes and the tunnel between them: negotiation, traffic, rekeys, DPD, and the faults that a scenario asks for. The only
 * file that knows both ends, so that they agree by construction until `desync()` makes them disagree. RFC 4301, 2409, 7296.
 */
import type { Timer } from '../../shared/clock.ts';
import { SimulatedBox } from './box.ts';
import type { Box, BoxOptions, LabPair, PairOptions } from './contract.ts';
import { deleteIke, dpd } from './ike-debug-lines.ts';
import { OtherPeers } from './other-peers.ts';
import { PairEnd, type TunnelSettings } from './pair-end.ts';
import { Prng } from './prng.ts';

const TRAFFIC_TICK_MS = 250;
const PACKET_OCTETS = 132;
/** IOS rekeys this long before the lifetime ends, and keeps the old inbound SA for as long after it. */
const REKEY_MARGIN_MS = 30_000;
const DPD_RETRIES = 5;
const DPD_RETRY_MS = 2_000;
/** After `clear crypto …` the next packet for the tunnel starts the negotiation. */
const RENEGOTIATE_MS = 1_000;
const DELETED_IKE_SHOWN_MS = 60_000;
const HUB_TUNNEL = '172.16.0.1';
const SPOKE_TUNNEL = '172.16.0.11';

const DEFAULTS: TunnelSettings = {
  ikeVersion: 1,
  packetsPerSecond: 20,
  ikeLifetimeSeconds: 86_400,
  ipsecLifetimeSeconds: 3_600,
  dpdSeconds: 0,
  otherPeers: 2,
};

export class SimulatedPair implements LabPair {
  readonly hub: Box;
  readonly spoke: Box;
  private readonly settings: TunnelSettings;
  private readonly prng: Prng;
  private readonly hubEnd: PairEnd;
  private readonly spokeEnd: PairEnd;
  private readonly others: OtherPeers;
  private readonly timers = new Map<string, Timer>();
  private sessions = 0;
  private dpdSequence: number;
  private started = false;

  constructor(hubOptions: BoxOptions, spokeOptions: BoxOptions, options: PairOptions) {
    this.settings = { ...DEFAULTS, ...options };
    this.prng = new Prng(hubOptions.seed ^ (spokeOptions.seed << 1));
    this.dpdSequence = this.prng.between(0x10000000, 0x6fffffff);
    const hub = new SimulatedBox(hubOptions);
    const spoke = new SimulatedBox(spokeOptions);
    this.hub = hub;
    this.spoke = spoke;
    const secrets = { preSharedKey: `lab-${this.prng.hex(8).toLowerCase()}`, nhrpKey: `nh${this.prng.hex(6).toLowerCase()}` };
    const common = { ...this.settings, ...secrets };
    hub.core.config.tunnel = { ...common, role: 'hub', tunnelAddress: HUB_TUNNEL, hub: null };
    const hubAddresses = { tunnelAddress: HUB_TUNNEL, nbma: hubOptions.cryptoAddress };
    spoke.core.config.tunnel = { ...common, role: 'spoke', tunnelAddress: SPOKE_TUNNEL, hub: hubAddresses };
    this.hubEnd = new PairEnd(
      hub.core,
      { peer: spokeOptions.cryptoAddress, role: 'hub', localTunnelAddress: HUB_TUNNEL, peerTunnelAddress: SPOKE_TUNNEL },
      this.settings,
      this.prng,
    );
    this.spokeEnd = new PairEnd(
      spoke.core,
      { peer: hubOptions.cryptoAddress, role: 'spoke', localTunnelAddress: SPOKE_TUNNEL, peerTunnelAddress: HUB_TUNNEL },
      this.settings,
      this.prng,
    );
    this.others = new OtherPeers(this.settings, this.prng.fork('others'), (name, delayMs, fire) =>
      this.once(name, delayMs, fire),
    );
    for (const end of [this.hubEnd, this.spokeEnd]) end.tunnel.carries = () => this.agree();
    hub.core.onClear = (what, peer) => this.cleared(this.hubEnd, this.spokeEnd, what, peer);
    spoke.core.onClear = (what, peer) => this.cleared(this.spokeEnd, this.hubEnd, what, peer);
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    this.others.start(this.hubEnd.core, HUB_TUNNEL);
    if (this.spokeEnd.tunnel.pairs.length === 0) this.negotiate();
    this.every('lab-pair-traffic', TRAFFIC_TICK_MS, () => this.traffic());
    if (this.settings.dpdSeconds > 0) this.every('lab-pair-dpd', this.settings.dpdSeconds * 1_000, () => this.keepalive());
  }

  desync(): number {
    if (this.spokeEnd.tunnel.pairs.length === 0) this.negotiate();
    const sending = this.spokeEnd.tunnel.pairs[0]!.outboundSpi;
    this.hubEnd.lose();
    this.hubEnd.tunnel.upSince = this.hubEnd.core.clock.monotonic();
    return sending;
  }

  repair(): void {
    this.hubEnd.lose();
    this.spokeEnd.lose();
    this.negotiate();
  }

  close(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    this.hub.close();
    this.spoke.close();
  }

  /** Phase 1 and phase 2; the spoke begins, as it does on a DMVPN. */
  private negotiate(): void {
    this.phaseOne();
    this.newPair();
  }

  private phaseOne(): void {
    this.sessions += 1;
    const [initiatorSpi, responderSpi] = [this.prng.hex(16), this.prng.hex(16)];
    const now = this.hubEnd.core.clock.monotonic();
    this.spokeEnd.establish(this.sessions, true, initiatorSpi, responderSpi, now);
    this.hubEnd.establish(this.sessions, false, responderSpi, initiatorSpi, now);
    this.once('lab-pair-forget-ike', DELETED_IKE_SHOWN_MS, () => {
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
    this.once('lab-pair-rekey', Math.max(lifetimeMs - REKEY_MARGIN_MS, lifetimeMs / 2), () => this.rekey());
  }

  /** The lifetime nears its end. In step: new SPIs and a graceful end of the old. Out of step: the spoke starts from phase 1. */
  private rekey(): void {
    if (!this.agree()) {
      this.repair();
      return;
    }
    if (this.spokeEnd.ikeEndsSoon()) this.phaseOne();
    this.newPair();
    this.once('lab-pair-delete-old', REKEY_MARGIN_MS, () => {
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
    this.others.traffic();
  }

  private send(from: PairEnd, to: PairEnd, packets: number): void {
    const pair = from.tunnel.pairs[0];
    if (!pair) {
      from.tunnel.sendErrors += packets;
      return;
    }
    const kilobytes = (packets * PACKET_OCTETS) / 1_024;
    from.tunnel.encaps += packets;
    pair.outboundKilobytes -= kilobytes;
    const found = to.core.sa.inbound(pair.outboundSpi);
    if (found) {
      found.tunnel.decaps += packets;
      found.pair.inboundKilobytes -= kilobytes;
    } else to.core.receiveUnknownSpi(from.core.options.cryptoAddress, pair.outboundSpi, packets, packets * PACKET_OCTETS);
  }

  /** Periodic DPD from the spoke (RFC 3706); a hub without the IKE SA cannot answer. */
  private keepalive(): void {
    const { core, tunnel } = this.spokeEnd;
    if (!core.sa.liveIke(tunnel) || this.timers.has('lab-pair-dpd-retry')) return;
    if (!this.askAlive()) this.retryDpd(1);
  }

  private askAlive(): boolean {
    const { core, tunnel } = this.spokeEnd;
    const answered = this.hubEnd.core.sa.liveIke(this.hubEnd.tunnel) !== undefined;
    this.dpdSequence = (this.dpdSequence + 1) >>> 0;
    tunnel.ikeMessages += 1;
    if (this.settings.ikeVersion === 1) core.cryptoDebug(tunnel.peer, dpd(this.spokeEnd.seen(), this.dpdSequence, answered));
    if (answered) this.hubEnd.tunnel.ikeMessages += 1;
    else this.hubEnd.core.receiveUnknownIke(core.options.cryptoAddress);
    return answered;
  }

  private retryDpd(attempt: number): void {
    this.once('lab-pair-dpd-retry', DPD_RETRY_MS, () => {
      if (this.hubEnd.core.sa.liveIke(this.hubEnd.tunnel)) return;
      if (attempt < DPD_RETRIES) {
        this.askAlive();
        this.retryDpd(attempt + 1);
        return;
      }
      const { core, tunnel } = this.spokeEnd;
      core.cryptoDebug(tunnel.peer, deleteIke(this.spokeEnd.seen(), 'End of ipsec tunnel'));
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
    this.once('lab-pair-renegotiate', RENEGOTIATE_MS, () => this.repair());
  }

  private once(name: string, delayMs: number, fire: () => void): void {
    this.timers.get(name)?.cancel();
    const timer = this.hubEnd.core.clock.timer(name, delayMs, () => {
      this.timers.delete(name);
      fire();
    });
    this.timers.set(name, timer);
  }

  private every(name: string, periodMs: number, fire: () => void): void {
    this.once(name, periodMs, () => {
      fire();
      this.every(name, periodMs, fire);
    });
  }
}

export const createLabPair = (hub: BoxOptions, spoke: BoxOptions, options: PairOptions = {}): LabPair =>
  new SimulatedPair(hub, spoke, options);
