/**
 * Lines to one session of the device under one deadline, and what they say, for arming and disarming: accepted or not, which debugs and
 * conditions are there. Nothing is taken for read that was not understood whole. Used by preflight.ts, arm-debugs.ts, disarm-debugs.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import type { DebugConditions, DebugFlag } from '../../shared/platforms/platform.ts';
import type { Device, SessionRole } from '../device/device.ts';

/** A value, or why there is none. */
export type Read<T> = { readonly value: T; readonly why: null } | { readonly value: null; readonly why: string };

/** One line, with the AAA server that answers for it: TACACS adds seconds to each. */
const LINE_MS: DurationMs = 8_000;

export class DeviceLines {
  readonly device: Device;
  readonly via: SessionRole;
  readonly #clock: Clock;
  readonly #until: Monotonic;

  constructor(device: Device, clock: Clock, via: SessionRole, timeoutMs: DurationMs) {
    this.device = device;
    this.via = via;
    this.#clock = clock;
    this.#until = after(clock.monotonic(), timeoutMs);
  }

  get leftMs(): DurationMs {
    return Math.max(0, this.#until - this.#clock.monotonic());
  }

  /** `urgent`: as a stop (RunOptions). Never rejects: what our own grammar refuses is a result too. */
  async run(command: string, urgent = false): Promise<CommandResult> {
    const timeoutMs = Math.min(LINE_MS, this.leftMs);
    if (timeoutMs <= 0) return unsent(command, 'no time left');
    return await this.device
      .run(this.via, command, { timeoutMs, urgent })
      .catch((error: unknown) => unsent(command, asSpitrapError(error).message));
  }

  async configure(lines: readonly string[]): Promise<CommandResult> {
    const timeoutMs = Math.min(2 * LINE_MS, this.leftMs);
    const command = lines.join(' / ');
    if (timeoutMs <= 0) return unsent(command, 'no time left');
    return await this.device
      .configure(this.via, lines, { timeoutMs })
      .catch((error: unknown) => unsent(command, asSpitrapError(error).message));
  }

  /** `show debugging`. */
  async debugs(urgent = false): Promise<Read<readonly DebugFlag[]>> {
    const { showDebugging, parsers } = this.device.platform;
    const result = await this.run(showDebugging, urgent);
    if (result.status !== 'ok') return { value: null, why: said(result) };
    const { value, unread } = parsers.debugging(result.output);
    return unread.length > 0 ? { value: null, why: notUnderstood(showDebugging, unread[0]!.text) } : { value, why: null };
  }

  /** The crypto debug conditions, everybody's. */
  async conditions(): Promise<Read<DebugConditions>> {
    const { arming, parsers } = this.device.platform;
    const result = await this.run(arming.ask.conditions);
    if (result.status !== 'ok') return { value: null, why: said(result) };
    const { value, unread } = parsers.conditions(result.output);
    if (unread.length > 0) return { value: null, why: notUnderstood(result.command, unread[0]!.text) };
    return value.conditional === null
      ? { value: null, why: `${result.command}: it did not say whether there are any` }
      : { value, why: null };
  }

  /** Canonical addresses of conditions such as ours. */
  addressesOf({ filters }: DebugConditions): string[] {
    return filters.flatMap((filter) => this.device.platform.arming.conditionAddress(filter) ?? []);
  }

  /** Null: taken without complaint. Else what came back. */
  complaint(result: CommandResult): string | null {
    if (result.status !== 'ok') return said(result);
    const question = this.question(result);
    if (question !== null) return `${result.command}: the device asked ${quoted(question)}, and was told no`;
    if (!this.device.platform.arming.complaint.test(result.output)) return null;
    return `${result.command}: the device said ${quoted(result.output.trim())}`;
  }

  /** The device asked whether it should; it was told no (dialogue.ts). Null: it did not ask. */
  question(result: CommandResult): string | null {
    const { questions } = this.device.platform.definition;
    return result.output.split('\n').find((line) => questions.some(({ asks }) => asks.test(line))) ?? null;
  }
}

export const said = (result: CommandResult): string =>
  `${result.command}: ${result.status}${result.detail === null ? '' : ` (${printable(result.detail)})`}`;

const notUnderstood = (command: string, text: string): string => `${command}: line not understood: ${quoted(text.slice(0, 120))}`;

const unsent = (command: string, detail: string): CommandResult => ({
  command,
  status: 'skipped',
  output: '',
  detail,
  sentAt: null,
  sentAtWall: null,
  tookMs: 0,
});
