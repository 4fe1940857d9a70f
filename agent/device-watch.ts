/**
 * Tells people that the device cannot be logged in to, before an incident needs it: a log line for each new reason, and an alarm
 * after three refused logins, at once for what no retry heals (another host key), after a minute for what one may. Opened by app.ts;
 * the sessions themselves are device/pool.ts's business (pair-protocol.md, "Sessions and commands").
 */
import type { Timer } from '../shared/clock.ts';
import { limits } from '../shared/limits.ts';
import { formatDuration } from '../shared/model/time.ts';
import type { Mode } from '../shared/model/watch.ts';
import type { Coordinator } from './coordinator.ts';
import type { Device, DeviceStatus, SessionStatus } from './device/device.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';

export interface DeviceWatchRoom {
  readonly device: Device;
  /** Where SSH is reached. */
  readonly address: string;
  readonly mode: Mode;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input'>;
  readonly log: Logger;
}

const KEY = 'device-login';
const SESSIONS = ['control', 'capture'] as const;
/** Trying again changes nothing: a person must. */
const LASTING: ReadonlySet<string> = new Set(['SSH_HOST_KEY_REFUSED', 'SSH_NO_COMMON_ALGORITHM']);
/** The login gate's: from here on one attempt in 5 min. */
const REFUSALS_MAX = 3;

export class DeviceWatch {
  readonly #room: DeviceWatchRoom;
  readonly #detach: () => void;
  readonly #told = new Map<string, string>();
  #timer: Timer | null = null;
  /** The minute is over and nobody was let in meanwhile. */
  #long = false;

  /** Before the device connects. */
  constructor(room: DeviceWatchRoom) {
    this.#room = room;
    this.#detach = room.device.onChange((status) => this.#look(status));
  }

  #look(status: DeviceStatus): void {
    for (const name of SESSIONS) this.#tell(name, status.sessions[name]);
    if (SESSIONS.some((name) => isUp(status.sessions[name]))) {
      this.#up();
      return;
    }
    const { clock } = this.#room.world;
    this.#timer ??= clock.timer('device down', limits.deviceDownAlarmMs, () => {
      this.#long = true;
      this.#judge(this.#room.device.status());
    });
    this.#judge(status);
  }

  /** Once a reason: an unreachable device is tried again for ever. */
  #tell(name: string, { lastError, state }: SessionStatus): void {
    const { device, log } = this.#room;
    const told = this.#told.get(name);
    if (lastError !== null && lastError !== told) {
      this.#told.set(name, lastError);
      log.warn(
        { event: 'device-session', session: name, code: codeOf(lastError) },
        `${device.name}: no ${name} session: ${lastError}`,
      );
    } else if (told !== undefined && (state === 'ready' || state === 'busy')) {
      this.#told.delete(name);
      log.info({ event: 'device-session', session: name }, `${device.name}: the ${name} session is logged in again`);
    }
  }

  #up(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#long = false;
    const { coordinator } = this.#room;
    if (coordinator.book.alarms.some((alarm) => alarm.key === KEY)) coordinator.input({ kind: 'clear', key: KEY });
  }

  #judge(status: DeviceStatus): void {
    const error = status.sessions.control.lastError ?? status.sessions.capture.lastError;
    if (error === null) return;
    const refused = status.refusedLoginsInARow >= REFUSALS_MAX;
    if (!refused && !this.#long && !LASTING.has(codeOf(error))) return;
    const { address, coordinator, device, mode } = this.#room;
    const how = refused
      ? `${status.refusedLoginsInARow} logins in a row were refused, so there is at most one more every 5 min (a stop that is due makes its own)`
      : LASTING.has(codeOf(error))
        ? 'no login is possible'
        : `no login for ${formatDuration(limits.deviceDownAlarmMs)}, tried again all the time`;
    const text = `${device.name} (${address}): ${how}: ${error}`;
    const acts =
      mode === 'act'
        ? `; until then nobody but you can end its debugs: log in to ${device.name} (${address}) and type: ${device.platform.debugOff.all}`
        : '';
    const standing = coordinator.book.alarms.find((alarm) => alarm.key === KEY);
    if (standing?.text === text) return;
    coordinator.input({ kind: 'raise', key: KEY, text, remedy: `${remedyOf(codeOf(error))}${acts}` });
  }

  close(): void {
    this.#detach();
    this.#timer?.cancel();
  }
}

const isUp = ({ state }: SessionStatus): boolean => state === 'ready' || state === 'busy';

/** `SSH_AUTH_REFUSED: …`. */
const codeOf = (error: string): string => error.slice(0, Math.max(0, error.indexOf(':')));

function remedyOf(code: string): string {
  switch (code) {
    case 'SSH_HOST_KEY_REFUSED':
      return 'compare the fingerprint with the device, and pin the new one in device.hostKey only if it is right';
    case 'SSH_NO_COMMON_ALGORITHM':
      return 'set device.legacy, or give the device newer algorithms';
    case 'SSH_AUTH_REFUSED':
      return 'correct device.user and its secret, then restart the agent';
    case 'ENABLE_REFUSED':
      return 'correct device.enablePassword, or give the user privilege 15, then restart the agent';
    case 'NO_FREE_VTY':
      return 'free a VTY line of the device (show users)';
    default:
      return 'check address, port, ACLs and the device itself';
  }
}
