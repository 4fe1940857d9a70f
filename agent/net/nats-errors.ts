/**
 * What the engine's library says, as SpitrapError ENGINE_FAILED: for agent/net/nats.ts and its neighbours. Its own messages hold no credentials
 * (a refused login is `Authorization Violation`), but may quote what a server wrote: bounded and escaped here.
 */
import { SpitrapError } from '../../shared/errors.ts';

/** What to do about it: `away` and `slow` pass, a refusal does not by itself. */
type Sort = { readonly retryable: boolean; readonly words: string };

const WORDS_MAX = 200;

export function engineFailed(what: string, error: unknown, server: string | null): SpitrapError {
  if (error instanceof SpitrapError) return error;
  const { retryable, words } = sortOf(error);
  return new SpitrapError('ENGINE_FAILED', `${what}${server === null ? '' : ` at ${server}`}: ${words}`, {
    retryable,
    context: { server },
    cause: error,
  });
}

/** In words, for a state; never throws. */
export const whyOf = (error: unknown): string => sortOf(error).words;

function sortOf(error: unknown): Sort {
  if (!(error instanceof Error)) return { retryable: true, words: quoted(String(error)) };
  const deepest = rootOf(error);
  const code = (deepest as { code?: unknown }).code;
  switch (error.name) {
    case 'AuthorizationError':
      return { retryable: true, words: 'the login was refused (Authorization Violation)' };
    case 'UserAuthenticationExpiredError':
      return { retryable: true, words: 'the login has expired' };
    case 'TimeoutError':
      return { retryable: true, words: 'no answer in time' };
    case 'ClosedConnectionError':
    case 'DrainingConnectionError':
      return { retryable: true, words: 'the connection was closed' };
    case 'JetStreamNotEnabled':
    case 'NoRespondersError':
      return { retryable: true, words: 'nothing there takes it: no such stream, or no JetStream' };
    case 'PermissionViolationError':
      return { retryable: false, words: permission(error) };
    case 'InvalidArgumentError':
    case 'InvalidSubjectError':
      return { retryable: false, words: quoted(error.message) };
    case 'RequestError':
      return deepest === error ? { retryable: true, words: 'the connection was lost' } : sortOf(deepest);
    case 'StreamNotFoundError':
      return { retryable: true, words: 'no such stream' };
    case 'JetStreamApiError':
      return { retryable: mayPass(error), words: `refused: ${quoted(error.message)}` };
    default:
      return {
        retryable: true,
        words: typeof code === 'string' ? `${quoted(deepest.message)} (${code})` : quoted(deepest.message),
      };
  }
}

/** Of JetStream's refusals the ones that lie in the message itself: too large for the stream, or malformed. All others an operator can mend. */
const mayPass = (error: Error): boolean => {
  const code = (error as Error & { code?: unknown }).code;
  return code !== 10_054 && code !== 10_003;
};

function permission(error: Error): string {
  const { operation, subject } = error as Error & { operation?: unknown; subject?: unknown };
  const verb = operation === 'subscription' ? 'subscribe to' : 'publish to';
  return `the account may not ${verb} ${quoted(String(subject ?? '?'))}`;
}

function rootOf(error: Error): Error {
  let at = error;
  for (let depth = 0; depth < 5 && at.cause instanceof Error; depth++) at = at.cause;
  return at;
}

const quoted = (text: string): string =>
  [...text.slice(0, WORDS_MAX)].map((sign) => (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(sign) ? '�' : sign)).join('');
