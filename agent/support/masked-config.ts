/**
 * A configuration as anybody may see it: the settings of the file, without comments, and in the place of each value that is or may be a secret
 * `<hidden>`. Also of a file that is at fault, where a secret may stand in plain text. Used by collect.ts. Pure.
 */

const HIDDEN = '<hidden>';
/** Settings that hold a secret, in whatever way they are spelled; a reference to one (`{ file: … }`) is none. */
const SECRET = /pass(?:word|phrase|wort|wd)|secret|token|community|psk|api-?key|private-?key|redactionKey|^(?:key|value)$/i;
const REFERENCE = /^(?:file|env|credential)$/;
const URL_WITH_PATH = /\b(https?:\/\/)(?:[^\s/@]*@)?([^\s/?#]+)[/?#][^\s]*/g;
const DEPTH_MAX = 40;

/** `tree`: the file as YAML gives it. */
export function maskedConfig(tree: unknown): unknown {
  return masked(tree, false, 0);
}

function masked(value: unknown, secret: boolean, depth: number): unknown {
  if (depth > DEPTH_MAX) return '<deeper than any configuration>';
  if (Array.isArray(value)) return value.map((item) => masked(item, secret, depth + 1));
  if (typeof value === 'object' && value !== null) return mapping(value, secret, depth);
  if (value === null || typeof value === 'boolean') return value;
  if (secret) return HIDDEN;
  return typeof value === 'string' ? value.replace(URL_WITH_PATH, `$1$2/${HIDDEN}`) : value;
}

function mapping(value: object, secret: boolean, depth: number): Record<string, unknown> {
  const entries = Object.entries(value);
  // Where a secret belongs, only the name of its place is none; an unknown key beside it may be one in plain text.
  const isReference =
    secret && entries.length === 1 && entries.every(([key, name]) => REFERENCE.test(key) && typeof name === 'string');
  if (isReference) return Object.fromEntries(entries);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, masked(key === 'run' ? programAlone(item) : item, secret || SECRET.test(key), depth + 1)]),
  );
}

/** Of an alarm command: what follows the program may be a token. */
const programAlone = (run: unknown): unknown => (Array.isArray(run) && run.length > 1 ? [run[0], HIDDEN] : run);

/** Every place that the file names for a secret, in whatever setting: what stands there must not get out. */
export function secretPlaces(tree: unknown): { readonly kind: 'file' | 'env' | 'credential'; readonly name: string }[] {
  const found: { kind: 'file' | 'env' | 'credential'; name: string }[] = [];
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return;
    for (const [key, item] of Object.entries(value)) {
      if (REFERENCE.test(key) && typeof item === 'string') found.push({ kind: key as 'file' | 'env' | 'credential', name: item });
      look(item, depth + 1);
    }
  };
  look(tree, 0);
  return found;
}

/** Every scalar that stands in plain text where a secret belongs. */
export function plainSecrets(tree: unknown): string[] {
  const found: string[] = [];
  const look = (value: unknown, secret: boolean, depth: number): void => {
    if (depth > DEPTH_MAX) return;
    if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value))
        look(item, (secret && !REFERENCE.test(key)) || SECRET.test(key), depth + 1);
    else if (secret && (typeof value === 'string' || typeof value === 'number')) found.push(String(value));
  };
  look(tree, false, 0);
  return found;
}
