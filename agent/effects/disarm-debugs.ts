/**
 * Effect `disarm-device`: our debugs off, verified by reading, only then our conditions one by one and the dead-man (pair-protocol.md,
 * "Arming"). Never a reset, never a condition while anybody's crypto debug is on. Called by perform.ts and, to undo, by arm-debugs.ts;
 * which session, how often and until when is the machine's business (shared/coordinate/disarming.ts).
 */
import type { Clock } from '../../shared/clock.ts';
import type { DebugName, DisarmAttempt } from '../../shared/model/arming.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { DebugFlag } from '../../shared/platforms/platform.ts';
import type { Device } from '../device/device.ts';
import { DeviceLines, type Read, said } from './device-lines.ts';

export interface DisarmOrder {
  readonly via: DisarmAttempt['via'];
  /** What we armed. Empty: no debug is turned off. */
  readonly debugs: readonly DebugName[];
  /** Canonical addresses of conditions that are ours. */
  readonly conditions: readonly string[];
  readonly deadMan: boolean;
  /** `undebug all` instead of one line a debug. */
  readonly all: boolean;
  readonly timeoutMs: DurationMs;
}

/** All within timeoutMs, but for the way out of configuration mode (4 s). Never rejects. */
export async function disarmDevice(device: Device, clock: Clock, order: DisarmOrder): Promise<DisarmAttempt> {
  const lines = new DeviceLines(device, clock, order.via, order.timeoutMs);
  const off = await debugsOff(lines, order);
  const kept = {
    conditions: order.conditions.length === 0 ? 'none' : 'failed',
    conditionsLeft: order.conditions,
    deadMan: order.deadMan ? 'failed' : 'none',
  } as const;
  if (off.debugs !== 'off') return { ...off, ...kept };
  const conditions = await conditionsOff(lines, order.conditions, off.on);
  const deadMan = order.deadMan ? await deadManOff(lines) : { deadMan: 'none' as const, detail: null };
  const detail = [off.detail, conditions.detail, deadMan.detail].filter((text) => text !== null).join('; ');
  const { via, sentAt, sentAtWall, debugs } = off;
  return {
    via,
    sentAt,
    sentAtWall,
    debugs,
    conditions: conditions.conditions,
    conditionsLeft: conditions.left,
    deadMan: deadMan.deadMan,
    detail,
  };
}

type DebugsOff = Pick<DisarmAttempt, 'via' | 'sentAt' | 'sentAtWall' | 'debugs' | 'detail'> & {
  /** Everything that is on, as read last. */
  readonly on: readonly DebugFlag[];
};

async function debugsOff(lines: DeviceLines, order: DisarmOrder): Promise<DebugsOff> {
  const { arming, debugOff } = lines.device.platform;
  const isOurs = (flag: DebugFlag): boolean => order.debugs.some((name) => arming.flagIs(name, flag));
  const via = order.via;
  const nothing = { via, sentAt: null, sentAtWall: null, on: [] };
  // Where conditions are next, the debugs were verified off before: what is on since is somebody else's, unless it is ours still.
  const isSecond = !order.all && (order.debugs.length === 0 || order.conditions.length > 0 || order.deadMan);
  const before = isSecond ? await lines.debugs(true) : null;
  const needed =
    before?.value == null ? order.debugs : order.debugs.filter((name) => before.value.some((flag) => arming.flagIs(name, flag)));
  const commands = order.all ? [debugOff.all] : needed.map(arming.debugOff);
  const sent: CommandResult[] = [];
  for (const command of commands) sent.push(await lines.run(command, true));
  const first = sent.find((result) => result.sentAt !== null);
  if (first === undefined && sent.length > 0) return { ...nothing, debugs: 'not-sent', detail: said(sent[0]!) };
  const read: Read<readonly DebugFlag[]> = sent.length === 0 && before !== null ? before : await lines.debugs(true);
  const stamp = { via, sentAt: first?.sentAt ?? null, sentAtWall: first?.sentAtWall ?? null };
  const odd = sent.map((result) => lines.complaint(result)).filter((text) => text !== null);
  const tell = (text: string): string => [...odd, text].join('; ');
  if (read.value === null) return { ...stamp, debugs: 'unreadable', detail: tell(read.why), on: [] };
  const still = read.value.filter(isOurs).map((flag) => flag.text);
  if (still.length > 0) return { ...stamp, debugs: 'still-on', detail: tell(`still on: ${still.join(', ')}`), on: read.value };
  return { ...stamp, debugs: 'off', detail: tell('none of ours is on'), on: read.value };
}

