/**
 * Two boxes and the tunnel between them: negotiation, traffic, rekeys, DPD, and the faults that a scenario asks for. The only
 * file that knows both ends, so that they agree by construction until `desync()` makes them disagree. RFC 4301, 2409, 7296.
 */
import type { Timer } from '../../shared/clock.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import { SimulatedBox } from './box.ts';
import type { BoxCore } from './box-core.ts';
import type { Box, BoxOptions, LabPair, PairOptions } from './contract.ts';
import {
  type DebugContext,
  deleteIke,
  deletePair,
  dpd,
  ikev2Child,
  ikev2Delete,
  ikev2Setup,
  mainMode,
  quickMode,
} from './ike-debug-lines.ts';
import { labLimits } from './lab-limits.ts';
import { Prng } from './prng.ts';
import { type IkeSa, type IpsecPair, type PeerTunnel, TRANSFORM_KILOBYTES } from './sa-model.ts';

const TRAFFIC_TICK_MS = 250;
const PACKET_OCTETS = 132;
/** IOS rekeys this long before the lifetime ends, and keeps the old inbound SA for as long after it. */
const REKEY_MARGIN_MS = 30_000;
const DPD_RETRIES = 5;
const DPD_RETRY_MS = 2_000;
const HUB_TUNNEL = '172.16.0.1';

interface Settings {
  readonly ikeVersion: 1 | 2;
  readonly packetsPerSecond: number;
  readonly ikeLifetimeSeconds: number;
  readonly ipsecLifetimeSeconds: number;
  readonly dpdSeconds: number;
  readonly otherPeers: number;
}

/** One end: its box, and its view of the tunnel. */
interface End {
  readonly core: BoxCore;
  readonly tunnel: PeerTunnel;
}

export class SimulatedPair implements LabPair {
  readonly hub: Box;
  readonly spoke: Box;
  private readonly settings: Settings;
  private readonly prng: Prng;
  private readonly hubEnd: End;
  private readonly spokeEnd: End;
  private readonly timers = new Map<string, Timer>();
  private sessions = 0;
  private dpdSequence: number;
  private started = false;

  constructor(hubOptions: BoxOptions, spokeOptions: BoxOptions, options: PairOptions) {
    this.settings = {
      ikeVersion: options.ikeVersion ?? 1,
      packetsPerSecond: options.packetsPerSecond ?? 20,
      ikeLifetimeSeconds: options.ikeLifetimeSeconds ?? 86_400,
      ipsecLifetimeSeconds: options.ipsecLifetimeSeconds ?? 3_600,
      dpdSeconds: options.dpdSeconds ?? 0,
      otherPeers: options.otherPeers ?? 2,
    };
    this.prng = new Prng(hubOptions.seed ^ (spokeOptions.seed << 1));
    this.dpdSequence = this.prng.between(0x10000000, 0x6fffffff);
    const hub = new SimulatedBox(hubOptions);
    const spoke = new SimulatedBox(spokeOptions);
    this.hub = hub;
    this.spoke = spoke;
    const secrets = { preSharedKey: `lab-${this.prng.hex(8).toLowerCase()}`, nhrpKey: `nh${this.prng.hex(6).toLowerCase()}` };
    const common = { ...secrets, ...this.settings };
    hub.core.config.tunnel = { ...common, role: 'hub', tunnelAddress: HUB_TUNNEL, hub: null };
    const hubAddress = { tunnelAddress: HUB_TUNNEL, nbma: hubOptions.cryptoAddress };
    spoke.core.config.tunnel = { ...common, role: 'spoke', tunnelAddress: '172.16.0.11', hub: hubAddress };
    this.hubEnd = this.addEnd(hub.core, spokeOptions.cryptoAddress, HUB_TUNNEL, '172.16.0.11', 'hub', spokeOptions.hostname);
    this.spokeEnd = this.addEnd(spoke.core, hubOptions.cryptoAddress, '172.16.0.11', HUB_TUNNEL, 'spoke', hubOptions.hostname);
    hub.core.onClear = (what, peer) => this.cleared(this.hubEnd, this.spokeEnd, what, peer);
    spoke.core.onClear = (what, peer) => this.cleared(this.spokeEnd, this.hubEnd, what, peer);
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    for (let index = 0; index < this.settings.otherPeers; index += 1) this.addOtherPeer(index);
    this.negotiate();
    this.every('lab-pair-traffic', TRAFFIC_TICK_MS, () => this.traffic());
    if (this.settings.dpdSeconds > 0) this.every('lab-pair-dpd', this.settings.dpdSeconds * 1_000, () => this.keepalive());
  }

