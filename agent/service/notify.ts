/**
 * sd_notify(3): says to systemd what it wants to know (READY=1, WATCHDOG=1, …). Called by systemd.ts. Node has no datagram sockets of
 * AF_UNIX, so systemd-notify(1) speaks for us; it waits until systemd has read it (BARRIER=1), so that it is known as one of the
 * service's own processes (NotifyAccess=all). One at a time, in order, each bounded: systemd that does not listen holds up nothing.
 */
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';

export interface NotifyRoom {
  /** $NOTIFY_SOCKET: a path, or `@` and an abstract name. */
  readonly socket: string;
  readonly world: Pick<World, 'clock' | 'spawn'>;
  readonly log: Logger;
}

/** Where it is on every system that has systemd, `/usr` merged or not. */
const SYSTEMD_NOTIFY = '/usr/bin/systemd-notify';
const OUTPUT_BYTES_MAX = 1_024;
const STATUS_CHARS_MAX = 200;

export class Notify {
  readonly #room: NotifyRoom;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failed = false;
  /** Turned away because limits.notifyPendingMax wait already. */
  dropped = 0;

  constructor(room: NotifyRoom) {
    this.#room = room;
  }

  /** `VARIABLE=value` each. Resolves when systemd has it, or after the bound. Never rejects. */
  say(...words: readonly string[]): Promise<void> {
    if (this.#waiting >= limits.notifyPendingMax) {
      this.dropped++;
      return this.#last;
    }
    this.#waiting++;
    this.#last = this.#last.then(() => this.#sayNow(words)).finally(() => this.#waiting--);
    return this.#last;
  }

  async #sayNow(words: readonly string[]): Promise<void> {
    const { socket, world, log } = this.#room;
    const overdue = new AbortController();
    const timer = world.clock.timer('systemd-notify', limits.notifyMs, () => overdue.abort());
    try {
      const end = await world.spawn.run(
        {
          argv: [SYSTEMD_NOTIFY, ...words],
          environment: { NOTIFY_SOCKET: socket },
          input: new Uint8Array(),
          outputBytesMax: OUTPUT_BYTES_MAX,
        },
        overdue.signal,
      );
      if (end.exitCode === 0) this.#failed = false;
      else this.#complain(end.killedBy ?? `exit code ${end.exitCode}: ${end.output.toString('utf8').trim()}`);
    } catch (error) {
      this.#complain(asSpitrapError(error).message);
    } finally {
      timer.cancel();
    }
    if (overdue.signal.aborted) log.debug({ event: 'systemd' }, `systemd did not take ${words[0]} within ${limits.notifyMs} ms`);
  }

  /** Once, until it works again: the watchdog speaks every few seconds. */
  #complain(why: string): void {
    if (!this.#failed)
      this.#room.log.warn(
        { event: 'systemd', why },
        `systemd is not told how the agent is (${why}); with WatchdogSec= it will take the agent for hung`,
      );
    this.#failed = true;
  }
}

/** One line, as `systemctl status` shows it. */
export const statusLine = (text: string): string =>
  `STATUS=${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, STATUS_CHARS_MAX)}`;
