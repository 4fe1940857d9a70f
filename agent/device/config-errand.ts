/**
 * A few lines in configuration mode, as one errand that always comes back: entered, the lines one by one, left, and hung up when it can
 * not be left. The one use of configuration mode there is: the on-box dead-man (pair-protocol.md, "Arming"). Used by session.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { CommandResult, CommandStatus } from '../../shared/model/capture.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { after, elapsedMs } from '../../shared/model/time.ts';
import type { ModeName, Platform } from '../../shared/platforms/platform.ts';
import type { CommandBudget } from './running-command.ts';

/** The session, as the errand has it to itself. */
export interface ErrandGround {
  /** `aborted`: why the errand has to end now, a stop waits. */
  at(): { readonly mode: ModeName | null; readonly closed: boolean; readonly aborted: string | null };
  send(command: string, budget: CommandBudget): Promise<CommandResult>;
  /** True when the prompt is there within that time. */
  settled(timeoutMs: number): Promise<boolean>;
  hangUp(why: string): void;
}

/** For the prompt after an abandoned line, and for `end`: beyond the errand's own time. */
const LEAVE_MS = 2_000;

/** `ok`: every line was taken without complaint, and the session is back. Else the first line that was not, in `detail`. `sentAt`: of the first of `lines`. */
export async function runErrand(
  ground: ErrandGround,
  platform: Platform,
  clock: Clock,
  lines: readonly string[],
  budget: CommandBudget,
): Promise<CommandResult> {
  const { enter, leave } = platform.definition.modes.config;
  const startedAt = clock.monotonic();
  const until = after(startedAt, budget.timeoutMs);
  const results: CommandResult[] = [];
  let failed: { status: CommandStatus; detail: string } | null = null;
  for (const line of [enter?.send ?? '', ...lines]) {
    const timeoutMs = until - clock.monotonic();
    if (ground.at().aborted !== null || timeoutMs <= 0) {
      failed = { status: 'timeout', detail: `not sent: ${line}: ${ground.at().aborted ?? 'no time left'}` };
      break;
    }
    const result = await ground.send(line, { ...budget, timeoutMs });
    results.push(result);
    failed = complaintOf(platform, result);
    if (failed === null && ground.at().mode !== 'config')
      failed = { status: 'refused', detail: `${line}: no configuration mode` };
    if (failed !== null) break;
  }
  const back = await comeBack(ground, leave ?? 'end', budget.bytesMax);
  if (back !== null) {
    failed ??= { status: 'closed', detail: back };
    ground.hangUp(back);
  }
  // Entering alone has put nothing there.
  const first = results.slice(1).find((result) => result.sentAt !== null);
  return {
    command: lines.join(' / '),
    status: failed?.status ?? 'ok',
    output: results.map((result) => result.output).join(''),
    detail: failed?.detail ?? null,
    sentAt: first?.sentAt ?? null,
    sentAtWall: first?.sentAtWall ?? null,
    tookMs: elapsedMs(startedAt, clock.monotonic()),
  };
}

function complaintOf(platform: Platform, result: CommandResult): { status: CommandStatus; detail: string } | null {
  if (result.status !== 'ok')
    return { status: result.status, detail: `${result.command}: ${printable(result.detail ?? result.status)}` };
  if (!platform.arming.complaint.test(result.output)) return null;
  return { status: 'refused', detail: `${result.command}: the device said ${quoted(result.output.trim())}` };
}

/** Null: back. Else why the session must go: nothing but the errand's lines may be typed into a configuration. */
async function comeBack(ground: ErrandGround, leave: string, bytesMax: number): Promise<string | null> {
  if (ground.at().closed) return null;
  if (!(await ground.settled(LEAVE_MS))) return ground.at().closed ? null : 'no prompt after a line of the errand was abandoned';
  if (ground.at().mode !== 'config') return null;
  const result = await ground.send(leave, { timeoutMs: LEAVE_MS, bytesMax });
  if (ground.at().closed || (result.status === 'ok' && ground.at().mode === 'enable')) return null;
  return `${leave}: ${result.detail ?? 'still in configuration mode'}`;
}
