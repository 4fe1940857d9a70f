/**
 * ESP packets from one end to the other. Healthy traffic is counted only when somebody looks or something changes; packets with an SPI
 * that the far end does not know arrive one by one, then by the second, for as long as there are any. RFC 4303. Used by live/.
 */
import type { Timer } from '../../../shared/clock.ts';
import { currentPair } from '../sa-model.ts';
import type { LiveEnd } from './live-end.ts';
import type { World } from './world.ts';

const LOST_TICK_MS = 1_000;
/** `%CRYPTO-4-PKT_REPLAY_ERR` and the others of the data path are limited as the message is. */
const COMPLAINT_MS = 60_000;

export class EspPath {
  /** Share of packets that fail a check on an SA that is there. */
  replayShare = 0;
  verifyShare = 0;
  /** Users send now more, now less than the mean. */
  rateFactor = 1;
  private readonly world: World;
  private readonly from: LiveEnd;
  private readonly to: string;
  private countedAt: number;
  private rest = 0;
  /** SPIs that were given up, and until when packets with them are on their way. */
  private recent: { readonly spi: number; readonly until: number }[] = [];
  private current: number | null = null;
  private readonly ticking = new Map<number, Timer>();
  private complainedAt = Number.NEGATIVE_INFINITY;

  constructor(world: World, from: LiveEnd, to: string) {
    this.world = world;
    this.from = from;
    this.to = to;
    this.countedAt = world.now();
  }

  /** Encrypts and sends now. */
  sends(): boolean {
    return this.from.talks() && currentPair(this.from.tunnel) !== undefined;
  }

  /** And the far end can decrypt it. */
  delivers(): boolean {
    const pair = currentPair(this.from.tunnel);
    return pair !== undefined && this.from.talks() && this.far()?.core.sa.inbound(pair.outboundSpi) !== null && this.farIsUp();
  }

  /** Counts what was sent since the last count, with the SAs as they still are. */
  count(): void {
    const now = this.world.now();
    const seconds = (now - this.countedAt) / 1_000;
    this.countedAt = now;
    if (seconds <= 0 || !this.from.hasPackets() || this.from.isDown()) return;
    const exact = this.rate() * seconds + this.rest;
    const packets = Math.floor(exact);
    this.rest = exact - packets;
    const { tunnel } = this.from;
    const pair = currentPair(tunnel);
    if (!pair) {
      tunnel.sendErrors += packets;
      return;
    }
    const kilobytes = (packets * this.from.settings.packetOctets) / 1_024;
    tunnel.encaps += packets;
    pair.outboundKilobytes -= kilobytes;
    const far = this.far();
    const found = this.farIsUp() ? far?.core.sa.inbound(pair.outboundSpi) : null;
    if (!found || !far) return;
    const replayed = Math.round(packets * this.replayShare);
    const broken = Math.round(packets * this.verifyShare);
    found.tunnel.replayFailed += replayed;
    found.tunnel.verifyFailed += broken;
    found.tunnel.decaps += Math.max(0, packets - replayed - broken);
    found.pair.inboundKilobytes -= kilobytes;
  }

  /** After any change of SAs: which SPI goes out now, and does the other end know it? */
  look(): void {
    const spi = currentPair(this.from.tunnel)?.outboundSpi ?? null;
    const now = this.world.now();
    if (spi !== this.current) {
      if (this.current !== null) this.recent.push({ spi: this.current, until: now + this.world.link.latencyMs });
      this.current = spi;
      if (spi !== null && this.from.talks()) this.expect(spi, this.world.link.latencyMs);
    } else if (spi !== null && this.from.talks()) this.expect(spi, 0);
    this.recent = this.recent.filter(({ until }) => until > now);
    for (const each of this.recent) this.expect(each.spi, 0);
  }

  /** A packet of old: sent once, kept by something on the way, delivered now. */
  deliverLate(spi: number, packets = 1): void {
    this.receiveUnknown(spi, packets);
  }

  complain(): void {
    if (this.replayShare === 0 && this.verifyShare === 0) return;
    const now = this.world.now();
    const pair = currentPair(this.from.tunnel);
    const far = this.far();
    if (!pair || !far || !this.delivers() || now - this.complainedAt < COMPLAINT_MS) return;
    this.complainedAt = now;
    far.complainOfPackets(this.replayShare > 0 ? 'replay' : 'mac', pair.outboundSpi);
  }

  close(): void {
    for (const timer of this.ticking.values()) timer.cancel();
    this.ticking.clear();
  }

  rate(): number {
    return this.from.settings.packetsPerSecond * this.rateFactor;
  }

  private far(): LiveEnd | undefined {
    return this.world.end(this.to);
  }

  private farIsUp(): boolean {
    const far = this.far();
    return far !== undefined && !far.isDown() && !this.world.link.down;
  }

  /** Time to the next packet: they come as they come. */
  private gapMs(): number {
    const mean = 1_000 / Math.max(0.05, this.rate());
    return (mean * this.world.prng.between(5, 195)) / 100;
  }

  private expect(spi: number, delayMs: number): void {
    if (this.ticking.has(spi)) return;
    if (delayMs === 0 && this.far()?.core.sa.inbound(spi)) return;
    const timer = this.world.timeouts.in(delayMs + this.gapMs(), () => {
      this.ticking.delete(spi);
      this.arrive(spi, 1);
    });
    this.ticking.set(spi, timer);
  }

  private arrive(spi: number, packets: number): void {
    const now = this.world.now();
    const onItsWay =
      (this.current === spi && this.from.talks()) || this.recent.some((each) => each.spi === spi && each.until >= now);
    if (!onItsWay || this.from.isDown()) return;
    const far = this.far();
    if (!far || far.core.sa.inbound(spi)) return;
    this.receiveUnknown(spi, packets);
    if (this.ticking.has(spi)) return;
    const nextMs = Math.max(LOST_TICK_MS, this.gapMs());
    const next = Math.max(1, Math.round((this.rate() * nextMs) / 1_000));
    const timer = this.world.timeouts.in(nextMs, () => {
      this.ticking.delete(spi);
      this.arrive(spi, next);
    });
    this.ticking.set(spi, timer);
  }

  private receiveUnknown(spi: number, packets: number): void {
    const far = this.far();
    if (far && this.farIsUp()) far.receiveUnknownSpi(this.from.address, spi, packets, packets * this.from.settings.packetOctets);
  }
}
