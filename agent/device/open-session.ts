/** From nothing to a privileged prompt: connects, waits for the prompt, enables, applies the terminal settings. Called by pool.ts. */
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import { type DurationMs, elapsedMs } from '../../shared/model/time.ts';
import { Session } from './session.ts';
import type { SessionOptions } from './session-options.ts';

const SETTING_MS: DurationMs = 5_000;

/**
 * Logs in, waits for the prompt, becomes privileged, applies the terminal settings (each may be refused).
 * Rejects with the transport's errors, NO_FREE_VTY, PROMPT_TIMEOUT, ENABLE_REFUSED, SSH_CLOSED.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const startedAt = options.clock.monotonic();
  const left = () => Math.max(1, options.loginTimeoutMs - elapsedMs(startedAt, options.clock.monotonic()));
  const shell = await options.transport.open(options.target, { timeoutMs: options.loginTimeoutMs });
  const session = new Session(shell, options);
  try {
    await session.firstPrompt(left());
    await becomePrivileged(session, options, left());
    for (const setting of options.platform.definition.onOpen) {
      await session.run(setting, { timeoutMs: Math.min(SETTING_MS, left()), bytesMax: limits.bannerBytesMax });
    }
    if (session.closed) throw session.closedError(`while it was set up`);
    return session;
  } catch (error) {
    await session.close();
    throw asSpitrapError(error);
  }
}

async function becomePrivileged(session: Session, options: SessionOptions, timeoutMs: DurationMs): Promise<void> {
  const { platform, device, enablePassword } = options;
  const enter = platform.definition.modes.enable.enter;
  const privileged = () => session.mode === 'enable';
  if (privileged() || enter === undefined) return;
  const secret = enter.asks === undefined ? null : { asks: enter.asks, name: 'enable password' };
  const budget = { timeoutMs, bytesMax: limits.bannerBytesMax };
  const result = await session.converse({ command: enter.send, secret }, enablePassword, budget);
  if (privileged()) return;
  if (result.status === 'closed') throw session.closedError(`during ${enter.send}`);
  if (result.status === 'timeout')
    throw new SpitrapError('PROMPT_TIMEOUT', `${device}: ${enter.send}: ${result.detail}`, { retryable: true });
  const said = result.output.trim() === '' ? 'nothing' : quoted(result.output.trim());
  const remedy = enablePassword === null ? 'no enablePassword is configured' : 'check enablePassword';
  throw new SpitrapError('ENABLE_REFUSED', `${device}: ${enter.send} was refused, the device said ${said}; ${remedy}`);
}
