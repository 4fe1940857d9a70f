/** Lines of a given width, for the text and for the picture's rows. */

/** At spaces; a word longer than a line is cut. */
export function wrap(text: string, chars: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > chars) {
      lines.push(line);
      line = '';
    }
    while (word.length > chars) {
      lines.push(word.slice(0, chars));
      word = word.slice(chars);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export const COLUMNS = 80;

/** Our own signs; what a device or a person wrote is left as it is. */
const SIGNS: Readonly<Record<string, string>> = {
  '\u2026': '...',
  '\u00b1': '+-',
  '\u2192': '->',
  '\u2194': '<->',
  '\u2248': '~',
  '\u2019': "'",
  '\u2715': 'x',
  '\u2713': 'v',
  '\u26a0': '!',
};
export const ascii = (line: string): string =>
  line.replace(/[\u2026\u00b1\u2192\u2194\u2248\u2019\u2715\u2713\u26a0]/g, (sign) => SIGNS[sign]!);
