/** The alarm about a device that nobody can log in to: when it comes, what it says, and when it goes. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeviceStatus, SessionStatus } from '../agent/device/device.ts';
import { DeviceWatch } from '../agent/device-watch.ts';
import type { Logger } from '../agent/log.ts';
import { emptyBook } from '../shared/coordinate/book.ts';
import type { InputBody } from '../shared/coordinate/input.ts';
import { clearAlarm, raiseAlarm } from '../shared/coordinate/move.ts';
import { FakeClock } from './support/fake-clock.ts';
import { FakeDevice } from './support/fake-device.ts';

const REFUSED = 'SSH_AUTH_REFUSED: 192.0.2.1 port 22 refused the login of "spitrap" by a password';
const GONE = 'SSH_UNREACHABLE: 192.0.2.1 port 22 could not be reached: "ECONNREFUSED"';
const OTHER_KEY = 'SSH_HOST_KEY_REFUSED: 192.0.2.1 port 22 shows the host key SHA256:b, but pinned is SHA256:a';

class WatchedDevice extends FakeDevice {
  listener: (status: DeviceStatus) => void = () => {};
  now: DeviceStatus;

  constructor(clock: FakeClock) {
    super(clock);
    this.now = super.status();
  }

  override status = (): DeviceStatus => this.now;
  override onChange = (listener?: (status: DeviceStatus) => void): (() => void) => {
    this.listener = listener ?? (() => {});
    return () => {
      this.listener = () => {};
    };
  };

  is(state: SessionStatus['state'], lastError: string | null, refusedLoginsInARow = 0): void {
    const session = { ...this.now.sessions.control, state, lastError };
    this.now = { ...this.now, sessions: { control: session, capture: session }, refusedLoginsInARow };
    this.listener(this.now);
  }
}

let clock: FakeClock;
let device: WatchedDevice;
let watch: DeviceWatch;
let book = emptyBook;
const logged: string[] = [];

beforeEach(() => {
  clock = new FakeClock();
  device = new WatchedDevice(clock);
  book = emptyBook;
  logged.length = 0;
  const log = {
    warn: (_: unknown, text: string) => logged.push(`warn ${text}`),
    info: (_: unknown, text: string) => logged.push(`info ${text}`),
  } as unknown as Logger;
  const coordinator = {
    get book() {
      return book;
    },
    input: (body: InputBody) => {
      const when = { at: clock.monotonic(), wall: clock.wall() };
      if (body.kind === 'raise') book = raiseAlarm(book, when, { ...body, incident: null }).book;
      if (body.kind === 'clear') book = clearAlarm(book, body.key).book;
      return null;
    },
  };
  watch = new DeviceWatch({ device, address: '192.0.2.1', mode: 'act', world: { clock }, coordinator, log });
});
afterEach(() => watch.close());

const alarm = () => book.alarms[0];

test('three refused logins raise it, a login takes it back', () => {
  device.is('backing-off', REFUSED, 1);
  device.is('backing-off', REFUSED, 2);
  expect(alarm()).toBeUndefined();
  device.is('backing-off', REFUSED, 3);
  expect(alarm()?.text).toBe(
    `hub1 (192.0.2.1): 3 logins in a row were refused, so there is at most one more every 5 min (a stop that is due makes its own): ${REFUSED}`,
  );
  expect(alarm()?.remedy).toBe(
    'correct device.user and its secret, then restart the agent; until then nobody but you can end its debugs: log in to hub1 (192.0.2.1) and type: undebug all',
  );
  device.is('ready', null);
  expect(book.alarms).toEqual([]);
});

test('another host key raises it at once', () => {
  device.is('backing-off', OTHER_KEY);
  expect(alarm()?.text).toContain('no login is possible: SSH_HOST_KEY_REFUSED');
  expect(alarm()?.remedy).toContain('compare the fingerprint with the device');
});

test('an unreachable device raises it after a minute without any session, and not before', async () => {
  device.is('backing-off', GONE);
  await clock.advance(59_999);
  expect(alarm()).toBeUndefined();
  await clock.advance(1);
  expect(alarm()?.text).toContain('no login for 1m, tried again all the time: SSH_UNREACHABLE');
});

test('a path that flaps, and comes back within the minute, raises nothing', async () => {
  device.is('backing-off', GONE);
  await clock.advance(30_000);
  device.is('ready', null);
  device.is('backing-off', GONE);
  await clock.advance(59_999);
  expect(alarm()).toBeUndefined();
});

test('the minute is not begun anew by each attempt', async () => {
  for (let attempt = 0; attempt < 13; attempt++) {
    device.is('connecting', GONE);
    device.is('backing-off', GONE);
    await clock.advance(5_000);
  }
  expect(alarm()?.text).toContain('SSH_UNREACHABLE');
});

test('the log names each reason once a session, and the return', () => {
  device.is('backing-off', GONE);
  device.is('connecting', GONE);
  device.is('backing-off', GONE);
  device.is('ready', null);
  device.is('busy', null);
  expect(logged).toEqual([
    `warn hub1: no control session: ${GONE}`,
    `warn hub1: no capture session: ${GONE}`,
    'info hub1: the control session is logged in again',
    'info hub1: the capture session is logged in again',
  ]);
});

test('after close it says nothing', async () => {
  device.is('backing-off', GONE);
  watch.close();
  device.is('backing-off', OTHER_KEY);
  await clock.advance(120_000);
  expect(book.alarms).toEqual([]);
});