interface ConditionsOff {
  readonly conditions: DisarmAttempt['conditions'];
  readonly left: readonly string[];
  readonly detail: string | null;
}

/** `on`: what is being debugged, as just read. With anybody's crypto debug on, the conditions keep it from flooding the device. */
async function conditionsOff(lines: DeviceLines, ours: readonly string[], on: readonly DebugFlag[]): Promise<ConditionsOff> {
  if (ours.length === 0) return { conditions: 'none', left: [], detail: null };
  if (on.some((flag) => flag.crypto)) return keptFor(on, ours);
  const before = await lines.conditions();
  if (before.value === null) return { conditions: 'failed', left: ours, detail: before.why };
  const there = lines.addressesOf(before.value).filter((address) => ours.includes(address));
  let remaining = before.value.filters.length;
  let stopped: ConditionsOff | null = null;
  for (const address of there) {
    stopped = await removeOne(lines, address, remaining === 1);
    if (stopped !== null) break;
    remaining -= 1;
  }
  const after = there.length === 0 ? before : await lines.conditions();
  if (after.value === null) return { conditions: 'failed', left: there, detail: stopped?.detail ?? after.why };
  const left = lines.addressesOf(after.value).filter((address) => ours.includes(address));
  if (left.length === 0) return { conditions: 'removed', left: [], detail: null };
  return {
    conditions: stopped?.conditions ?? 'failed',
    left,
    detail: stopped?.detail ?? `still there: the condition for ${left.join(', ')}`,
  };
}

/** Null: the line was taken. `isLast`: of everybody's; without it every crypto debug is unconditioned, so nobody's may be on. */
async function removeOne(lines: DeviceLines, address: string, isLast: boolean): Promise<ConditionsOff | null> {
  if (isLast) {
    const read = await lines.debugs();
    if (read.value === null) return { conditions: 'failed', left: [address], detail: read.why };
    if (read.value.some((flag) => flag.crypto)) return keptFor(read.value, [address]);
  }
  const off = lines.device.platform.arming.condition(address)!.off;
  const result = await lines.run(off);
  const complaint = lines.complaint(result);
  if (complaint === null) return null;
  return { conditions: lines.question(result) !== null ? 'left' : 'failed', left: [address], detail: complaint };
}

const keptFor = (on: readonly DebugFlag[], left: readonly string[]): ConditionsOff => {
  const crypto = on.filter((flag) => flag.crypto).map((flag) => flag.text);
  return { conditions: 'left', left, detail: `conditions kept, because somebody's debug is on: ${crypto.join(', ')}` };
};

/** What the device lists decides; where it does not list applets, that it took the line. */
async function deadManOff(lines: DeviceLines): Promise<{ deadMan: 'removed' | 'failed'; detail: string | null }> {
  const { deadMan } = lines.device.platform.arming;
  const result = await lines.configure(deadMan.remove);
  const shown = await lines.run(deadMan.show);
  const isGone = shown.status === 'ok' ? !shown.output.includes(deadMan.name) : result.status === 'ok';
  if (isGone) return { deadMan: 'removed', detail: null };
  return {
    deadMan: 'failed',
    detail: `the dead-man ${deadMan.name} could not be removed: ${result.detail ?? 'it is still listed'}`,
  };
}
