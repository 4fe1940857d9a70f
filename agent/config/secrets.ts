/**
 * Secrets stand in files or in the environment, never in the configuration: `{ file: path }` or `{ env: NAME }`.
 * Called by schema.ts (the spelling) and assemble.ts (the reading). No message here ever holds a secret.
 */
import { isAbsolute, resolve } from 'node:path';
import type { ConfigHost } from './config-host.ts';
import { type FaultPath, formatPath } from './faults.ts';
import { leaf, Remedy } from './field-notes.ts';

export type SecretRef = { readonly kind: 'file'; readonly file: string } | { readonly kind: 'env'; readonly name: string };

/** A private key with its certificate stays under 16 KiB. */
const SECRET_BYTES_MAX = 64 * 1024;
/** Owner may write, owner and group may read: 0640 and everything narrower. */
const PERMISSIONS_ALLOWED = 0o640;

const SPELLED = '{ file: path } or { env: NAME }';

export const secret = () =>
  leaf<SecretRef>(
    SPELLED,
    (raw) => {
      if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
        return new Remedy(
          'a secret in plain text; move it to a file of its own (chmod 0600) and write { file: NAME }, or export it and write { env: NAME }',
        );
      }
      const { file, env, ...others } = raw as Record<string, unknown>;
      if (Object.keys(others).length > 0 || (file === undefined) === (env === undefined))
        return new Remedy(`exactly one of file and env: ${SPELLED}`);
      if (typeof file === 'string' && file !== '' && !file.includes('\0')) return { kind: 'file', file };
      if (typeof env === 'string' && /^[A-Za-z_]\w{0,127}$/.test(env)) return { kind: 'env', name: env };
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
  /** Filled with every secret that was read. */
  readonly secrets: string[];
  fault(path: FaultPath, remedy: string, code: 'CONFIG_INVALID' | 'SECRET_UNREADABLE'): void;
  warn(message: string): void;
}

/** The secret, or '' after a fault was reported. */
export function readSecret(ref: SecretRef, path: FaultPath, needs: SecretNeeds, reader: SecretReader): string {
  const raw = ref.kind === 'file' ? fromFile(ref.file, path, reader) : fromEnvironment(ref.name, path, reader);
  if (raw === null) return '';
  // Editors and `echo` end a file with a line break that is not part of the secret.
  const value = needs.manyLines ? raw : raw.replace(/\r?\n$/, '');
  const where = ref.kind === 'file' ? 'the file' : 'the variable';
  const faulty = faultIn(value, where, needs);
  if (faulty === null) {
    reader.secrets.push(value);
    return value;
  }
  reader.fault(path, faulty, 'CONFIG_INVALID');
  return '';
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
        `${formatPath(path)}: ${absolute} has permissions ${octal}; a secret is for its owner alone: chmod 0600 ${absolute}`,
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

/** What an errno means to whoever reads the message; paths are relative to the configuration file, which is the usual mistake. */
export function errnoWords(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT') return 'no such file (relative paths start at the configuration file)';
  if (code === 'EACCES') return 'no permission for this user';
  if (code === 'EISDIR') return 'it is a folder';
  if (error instanceof RangeError) return error.message;
  return typeof code === 'string' ? code : 'unknown error';
}
