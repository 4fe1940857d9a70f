/** A command under way on a session: what it may take, what came so far, and the result it becomes. Used by session.ts. */
import type { Clock, Timer } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult, CommandStatus } from '../../shared/model/capture.ts';
import { type DurationMs, elapsedMs, type Monotonic, type Wall } from '../../shared/model/time.ts';

export interface CommandBudget {
  readonly timeoutMs: DurationMs;
  readonly bytesMax: number;
}

export class RunningCommand {
  readonly command: string;
  readonly result: Promise<CommandResult>;
  readonly #clock: Clock;
  readonly #sentAt: Monotonic;
  readonly #sentAtWall: Wall;
  readonly #bytesMax: number;
  readonly #deadline: Timer;
  readonly #kept: string[] = [];
  #bytes = 0;
  #resolve: (result: CommandResult) => void = () => {};

  constructor(command: string, budget: CommandBudget, clock: Clock, onDeadline: (bytes: number) => void) {
    this.command = command;
    this.#clock = clock;
    this.#sentAt = clock.monotonic();
    this.#sentAtWall = clock.wall();
    this.#bytesMax = Math.min(budget.bytesMax, limits.commandOutputBytesMax);
    this.#deadline = clock.timer('session command', budget.timeoutMs, () => onDeadline(this.#bytes));
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** One line of output. Null while it fits; else why the command has to end. */
  keep(text: string): string | null {
    const line = `${text}\n`;
    const room = this.#bytesMax - this.#bytes;
    this.#kept.push(line.length > room ? line.slice(0, room) : line);
    this.#bytes += Math.min(line.length, room);
    return line.length > room ? `cut at ${this.#bytesMax} bytes` : null;
  }

  /** `partial`: the line that was still coming. */
  end(status: CommandStatus, detail: string | null, partial = ''): void {
    this.#deadline.cancel();
    this.#resolve({
      command: this.command,
      status,
      output: this.#kept.join('') + partial.slice(0, Math.max(0, this.#bytesMax - this.#bytes)),
      detail,
      sentAt: this.#sentAt,
      sentAtWall: this.#sentAtWall,
      tookMs: elapsedMs(this.#sentAt, this.#clock.monotonic()),
    });
  }
}
