/**
 * Two routers of live/ and the network between them, as a play of causes/ finds them: up for a while, agreed, carrying. `receiver` is the
 * end that will log the message, `sender` the one that goes on encrypting. Plans are drawn by draw-plan.ts.
 */
import type { Clock } from '../../../shared/clock.ts';
import { SimulatedBox } from '../box.ts';
import type { BoxOptions } from '../contract.ts';
import { Prng } from '../prng.ts';
import { currentPair } from '../sa-model.ts';
import { LiveEnd } from './live-end.ts';
import type { EndSettings } from './live-settings.ts';
import { World } from './world.ts';

export type EndName = 'receiver' | 'sender';

/** Changed by a cause's `prepare`, then fixed. */
export interface StagePlan {
  readonly seed: number;
  readonly boxes: Record<EndName, BoxOptions>;
  readonly settings: Record<EndName, EndSettings>;
  latencyMs: number;
  ikeAgeMs: number;
  pairAgeMs: number;
  tunnelKeys: Record<EndName, number>;
  /** The receiver answers on a virtual address, and another router had it before. */
  standby: { readonly group: number; readonly physical: string } | null;
  /** UDP port that a NAT gave the sender; null: no NAT. */
  natPort: number | null;
  traced: Record<EndName, boolean>;
}

const TUNNEL_ADDRESSES: Record<EndName, string> = { receiver: '172.16.0.1', sender: '172.16.0.11' };
const NETWORKS: Record<EndName, string> = { receiver: '10.1.0.0/255.255.0.0', sender: '10.2.0.0/255.255.0.0' };

export class CauseStage {
  readonly plan: StagePlan;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly world: World;
  readonly boxes: Readonly<Record<EndName, SimulatedBox>>;
  readonly receiver: LiveEnd;
  readonly sender: LiveEnd;
  /** Who had the virtual address; null: nobody. */
  readonly formerly: LiveEnd | null;
  private readonly formerBox: SimulatedBox | null;

  constructor(plan: StagePlan, clock: Clock) {
    this.plan = plan;
    this.clock = clock;
    this.prng = new Prng(plan.seed);
    this.world = new World(clock, this.prng.fork('world'), plan.latencyMs);
    this.boxes = { receiver: new SimulatedBox(plan.boxes.receiver), sender: new SimulatedBox(plan.boxes.sender) };
    this.receiver = this.end('receiver', this.boxes.receiver);
    this.sender = this.end('sender', this.boxes.sender);
    this.formerBox = plan.standby
      ? new SimulatedBox({ ...plan.boxes.receiver, hostname: 'hub-a', seed: plan.seed ^ 0x5a5a })
      : null;
    this.formerly = this.formerBox && this.end('receiver', this.formerBox);
    this.begin();
  }

  later(delayMs: number, act: () => void): void {
    this.world.timeouts.in(delayMs, act);
  }

  /** Again and again until it says that it is done. */
  every(periodMs: number, act: () => boolean): void {
    this.later(periodMs, () => {
      if (!act()) this.every(periodMs, act);
    });
  }

  /** A log line of the receiver or the sender that no crypto wrote. */
  log(end: EndName, severity: number, tag: string, text: string): void {
    this.boxes[end].core.log.message(severity, tag, text);
  }

  /**
   * The old SA is replaced in good order, and one packet that it encrypted waits on the way until it is gone at the receiver.
   * `then` is called when it has been delivered.
   */
  rekeyWithLatePacket(by: EndName, then: (oldSpi: number) => void = () => {}): void {
    const old = currentPair(this.sender.tunnel)?.outboundSpi;
    if (old === undefined) {
      this.later(1_000, () => this.rekeyWithLatePacket(by, then));
      return;
    }
    this[by].rekeyNow();
    this.every(40, () => {
      if (this.receiver.core.sa.inbound(old) || currentPair(this.sender.tunnel)?.outboundSpi === old) return false;
      this.later(this.prng.between(2, 300), () => {
        this.sender.path.deliverLate(old);
        then(old);
      });
      return true;
    });
  }

