/** A Device that answers from a table and keeps what it was sent. For tests of the rooms above the device. */
import type { Device, DeviceStatus, RunOptions, SessionRole, SessionStatus } from '../../agent/device/device.ts';
import type { CommandResult, CommandStatus } from '../../shared/model/capture.ts';
import { monotonic } from '../../shared/model/time.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import type { FakeClock } from './fake-clock.ts';

export type Answer =
  | string
  | { readonly status: CommandStatus; readonly output?: string; readonly detail?: string | null; readonly sent?: boolean };

export class FakeDevice implements Device {
  readonly name = 'hub1';
  readonly platform = platformNamed('cisco-ios')!;
  readonly sent: { readonly session: SessionRole; readonly command: string; readonly options: RunOptions }[] = [];
  answer: (command: string, session: SessionRole) => Answer | Promise<Answer> = () => '';
  reading: DeviceStatus['clock'] = null;
  readonly states: Record<'capture' | 'control', SessionStatus['state']> = { capture: 'ready', control: 'ready' };
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async run(session: SessionRole, command: string, options: RunOptions): Promise<CommandResult> {
    this.sent.push({ session, command, options });
    const sentAt = this.#clock.monotonic();
    const sentAtWall = this.#clock.wall();
    const answer = await this.answer(command, session);
    const {
      status,
      output = '',
      detail = null,
      sent = true,
    } = typeof answer === 'string' ? { status: 'ok' as const, output: answer } : answer;
    return { command, status, output, detail, sentAt: sent ? sentAt : null, sentAtWall: sent ? sentAtWall : null, tookMs: 0 };
  }

  /** One line at a time to `answer`; what is not ok ends the errand. */
  async configure(session: SessionRole, lines: readonly string[], options: RunOptions): Promise<CommandResult> {
    let result: CommandResult | null = null;
    for (const line of lines) {
      result = await this.run(session, line, options);
      if (result.status !== 'ok') break;
    }
    return { ...result!, command: lines.join(' / ') };
  }

  connect(): void {}

  status(): DeviceStatus {
    const { capture, control } = this.states;
    const session = { since: monotonic(0), lastError: null } as const;
    const sessions = { capture: { ...session, state: capture }, control: { ...session, state: control } };
    return { hostname: 'hub1', sessions, refusedLoginsInARow: 0, clock: this.reading };
  }

  onChange(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}

  get commands(): string[] {
    return this.sent.map((line) => `${line.session}: ${line.command}`);
  }
}
