/**
 * Secrets stand in files, in the environment or in systemd's credentials, never in the configuration: `{ file: path }`, `{ env: NAME }`
 * or `{ credential: NAME }` (systemd.exec(5), LoadCredential=: files below $CREDENTIALS_DIRECTORY that the service alone can read).
 * Called by schema.ts (the spelling) and assemble.ts (the reading). No message here ever holds a secret.
 */
import { isAbsolute, resolve } from 'node:path';
import type { ConfigHost } from './config-host.ts';
import { type FaultPath, formatPath } from './faults.ts';
import { leaf, Remedy } from './field-notes.ts';

export type SecretRef =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'credential'; readonly name: string };

/** A private key with its certificate stays under 16 KiB. */
const SECRET_BYTES_MAX = 64 * 1024;
/** Owner may write, owner and group may read: 0640 and everything narrower. */
const PERMISSIONS_ALLOWED = 0o640;

const SPELLED = '{ file: path }, { env: NAME } or { credential: NAME }';
/** What systemd takes as the name of a credential (credential_name_valid: a file name), without the odd ones. */
const CREDENTIAL_NAME = /^[A-Za-z0-9_][\w.@-]{0,127}$/;
const CREDENTIALS_FOLDER = 'CREDENTIALS_DIRECTORY';

export const secret = () =>
  leaf<SecretRef>(
    SPELLED,
    (raw) => {
      if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
        return new Remedy(
          'a secret in plain text; move it to a file of its own (chmod 0600) and write { file: NAME }, or export it and write { env: NAME }',
        );
      }
      const { file, env, credential, ...others } = raw as Record<string, unknown>;
      const given = [file, env, credential].filter((one) => one !== undefined);
      if (Object.keys(others).length > 0 || given.length !== 1)
        return new Remedy(`exactly one of file, env and credential: ${SPELLED}`);
      if (typeof file === 'string' && file !== '' && !file.includes('\0')) return { kind: 'file', file };
      if (typeof env === 'string' && /^[A-Za-z_]\w{0,127}$/.test(env)) return { kind: 'env', name: env };
      if (typeof credential === 'string' && CREDENTIAL_NAME.test(credential)) return { kind: 'credential', name: credential };
      if (credential !== undefined) return new Remedy('credential is the name that the unit gives it: LoadCredential=NAME:/path');
      return new Remedy(
        file === undefined ? 'env is the name of a variable, without $' : 'file is a path, in quotes if it is a number',
      );
    },
    { secret: true },
  );

export interface SecretNeeds {
  /** v3 keys: RFC 3414 §11.2 asks for 8. */
  readonly charactersMin?: number;
  /** A private key keeps its line breaks; anything else is one line. */
  readonly manyLines?: boolean;
}

export interface SecretReader {
  readonly host: ConfigHost;
  /** The folder of the configuration file: relative paths start there. */
  readonly folder: string;
  /** Filled with every secret that was read, once. */
  readonly secrets: string[];
  /** By reference: what thousands of peers share is read once. */
  readonly known?: Map<string, string>;
  /** How a message names the setting at a path; absent: as it stands in the file. */
  readonly where?: (path: FaultPath) => string;
  fault(path: FaultPath, remedy: string, code: 'CONFIG_INVALID' | 'SECRET_UNREADABLE'): void;
  warn(message: string): void;
}

/** The secret, or '' after a fault was reported. */
export function readSecret(ref: SecretRef, path: FaultPath, needs: SecretNeeds, reader: SecretReader): string {
  const name = JSON.stringify([ref, needs]);
  const before = reader.known?.get(name);
  if (before !== undefined) return before;
  const raw = rawSecret(ref, path, reader);
  if (raw === null) return '';
  // Editors and `echo` end a file with a line break that is not part of the secret.
  const value = needs.manyLines ? raw : raw.replace(/\r?\n$/, '');
  const where = { file: 'the file', env: 'the variable', credential: 'the credential' }[ref.kind];
  const faulty = faultIn(value, where, needs);
  if (faulty === null) {
    reader.known?.set(name, value);
    reader.secrets.push(value);
    return value;
  }
  reader.fault(path, faulty, 'CONFIG_INVALID');
  return '';
}

