/**
 * The IKE half of one end of live/: which exchange it is in, what it sends, retransmits and gives up, its DPD. RFC 2409 quick mode,
 * RFC 7296 CREATE_CHILD_SA, RFC 3706. Called by live-end.ts, which has the SAs.
 */
import { dpd, ikev2Liveness } from '../ike-debug-lines.ts';
import type { IkeSa, IpsecPair } from '../sa-model.ts';
import { ikeDeleteReceived, ikeDeleteSent, retransmit } from './end-debug-lines.ts';
import type { IkeMessage } from './link.ts';
import type { LiveEnd } from './live-end.ts';

const RETRANSMIT_MS = 10_000;
const RETRANSMITS = 5;
const DPD_RETRY_MS = 2_000;
const DPD_RETRIES = 5;
/** Users' packets start a negotiation at once; after one that failed it takes longer. */
const BEGIN_MS = { least: 40, most: 900 } as const;
const AGAIN_MS = { least: 8_000, most: 15_000 } as const;
const IKE_REKEY_MARGIN_MS = 120_000;
const PEERS_TURN_MS = 3_000;
const WORK_MS = { least: 3, most: 25 } as const;

type Child = Extract<IkeMessage, { what: 'child' }>;
type ChildAnswer = Extract<IkeMessage, { what: 'child-answer' }>;

interface Offered {
  readonly ike: string;
  /** DELETEs that wait for the new IKE SA: invalid SPI recovery. */
  readonly thenDelete: readonly number[];
  /** SAs are wanted through it; false: only the IKE SA is made anew. */
  readonly child: boolean;
}

export class IkeTalk {
  private readonly end: LiveEnd;
  /** Phase 1 that this end began and that is not answered. */
  private offered: Offered | null = null;
  /** Quick modes that this end began. */
  private readonly begun = new Map<number, { readonly spi: number; readonly replaces: readonly IpsecPair[] }>();
  /** Those that it answered and whose commit is out. */
  private readonly answered = new Map<number, IpsecPair>();
  private readonly installing = new Set<number>();
  private readonly unacknowledged = new Set<number>();
  private beginning = false;
  private nextId = 1;
  private heardSequence = -1;
  private asking = false;
  private lastFailed = false;
  private peersTurnUntil = 0;

  constructor(end: LiveEnd) {
    this.end = end;
  }

  negotiates(): boolean {
    return this.beginning || this.offered !== null || this.begun.size > 0;
  }

  forget(): void {
    this.offered = null;
    this.begun.clear();
    this.answered.clear();
    this.unacknowledged.clear();
    this.beginning = false;
    this.asking = false;
  }

  wantChild(): void {
    if (this.negotiates()) return;
    // The peer has just made an IKE SA: it did so for the SAs that come next.
    const waitMs = this.peersTurnUntil - this.end.world.now();
    if (waitMs > 0) {
      this.later(waitMs + 1, () => this.end.world.change(() => {}));
      return;
    }
    this.beginning = true;
    const { least, most } = this.lastFailed ? AGAIN_MS : BEGIN_MS;
    this.later(this.end.world.prng.between(least, most), () => {
      if (!this.beginning) return;
      this.beginning = false;
      if (this.end.isDown() || this.end.standby) return;
      if (this.live()) this.beginChild();
      else if (this.end.settings.knowsPeer) this.beginPhaseOne([]);
    });
  }

  /** An SPI that this end gave out, whose SA is not in the data path yet. */
  gaveOut(spi: number): boolean {
    return this.installing.has(spi) || [...this.begun.values()].some((begun) => begun.spi === spi);
  }

  startAnew(): void {
    this.beginPhaseOne([], { saysFirst: true });
  }

  /** Invalid SPI recovery: a new IKE SA, then the DELETE. */
  recover(spi: number): void {
    if (this.offered === null) this.beginPhaseOne([spi]);
  }

  sendDelete(spis: readonly number[]): void {
    const sa = this.live();
    if (!sa) return;
    const id = this.id();
    this.request({ what: 'delete-ipsec', ike: cookie(sa), id, spis });
  }

  endIke(reason: string): void {
    const sa = this.live();
    if (!sa) return;
    const { end } = this;
    end.sas.say(ikeDeleteSent(end.sas.seen(), end.settings.ikeVersion, reason));
    end.send({ what: 'delete-ike', ike: cookie(sa) });
    end.loseIke();
  }

  /** Its lifetime, and whether the peer lives. */
  watch(sa: IkeSa): void {
    const { end } = this;
    const ageMs = end.world.now() - sa.establishedAt;
    const leftMs = sa.lifetimeSeconds * 1_000 - ageMs;
    // IKEv2 makes a new IKE SA in time, and its child SAs live on (RFC 7296 §2.18); IKEv1 waits until one is needed.
    if (end.settings.ikeVersion === 2) {
      this.later(Math.max(1_000, leftMs - IKE_REKEY_MARGIN_MS + (sa.initiator ? 0 : 20_000)), () => {
        if (this.live() === sa && this.offered === null && !end.standby) this.beginPhaseOne([], { child: false });
      });
    }
    this.later(leftMs, () => {
      if (sa.deletedAt === null && this.live() === sa) end.endIke('IKE SA Lifetime Exceeded');
    });
    if (end.settings.dpdMode !== 'none')
      this.later(end.world.prng.between(200, end.settings.dpdSeconds * 1_000), () => this.beat(sa));
  }

