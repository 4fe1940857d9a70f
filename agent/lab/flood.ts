/**
 * Debug lines that no event of the lab's own tunnels causes: the negotiations of all the other peers of a busy head-end,
 * hundreds of lines a second, when nothing keeps them out; and the chatter of the peers that a condition names. Run by strain.ts.
 */
import type { Timer } from '../../shared/clock.ts';
import type { BoxCore } from './box-core.ts';
import {
  chatter,
  type DebugContext,
  type DebugLine,
  deletePair,
  dpd,
  ikev2Child,
  ikev2Setup,
  mainMode,
  type NewSas,
  quickMode,
} from './ike-debug-lines.ts';
import type { Prng } from './prng.ts';

const TICK_MS = 50;
/** Not every event has lines for the flags that are on: bounded, so that no tick searches for ever. */
const EVENTS_PER_TICK_MAX = 50;

interface Stream {
  linesPerSecond: number;
  /** Lines due that the last tick did not print: rates below one a tick. */
  owed: number;
  waiting: { peer: string; line: DebugLine }[];
  readonly event: () => { peer: string; line: DebugLine }[];
}

export class Flood {
  private readonly core: BoxCore;
  private readonly prng: Prng;
  private readonly strangers: Stream;
  private readonly peers: Stream;
  private timer: Timer | null = null;
  private turn = 0;

  constructor(core: BoxCore, prng: Prng) {
    this.core = core;
    this.prng = prng;
    this.strangers = { linesPerSecond: 0, owed: 0, waiting: [], event: () => this.strangersEvent() };
    this.peers = { linesPerSecond: 0, owed: 0, waiting: [], event: () => this.peersEvent() };
  }

  /** Lines a second of either kind; 0: none. */
  run(strangersPerSecond: number, peersPerSecond: number): void {
    for (const [stream, rate] of [
      [this.strangers, strangersPerSecond],
      [this.peers, peersPerSecond],
    ] as const) {
      stream.linesPerSecond = rate;
      if (rate === 0) {
        stream.owed = 0;
        stream.waiting = [];
      }
    }
    if (strangersPerSecond + peersPerSecond > 0) this.timer ??= this.later();
    else {
      this.timer?.cancel();
      this.timer = null;
    }
  }

  private later(): Timer {
    return this.core.clock.timer('lab-box-debug-flood', TICK_MS, () => {
      this.timer = this.later();
      this.tick(this.strangers);
      this.tick(this.peers);
      this.core.strain.complainOfMemory();
    });
  }

  private tick(stream: Stream): void {
    stream.owed += (stream.linesPerSecond * TICK_MS) / 1_000;
    for (let events = 0; stream.owed >= 1 && events < EVENTS_PER_TICK_MAX; events += 1) {
      if (stream.waiting.length === 0) stream.waiting = stream.event();
      while (stream.waiting.length > 0 && stream.owed >= 1) {
        const { peer, line } = stream.waiting.shift()!;
        if (!this.core.debugs.admits(line.debug, peer)) continue;
        this.core.log.debug(line.text);
        stream.owed -= 1;
      }
    }
    stream.owed = Math.min(stream.owed, 1);
  }

  /** One negotiation of a peer that the lab does not model. */
  private strangersEvent(): { peer: string; line: DebugLine }[] {
    const prng = this.prng;
    const at: DebugContext = {
      local: this.core.options.cryptoAddress,
      peer: `${prng.between(11, 99)}.${prng.between(1, 254)}.${prng.between(0, 255)}.${prng.between(1, 254)}`,
      connId: prng.between(1_100, 9_900),
      initiator: prng.between(0, 1) === 1,
      messageId: prng.uint32(),
      localSpi: prng.hex(16),
      remoteSpi: prng.hex(16),
    };
    const connId = prng.between(1, 9_000);
    const sas: NewSas = {
      inboundSpi: prng.spi(),
      outboundSpi: prng.spi(),
      inboundConnId: connId,
      outboundConnId: connId + 1,
      lifetimeSeconds: 3_600,
    };
    const kinds: (() => DebugLine[])[] = [
      () => mainMode(at),
      () => quickMode(at, sas),
      () => deletePair(at, sas, prng.between(0, 1) === 1),
      () => dpd(at, prng.uint32(), true),
      () => ikev2Setup(at),
      () => ikev2Child(at, sas),
    ];
    return prng
      .pick(kinds)()
      .map((line) => ({ peer: at.peer, line }));
  }

  /** Keepalives and the like: true of a tunnel whose SAs stay as the tables show them. */
  private peersEvent(): { peer: string; line: DebugLine }[] {
    const peers = this.core.strain.conditionedPeers();
    const peer = peers[this.turn % peers.length];
    this.turn += 1;
    const tunnel = peer === undefined ? undefined : this.core.sa.tunnel(peer);
    if (peer === undefined || !tunnel) return [];
    const ike = this.core.sa.liveIke(tunnel);
    const at: DebugContext = {
      local: this.core.options.cryptoAddress,
      peer,
      connId: ike?.connId ?? 0,
      initiator: ike?.initiator ?? false,
      messageId: this.prng.uint32(),
      localSpi: ike?.localSpi ?? '0000000000000000',
      remoteSpi: ike?.remoteSpi ?? '0000000000000000',
    };
    return chatter(at, tunnel.ikeVersion, this.turn).map((line) => ({ peer, line }));
  }
}
