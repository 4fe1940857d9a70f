/**
 * The one error class. Everything that can fail on the outside ends here, with a stable code that docs/errors.md explains
 * (test/tidy.test.ts holds that page against this list) and a message that says what was tried, where, what came back,
 * and what happens next.
 */
export const errorCodes = [
  // configuration and command line
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'SECRET_UNREADABLE',
  'USAGE',
  // this host
  'DATADIR_UNWRITABLE',
  'ALREADY_RUNNING',
  'NOT_RUNNING',
  'LISTEN_REFUSED',
  'DISK_FAILED',
  'CONTROL_FAILED',
  // sources
  'FILE_UNREADABLE',
  'LINES_UNREAD',
  'TLS_CREDENTIALS_REFUSED',
  'SNMP_POLL_FAILED',
  // the device
  'SSH_UNREACHABLE',
  'SSH_AUTH_REFUSED',
  'SSH_HOST_KEY_REFUSED',
  'SSH_NO_COMMON_ALGORITHM',
  'SSH_CLOSED',
  'ENABLE_REFUSED',
  'PROMPT_TIMEOUT',
  'COMMAND_TIMEOUT',
  'COMMAND_OUTSIDE_GRAMMAR',
  'NO_FREE_VTY',
  'LOGIN_BACKOFF',
  'ARM_REFUSED',
  'RELOAD_REFUSED',
  'RUNNING_CONFIG_REFUSED',
  'CAPTURE_REFUSED',
  // signals
  'SEND_FAILED',
  'SNMP_REFUSED',
  'SNMP_TIMEOUT',
  'SIGNAL_UNENCODABLE',
  // alarms
  'ALARM_UNDELIVERED',
  // evidence
  'BUNDLE_DAMAGED',
  'PEER_UNANSWERED',
  'INCIDENT_UNKNOWN',
  'REPORT_FAILED',
  // the fleet
  'ENGINE_FAILED',
  'INDEX_FAILED',
  'INDEX_UNREADABLE',
  // the lab
  'LAB_FAILED',
  // ours
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** May the same thing be tried again later with a chance of success? */
  readonly retryable?: boolean;
  /** Facts for the log, never a secret. */
  readonly context?: Readonly<Record<string, string | number | boolean | null>>;
  readonly cause?: unknown;
}

export class SpitrapError extends Error {
  override readonly name = 'SpitrapError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, string | number | boolean | null>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.context = details.context ?? {};
  }
}

export function isSpitrapError(error: unknown, code?: ErrorCode): error is SpitrapError {
  return error instanceof SpitrapError && (code === undefined || error.code === code);
}

/** Any thrown thing as one of ours: what is not a SpitrapError is our own bug (INTERNAL). */
export function asSpitrapError(error: unknown, code: ErrorCode = 'INTERNAL'): SpitrapError {
  if (error instanceof SpitrapError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new SpitrapError(code, message, { cause: error });
}

/** The default branch of an exhaustive switch: the compiler refuses it when a case is missing. */
export function assertNever(value: never): never {
  throw new SpitrapError('INTERNAL', `unexpected case ${JSON.stringify(value)}`);
}
