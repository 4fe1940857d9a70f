/**
 * What comes and goes in one end's tables, with everything that the router says of it: debugs, event trace, syslog. The decisions
 * are live-end.ts's. Debug lines are those of ike-debug-lines.ts.
 */
import { type Monotonic, wall } from '../../../shared/model/time.ts';
import type { BoxCore } from '../box-core.ts';
import { spiBoth } from '../box-time.ts';
import type { EngineMessage } from '../event-trace.ts';
import {
  type DebugContext,
  type DebugLine,
  deletePair,
  ikev2Child,
  ikev2Delete,
  ikev2Setup,
  mainMode,
  quickMode,
} from '../ike-debug-lines.ts';
import { labLimits } from '../lab-limits.ts';
import type { Prng } from '../prng.ts';
import { currentPair, type IkeSa, type IpsecPair, type PeerTunnel, shownConnId, TRANSFORM_KILOBYTES } from '../sa-model.ts';
import { deleteReceived, inboundDelete, localDelete } from './end-debug-lines.ts';
import type { EndSettings } from './live-settings.ts';

const HANDLE_BASE = 0x40000000;

export interface NewPair {
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly initiator: boolean;
  readonly lifetimeSeconds: number;
  readonly outboundUp: boolean;
  /** In the past: it was there before the play began, and nobody says so now. */
  readonly since?: Monotonic;
}

export class SaChanges {
  readonly core: BoxCore;
  readonly tunnel: PeerTunnel;
  private readonly settings: EndSettings;
  private readonly prng: Prng;
  private wasUp = false;

  constructor(core: BoxCore, tunnel: PeerTunnel, settings: EndSettings, prng: Prng) {
    this.core = core;
    this.tunnel = tunnel;
    this.settings = settings;
    this.prng = prng;
  }

  say(lines: readonly DebugLine[]): void {
    this.core.cryptoDebug(this.tunnel.peer, lines);
  }

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

  trace(message: EngineMessage): void {
    this.core.trace.engine(message, this.core.options.cryptoAddress, this.tunnel.peer, this.tunnel.peerPort);
  }

  addIke(initiator: boolean, localSpi: string, remoteSpi: string, since?: Monotonic): IkeSa {
    const { core, tunnel, settings } = this;
    const replaced = tunnel.ike.filter((old) => old.deletedAt === null);
    for (const old of replaced) old.deletedAt = core.clock.monotonic();
    const connId = core.sa.connId();
    const sa: IkeSa = {
      version: settings.ikeVersion,
      connId,
      localSpi,
      remoteSpi,
      initiator,
      establishedAt: since ?? core.clock.monotonic(),
      lifetimeSeconds: settings.ikeLifetimeSeconds,
      sessionId: connId - 1_000,
      deletedAt: null,
    };
    tunnel.ike = [sa, ...(settings.ikeVersion === 1 ? replaced : [])];
    tunnel.present = true;
    tunnel.ikeMessages = 2;
    if (since === undefined) this.say(settings.ikeVersion === 1 ? mainMode(this.seen()) : ikev2Setup(this.seen()));
    return sa;
  }

  removeIke(): void {
    const now = this.core.clock.monotonic();
    for (const sa of this.tunnel.ike) sa.deletedAt ??= now;
    // IKEv2 shows none that is deleted.
    if (this.settings.ikeVersion === 2) this.tunnel.ike = [];
  }

  forgetDeletedIke(): void {
    this.tunnel.ike = this.tunnel.ike.filter((sa) => sa.deletedAt === null);
  }

  addPair(pair: NewPair): IpsecPair {
    const { core, tunnel, settings } = this;
    const { since } = pair;
    const added: IpsecPair = {
      inboundSpi: pair.inboundSpi,
      outboundSpi: pair.outboundSpi,
      inboundConnId: core.sa.flowId(),
      outboundConnId: core.sa.flowId(),
      createdAt: since ?? core.clock.monotonic(),
      lifetimeSeconds: pair.lifetimeSeconds,
      inboundKilobytes: this.kilobytes(),
      outboundKilobytes: this.kilobytes(),
      initiator: pair.initiator,
      inboundUp: true,
      outboundUp: pair.outboundUp,
    };
    tunnel.pairs.unshift(added);
    tunnel.present = true;
    if (settings.transientAtOnce) this.noteTransient(added);
    this.traceSas('create', added, since);
    if (since === undefined) {
      this.say((settings.ikeVersion === 1 ? quickMode : ikev2Child)(this.seen(pair.initiator), this.shown(added)));
      this.told();
    } else this.wasUp = true;
    return added;
  }

  /** Both directions, or what is left of them. */
  removePair(pair: IpsecPair): void {
    const index = this.tunnel.pairs.indexOf(pair);
    if (index < 0) return;
    this.tunnel.pairs.splice(index, 1);
    pair.inboundUp = false;
    pair.outboundUp = false;
    if (!this.settings.transientAtOnce) this.noteTransient(pair);
    this.traceSas('delete', pair);
    this.told();
  }

