/**
 * The text of a configuration file as a plain tree, and the line of each path in it. YAML 1.2 core; JSON is a subset of it.
 * Called by load.ts. Messages never quote the text: a secret may stand on the very line.
 */
import { type CST, isMap, isSeq, LineCounter, type Node, Parser, parseDocument, type YAMLError } from 'yaml';
import type { FaultPath } from './faults.ts';

/** A configuration of a hundred peers is about 40 KiB. */
export const configBytesMax = 1024 * 1024;
/** Settings lie at most eight levels deep. */
const DEPTH_MAX = 32;
/** Each use of an anchor multiplies what follows it: a bomb in ten lines otherwise. */
const ALIASES_MAX = 100;

export interface TextFault {
  readonly line: number;
  readonly column: number;
  readonly remedy: string;
}

export type ConfigText =
  | { readonly ok: true; readonly tree: unknown; lineOf(path: FaultPath): number | null }
  | { readonly ok: false; readonly faults: readonly TextFault[] };

export function readConfigText(text: string): ConfigText {
  if (isDeeper(text, DEPTH_MAX)) {
    const remedy = `more than ${DEPTH_MAX} levels of nesting; no setting lies deeper than eight. Is this the right file?`;
    return { ok: false, faults: [{ line: 1, column: 1, remedy }] };
  }
  const lines = new LineCounter();
  // What yaml would warn of on standard error are keys that are no words; the schema says so of each, with its line.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  if (document.errors.length > 0) {
    return { ok: false, faults: document.errors.slice(0, 20).map((error) => textFault(error, lines)) };
  }
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    const remedy = `an alias (*name) without its anchor (&name) before it, or more than ${ALIASES_MAX} aliases; write the value out`;
    return { ok: false, faults: [{ line: 1, column: 1, remedy }] };
  }
  return { ok: true, tree, lineOf: (path) => lineOf(document.contents, path, lines) };
}

/**
 * yaml descends by recursion, and some thousand levels (`[[[[…`) exhaust the stack in the middle of a pattern of its own, which ends the
 * process without a word. Its first stage makes tokens without descending: their depth is looked at before anything else is made of them.
 */
function isDeeper(text: string, depthMax: number): boolean {
  if (!mayBeDeeper(text, depthMax)) return false;
  try {
    return depthOf(text, depthMax) > depthMax;
  } catch {
    // Of block mappings this stage descends too, by some thousands: the stack's end is its only fault.
    return true;
  }
}

/** Each level takes one of these to open it: of thousands of small files (peers-from.ts) none is looked at twice. */
function mayBeDeeper(text: string, depthMax: number): boolean {
  let openers = 0;
  for (let at = 0; at < text.length; at += 1) if ('[{:?-'.includes(text[at]!) && ++openers > depthMax) return true;
  return false;
}

/** Or a depth beyond `depthMax`. */
function depthOf(text: string, depthMax: number): number {
  let deepest = 0;
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const top of new Parser().parse(text)) {
    open.push({ token: top, depth: 0 });
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { token, depth } = next;
      deepest = Math.max(deepest, depth);
      if (depth > depthMax) return depth;
      if (token.type === 'document' && token.value) open.push({ token: token.value, depth });
      if (!('items' in token)) continue;
      for (const { key, value } of token.items)
        for (const inner of [key, value]) if (inner) open.push({ token: inner, depth: depth + 1 });
    }
  }
  return deepest;
}

function textFault(error: YAMLError, lines: LineCounter): TextFault {
  const { line, col } = lines.linePos(error.pos[0]);
  return { line, column: col, remedy: remedies[error.code] ?? `not YAML (${error.code.toLowerCase().replaceAll('_', ' ')})` };
}

const remedies: Partial<Record<string, string>> = {
  DUPLICATE_KEY: 'the key stands twice in this mapping; remove one of the two',
  MISSING_CHAR:
    'a closing quote, bracket or brace, a colon or a comma is missing here (an IPv6 endpoint needs quotes: "[::]:10162")',
  TAB_AS_INDENT: 'a tab as indentation; YAML takes spaces only',
  BAD_INDENT: 'the indentation does not fit the lines above',
  UNEXPECTED_TOKEN: 'something stands here that does not fit; an IPv6 endpoint needs quotes: "[::]:10162"',
  MULTIPLE_DOCS: 'a second document (---) starts here; one file holds one configuration',
  TAG_RESOLVE_FAILED: 'tags (!name) are not used here; remove it',
};

/** The line of the value's key or, for an item of a list, of the item; of the nearest thing above that exists otherwise: null. */
function lineOf(contents: unknown, path: FaultPath, lines: LineCounter): number | null {
  let node: unknown = contents;
  let offset: number | null = null;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === String(part));
      if (!pair) return null;
      offset = (pair.key as Node | null)?.range?.[0] ?? null;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part];
      if (item === undefined) return null;
      offset = (item as Node).range?.[0] ?? null;
      node = item;
    } else {
      return null;
    }
  }
  return offset === null ? null : lines.linePos(offset).line;
}
