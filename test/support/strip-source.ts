/** TypeScript source without comments, and with the insides of strings and regular expressions blanked; line breaks stay. For tidy rules. */

const REGEX_MAY_FOLLOW = /(?:^|[([{,;=:!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|yield|await))\s*$/;

export function stripSource(source: string): string {
  let out = '';
  let at = 0;
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    let end: number;
    if (two === '//') {
      end = source.indexOf('\n', at);
      end = end < 0 ? source.length : end;
      out += blank(source.slice(at, end));
    } else if (two === '/*') {
      end = source.indexOf('*/', at + 2);
      end = end < 0 ? source.length : end + 2;
      out += blank(source.slice(at, end));
    } else if (source[at] === '`') {
      const template = templateEnd(source, at);
      // What stands in ${…} is code, and judged as such.
      out += source
        .slice(at, template)
        .replace(/\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|[^\n]/g, (whole, code: string | undefined) =>
          code === undefined ? ' ' : `  ${stripSource(code)} `.padEnd(whole.length),
        );
      end = template;
    } else if (source[at] === "'" || source[at] === '"') {
      end = quoteEnd(source, at);
      out += source[at]! + blank(source.slice(at + 1, end - 1)) + source[end - 1]!;
    } else if (source[at] === '/' && REGEX_MAY_FOLLOW.test(out.slice(-80))) {
      end = regexEnd(source, at);
      out += `/${blank(source.slice(at + 1, end - 1))}/`;
    } else {
      end = at + 1;
      out += source[at]!;
    }
    at = end;
  }
  return out;
}

function quoteEnd(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === source[start] || source[at] === '\n') return at + 1;
  }
  return source.length;
}

function templateEnd(source: string, start: number): number {
  let depth = 0;
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source.startsWith('${', at)) depth++;
    else if (source[at] === '}' && depth > 0) depth--;
    else if (source[at] === '`' && depth === 0) return at + 1;
    else if (source[at] === '`') at = templateEnd(source, at) - 1;
  }
  return source.length;
}

function regexEnd(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length && source[at] !== '\n'; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === '[') inClass = true;
    else if (source[at] === ']') inClass = false;
    else if (source[at] === '/' && !inClass) return at + 1;
  }
  return start + 1;
}
