/** A path as it was asked for, and the pattern of a route: refused or taken as it stands, never decoded, never normalized. Used by web-server.ts. */
import { Refusal } from './route.ts';

const PATH_CHARS_MAX = 1_024;

/** None of our paths has anything to decode: whatever does was made to be read in two ways. @throws Refusal bad-path */
export function partsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1);
  const good =
    path.length <= PATH_CHARS_MAX && /^(?:\/[\w.-]*)+$/.test(path) && !parts.some((part) => part === '.' || part === '..');
  if (!good) throw new Refusal(400, 'bad-path', 'a path has letters, digits, dot, underscore and hyphen between its slashes');
  return parts;
}

/** What stands for the parts with a colon; null: it does not fit. */
export function matched(pattern: readonly string[], parts: readonly string[]): Readonly<Record<string, string>> | null {
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index];
    if (part === undefined || (part === '' && expected !== '')) return null;
    if (expected.startsWith(':') && expected.endsWith('+')) {
      const rest = parts.slice(index);
      if (rest.includes('')) return null;
      return { ...params, [expected.slice(1, -1)]: rest.join('/') };
    }
    if (expected.startsWith(':')) params[expected.slice(1)] = part;
    else if (expected !== part) return null;
  }
  return parts.length === pattern.length ? params : null;
}
