/**
 * Effects `attempt-stop` and `read-debugs`: turns debugs off on one session and reads back what is on. Called by perform.ts, and by
 * heartbeat.ts to read; which session, how often and until when is the machine's business (shared/coordinate/stopping.ts).
 */
import type { Clock } from '../../shared/clock.ts';
import type { StopAttempt, StopVia } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { quoted } from '../../shared/model/printable.ts';
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import type { DebugFlag, Platform } from '../../shared/platforms/platform.ts';
import type { Device } from '../device/device.ts';

export type AttemptOrder = Extract<Effect, { readonly kind: 'attempt-stop' }>;

export async function attemptStop(device: Device, clock: Clock, asked: AttemptOrder): Promise<StopAttempt> {
  const order = { ...asked, via: sessionThatIsUp(device, asked.via) };
  const until = after(clock.monotonic(), order.timeoutMs);
  // Found due late: somebody may be at work there by now. Read first, and send nothing that is not needed.
  const before = order.only === null ? null : await readDebugs(device, order.via, { timeoutMs: order.timeoutMs / 2 });
  const isOn = (flag: DebugFlag): boolean => before?.flags?.some((on) => on.text === flag.text) ?? true;
  const only = order.only?.filter(isOn) ?? null;
  if (only?.length === 0 && before !== null && before.flags !== null) {
    const none = { via: order.via, sentAt: null, sentAtWall: null };
    return { ...none, ...judge(device.platform, order, before.flags, []) };
  }
  const offs = await sendOffs(device, clock, { ...order, only }, until);
  const sent = offs.find((result) => result.sentAt !== null);
  const attempt = { via: order.via, sentAt: sent?.sentAt ?? null, sentAtWall: sent?.sentAtWall ?? null };
  if (sent === undefined && offs.length > 0) {
    return { ...attempt, result: 'not-sent', detail: offs[0]!.detail ?? 'no session', appeared: [] };
  }
  // A session that answers is worth waiting for, however slow AAA makes it: what was done is told from what is only believed by this line
  // alone. The ladder goes on meanwhile, and takes a late "off" from here.
  const isAnswering = offs.length > 0 && offs.every(({ status }) => status === 'ok' || status === 'refused');
  const leftMs = until - clock.monotonic();
  const read = await readDebugs(device, order.via, { timeoutMs: isAnswering ? Math.max(leftMs, order.timeoutMs) : leftMs });
  if (read.flags === null)
    return { ...attempt, result: 'unreadable', detail: describe(device.platform, offs, read.detail), appeared: [] };
  return { ...attempt, ...judge(device.platform, order, read.flags, offs) };
}

/** Session B of a box that has reloaded, or has no line left, may wait for its next login long after A is in again: then A ends the debugs. */
function sessionThatIsUp(device: Device, via: StopVia): StopVia {
  if (via === 'fresh') return via;
  const { sessions } = device.status();
  const isUp = (role: 'capture' | 'control'): boolean => sessions[role].state === 'ready' || sessions[role].state === 'busy';
  const other = via === 'control' ? 'capture' : 'control';
  return !isUp(via) && isUp(other) ? other : via;
}

/** One line for all, or one a flag or debug: every other one is left alone. */
async function sendOffs(device: Device, clock: Clock, order: AttemptOrder, until: Monotonic): Promise<CommandResult[]> {
  const { arming, debugOff } = device.platform;
  const named = order.only?.flatMap((flag) => debugOff.one(flag) ?? []);
  const commands = named ?? order.own?.map((name) => arming.debugOff(name)) ?? [debugOff.all];
  const results: CommandResult[] = [];
  for (const command of commands) {
    const options = { timeoutMs: Math.max(1, until - clock.monotonic()), urgent: true };
    // A flag whose off line is outside the grammar must not keep the others on.
    results.push(await device.run(order.via, command, options).catch((error: unknown) => refusedByUs(command, error)));
  }
  return results;
}

const refusedByUs = (command: string, error: unknown): CommandResult => ({
  command,
  status: 'refused',
  output: '',
  detail: asSpitrapError(error).message,
  sentAt: null,
  sentAtWall: null,
  tookMs: 0,
});

function judge(
  platform: Platform,
  order: AttemptOrder,
  on: readonly DebugFlag[],
  offs: readonly CommandResult[],
): Pick<StopAttempt, 'result' | 'detail' | 'appeared'> {
  const { arming } = platform;
  const expected = order.expectOff?.map((flag) => flag.text) ?? null;
  const isExpectedOff = (flag: DebugFlag): boolean => {
    // Of the t0 list only what we armed was undertaken to be stopped; `onlyOurs` names its flags itself.
    if (order.own !== null && order.only === null) return order.own.some((name) => arming.flagIs(name, flag));
    return expected === null || expected.includes(flag.text);
  };
  const still = on.filter(isExpectedOff).map((flag) => flag.text);
  const appeared = expected === null ? [] : on.filter((flag) => !expected.includes(flag.text)).map((flag) => flag.text);
  if (still.length === 0) return { result: 'verified', detail: describe(platform, offs, 'none of them is on'), appeared };
  return { result: 'still-on', detail: describe(platform, offs, `still on: ${still.join(', ')}`), appeared };
}

/** What the device answered to the off line, if it was anything but its usual word; then what was read. */
function describe({ arming }: Platform, offs: readonly CommandResult[], read: string): string {
  for (const { command, status, detail, output } of offs) {
    if (status !== 'ok') return `${command}: ${status}${detail === null ? '' : ` (${detail})`}; ${read}`;
    if (arming.complaint.test(output)) return `${command}: the device said ${quoted(output.trim(), 160)}; ${read}`;
  }
  return read;
}

export interface DebugsReading {
  /** Null: could not be read; `detail` says why. */
  readonly flags: readonly DebugFlag[] | null;
  readonly detail: string;
}

export interface ReadOptions {
  readonly timeoutMs?: DurationMs;
  /** Default true: for a stop, and for what was on at the event. */
  readonly urgent?: boolean;
}

/** `show debugging`. A line that carries data and was not understood makes it unreadable: nothing is verified on a guess. */
export async function readDebugs(
  device: Device,
  via: 'control' | 'fresh' | 'capture',
  { timeoutMs = timing.stopAttemptMs, urgent = true }: ReadOptions = {},
): Promise<DebugsReading> {
  if (timeoutMs <= 0) return { flags: null, detail: 'no time left to read show debugging' };
  const result = await device.run(via, device.platform.showDebugging, { timeoutMs, urgent });
  if (result.status !== 'ok')
    return { flags: null, detail: `${result.command}: ${result.status}${result.detail === null ? '' : ` (${result.detail})`}` };
  const { value, unread } = device.platform.parsers.debugging(result.output);
  if (unread.length > 0)
    return { flags: null, detail: `${result.command}: line not understood: ${unread[0]!.text.slice(0, 120)}` };
  return { flags: value, detail: value.length === 0 ? 'nothing on' : value.map((flag) => flag.text).join(', ') };
}
