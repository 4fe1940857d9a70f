/**
 * What loading a configuration needs of this host: files and the environment, injected so that a test can bring its own.
 * The config room's adapter, together with nothing else: load.ts and secrets.ts see only the interface.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';

export interface ConfigHost {
  /** At most `bytesMax` bytes; throws the node error (ENOENT, EACCES, EISDIR), or RangeError when the file is longer. */
  readFile(path: string, bytesMax: number): string;
  /** Names in a folder, in any order; throws the node error (ENOENT, EACCES, ENOTDIR). */
  listFolder(path: string): readonly string[];
  /** Permission bits, 0o600 and the like. */
  permissions(path: string): number;
  environment(name: string): string | undefined;
}

export const thisHost: ConfigHost = {
  readFile(path, bytesMax) {
    // A size of 0 may be a pipe or /dev/stdin (`-c <(sops -d hub.yaml)`): the length is checked after the read too.
    const { size } = statSync(path);
    if (size > bytesMax) throw new RangeError(`${size} bytes, at most ${bytesMax} expected`);
    const text = readFileSync(path, 'utf8');
    if (text.length > bytesMax) throw new RangeError(`more than ${bytesMax} characters`);
    return text;
  },
  listFolder: (path) => readdirSync(path),
  permissions: (path) => statSync(path).mode & 0o777,
  environment: (name) => process.env[name],
};