  receive(message: IkeMessage): void {
    const { end } = this;
    if (message.what === 'offer') {
      this.onOffer(message);
      return;
    }
    if (message.what === 'accept') {
      this.onAccept(message);
      return;
    }
    const sa = this.live();
    if (!sa || cookie(sa) !== message.ike) {
      // An SA that was replaced is still good for what was under way.
      const late = sa && end.tunnel.ike.some((each) => cookie(each) === message.ike);
      if (!late && end.settings.ikeVersion === 1) end.core.receiveUnknownIke(end.tunnel.peer);
      return;
    }
    end.tunnel.ikeMessages += 1;
    switch (message.what) {
      case 'child':
        this.onChild(message);
        return;
      case 'child-answer':
        this.onChildAnswer(message);
        return;
      case 'child-commit': {
        const pair = this.answered.get(message.id);
        this.answered.delete(message.id);
        if (pair) end.useOutbound(pair);
        return;
      }
      case 'delete-ipsec':
        if (end.settings.ikeVersion === 2) end.send({ what: 'deleted', ike: message.ike, id: message.id });
        end.obeyDelete(message.spis);
        return;
      case 'deleted':
        this.unacknowledged.delete(message.id);
        return;
      case 'delete-ike':
        end.world.change(() => {
          end.sas.say(ikeDeleteReceived(end.sas.seen(), end.settings.ikeVersion));
          end.loseIke();
        });
        return;
      case 'alive':
        end.send({ what: 'alive-answer', ike: message.ike, sequence: message.sequence });
        return;
      case 'alive-answer':
        this.heardSequence = message.sequence;
        return;
    }
  }

  private onOffer({ ike, initialContact, port, still }: Extract<IkeMessage, { what: 'offer' }>): void {
    const { end } = this;
    if (!still()) return;
    // Both began at once: one of the two IKE SAs is enough, and both ends choose the same.
    if (this.offered && this.offered.ike > ike) return;
    const responderSpi = end.world.prng.hex(16);
    end.world.change(() => {
      if (initialContact && (end.tunnel.pairs.length > 0 || this.live())) end.forgetPeer(port);
      this.offered = null;
      this.beginning = false;
      this.peersTurnUntil = end.world.now() + PEERS_TURN_MS;
      end.established(end.sas.addIke(false, responderSpi, ike), port);
    });
    end.send({ what: 'accept', ike, responderSpi });
  }

  private onAccept({ ike, responderSpi }: Extract<IkeMessage, { what: 'accept' }>): void {
    const { end, offered } = this;
    if (offered?.ike !== ike) return;
    this.offered = null;
    this.lastFailed = false;
    end.world.change(() => end.established(end.sas.addIke(true, ike, responderSpi), end.tunnel.peerPort));
    if (offered.thenDelete.length > 0) this.sendDelete(offered.thenDelete);
    else if (offered.child) this.beginChild();
  }

  private beginPhaseOne(thenDelete: readonly number[], { saysFirst = false, child = true } = {}): void {
    const { end } = this;
    const offered: Offered = { ike: end.world.prng.hex(16), thenDelete, child };
    this.offered = offered;
    const nothing = saysFirst || (end.tunnel.pairs.length === 0 && end.tunnel.ike.every((sa) => sa.deletedAt !== null));
    const still = (): boolean => this.offered === offered;
    const send = (attempt: number): void => {
      if (!still() || end.isDown()) return;
      if (attempt > 1) end.sas.say(retransmit(end.sas.seen(true), end.settings.ikeVersion, 1, attempt - 1));
      if (attempt > RETRANSMITS) {
        this.offered = null;
        this.lastFailed = true;
        end.world.change(() => {});
        return;
      }
      // Main mode's six messages, IKEv2's four.
      end.send(
        { what: 'offer', ike: offered.ike, initialContact: nothing, port: end.ownPort, still },
        end.settings.ikeVersion === 1 ? 2 : 1,
      );
      this.later(RETRANSMIT_MS, () => send(attempt + 1));
    };
    send(1);
  }

