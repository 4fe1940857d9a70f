/**
 * Effect `arm-device`: conditions, read back, then the dead-man, then debugs, read back (pair-protocol.md, "Arming"). Whatever fails on the
 * way is undone here and now, debugs first. Called by perform.ts; when, and with what, is the machine's business (shared/coordinate/arming.ts).
 */
import type { Clock } from '../../shared/clock.ts';
import type { ArmAttempt, ArmPlan, DebugName } from '../../shared/model/arming.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { DebugFlag } from '../../shared/platforms/platform.ts';
import type { Device } from '../device/device.ts';
import { DeviceLines } from './device-lines.ts';
import { type DisarmOrder, disarmDevice } from './disarm-debugs.ts';

/** What was put on the device, or may have been: a line that left counts, whatever came back. */
interface Put {
  readonly conditions: string[];
  readonly debugs: DebugName[];
  deadMan: boolean;
}

/** Null: done. Else why not. */
type Obstacle = string | null;

/** Of the time of an arming, for undoing it. */
const UNDO_SHARE = 0.4;

export interface ArmOptions {
  readonly timeoutMs: DurationMs;
  /** Asked before each line that turns something on; false: what is on is undone. Default: always true. */
  readonly wanted?: () => boolean;
}

/** On session B; undone on B, else on a fresh session. All within timeoutMs, but for the way out of configuration mode (4 s). Never rejects. */
export async function armDevice(
  device: Device,
  clock: Clock,
  plan: ArmPlan,
  { timeoutMs, wanted = () => true }: ArmOptions,
): Promise<ArmAttempt> {
  const undoMs = timeoutMs * UNDO_SHARE;
  const lines = new DeviceLines(device, clock, 'control', timeoutMs - undoMs);
  const put: Put = { conditions: [], debugs: [], deadMan: false };
  const done = await putOn(lines, plan, put, wanted);
  if (typeof done !== 'string') return { result: 'armed', flags: done, deadMan: put.deadMan, detail: armedDetail(plan, done) };
  return await undo(device, clock, put, done, undoMs);
}

const UNWANTED = 'it is not wanted any more: a disarm, a hold or an incident came';

async function putOn(lines: DeviceLines, plan: ArmPlan, put: Put, wanted: () => boolean): Promise<readonly DebugFlag[] | string> {
  // A debug without a condition is the wreck that all this is for.
  const isUnconditional = lines.device.platform.arming.absent?.includes('conditions') === true;
  if (plan.conditions.length === 0 && !isUnconditional) return 'no condition to put on, and no debug goes on without one';
  if (plan.debugs.length === 0) return 'no debug to turn on';
  const obstacle =
    (await putConditions(lines, plan, put, wanted)) ??
    (await conditionsStand(lines, plan)) ??
    (plan.deadManS === null || !wanted() ? null : await putDeadMan(lines, plan.deadManS, put));
  if (obstacle !== null) return obstacle;
  const before = await lines.debugs();
  if (before.value === null) return before.why;
  const theirs = before.value.filter((flag) => flag.crypto);
  if (theirs.length > 0) return `somebody else has turned on ${texts(theirs)} meanwhile`;
  const refused = await putDebugs(lines, plan, put, wanted);
  if (refused !== null) return refused;
  const on = await newFlags(lines, plan, before.value);
  // Somebody may have reset them meanwhile, and then it floods now.
  return (typeof on === 'string' ? on : await conditionsStand(lines, plan)) ?? on;
}

async function putConditions(lines: DeviceLines, plan: ArmPlan, put: Put, wanted: () => boolean): Promise<Obstacle> {
  for (const address of plan.conditions) {
    if (!wanted()) return UNWANTED;
    const condition = lines.device.platform.arming.condition(address);
    if (condition === null) return `${address} is no address to make a condition of`;
    const result = await lines.run(condition.on);
    if (result.sentAt !== null) put.conditions.push(address);
    const complaint = lines.complaint(result);
    if (complaint !== null) return complaint;
  }
  return null;
}

async function conditionsStand(lines: DeviceLines, plan: ArmPlan): Promise<Obstacle> {
  if (plan.conditions.length === 0) return null;
  const read = await lines.conditions();
  if (read.value === null) return read.why;
  const there = lines.addressesOf(read.value);
  const missing = plan.conditions.filter((address) => !there.includes(address));
  if (missing.length > 0) return `accepted, and not there when read back: the condition for ${missing.join(', ')}`;
  return read.value.conditional === false ? 'the conditions are there, and the device says that they are turned off' : null;
}