  desync(): number {
    const { core, tunnel } = this.hubEnd;
    const now = core.clock.monotonic();
    const sending = this.spokeEnd.tunnel.pairs[0]?.outboundSpi ?? this.bringUp();
    for (const pair of tunnel.pairs) {
      core.sa.noteTransient(pair.inboundSpi, 0x40000000 + pair.inboundConnId, pair.createdAt, labLimits.transientSpis);
    }
    tunnel.ike = [];
    tunnel.pairs = [];
    tunnel.upSince = now;
    return sending;
  }

  repair(): void {
    for (const end of [this.hubEnd, this.spokeEnd]) this.forget(end);
    this.negotiate();
  }

  close(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    this.hub.close();
    this.spoke.close();
  }

  private bringUp(): number {
    this.negotiate();
    return this.spokeEnd.tunnel.pairs[0]!.outboundSpi;
  }

  private addEnd(core: BoxCore, peer: string, local: string, remote: string, role: 'hub' | 'spoke', peerName: string): End {
    const tunnel: PeerTunnel = {
      peer,
      interfaceName: 'Tunnel0',
      localTunnelAddress: local,
      peerTunnelAddress: remote,
      role,
      ikeVersion: this.settings.ikeVersion,
      dpdSeconds: this.settings.dpdSeconds,
      peerName,
      ike: [],
      pairs: [],
      upSince: core.clock.monotonic(),
      encaps: 0,
      decaps: 0,
      sendErrors: 0,
      receiveErrors: 0,
      ikeMessages: 0,
    };
    core.sa.tunnels.push(tunnel);
    return { core, tunnel };
  }

  /** Phase 1 and phase 2; the spoke begins, as it does on a DMVPN. */
  private negotiate(): void {
    const { hubEnd, spokeEnd } = this;
    this.sessions += 1;
    const cookies = [this.prng.hex(16), this.prng.hex(16)] as const;
    const now = hubEnd.core.clock.monotonic();
    spokeEnd.tunnel.ike = [this.ikeSa(spokeEnd.core, true, cookies[0], cookies[1], now)];
    hubEnd.tunnel.ike = [this.ikeSa(hubEnd.core, false, cookies[1], cookies[0], now)];
    for (const end of [spokeEnd, hubEnd]) {
      end.tunnel.upSince = now;
      end.tunnel.ikeMessages = 2;
      const lines = this.settings.ikeVersion === 1 ? mainMode(this.seenBy(end)) : ikev2Setup(this.seenBy(end));
      end.core.cryptoDebug(end.tunnel.peer, lines);
    }
    this.newPair();
  }

  private ikeSa(core: BoxCore, initiator: boolean, localSpi: string, remoteSpi: string, now: Monotonic): IkeSa {
    return {
      version: this.settings.ikeVersion,
      connId: core.sa.connId(),
      localSpi,
      remoteSpi,
      initiator,
      establishedAt: now,
      lifetimeSeconds: this.settings.ikeLifetimeSeconds,
      sessionId: this.sessions,
      deletedAt: null,
    };
  }

  /** A new pair of IPsec SAs on both ends: what is inbound here is outbound there. */
  private newPair(): void {
    const { hubEnd, spokeEnd } = this;
    const towardHub = this.prng.spi();
    const towardSpoke = this.prng.spi();
    this.install(hubEnd, towardHub, towardSpoke, false);
    this.install(spokeEnd, towardSpoke, towardHub, true);
    const lifetimeMs = this.settings.ipsecLifetimeSeconds * 1_000;
    this.once('lab-pair-rekey', Math.max(lifetimeMs - REKEY_MARGIN_MS, lifetimeMs / 2), () => this.rekey());
  }

  private install(end: End, inboundSpi: number, outboundSpi: number, initiator: boolean): void {
    const { core, tunnel } = end;
    tunnel.pairs.unshift(makePair(core, inboundSpi, outboundSpi, this.settings.ipsecLifetimeSeconds, initiator));
    const at = this.seenBy(end, initiator);
    const lines =
      this.settings.ikeVersion === 1 ? quickMode(at, inboundSpi, outboundSpi) : ikev2Child(at, inboundSpi, outboundSpi);
    core.cryptoDebug(tunnel.peer, lines);
  }