function rawSecret(ref: SecretRef, path: FaultPath, reader: SecretReader): string | null {
  switch (ref.kind) {
    case 'file':
      return fromFile(ref.file, path, reader);
    case 'env':
      return fromEnvironment(ref.name, path, reader);
    case 'credential':
      return fromCredential(ref.name, path, reader);
  }
}

function faultIn(value: string, where: string, needs: SecretNeeds): string | null {
  if (value.trim() === '') return `${where} is empty; put the secret in it`;
  if (value.includes('\0') || value.includes('\ufffd')) return `${where} is not text; write the secret as UTF-8`;
  if (!needs.manyLines && /[\r\n]/.test(value)) return `${where} holds more than one line; a secret is one line`;
  if (!needs.manyLines && value !== value.trim()) return `the secret in ${where} begins or ends with a space; remove it`;
  if (needs.charactersMin !== undefined && value.length < needs.charactersMin)
    return `the key has ${value.length} characters; RFC 3414 asks for ${needs.charactersMin} or more`;
  return null;
}

function fromFile(file: string, path: FaultPath, reader: SecretReader): string | null {
  const absolute = isAbsolute(file) ? file : resolve(reader.folder, file);
  try {
    const text = reader.host.readFile(absolute, SECRET_BYTES_MAX);
    const permissions = reader.host.permissions(absolute);
    if ((permissions & ~PERMISSIONS_ALLOWED) !== 0) {
      const octal = permissions.toString(8).padStart(4, '0');
      reader.warn(
        `${reader.where?.(path) ?? formatPath(path)}: ${absolute} has permissions ${octal}; a secret is for its owner alone: chmod 0600 ${absolute}`,
      );
    }
    return text;
  } catch (error) {
    reader.fault(path, `${absolute} can not be read: ${errnoWords(error)}`, 'SECRET_UNREADABLE');
    return null;
  }
}

function fromEnvironment(name: string, path: FaultPath, reader: SecretReader): string | null {
  const value = reader.host.environment(name);
  if (value === undefined) reader.fault(path, `the environment variable ${name} is not set`, 'SECRET_UNREADABLE');
  return value ?? null;
}

/** systemd hands them over at the start of the service: a changed one is there after the next start. */
function fromCredential(name: string, path: FaultPath, reader: SecretReader): string | null {
  const folder = reader.host.environment(CREDENTIALS_FOLDER) ?? '';
  if (!isAbsolute(folder)) {
    const remedy = `at a terminal: ${CREDENTIALS_FOLDER}=FOLDER spitrap …, with a file ${name} in it`;
    const why = `${CREDENTIALS_FOLDER} is not set: credentials are there under a systemd unit with LoadCredential=${name}:/path`;
    reader.fault(path, `the credential ${name}: ${why}; ${remedy}`, 'SECRET_UNREADABLE');
    return null;
  }
  try {
    // No word on its permissions: the folder is systemd's, and nobody else's.
    return reader.host.readFile(resolve(folder, name), SECRET_BYTES_MAX);
  } catch (error) {
    const absent = (error as { code?: unknown }).code === 'ENOENT';
    const why = absent ? `not in ${folder}; the unit needs LoadCredential=${name}:/path` : errnoWords(error);
    reader.fault(path, `the credential ${name}: ${why}`, 'SECRET_UNREADABLE');
    return null;
  }
}

/** What an errno means to whoever reads the message; paths are relative to the configuration file, which is the usual mistake. */
export function errnoWords(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT') return 'no such file (relative paths start at the configuration file)';
  if (code === 'EACCES') return 'no permission for this user';
  if (code === 'EISDIR') return 'it is a folder';
  if (error instanceof RangeError) return error.message;
  return typeof code === 'string' ? code : 'unknown error';
}
