/**
 * The path of the control socket. A Unix socket address holds 107 bytes (unix(7)), a dataDir may be longer: on Linux the folder is then
 * opened and named through /proc/self/fd, which is short whatever the folder is called. Part of the control room's adapter.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';

export const socketName = 'control.sock';
const ADDRESS_BYTES_MAX = 107;

export interface SocketPath {
  /** The file, for people and for fs. */
  readonly file: string;
  /** What bind and connect get; valid until `release`. */
  readonly address: string;
  release(): void;
}

/** @throws SpitrapError CONTROL_FAILED when the path is too long and this system has no /proc. */
export function socketPath(dataDir: string): SocketPath {
  const file = join(dataDir, socketName);
  if (Buffer.byteLength(file) <= ADDRESS_BYTES_MAX) return { file, address: file, release: () => {} };
  if (!existsSync('/proc/self/fd'))
    throw new SpitrapError(
      'CONTROL_FAILED',
      `${printable(file, 300)} is longer than ${ADDRESS_BYTES_MAX} bytes, the limit of a Unix socket; choose a shorter dataDir`,
    );
  const folder = openSync(dataDir, 'r');
  let open = true;
  return {
    file,
    address: `/proc/self/fd/${folder}/${socketName}`,
    release: () => {
      if (open) closeSync(folder);
      open = false;
    },
  };
}
