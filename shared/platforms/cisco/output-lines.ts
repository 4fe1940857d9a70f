/** A command's output cut into numbered lines for the parsers, without what is not output: echo, prompt, the `exec prompt timestamp` preamble. */
import type { Line } from '../platform.ts';

// Load for five secs: 1%/0%; one minute: 2%; five minutes: 3%
// Time source is NTP, 18:56:04.554 EST Mon Oct 17 2016
// No time source, *18:57:38.347 UTC Mon Oct 19 2015
export const PREAMBLE = [/^\s*Load for five secs: /, /^\s*(?:Time source is |No time source, )/];

// Router#show clock          the echo, in a transcript pasted by a person
// show debug
const ECHO = /^\s*(?:[A-Za-z0-9][\w.:/-]{0,62}[>#]\s?)?sh(?:o|ow)?\s+\S/;
// wilson_19#
export const PROMPT = /^[A-Za-z0-9][\w.:/-]{0,62}[>#]\s*$/;

const BLANK = /^\s*$/;

/** Lines that may carry data, with their place in the output (from 1). Trailing blanks and CR are gone, indents stay. */
export function dataLines(output: string): Line[] {
  const lines: Line[] = [];
  let number = 0;
  let first = true;
  for (const raw of output.split('\n')) {
    number += 1;
    const text = raw.trimEnd();
    if (BLANK.test(text) || PROMPT.test(text) || PREAMBLE.some((pattern) => pattern.test(text))) continue;
    if (first && ECHO.test(text)) {
      first = false;
      continue;
    }
    first = false;
    lines.push({ number, text });
  }
  return lines;
}
