/**
 * Effect `preflight`: reads what must be known before debugs go on (pair-protocol.md, "Arming"). Sends `show` lines alone; the judgement is
 * shared/arming/preflight.ts. Called by perform.ts and by `spitrap check`.
 */
import type { Clock } from '../../shared/clock.ts';
import type { PreflightReading } from '../../shared/model/arming.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { PreflightQuestion } from '../../shared/platforms/arming.ts';
import type { Line, Parser } from '../../shared/platforms/platform.ts';
import type { Device } from '../device/device.ts';
import { DeviceLines, type Read, said } from './device-lines.ts';

/** On session B, one line after the other, the CPU first: what we ask loads it too. A stop that comes meanwhile goes first. */
export async function readPreflight(
  device: Device,
  clock: Clock,
  { timeoutMs }: { readonly timeoutMs: DurationMs },
): Promise<PreflightReading> {
  const lines = new DeviceLines(device, clock, 'control', timeoutMs);
  const { arming, parsers } = device.platform;
  const unread: string[] = [];
  const known = <T>(question: PreflightQuestion, read: Read<T>): T | null => {
    if (read.why !== null) unread.push(`${question}: ${read.why}`);
    return read.value;
  };
  const isAbsent = (question: PreflightQuestion): boolean => arming.absent?.some((absent) => absent === question) ?? false;
  const ask = async <T>(question: PreflightQuestion, parser: Parser<T | null>): Promise<T | null> => {
    if (isAbsent(question)) return null;
    const result = await lines.run(arming.ask[question]);
    if (result.status !== 'ok') return known<T>(question, { value: null, why: said(result) });
    const parsed = parser(result.output);
    if (parsed.value !== null) return parsed.value;
    return known<T>(question, { value: null, why: `${result.command}: ${nothingIn(result.output, parsed.unread)}` });
  };

  const cpu = await ask('cpu', parsers.cpu);
  const memoryFreePercent = await ask('memory', parsers.memory);
  const flags = known('debugging', await lines.debugs());
  const conditions = isAbsent('conditions') ? null : known('conditions', await lines.conditions());
  const levels = await ask('logging', (output) => {
    const { value, unread: odd } = parsers.loggingLevels(output);
    return { value: value.console === null && value.trap === null ? null : value, unread: odd };
  });
  const settings = await ask('settings', (output) => {
    const { value, unread: odd } = parsers.loggingSettings(output);
    return { value: value.msecStamps === null && value.rateLimited === null ? null : value, unread: odd };
  });
  // The line of a session that is just logging in may be among the busy ones, and may not be yet: looked at again when it is through.
  let isLoggingIn = captureState(device) === 'connecting';
  let vtys = await ask('lines', parsers.vtyLines);
  for (let again = 0; vtys !== null && again < LINES_AGAIN_MAX; again++) {
    const isLoggingInNow = captureState(device) === 'connecting';
    if (!isLoggingIn && !isLoggingInNow) break;
    if (isLoggingInNow) await clock.sleep('session A logs in', LINES_AGAIN_AFTER_MS);
    isLoggingIn = captureState(device) === 'connecting';
    vtys = await ask('lines', parsers.vtyLines);
  }
  const reading = await ask('clock', parsers.clock);
  return {
    cpu,
    memoryFreePercent,
    flags,
    conditions,
    logging: levels === null ? null : { ...levels, rateLimited: settings?.rateLimited ?? null },
    freeVtys: vtys === null ? null : Math.max(0, vtys.total - vtys.busy - ourMissingLines(device)),
    msecStamps: settings?.msecStamps ?? null,
    sequenceNumbers: settings?.sequenceNumbers ?? null,
    clockMark: reading?.mark ?? null,
    unread,
    ...(arming.absent === undefined ? {} : { absent: arming.absent }),
  };
}

/** A login that AAA answers slowly takes some seconds; one that takes longer counts as a line that is still to come. */
const LINES_AGAIN_MAX = 5;
const LINES_AGAIN_AFTER_MS = 2_000;

const captureState = (device: Device) => device.status().sessions.capture.state;

/** Session A takes a line as well; one that is down now will come back. Session B has just answered. */
function ourMissingLines(device: Device): number {
  const state = captureState(device);
  return state === 'ready' || state === 'busy' ? 0 : 1;
}

const nothingIn = (output: string, unread: readonly Line[]): string => {
  if (output.trim() === '') return 'it showed nothing';
  return unread.length === 0 ? 'what was asked for is not in it' : `not understood: ${quoted(unread[0]!.text.trim())}`;
};