  /** The lifetime nears its end. In step: new SPIs and a graceful end of the old. Out of step: the spoke starts from phase 1. */
  private rekey(): void {
    if (this.hubEnd.tunnel.pairs.length === 0 || !this.agree()) {
      this.forget(this.hubEnd);
      this.forget(this.spokeEnd);
      this.negotiate();
      return;
    }
    this.newPair();
    this.once('lab-pair-delete-old', REKEY_MARGIN_MS, () => this.deleteOld());
  }

  private deleteOld(): void {
    for (const [end, received] of [
      [this.spokeEnd, false],
      [this.hubEnd, true],
    ] as const) {
      for (const old of end.tunnel.pairs.splice(1)) this.noteDeleted(end, old, received);
    }
  }

  private noteDeleted(end: End, old: IpsecPair, received: boolean): void {
    const { core, tunnel } = end;
    core.sa.noteTransient(old.inboundSpi, 0x40000000 + old.inboundConnId, old.createdAt, labLimits.transientSpis);
    const at = this.seenBy(end, !received);
    const lines =
      this.settings.ikeVersion === 1 ? deletePair(at, old.inboundSpi, received) : ikev2Delete(at, old.inboundSpi, received);
    core.cryptoDebug(tunnel.peer, lines);
  }

  private agree(): boolean {
    const [hub, spoke] = [this.hubEnd.tunnel.pairs[0], this.spokeEnd.tunnel.pairs[0]];
    return (
      hub !== undefined && spoke !== undefined && hub.inboundSpi === spoke.outboundSpi && hub.outboundSpi === spoke.inboundSpi
    );
  }

  private traffic(): void {
    const mean = (this.settings.packetsPerSecond * TRAFFIC_TICK_MS) / 1_000;
    for (const [from, to] of [
      [this.spokeEnd, this.hubEnd],
      [this.hubEnd, this.spokeEnd],
    ] as const) {
      const packets = Math.max(1, Math.round(mean * (0.6 + this.prng.between(0, 80) / 100)));
      this.send(from, to, packets);
    }
    for (const tunnel of this.hubEnd.core.sa.tunnels) {
      if (tunnel === this.hubEnd.tunnel) continue;
      tunnel.encaps += this.prng.between(1, 6);
      tunnel.decaps += this.prng.between(1, 6);
    }
  }

  private send(from: End, to: End, packets: number): void {
    const pair = from.tunnel.pairs[0];
    if (!pair) {
      from.tunnel.sendErrors += packets;
      return;
    }
    const kilobytes = (packets * PACKET_OCTETS) / 1_024;
    from.tunnel.encaps += packets;
    pair.outboundKilobytes -= kilobytes;
    const found = to.core.sa.inbound(pair.outboundSpi);
    if (!found) {
      to.core.receiveUnknownSpi(from.core.options.cryptoAddress, pair.outboundSpi, packets, packets * PACKET_OCTETS);
      return;
    }
    found.tunnel.decaps += packets;
    found.pair.inboundKilobytes -= kilobytes;
  }

  /** Periodic DPD from the spoke (RFC 3706); a hub without the IKE SA cannot answer. */
  private keepalive(): void {
    const { core, tunnel } = this.spokeEnd;
    if (!core.sa.liveIke(tunnel) || this.timers.has('lab-pair-dpd-retry')) return;
    const answered = this.hubEnd.core.sa.liveIke(this.hubEnd.tunnel) !== undefined;
    this.askAlive(answered);
    if (!answered) this.retryDpd(1);
  }

  private askAlive(answered: boolean): void {
    const { core, tunnel } = this.spokeEnd;
    this.dpdSequence = (this.dpdSequence + 1) >>> 0;
    tunnel.ikeMessages += 1;
    if (this.settings.ikeVersion === 1)
      core.cryptoDebug(tunnel.peer, dpd(this.seenBy(this.spokeEnd), this.dpdSequence, answered));
    if (answered) this.hubEnd.tunnel.ikeMessages += 1;
    else this.hubEnd.core.receiveUnknownIke(core.options.cryptoAddress);
  }

  private retryDpd(attempt: number): void {
    this.once('lab-pair-dpd-retry', DPD_RETRY_MS, () => {
      if (this.hubEnd.core.sa.liveIke(this.hubEnd.tunnel)) return;
      if (attempt < DPD_RETRIES) {
        this.askAlive(false);
        return this.retryDpd(attempt + 1);
      }
      this.spokeEnd.core.cryptoDebug(this.spokeEnd.tunnel.peer, deleteIke(this.seenBy(this.spokeEnd), 'End of ipsec tunnel'));
      this.repair();
    });
  }