  close(): void {
    this.world.close();
    for (const box of [this.boxes.receiver, this.boxes.sender, this.formerBox]) box?.close();
  }

  private end(name: EndName, box: SimulatedBox): LiveEnd {
    const other: EndName = name === 'receiver' ? 'sender' : 'receiver';
    const { plan } = this;
    const settings = plan.settings[name];
    const protects: [string, string] | null = settings.kind === 'crypto-map' ? [NETWORKS[name], NETWORKS[other]] : null;
    const peer = plan.boxes[other].cryptoAddress;
    box.core.trace.enabled = plan.traced[name];
    const secret = `lab-${new Prng(plan.seed).hex(8).toLowerCase()}`;
    box.core.config.tunnel = {
      role: settings.role,
      ikeVersion: settings.ikeVersion,
      tunnelAddress: TUNNEL_ADDRESSES[name],
      hubs: settings.role === 'spoke' ? [{ tunnelAddress: TUNNEL_ADDRESSES[other], nbma: peer }] : [],
      dpdSeconds: settings.dpdMode === 'none' ? 0 : settings.dpdSeconds,
      ipsecLifetimeSeconds: settings.ipsecLifetimeSeconds,
      ikeLifetimeSeconds: settings.ikeLifetimeSeconds,
      preSharedKey: secret,
      nhrpKey: secret.slice(-6),
      more: {
        kind: settings.kind,
        peer,
        dpdMode: settings.dpdMode,
        invalidSpiRecovery: settings.invalidSpiRecovery,
        kilobytes: settings.kilobytes,
        tunnelKey: plan.tunnelKeys[name],
        protects,
        standby: name === 'receiver' && plan.standby ? { ...plan.standby, priority: 90 } : null,
        loggingSession: settings.loggingSession,
      },
    };
    const place = {
      peer,
      localTunnelAddress: TUNNEL_ADDRESSES[name],
      peerTunnelAddress: TUNNEL_ADDRESSES[other],
      protects,
    };
    return new LiveEnd(this.world, box.core, place, settings);
  }

  /** Both ends agreed a while ago. */
  private begin(): void {
    const { plan, prng, world } = this;
    const holder = this.formerly ?? this.receiver;
    world.link.attach(holder);
    world.link.attach(this.sender);
    this.receiver.standby = this.formerly !== null;
    const [initiatorSpi, responderSpi] = [prng.hex(16), prng.hex(16)];
    const [towardReceiver, towardSender] = [prng.spi(), prng.spi()];
    world.change(() => {
      const { ikeAgeMs: ageMs, pairAgeMs } = plan;
      const [mine, theirs] = [
        { local: towardReceiver, remote: towardSender, ageMs: pairAgeMs },
        { local: towardSender, remote: towardReceiver, ageMs: pairAgeMs },
      ];
      // A DMVPN spoke begins; so does, by habit, the sender elsewhere.
      const senderBegins = plan.settings.sender.role === 'spoke' || plan.settings.receiver.role === 'hub';
      const begun = { initiator: true, localSpi: initiatorSpi, remoteSpi: responderSpi, ageMs };
      const taken = { initiator: false, localSpi: responderSpi, remoteSpi: initiatorSpi, ageMs };
      this.sender.hold(senderBegins ? begun : taken, theirs);
      holder.hold(senderBegins ? taken : begun, mine);
    });
    for (const end of [holder, this.sender]) {
      end.tunnel.upSince = end.tunnel.pairs[0]!.createdAt;
      end.tunnel.encaps = prng.between(1_000, 900_000);
      end.tunnel.decaps = prng.between(1_000, 900_000);
    }
    if (plan.natPort !== null) {
      holder.tunnel.peerPort = plan.natPort;
      this.sender.tunnel.peerPort = 4_500;
      this.sender.ownPort = plan.natPort;
    }
  }
}
