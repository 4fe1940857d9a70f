/** Lines of at most 80 columns and the few colours of the command line. Used by status-text.ts and the subcommands. */

import { printable } from '../../shared/model/printable.ts';

export type Tone = 'plain' | 'strong' | 'good' | 'warn' | 'bad' | 'quiet';
export type Paint = (tone: Tone, text: string) => string;

export const columns = 80;

const CODES: Readonly<Record<Tone, string>> = { plain: '', strong: '1', good: '32', warn: '33', bad: '31', quiet: '2' };

export const noPaint: Paint = (_tone, text) => text;
export const ansiPaint: Paint = (tone, text) => (CODES[tone] === '' ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`);

/**
 * Breaks at spaces; a word longer than a line is cut (a path can still be put together again). The first line starts with `lead`, the
 * others with as many spaces.
 */
export function wrapped(text: string, lead: string, width = columns): string[] {
  const room = Math.max(10, width - lead.length);
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = '';
    }
    while (word.length > room) {
      lines.push(word.slice(0, room));
      word = word.slice(room);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  const indent = ' '.repeat(lead.length);
  return lines.map((part, index) => (index === 0 ? lead : indent) + part);
}

/** An ISO moment as all of the command line shows one: `2026-03-12 18:22:10Z`. */
export const time = (iso: string): string =>
  printable(iso, 30)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