async function putDeadMan(lines: DeviceLines, seconds: number, put: Put): Promise<Obstacle> {
  const { deadMan } = lines.device.platform.arming;
  const result = await lines.configure(deadMan.set(seconds));
  if (result.sentAt !== null) put.deadMan = true;
  if (result.status !== 'ok') return `the dead-man could not be set: ${result.detail ?? result.status}`;
  const shown = await lines.run(deadMan.show);
  // A device that does not show it has still taken every line of it.
  if (shown.status !== 'ok' || shown.output.includes(deadMan.name)) return null;
  return `the dead-man was taken, and is not there when read back (${deadMan.show})`;
}

async function putDebugs(lines: DeviceLines, plan: ArmPlan, put: Put, wanted: () => boolean): Promise<Obstacle> {
  for (const name of plan.debugs) {
    if (!wanted()) return UNWANTED;
    const result = await lines.run(lines.device.platform.arming.debugOn(name));
    if (result.sentAt !== null) put.debugs.push(name);
    const complaint = lines.complaint(result);
    if (complaint !== null) return complaint;
  }
  return null;
}

async function newFlags(lines: DeviceLines, plan: ArmPlan, before: readonly DebugFlag[]): Promise<readonly DebugFlag[] | string> {
  const { arming } = lines.device.platform;
  const read = await lines.debugs();
  if (read.value === null) return read.why;
  const on = read.value;
  const missing = plan.debugs.filter((name) => !on.some((flag) => arming.flagIs(name, flag)));
  if (missing.length > 0) return `accepted, and not on when read back: ${missing.map(arming.debugOn).join(', ')}`;
  const isOurs = (flag: DebugFlag): boolean => plan.debugs.some((name) => arming.debugOf(flag) === name);
  return on.filter((flag) => isOurs(flag) && !before.some((known) => known.text === flag.text));
}

/** Debugs first and verified, then conditions, as at any disarm; a session that was lost is replaced by a fresh one. */
async function undo(device: Device, clock: Clock, put: Put, why: string, timeoutMs: DurationMs): Promise<ArmAttempt> {
  const nothing = { flags: [], deadMan: false };
  if (put.conditions.length === 0 && put.debugs.length === 0 && !put.deadMan)
    return { result: 'undone', ...nothing, detail: `${why}; nothing was put on the device` };
  const details: string[] = [why];
  for (const via of ['control', 'fresh'] as const) {
    const order: DisarmOrder = { via, ...put, all: false, timeoutMs: timeoutMs / 2 };
    const attempt = await disarmDevice(device, clock, order);
    details.push(`${via}: ${attempt.detail}`);
    const isGone =
      attempt.debugs === 'off' &&
      (attempt.conditions === 'removed' || attempt.conditions === 'none') &&
      attempt.deadMan !== 'failed';
    if (isGone) return { result: 'undone', ...nothing, detail: `${why}; what had been put on is off again` };
    // Somebody's debug keeps our conditions there: another session changes nothing about it.
    if (attempt.conditions === 'left' && attempt.deadMan !== 'failed') break;
  }
  return { result: 'unresolved', flags: [], deadMan: put.deadMan, detail: details.join('; ') };
}

const texts = (flags: readonly DebugFlag[]): string => flags.map((flag) => flag.text).join(', ');

const armedDetail = ({ conditions }: ArmPlan, flags: readonly DebugFlag[]): string =>
  conditions.length === 0 ? `${texts(flags)} on, for every peer` : `${texts(flags)} on, for ${conditions.join(', ')} alone`;

/** Effect `renew-dead-man`: starts its countdown anew. */
export async function renewDeadMan(
  device: Device,
  clock: Clock,
  seconds: number,
  { timeoutMs }: { readonly timeoutMs: DurationMs },
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const lines = new DeviceLines(device, clock, 'control', timeoutMs);
  const obstacle = await putDeadMan(lines, seconds, { conditions: [], debugs: [], deadMan: false });
  return { ok: obstacle === null, detail: obstacle ?? `set to ${Math.round(seconds)} s` };
}
