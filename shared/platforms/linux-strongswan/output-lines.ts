/** A command's output cut into numbered lines for the parsers of this platform: blank ones out, trailing blanks and CR gone, indents kept. */
import type { Line } from '../platform.ts';

export const dataLines = (output: string): Line[] =>
  output
    .split('\n')
    .map((raw, index) => ({ number: index + 1, text: raw.trimEnd() }))
    .filter(({ text }) => text !== '');
