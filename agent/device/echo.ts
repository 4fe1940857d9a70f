/**
 * The echo of a command: what the far side shows of our own typing. It may be whole, wrapped over lines, scrolled sideways
 * (`hub#$ peer 11.1.1.3 detail`), and cut by log messages. What stands before it belongs to something earlier. Read by dialogue.ts.
 */
import type { PlatformDefinition } from '../../shared/platforms/platform.ts';
import { type Prompt, startOfPrompt } from './prompt.ts';

export type EchoStep =
  | { readonly kind: 'waiting'; readonly rest: string; readonly foreign: readonly string[] }
  | { readonly kind: 'whole'; readonly foreign: readonly string[] };

/** A scrolled echo shows only its tail; fewer characters could be anything. */
const SCROLLED_TAIL_MIN = 4;

/** `rest`: what of the command has not been seen yet. One completed line a call. */
export function echoStep(definition: PlatformDefinition, at: Prompt, command: string, rest: string, text: string): EchoStep {
  const bare = withoutPrompt(definition, at, text);
  const typed = squeezed(bare);
  const whole = squeezed(command);
  if (typed === '') return { kind: 'waiting', rest, foreign: [] };
  if (typed === whole) return { kind: 'whole', foreign: [] };
  if (typed.startsWith('$') && typed.length > SCROLLED_TAIL_MIN && whole.endsWith(typed.slice(1)))
    return { kind: 'whole', foreign: [] };
  const wanted = squeezed(rest);
  const common = commonPrefix(typed, wanted);
  const remainder = afterCharacters(bare, common);
  // Wrapped: all of the line is the next part. Cut: then a log message follows on the same line.
  if (common > 0 && (remainder.trim() === '' || definition.logLine.test(remainder))) {
    const foreign = remainder.trim() === '' ? [] : [remainder];
    return common === wanted.length ? { kind: 'whole', foreign } : { kind: 'waiting', rest: wanted.slice(common), foreign };
  }
  return { kind: 'waiting', rest, foreign: [bare] };
}

/** The line without our prompt in front of it (the last one, when several stand there); the line itself when there is none. */
export function withoutPrompt(definition: PlatformDefinition, at: Prompt, text: string): string {
  for (let before = text.length; before >= 0; ) {
    const from = startOfPrompt(at, text, before);
    if (from < 0) return text;
    const end = endOfPrompt(text, from);
    if (end > from && isOurs(definition, at, text.slice(from, end)) && text.slice(0, from).trim() === '') return text.slice(end);
    before = from - 1;
  }
  return text;
}

/** Up to and including the `>`, `#` or (of a shell) `$`, `%` that closes a prompt starting at `from`. */
function endOfPrompt(text: string, from: number): number {
  const found = /[>#$%]/.exec(text.slice(from, from + 128));
  return found === null ? from : from + found.index + 1;
}

function isOurs(definition: PlatformDefinition, at: Prompt, text: string): boolean {
  return Object.values(definition.modes).some((mode) => mode.prompt(at.host).test(text));
}

/** A terminal may break a line inside a run of blanks: they do not count. */
const squeezed = (text: string): string => text.replace(/\s+/g, '');

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

/** What is left of the text behind its first `count` characters that are not blank. */
function afterCharacters(text: string, count: number): string {
  let at = 0;
  for (let seen = 0; seen < count && at < text.length; at++) if (!/\s/.test(text[at]!)) seen += 1;
  return text.slice(at);
}
