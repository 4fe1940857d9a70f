/** What went wrong on the way to a shell, as our codes: `retryable` says whether the same attempt may succeed later. Used by transport.ts. */
import { SpitrapError } from '../../shared/errors.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import type { ShellTarget } from '../ports.ts';

/** What is known of the attempt when it fails. */
export interface Attempt {
  readonly target: ShellTarget;
  /** `SHA256:…`, once the far end has shown its host key. */
  presentedKey: string | null;
  keyRefused: boolean;
  /** Authentication methods that the far end named. */
  methods: string;
  /** Of each algorithm list, what the far end offered. */
  readonly offers: Map<string, string>;
}

export const where = (target: ShellTarget): string =>
  `${printable(target.address, 80)} port ${target.port}${target.jump ? ` (through ${printable(target.jump.address, 80)})` : ''}`;

/** `error`: as ssh2 emits it, with `level` and sometimes `code`; null when the far end just closed. */
export function sshError(
  attempt: Attempt,
  error: (Error & { readonly level?: string; readonly code?: string }) | null,
): SpitrapError {
  const { target } = attempt;
  if (attempt.keyRefused) return hostKeyError(attempt);
  if (error === null) {
    const what = `${where(target)} closed the connection before the login was done; are all VTY lines taken?`;
    return new SpitrapError('SSH_UNREACHABLE', `${what} Tried again later.`, { retryable: true });
  }
  if (error.level === 'client-authentication') return authError(attempt);
  if (/no matching/i.test(error.message)) return algorithmError(attempt, error);
  const what = whatWentWrong(error);
  return new SpitrapError('SSH_UNREACHABLE', `${where(target)} ${what}${what.endsWith('?') ? '' : '.'} Tried again later.`, {
    retryable: true,
    cause: error,
    context: { level: error.level ?? null, code: error.code ?? null },
  });
}

/** Socket errors carry the level `client-socket` or an errno; what ssh2 could not parse carries `protocol`, `handshake` or nothing. */
function whatWentWrong({ level, code, message }: NonNullable<Parameters<typeof sshError>[1]>): string {
  if (level === 'client-timeout') return 'did not answer in time';
  if (level === 'client-socket' || level === 'client-dns' || code !== undefined) {
    // IOS answers the SYN with a reset while every VTY line is in use: whoever is told to log in there needs to know.
    const hint = code === 'ECONNREFUSED' || code === 'ECONNRESET' ? '; a router without a free VTY line answers so too' : '';
    return `could not be reached: ${quoted(message, 160)}${hint}`;
  }
  return `answered, but not in SSH that we understand: ${quoted(message, 160)}; is it the right port?`;
}

function hostKeyError({ target, presentedKey }: Attempt): SpitrapError {
  const expected = target.hostKeys.length === 0 ? 'none is pinned' : `pinned is ${target.hostKeys.join(' or ')}`;
  const what = `${where(target)} shows the host key ${presentedKey ?? 'unknown'}, but ${expected}`;
  const key = target.hostKeys.length === 0 ? 'it' : 'the new key';
  const remedy = `if ${key} is right, put it in hostKey; nothing was sent`;
  return new SpitrapError('SSH_HOST_KEY_REFUSED', `${what}; ${remedy}.`, { context: { presented: presentedKey } });
}

function authError({ target, methods }: Attempt): SpitrapError {
  const tried = [target.privateKey === undefined ? [] : ['a key'], target.password === undefined ? [] : ['a password']].flat();
  const what = `${where(target)} refused the login of ${quoted(target.user)} by ${tried.join(' and ') || 'nothing: no password and no key is configured'}`;
  return new SpitrapError('SSH_AUTH_REFUSED', `${what}; it offers ${quoted(methods || 'no method', 120)}.`, {
    context: { methods },
  });
}

function algorithmError({ target, offers }: Attempt, error: Error): SpitrapError {
  const offered = [...offers].map(([list, names]) => `${list}: ${printable(names, 400)}`).join('; ');
  const remedy = target.legacy ? 'it needs something we do not have' : 'legacy: true for this device adds the old ones';
  const what = `${where(target)}: ${printable(error.message, 120)}; it offers ${offered || 'nothing we could read'}`;
  return new SpitrapError('SSH_NO_COMMON_ALGORITHM', `${what}; ${remedy}.`, { cause: error });
}

/** The login was accepted and no terminal was given. */
export function noTerminal(target: ShellTarget, error: Error): SpitrapError {
  return new SpitrapError('NO_FREE_VTY', `${where(target)} gave no terminal: ${quoted(error.message, 160)}. Tried again later.`, {
    retryable: true,
    cause: error,
  });
}
