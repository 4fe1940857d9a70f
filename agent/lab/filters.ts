/**
 * Output modifiers: `show … | include|exclude|begin|section|count REGEX` and `| append|redirect|tee FILE`, with regular
 * expressions as IOS takes them ("Regular Expressions", IOS Terminal Services). Used by exec.ts.
 */
export type LineFilter =
  | { readonly kind: 'include' | 'exclude' | 'begin' | 'section' | 'section-exclude' | 'count'; readonly pattern: RegExp }
  | { readonly kind: 'append' | 'redirect' | 'tee' | 'tee-append'; readonly url: string };

export type FilterParse =
  | { readonly kind: 'none' }
  | { readonly kind: 'filter'; readonly filter: LineFilter; readonly expanded: string }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'ambiguous' }
  /** Offset into the typed line. */
  | { readonly kind: 'invalid'; readonly offset: number }
  | { readonly kind: 'bad-pattern' };

const WORDS = ['append', 'begin', 'count', 'exclude', 'include', 'redirect', 'section', 'tee'] as const;

/** Cuts the line at its first pipe after white space; the command itself is the caller's. */
export function splitPipe(typed: string): { command: string; pipeAt: number | null } {
  const match = /\s\|/.exec(typed);
  if (!match) return { command: typed, pipeAt: null };
  return { command: typed.slice(0, match.index), pipeAt: match.index + 1 };
}

export function parseFilter(typed: string, pipeAt: number): FilterParse {
  const rest = typed.slice(pipeAt + 1);
  const word = /^\s*(\S+)/.exec(rest);
  if (!word) return { kind: 'incomplete' };
  const given = word[1]!.toLowerCase();
  const candidates = WORDS.filter((each) => each.startsWith(given));
  if (candidates.length > 1) return { kind: 'ambiguous' };
  const name = candidates[0];
  if (!name) return { kind: 'invalid', offset: pipeAt + 1 + rest.indexOf(word[1]!) };
  let argument = rest.slice(word[0].length).replace(/^\s+/, '');
  if (argument === '') return { kind: 'incomplete' };
  const expanded = `| ${name} ${argument}`;
  if (name === 'append' || name === 'redirect') return { kind: 'filter', filter: { kind: name, url: argument.trim() }, expanded };
  if (name === 'tee') {
    const append = /^\/a(?:ppend)?\s+/.exec(argument);
    const url = (append ? argument.slice(append[0].length) : argument).trim();
    return { kind: 'filter', filter: { kind: append ? 'tee-append' : 'tee', url }, expanded };
  }
  let kind: 'include' | 'exclude' | 'begin' | 'section' | 'section-exclude' | 'count' = name;
  if (name === 'section') {
    const sub = /^(i(?:nclude)?|e(?:xclude)?)\s+(?=\S)/.exec(argument);
    if (sub) {
      argument = argument.slice(sub[0].length);
      if (sub[1]!.startsWith('e')) kind = 'section-exclude';
    }
  }
  const pattern = iosRegex(argument);
  return pattern ? { kind: 'filter', filter: { kind, pattern }, expanded } : { kind: 'bad-pattern' };
}

/**
 * An IOS regular expression: `. * + ? ^ $ [ ] ( ) | _` and `\`; braces are plain characters; `_` stands for a separator,
 * the beginning or the end (and, so that `CONFIG_I` finds itself, an underscore). Case counts. Null: it does not compile.
 */
export function iosRegex(source: string): RegExp | null {
  let out = '';
  let inClass = false;
  for (let i = 0; i < source.length; i += 1) {
    const char = source[i]!;
    if (char === '\\' && i + 1 < source.length) {
      i += 1;
      out += source[i]!.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
    } else if (inClass) {
      if (char === ']') inClass = false;
      out += char === '[' ? '\\[' : char;
    } else if (char === '[') {
      inClass = true;
      out += char;
    } else if (char === '{' || char === '}') out += `\\${char}`;
    else if (char === '_') out += '(?:^|$|[,{}()_ ])';
    else out += char;
  }
  try {
    return new RegExp(out);
  } catch {
    return null;
  }
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** What of the output reaches the terminal. File modifiers are exec.ts's. */
export function applyFilter(filter: LineFilter, lines: readonly string[]): string[] {
  switch (filter.kind) {
    case 'include':
      return lines.filter((line) => filter.pattern.test(line));
    case 'exclude':
      return lines.filter((line) => !filter.pattern.test(line));
    case 'begin': {
      const first = lines.findIndex((line) => filter.pattern.test(line));
      return first < 0 ? [] : lines.slice(first);
    }
    case 'count':
      return [`Number of lines which match regexp = ${lines.filter((line) => filter.pattern.test(line)).length}`];
    case 'section':
      return sections(filter.pattern, lines, true);
    case 'section-exclude':
      return sections(filter.pattern, lines, false);
    default:
      return [...lines];
  }
}

/** A section: a matching line and the deeper indented lines under it. */
function sections(pattern: RegExp, lines: readonly string[], keepMatches: boolean): string[] {
  const out: string[] = [];
  let depth = -1;
  for (const line of lines) {
    const indent = indentOf(line);
    const inside = depth >= 0 && indent > depth && line !== '';
    const matches = !inside && pattern.test(line);
    if (!inside) depth = matches ? indent : -1;
    if ((inside || matches) === keepMatches) out.push(line);
  }
  return out;
}