  beginChild(): void {
    const { end } = this;
    const sa = this.live();
    if (!sa) return;
    const id = this.id();
    const spi = end.world.prng.spi();
    this.begun.set(id, { spi, replaces: [...end.tunnel.pairs] });
    const message: IkeMessage = { what: 'child', ike: cookie(sa), id, spi, seconds: end.settings.ipsecLifetimeSeconds };
    const send = (attempt: number): void => {
      if (!this.begun.has(id) || end.isDown()) return;
      if (attempt > 1) end.sas.say(retransmit(end.sas.seen(true), end.settings.ikeVersion, 2, attempt - 1));
      if (attempt > RETRANSMITS) {
        this.begun.delete(id);
        this.lastFailed = true;
        if (sa.deletedAt === null && this.live() === sa) {
          end.world.change(() => {
            end.sas.say(ikeDeleteSent(end.sas.seen(), end.settings.ikeVersion, 'Death by retransmission P2'));
            end.loseIke();
          });
        }
        return;
      }
      end.send(message);
      this.later(RETRANSMIT_MS, () => send(attempt + 1));
    };
    send(1);
  }

  private onChild(message: Child): void {
    const { end } = this;
    const { prng } = end.world;
    const already = this.answered.get(message.id);
    if (already) {
      const { inboundSpi, lifetimeSeconds } = already;
      end.send({ what: 'child-answer', ike: message.ike, id: message.id, spi: inboundSpi, seconds: lifetimeSeconds });
      return;
    }
    const spi = prng.spi();
    this.later(prng.between(WORK_MS.least, WORK_MS.most), () => {
      if (!this.live()) return;
      const pair = end.install({
        local: spi,
        remote: message.spi,
        initiator: false,
        seconds: message.seconds,
        outboundUp: end.settings.sendsTooEarly,
      });
      this.answered.set(message.id, pair);
      end.send({
        what: 'child-answer',
        ike: message.ike,
        id: message.id,
        spi,
        seconds: Math.min(message.seconds, end.settings.ipsecLifetimeSeconds),
      });
    });
  }

  private onChildAnswer(message: ChildAnswer): void {
    const { end } = this;
    const begun = this.begun.get(message.id);
    if (!begun) return;
    this.begun.delete(message.id);
    this.lastFailed = false;
    this.installing.add(begun.spi);
    this.later(end.settings.installMs, () => {
      this.installing.delete(begun.spi);
      if (!this.live()) return;
      end.install({
        local: begun.spi,
        remote: message.spi,
        initiator: true,
        seconds: message.seconds,
        outboundUp: true,
      });
      end.send({ what: 'child-commit', ike: message.ike, id: message.id });
      this.later(end.settings.oldKeptMs, () => {
        for (const old of begun.replaces) end.drop(old, 'with a delete');
      });
    });
  }

  /** A request that IKEv2 wants answered; IKEv1 sends it once. */
  private request(message: Extract<IkeMessage, { what: 'delete-ipsec' }>): void {
    const { end } = this;
    end.send(message);
    if (end.settings.ikeVersion === 1) return;
    this.unacknowledged.add(message.id);
    const again = (attempt: number): void => {
      this.later(1_000 * 2 ** attempt, () => {
        if (!this.unacknowledged.has(message.id) || !this.live()) return;
        if (attempt > RETRANSMITS) {
          this.unacknowledged.delete(message.id);
          end.peerDead();
          return;
        }
        end.sas.say(retransmit(end.sas.seen(true), 2, 2, attempt));
        end.send(message);
        again(attempt + 1);
      });
    };
    again(1);
  }

  /** Periodic: each interval. On demand: when packets go out and none come in. */
  private beat(sa: IkeSa): void {
    const { end } = this;
    if (this.live() !== sa) return;
    const silent = end.talks() && !(end.world.end(end.tunnel.peer)?.path.delivers() ?? false);
    const due = end.settings.dpdMode === 'periodic' || silent;
    if (due && !this.asking && !end.isDown()) this.ask(sa, 1);
    this.later(end.settings.dpdSeconds * 1_000, () => this.beat(sa));
  }

  private ask(sa: IkeSa, attempt: number): void {
    const { end } = this;
    this.asking = true;
    const sequence = end.world.prng.uint32();
    end.send({ what: 'alive', ike: cookie(sa), sequence });
    this.later(DPD_RETRY_MS, () => {
      if (this.live() !== sa || end.isDown()) {
        this.asking = false;
        return;
      }
      const answered = this.heardSequence === sequence;
      if (attempt === 1 || !answered) {
        const told = end.settings.ikeVersion === 1 ? dpd : ikev2Liveness;
        end.sas.say(told(end.sas.seen(), sequence, answered));
      }
      if (answered) this.asking = false;
      else if (attempt < DPD_RETRIES) this.ask(sa, attempt + 1);
      else {
        this.asking = false;
        end.peerDead();
      }
    });
  }

  private live(): IkeSa | undefined {
    return this.end.core.sa.liveIke(this.end.tunnel);
  }

  private id(): number {
    this.nextId += 1;
    return this.nextId * 2 + Number(this.end.settings.role === 'hub');
  }

  private later(delayMs: number, act: () => void): void {
    this.end.world.timeouts.in(delayMs, act);
  }
}

const cookie = (sa: IkeSa): string => (sa.initiator ? sa.localSpi : sa.remoteSpi);