  /** Half of it: nothing is received with it any more. */
  removeInbound(pair: IpsecPair): void {
    const { core, tunnel } = this;
    pair.inboundUp = false;
    if (!this.settings.transientAtOnce) this.noteTransient(pair);
    this.say(inboundDelete(this.seen(), this.shown(pair)));
    const connId = shownConnId(core.isXe, pair.inboundConnId);
    const { inboundSpi: spi, lifetimeSeconds } = pair;
    core.trace.sa('delete', {
      destination: core.options.cryptoAddress,
      spi,
      connId,
      lifetimeSeconds,
      lifetimeKilobytes: this.kilobytes(),
    });
    if (!pair.outboundUp) tunnel.pairs = tunnel.pairs.filter((each) => each !== pair);
  }

  /** This end takes it down and tells the peer: a DELETE with its inbound SPI. */
  sayDeleteSent(pair: IpsecPair): void {
    const lines = this.settings.ikeVersion === 1 ? deletePair : ikev2Delete;
    this.say(lines(this.seen(true), this.shown(pair), false));
  }

  /** This end takes it down, and there is no IKE SA to tell anybody. */
  sayDeleted(pair: IpsecPair): void {
    this.say(localDelete(this.seen(), this.shown(pair)));
  }

  /** The peer's DELETE names the SPI that this end sends with. */
  sayDeleteReceived(named: number, pair: IpsecPair | null): void {
    this.say(deleteReceived(this.seen(false), this.settings.ikeVersion, named, pair && this.shown(pair)));
  }

  /** A crash: no word of it. */
  lose(): void {
    for (const pair of this.tunnel.pairs.splice(0)) {
      pair.inboundUp = false;
      pair.outboundUp = false;
    }
    this.tunnel.ike = [];
    this.wasUp = false;
    this.resetCounters();
  }

  resetCounters(): void {
    const { tunnel } = this;
    for (const counter of ['encaps', 'decaps', 'sendErrors', 'receiveErrors', 'replayFailed', 'verifyFailed'] as const)
      tunnel[counter] = 0;
  }

  private told(): void {
    const { tunnel, core, settings } = this;
    const up = tunnel.pairs.length > 0;
    if (up === this.wasUp) return;
    this.wasUp = up;
    if (up) tunnel.upSince = core.clock.monotonic();
    if (settings.loggingSession) {
      const state = up ? 'UP  ' : 'DOWN';
      core.log.message(
        5,
        'CRYPTO-5-SESSION_STATUS',
        `Crypto tunnel is ${state}.  Peer ${tunnel.peer}:${tunnel.peerPort}       Id: ${tunnel.peer}`,
      );
    }
    if (settings.kind === 'vti')
      core.log.message(5, 'LINEPROTO-5-UPDOWN', `Line protocol on Interface Tunnel0, changed state to ${up ? 'up' : 'down'}`);
  }

  private traceSas(what: 'create' | 'delete', pair: IpsecPair, since?: Monotonic): void {
    const { core, tunnel } = this;
    const at = since === undefined ? undefined : wall(core.log.wall() - (core.clock.monotonic() - since));
    const { lifetimeSeconds } = pair;
    const one = (destination: string, spi: number, flowId: number): void =>
      core.trace.sa(
        what,
        { destination, spi, connId: shownConnId(core.isXe, flowId), lifetimeSeconds, lifetimeKilobytes: this.kilobytes() },
        at,
      );
    one(core.options.cryptoAddress, pair.inboundSpi, pair.inboundConnId);
    one(tunnel.peer, pair.outboundSpi, pair.outboundConnId);
  }

  private kilobytes(): number {
    return this.settings.kilobytes ?? TRANSFORM_KILOBYTES;
  }

  private shown(pair: IpsecPair): IpsecPair & { readonly lifetimeKilobytes: number } {
    const { isXe } = this.core;
    return {
      ...pair,
      lifetimeKilobytes: this.kilobytes(),
      inboundConnId: shownConnId(isXe, pair.inboundConnId),
      outboundConnId: shownConnId(isXe, pair.outboundConnId),
    };
  }

  private noteTransient(pair: IpsecPair): void {
    this.core.sa.noteTransient(pair.inboundSpi, HANDLE_BASE + pair.inboundConnId, pair.createdAt, labLimits.transientSpis);
  }
}

/** `%CRYPTO-4-PKT_REPLAY_ERR` and its like, in the words of the platform. */
export function packetComplaint(core: BoxCore, what: 'replay' | 'mac', source: string, spi: number, connId: number): void {
  const destination = core.options.cryptoAddress;
  if (core.isXe) {
    const [name, text] = what === 'replay' ? ['REPLAY_ERROR', 'anti-replay error'] : ['HMAC_ERROR', 'HMAC error'];
    const handle = connId - 2_000;
    core.log.message(
      3,
      `IPSEC-3-${name}`,
      `IPSec SA receives ${text}, DP Handle ${handle}, src_addr ${source}, dest_addr ${destination}, SPI ${spiBoth(spi).replace(/\(.*/, '').toLowerCase()}`,
    );
  } else if (what === 'replay')
    core.log.message(
      4,
      'CRYPTO-4-PKT_REPLAY_ERR',
      `decrypt: replay check failed\n        connection id=${connId}, sequence number=${spi % 100_000}`,
    );
  else
    core.log.message(
      4,
      'CRYPTO-4-RECVD_PKT_MAC_ERR',
      `decrypt: mac verify failed for connection id=${connId} spi=${spiBoth(spi).replace(/\(.*/, '').slice(2)} seqno=${spi % 100_000}`,
    );
}

export const outboundOf = (tunnel: PeerTunnel): number | null => currentPair(tunnel)?.outboundSpi ?? null;
