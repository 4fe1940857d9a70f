/**
 * What an unconditioned crypto debug does to a busy head-end: the negotiations of all its other peers, hundreds of lines a
 * second. Started and stopped by box-core.ts as flags and conditions change.
 */
import type { Timer } from '../../shared/clock.ts';
import type { BoxCore } from './box-core.ts';
import {
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

export class Flood {
  private readonly core: BoxCore;
  private readonly prng: Prng;
  private readonly linesPerTick: number;
  private timer: Timer | null = null;
  private waiting: { peer: string; line: DebugLine }[] = [];

  constructor(core: BoxCore, prng: Prng, linesPerSecond: number) {
    this.core = core;
    this.prng = prng;
    this.linesPerTick = Math.max(1, Math.round((linesPerSecond * TICK_MS) / 1_000));
  }

  start(): void {
    if (this.timer) return;
    this.timer = this.core.clock.timer('lab-box-debug-flood', TICK_MS, () => {
      this.timer = null;
      this.tick();
      if (this.core.flooding()) this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
    this.waiting = [];
  }

  private tick(): void {
    let printed = 0;
    // Not every event has lines for the flags that are on: bounded, so that `debug crypto engine` alone ends too.
    for (let round = 0; printed < this.linesPerTick && round < 50; round += 1) {
      if (this.waiting.length === 0) this.waiting = this.event();
      while (this.waiting.length > 0 && printed < this.linesPerTick) {
        const { peer, line } = this.waiting.shift()!;
        if (!this.core.debugs.admits(line.debug, peer)) continue;
        this.core.log.debug(line.text);
        printed += 1;
      }
    }
  }

  private event(): { peer: string; line: DebugLine }[] {
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
}
