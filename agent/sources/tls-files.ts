/** The PEM files of a `syslog-tls` source, or of the page: read, judged, and known again when they change. Used by syslog-tls.ts, web/tls.ts and `spitrap check`. */
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import type { TlsFiles } from '../config/config.ts';
import type { TlsCredentials, World } from '../ports.ts';

export interface LoadedFiles {
  readonly credentials: TlsCredentials;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** For people. */
  readonly words: string;
  /** Changes when one of the files does. */
  readonly stamp: string;
}

/** `whose`: `source NAME`, `page`. Rejects with TLS_CREDENTIALS_REFUSED, naming that, the file and what is wrong with it. */
export async function loadTlsFiles(whose: string, files: TlsFiles, world: Pick<World, 'disk' | 'tls'>): Promise<LoadedFiles> {
  const stamp = await filesStamp(files, world);
  const certificate = await read(whose, 'certificate', files.certificate, world);
  const key = 'value' in files.key ? files.key.value : await read(whose, 'key', files.key.file, world);
  const clientCa = files.clientCa === null ? null : await read(whose, 'clientCa', files.clientCa, world);
  const credentials = { certificate, key, clientCa };
  try {
    const { subject, validFromMs, validToMs } = world.tls.judge(credentials);
    const words = `certificate ${subject}, until ${new Date(validToMs).toISOString().slice(0, 10)}`;
    return { credentials, validFromMs, validToMs, words, stamp };
  } catch (error) {
    const { message, context } = asSpitrapError(error);
    const file = fileOf(files, String(context['what'] ?? ''));
    throw refused(whose, file === null ? message : `${file}: ${message}`, error);
  }
}

/** Of sizes and times of change; a file that is not there has none. */
export async function filesStamp(files: TlsFiles, { disk }: Pick<World, 'disk'>): Promise<string> {
  const paths = [files.certificate, 'file' in files.key ? files.key.file : null, files.clientCa];
  const looks = await Promise.all(paths.map((path) => (path === null ? null : disk.stat(path).catch(() => null))));
  return looks.map((look) => (look === null ? '-' : `${look.bytes} ${look.modifiedAtMs}`)).join(' / ');
}

function fileOf(files: TlsFiles, what: string): string | null {
  if (what === 'certificate') return files.certificate;
  if (what === 'clientCa') return files.clientCa;
  return what === 'key' && 'file' in files.key ? files.key.file : null;
}

/** More than any chain or bundle of authorities. */
const PEM_BYTES_MAX = 1024 * 1024;

async function read(whose: string, what: string, path: string, { disk }: Pick<World, 'disk'>): Promise<string> {
  const look = await disk.stat(path).catch((error) => {
    throw refused(whose, `${what} can not be read: ${asSpitrapError(error).message}`, error);
  });
  if (look === null) throw refused(whose, `${what} ${path} is not there`);
  if (look.folder || look.bytes > PEM_BYTES_MAX) throw refused(whose, `${what} ${path} is no PEM file`);
  const bytes = await disk.readFile(path).catch((error) => {
    throw refused(whose, `${what} can not be read: ${asSpitrapError(error).message}`, error);
  });
  return bytes.toString('utf8');
}

const refused = (whose: string, why: string, cause?: unknown): SpitrapError =>
  new SpitrapError('TLS_CREDENTIALS_REFUSED', `${whose}: ${why}`, { ...(cause !== undefined && { cause }) });