  /** `clear crypto …` on one end: the DELETE reaches the other, and traffic brings the tunnel up again. */
  private cleared(here: End, there: End, what: 'sa' | 'isakmp' | 'session', peer: string | null): void {
    if (peer !== null && peer !== here.tunnel.peer) return;
    if (what === 'isakmp') {
      for (const end of [here, there]) end.tunnel.ike = [];
    } else {
      for (const end of [here, there]) {
        for (const old of end.tunnel.pairs.splice(0)) this.noteDeleted(end, old, end === there);
      }
    }
    this.once('lab-pair-renegotiate', 1_000, () => this.repair());
  }

  private forget(end: End): void {
    const { core, tunnel } = end;
    for (const pair of tunnel.pairs.splice(0)) {
      core.sa.noteTransient(pair.inboundSpi, 0x40000000 + pair.inboundConnId, pair.createdAt, labLimits.transientSpis);
    }
    tunnel.ike = [];
  }

  private addOtherPeer(index: number): void {
    const { core } = this.hubEnd;
    const first = this.prng.between(20, 90);
    const peer = `${first}.${this.prng.between(1, 250)}.${this.prng.between(1, 250)}.${this.prng.between(1, 250)}`;
    const end = this.addEnd(core, peer, HUB_TUNNEL, `172.16.0.${12 + index}`, 'hub', `spoke${index + 2}`);
    // Up for a while: not every tunnel began with the lab.
    const age = this.prng.between(120, Math.max(121, this.settings.ipsecLifetimeSeconds - 120));
    const since = (core.clock.monotonic() - age * 1_000) as Monotonic;
    end.tunnel.upSince = (since - this.prng.between(1, 400) * 3_600_000) as Monotonic;
    this.sessions += 1;
    end.tunnel.ike = [this.ikeSa(core, false, this.prng.hex(16), this.prng.hex(16), since)];
    end.tunnel.pairs = [
      { ...makePair(core, this.prng.spi(), this.prng.spi(), this.settings.ipsecLifetimeSeconds, false), createdAt: since },
    ];
    end.tunnel.encaps = this.prng.between(10_000, 900_000);
    end.tunnel.decaps = this.prng.between(10_000, 900_000);
    this.renewOtherPeer(end, index, age);
  }

  private renewOtherPeer(end: End, index: number, ageSeconds: number): void {
    const delayMs = Math.max(1, this.settings.ipsecLifetimeSeconds - ageSeconds - 30) * 1_000;
    this.once(`lab-pair-other-${index}`, delayMs, () => {
      const old = end.tunnel.pairs[0]!;
      const pair = makePair(end.core, this.prng.spi(), this.prng.spi(), this.settings.ipsecLifetimeSeconds, false);
      end.tunnel.pairs = [pair];
      const at = this.seenBy(end, false);
      end.core.cryptoDebug(end.tunnel.peer, quickMode(at, pair.inboundSpi, pair.outboundSpi));
      this.noteDeleted(end, old, true);
      this.renewOtherPeer(end, index, 0);
    });
  }

  private seenBy(end: End, initiator?: boolean): DebugContext {
    const ike = end.core.sa.liveIke(end.tunnel);
    return {
      local: end.core.options.cryptoAddress,
      peer: end.tunnel.peer,
      connId: ike?.connId ?? 0,
      initiator: initiator ?? ike?.initiator ?? false,
      messageId: this.prng.uint32(),
      localSpi: ike?.localSpi ?? '0000000000000000',
      remoteSpi: ike?.remoteSpi ?? '0000000000000000',
    };
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

function makePair(
  core: BoxCore,
  inboundSpi: number,
  outboundSpi: number,
  lifetimeSeconds: number,
  initiator: boolean,
): IpsecPair {
  return {
    inboundSpi,
    outboundSpi,
    inboundConnId: core.sa.flowId(),
    outboundConnId: core.sa.flowId(),
    createdAt: core.clock.monotonic(),
    lifetimeSeconds,
    inboundKilobytes: TRANSFORM_KILOBYTES,
    outboundKilobytes: TRANSFORM_KILOBYTES,
    initiator,
  };
}

export const createLabPair = (hub: BoxOptions, spoke: BoxOptions, options: PairOptions = {}): LabPair =>
  new SimulatedPair(hub, spoke, options);
