/**
 * The agent as a service of systemd (Type=notify): READY when it watches, a status line, RELOADING around a reload, STOPPING and more time
 * while a stop is in flight, and the watchdog, which is fed only while the agent is alive (systemd.service(5), sd_notify(3)). Made by
 * cli/run.ts and cli/fleet/run.ts; without NOTIFY_SOCKET nothing of it runs.
 */
import type { Timer } from '../../shared/clock.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import type { AgentStatus } from '../status/status.ts';
import { Notify, statusLine } from './notify.ts';

/** What is asked of the agent that is looked after, or of a fleet process, which says its status line itself. */
export interface Watched {
  status(): AgentStatus | string;
  /** Null: alive; else why not. Goes through the coordinator: that this could be asked shows that the event loop turns. */
  ailing(): string | null;
}

export interface SystemdRoom {
  /** Of the process: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  readonly environment: (name: string) => string | undefined;
  readonly pid: number;
  readonly world: Pick<World, 'clock' | 'spawn'>;
  readonly log: Logger;
}

/** Without a watchdog the status line is looked at so often. */
const STATUS_EVERY_MS = 15_000;
/** While it stops: said so often, that it needs so much longer. */
const EXTEND_EVERY_MS = 5_000;
const EXTEND_BY_MS = 20_000;
/** systemd's own advice (sd_watchdog_enabled(3)): half of the time. */
const WATCHDOG_SHARE = 2;

export class SystemdService {
  readonly #notify: Notify;
  readonly #room: SystemdRoom;
  readonly #watchdogMs: number | null;
  #agent: Watched | null = null;
  #timer: Timer | null = null;
  #status = '';
  #ailing: string | null = null;

  private constructor(room: SystemdRoom, socket: string) {
    this.#room = room;
    this.#notify = new Notify({ socket, world: room.world, log: room.log });
    this.#watchdogMs = watchdogMs(room);
  }

  /** Null: no systemd started us. */
  static of(room: SystemdRoom): SystemdService | null {
    const socket = room.environment('NOTIFY_SOCKET') ?? '';
    return /^[/@]./.test(socket) ? new SystemdService(room, socket) : null;
  }

  /** The agent watches. Not awaited by anything that matters. */
  ready(agent: Watched): void {
    this.#agent = agent;
    this.#status = inOneLine(agent.status());
    const { log } = this.#room;
    if (this.#watchdogMs !== null)
      log.info(
        { event: 'systemd', watchdogMs: this.#watchdogMs },
        `systemd expects to hear that the agent is alive every ${formatDuration(this.#watchdogMs)}`,
      );
    void this.#notify.say('READY=1', statusLine(this.#status));
    this.#planLook();
  }

  /** Around `work`, as Type=notify and Type=notify-reload expect it. */
  async reloading<T>(work: () => Promise<T>): Promise<T> {
    const sinceUsec = Math.floor(this.#room.world.clock.monotonic() * 1_000);
    void this.#notify.say('RELOADING=1', `MONOTONIC_USEC=${sinceUsec}`, statusLine('reads its configuration anew'));
    try {
      return await work();
    } finally {
      this.#status = this.#agent === null ? '' : inOneLine(this.#agent.status());
      void this.#notify.say('READY=1', statusLine(this.#status));
    }
  }

  /** From now on until `close`: it stops, and is given the time for it as long as it lives. */
  stopping(reason: string): void {
    this.#timer?.cancel();
    const words = ['STOPPING=1', statusLine(`stopping: ${reason}`)];
    const extend = (...first: readonly string[]): void => {
      // The watchdog runs on in a service that stops.
      void this.#notify.say(...first, `EXTEND_TIMEOUT_USEC=${EXTEND_BY_MS * 1_000}`, 'WATCHDOG=1');
      this.#timer = this.#room.world.clock.timer('systemd extend', EXTEND_EVERY_MS, () => extend());
    };
    extend(...words);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #planLook(): void {
    const everyMs = Math.min(STATUS_EVERY_MS, this.#watchdogMs === null ? STATUS_EVERY_MS : this.#watchdogMs / WATCHDOG_SHARE);
    this.#timer = this.#room.world.clock.timer('systemd watchdog', everyMs, () => this.#look());
  }

  #look(): void {
    this.#planLook();
    if (this.#agent === null) return;
    const words = [...this.#watchdogWords(this.#agent), ...this.#statusWords(this.#agent)];
    if (words.length > 0) void this.#notify.say(...words);
  }

  #watchdogWords(agent: Watched): string[] {
    if (this.#watchdogMs === null) return [];
    const ailing = agent.ailing();
    if (ailing !== null && this.#ailing === null)
      this.#room.log.error(
        { event: 'systemd', ailing },
        `the agent is not well (${ailing}): systemd is told nothing, and starts it anew after ${formatDuration(this.#watchdogMs)}`,
      );
    this.#ailing = ailing;
    return ailing === null ? ['WATCHDOG=1'] : [];
  }

  #statusWords(agent: Watched): string[] {
    const status = inOneLine(agent.status());
    if (status === this.#status) return [];
    this.#status = status;
    return [statusLine(status)];
  }
}

/** Null: none is asked for, or of another process (WATCHDOG_PID, inherited). */
function watchdogMs({ environment, pid }: SystemdRoom): number | null {
  const usec = Number(environment('WATCHDOG_USEC') ?? '');
  const of = environment('WATCHDOG_PID');
  if (!Number.isSafeInteger(usec) || usec <= 0 || (of !== undefined && of !== String(pid))) return null;
  return usec / 1_000;
}

/** `act beside hub1 (hub): armed, 1 incident open, 2 alarms`. */
export function inOneLine(status: AgentStatus | string): string {
  if (typeof status === 'string') return status;
  const open = status.incidents.filter((incident) => incident.phase !== 'sealed').length;
  const alarms = status.alarms.filter((alarm) => !alarm.acknowledged).length;
  const parts = [
    ...(status.hold.on ? ['ON HOLD'] : []),
    ...(status.arming.state === 'disarmed' ? [] : [status.arming.state]),
    open === 0 ? 'no incident' : `${counted(open, 'incident')} open`,
    ...(alarms === 0 ? [] : [counted(alarms, 'alarm')]),
  ];
  return `${status.mode} beside ${status.device.name} (${status.role}): ${parts.join(', ')}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
