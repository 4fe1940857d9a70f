/**
 * Watches one simulated box for the lab: each line that a session types, each message that it sends to its logging host, and whether it
 * was without any debug after its stop. The boxes are the truth that a run is judged by. Used by run.ts.
 */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { DurationMs, Monotonic } from '../../../shared/model/time.ts';
import type { Box } from '../../lab/contract.ts';
import type { BoxMessage } from './hands.ts';
import type { Narrator } from './narrate.ts';
import type { End } from './relay.ts';
import { turnsDebugsOff } from './verdict.ts';

const LOOK_MS: DurationMs = 50;
const MESSAGE = /%CRYPTO-4-RECVD_PKT_INV_SPI: .*\bspi=0x([0-9A-Fa-f]{1,8})\b.*\bsrcaddr=([\d.]+)/;

export class BoxWatch {
  readonly #end: End;
  readonly #box: Box;
  readonly #clock: Clock;
  readonly #narrator: Narrator;
  #seen: number;
  #stopSeen = false;
  #timer: Timer;
  /** Without any debug at some moment after a line that turns them off. */
  wentQuiet = false;

  constructor(end: End, box: Box, clock: Clock, narrator: Narrator) {
    this.#end = end;
    this.#box = box;
    this.#clock = clock;
    this.#narrator = narrator;
    this.#seen = box.commandLog.length;
    this.#timer = this.#again();
  }

  /** From the message on: what was turned off before does not count. */
  begin(): void {
    this.look();
    this.#stopSeen = false;
    this.wentQuiet = false;
  }

  look(): void {
    for (const { at, line, expanded } of this.#box.commandLog.slice(this.#seen)) {
      if (line < 0) continue;
      this.#narrator.command(this.#end, at, expanded);
      this.#stopSeen ||= turnsDebugsOff(expanded);
    }
    this.#seen = this.#box.commandLog.length;
    this.wentQuiet ||= this.#stopSeen && this.#box.debugsOn().length === 0;
  }

  #again(): Timer {
    return this.#clock.timer(`lab box ${this.#end}`, LOOK_MS, () => {
      this.look();
      this.#timer = this.#again();
    });
  }

  close(): void {
    this.#timer.cancel();
  }
}

/** Null: some other line. */
export function readMessage(end: End, line: string, at: Monotonic): BoxMessage | null {
  const [, spi, source] = MESSAGE.exec(line) ?? [];
  return spi === undefined || source === undefined ? null : { at, end, source, spi: Number.parseInt(spi, 16) };
}
