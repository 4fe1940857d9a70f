/** The files that `spitrap eem lint` and `import` are given: running configurations or applets alone, `-` for standard input. */

import type { LintFile } from '../../../shared/eem/lint.ts';
import { readEemConfig } from '../../../shared/eem/read-config.ts';
import { SpitrapError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { printable } from '../../../shared/model/printable.ts';
import type { CliContext } from '../subcommand.ts';

/** @throws SpitrapError USAGE for more than two files, CONFIG_UNREADABLE: both exit with 2, as 1 says that warnings were found. */
export async function readEemFiles(names: readonly string[], context: CliContext): Promise<LintFile[]> {
  if (names.length > 2)
    throw new SpitrapError('USAGE', `${names.length} files; one router’s, or the two of a pair, are looked at in one go`);
  if (new Set(names).size < names.length) throw new SpitrapError('USAGE', 'the same file twice; a pair has two ends');
  const files: LintFile[] = [];
  for (const name of names) {
    const text = (name === '-' ? await fromStdin(context) : fromDisk(name, context)).replace(/^\ufeff/, '');
    if (text.slice(0, 4_096).includes('\u0000'))
      throw unreadable(name, `it is no text; of UTF-16: iconv -f UTF-16 -t UTF-8 ${printable(name)} | spitrap eem …`);
    files.push({ name: name === '-' ? 'standard input' : name, config: readEemConfig(text) });
  }
  return files;
}

const unreadable = (name: string, why: string): SpitrapError =>
  new SpitrapError(
    'CONFIG_UNREADABLE',
    `can not read ${name === '-' ? 'standard input' : printable(name)}: ${why}; nothing was looked at`,
  );

function fromDisk(name: string, { host }: CliContext): string {
  try {
    return host.readFile(name, limits.eemFileBytesMax);
  } catch (error) {
    const errno = (error as { code?: unknown }).code;
    const why =
      errno === 'ENOENT' ? 'no such file' : typeof errno === 'string' ? errno : error instanceof Error ? error.message : '';
    throw unreadable(name, printable(why, 200));
  }
}

async function fromStdin({ stdin }: CliContext): Promise<string> {
  if (stdin.isTty) throw new SpitrapError('USAGE', 'nothing is piped in; … | spitrap eem lint -');
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of stdin.pieces()) {
      bytes += piece.length;
      if (bytes > limits.eemFileBytesMax) throw new RangeError(`more than ${limits.eemFileBytesMax} bytes`);
      pieces.push(piece);
    }
  } catch (error) {
    throw unreadable('-', printable(error instanceof Error ? error.message : String(error), 200));
  }
  return Buffer.concat(pieces).toString('utf8');
}
