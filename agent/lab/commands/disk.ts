/** Files on disk0: `more`, `dir`, `delete`: where Note A's applets leave hub.txt. */
import { fileStamp } from '../box-time.ts';
import { diskPath } from '../disk0.ts';
import type { CommandResult } from '../keyword-tree.ts';
import type { ExecContext } from '../line-state.ts';
import { type ExecCommand, print, quiet } from './result.ts';

const DISK_BYTES = 262_144_000;

function more({ core }: ExecContext, url: string): CommandResult {
  const name = diskPath(url);
  const text = name === null ? null : core.disk.read(name);
  if (text === null) return print([`%Error opening ${url} (No such file or directory)`]);
  return print(text.replace(/\n$/, '').split('\n'));
}

function dir({ core }: ExecContext): CommandResult {
  const files = core.disk.list();
  const used = files.reduce((sum, file) => sum + file.bytes, 0);
  return print([
    'Directory of disk0:/',
    '',
    ...files.map(
      (file, index) =>
        `${String(index + 1).padStart(5)}  -rw-${String(file.bytes).padStart(12)}  ${fileStamp(file.writtenAt)}  ${file.name}`,
    ),
    ...(files.length === 0 ? ['No files in directory'] : []),
    '',
    `${DISK_BYTES} bytes total (${DISK_BYTES - used} bytes free)`,
  ]);
}

function remove({ core }: ExecContext, url: string): CommandResult {
  const name = diskPath(url);
  if (name === null || core.disk.read(name) === null) return print([`%Error deleting ${url} (No such file or directory)`]);
  return {
    kind: 'question',
    prompt: `Delete disk0:/${name}? [confirm]`,
    oneKey: true,
    answer: (text) => {
      if (/^y(?:es)?$/i.test(text.trim())) core.disk.remove(name);
      return quiet;
    },
  };
}

export const diskCommands: readonly ExecCommand[] = [
  { path: 'more WORD', privilege: 15, run: (context, [url]) => more(context, url!) },
  { path: 'dir', run: (context) => dir(context) },
  { path: 'dir WORD', run: (context) => dir(context) },
  { path: 'delete WORD', privilege: 15, run: (context, [url]) => remove(context, url!) },
];
