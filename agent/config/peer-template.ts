/**
 * `peersFrom.template`: a peer as it stands under `peers`, whose values hold `{column}` where a row of the table fills in. `{{` and `}}` are
 * braces. Pure; called by peer-table.ts. Who may write the table shall not choose which file of this host becomes a key: what is filled into
 * a `file` names one in the folder that the template says, and no other.
 */
import { printable } from '../../shared/model/printable.ts';
import { nearest } from './did-you-mean.ts';
import type { FaultPath } from './faults.ts';

export interface TemplateFault {
  /** Within the template, or the peer made of it. */
  readonly path: FaultPath;
  readonly remedy: string;
}

/** Text and columns in turn. */
type Piece = { readonly text: string } | { readonly column: string };
type Node =
  | { readonly kind: 'text'; readonly pieces: readonly Piece[]; readonly inPath: boolean }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [key: string, node: Node])[] }
  /** A number, true, empty: as it is. */
  | { readonly kind: 'other'; readonly value: unknown };

export interface PeerTemplate {
  readonly root: Node;
  /** Columns that it names anywhere. */
  readonly columns: ReadonlySet<string>;
}

/** The template is at fault, or it is good for every row: what it makes of one is judged as a peer is. */
export function compileTemplate(
  raw: unknown,
  columns: readonly string[],
): { readonly template: PeerTemplate; readonly faults: readonly TemplateFault[] } {
  const faults: TemplateFault[] = [];
  const named = new Set<string>();
  const compile = (value: unknown, path: FaultPath): Node => {
    if (typeof value === 'string') {
      const pieces = piecesOf(value, (remedy) => faults.push({ path, remedy }));
      for (const piece of pieces) {
        if (!('column' in piece)) continue;
        if (columns.includes(piece.column)) named.add(piece.column);
        else faults.push({ path, remedy: unknownColumn(piece.column, columns) });
      }
      return { kind: 'text', pieces, inPath: path.at(-1) === 'file' };
    }
    if (Array.isArray(value)) return { kind: 'list', items: value.map((item, index) => compile(item, [...path, index])) };
    if (typeof value !== 'object' || value === null) return { kind: 'other', value };
    return {
      kind: 'mapping',
      entries: Object.entries(value).map(([key, inner]) => [key, compile(inner, [...path, key])] as const),
    };
  };
  return { template: { root: compile(raw, []), columns: named }, faults };
}

function unknownColumn(column: string, columns: readonly string[]): string {
  const near = nearest(column, columns);
  const known = columns.map((name) => printable(name, 40)).join(', ');
  return `the table has no column {${printable(column, 40)}}; ${near === null ? `its columns: ${printable(known, 300)}` : `did you mean {${near}}?`} (a brace itself is written {{ or }})`;
}

/** `{name}-{{lab}}` is a column and the text `-{lab}`. */
function piecesOf(text: string, fault: (remedy: string) => void): Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      plain += char;
      at += 2;
    } else if (char === '{') {
      const end = text.indexOf('}', at);
      const column = end < 0 ? '' : text.slice(at + 1, end).trim();
      if (column === '' || column.includes('{')) {
        fault('a { without the name of a column and its }; a brace itself is written {{');
        return [{ text }];
      }
      if (plain !== '') pieces.push({ text: plain });
      plain = '';
      pieces.push({ column });
      at = end + 1;
    } else if (char === '}') {
      fault('a } without its {; a brace itself is written }}');
      return [{ text }];
    } else {
      plain += char;
      at += 1;
    }
  }
  if (plain !== '' || pieces.length === 0) pieces.push({ text: plain });
  return pieces;
}

/** A value that comes out empty is left out with its key, as if it stood in no template: then its default counts, or it is missing. */
export function fillTemplate(
  { root }: PeerTemplate,
  cells: ReadonlyMap<string, string>,
): { readonly peer: unknown; readonly faults: readonly TemplateFault[] } {
  const faults: TemplateFault[] = [];
  const fill = (node: Node, path: FaultPath): unknown => {
    switch (node.kind) {
      case 'other':
        return node.value;
      case 'text':
        return fillText(node, path, cells, faults);
      case 'list': {
        const items = node.items.map((item, index) => fill(item, [...path, index])).filter((item) => item !== undefined);
        return items.length === 0 && node.items.length > 0 ? undefined : items;
      }
      case 'mapping': {
        const entries = node.entries
          .map(([key, inner]) => [key, fill(inner, [...path, key])] as const)
          .filter(([, value]) => value !== undefined);
        return entries.length === 0 && node.entries.length > 0 ? undefined : Object.fromEntries(entries);
      }
    }
  };
  return { peer: fill(root, []) ?? {}, faults };
}

function fillText(
  { pieces, inPath }: Node & { readonly kind: 'text' },
  path: FaultPath,
  cells: ReadonlyMap<string, string>,
  faults: TemplateFault[],
): string | undefined {
  let text = '';
  for (const piece of pieces) {
    if ('text' in piece) {
      text += piece.text;
      continue;
    }
    const value = cells.get(piece.column) ?? '';
    const faulty = inPath ? faultInPath(value) : null;
    if (faulty !== null)
      faults.push({ path, remedy: `the cell of column ${printable(piece.column, 40)} is ${quoted(value)}: ${faulty}` });
    text += value;
  }
  const constant = pieces.every((piece) => 'text' in piece);
  return text === '' && !constant ? undefined : text;
}

/** Else `../../etc/hostname` in a cell would make a key of a file that everybody can read, and its holder could stop our debugs. */
function faultInPath(value: string): string | null {
  if (value === '') return 'it names the file of a secret; fill it in';
  if (/[/\0]/.test(value) || value.includes('..') || value.startsWith('.'))
    return 'it becomes part of a path, so it may hold no slash, no “..” and no dot at its begin (a table must not choose another folder); write the folder into the template';
  return null;
}

const quoted = (value: string): string => `"${printable(value, 60)}"`;

/** What the value at `path` of such a peer is made of. Null: the template has nothing there. */
export function columnsAt({ root }: PeerTemplate, path: FaultPath): readonly string[] | null {
  let node: Node | undefined = root;
  for (const part of path) {
    if (node.kind === 'mapping') node = node.entries.find(([key]) => key === part)?.[1];
    else if (typeof part !== 'number') node = undefined;
    // Items that came out empty are not there: which of several this one was is not known. One value stands for a list of it.
    else if (node.kind === 'list' && node.items.length === 1) node = node.items[0];
    if (node === undefined) return null;
  }
  return [...columnsOf(node)];
}

function columnsOf(node: Node): Set<string> {
  switch (node.kind) {
    case 'other':
      return new Set();
    case 'text':
      return new Set(node.pieces.flatMap((piece) => ('column' in piece ? [piece.column] : [])));
    case 'list':
      return new Set(node.items.flatMap((item) => [...columnsOf(item)]));
    case 'mapping':
      return new Set(node.entries.flatMap(([, inner]) => [...columnsOf(inner)]));
  }
}
