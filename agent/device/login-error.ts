/** Why a login ended without a prompt: what IOS says when all lines are taken comes as text, then the connection ends. Used by session.ts. */
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { Platform } from '../../shared/platforms/platform.ts';

/** `tail`: the last lines that came. `closed`: how the session ended. */
export function loginError(device: string, platform: Platform, tail: readonly string[], closed: SpitrapError): SpitrapError {
  const said = tail.filter((line) => line.trim() !== '');
  const full = said.find((line) => platform.definition.noFreeLine.some((pattern) => pattern.test(line)));
  if (full !== undefined)
    return new SpitrapError('NO_FREE_VTY', `${device}: all VTY lines are taken, it said ${quoted(full)}; tried again`, {
      retryable: true,
    });
  const last = said.at(-1);
  if (last === undefined || !isSpitrapError(closed, 'SSH_CLOSED')) return closed;
  return new SpitrapError('SSH_CLOSED', `${closed.message}; the last it said was ${quoted(last)}`, { retryable: true });
}
