/**
 * `peersFrom`: peers beside those in the file itself, from a folder of YAML files and from a table with a template. Its keys, and the
 * gathering of all peers into the one list that load.ts judges as if it stood in the file; where each came from is told when one is at fault.
 */
import { resolve } from 'node:path';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import type { ConfigHost } from './config-host.ts';
import { readConfigText } from './config-text.ts';
import type { FaultPath } from './faults.ts';
import { leaf, mapping, optional, Remedy } from './field-notes.ts';
import { text } from './fields.ts';
import { readPeerTable } from './peer-table.ts';
import { errnoWords } from './secrets.ts';

const peerTemplate = () =>
  leaf('mapping, a peer as under `peers`', (raw): object | Remedy =>
    typeof raw === 'object' && raw !== null && !Array.isArray(raw)
      ? raw
      : new Remedy('a mapping: one peer as it stands under peers, with {column} where a row of the table fills in'),
  );

export const peersFromField = () =>
  optional(
    mapping({
      directory: optional(
        text('path'),
        'Folder of files `*.yaml`, `*.yml` and `*.json`, one peer in each or a list of them, read in the order of their names. Relative to this file; so are paths in them.',
      ),
      table: optional(
        text('path'),
        'CSV file (RFC 4180, UTF-8) whose first row names the columns; each further row is a peer, as `template` says. Relative to this file.',
      ),
      template: optional(
        peerTemplate(),
        'The peer that a row of `table` makes: the keys of `peers[]`, with `{column}` in their values. `{{` and `}}` are braces; a value that comes out empty is left out.',
      ),
    }),
    'Peers beside those in `peers`: for a hub with hundreds of spokes. Read anew at a reload.',
  );

/** Where a fault of a peer stands that is not in the file itself. */
export interface Place {
  /** As the configuration spells it: `peers.d/spoke7.yaml`, `spokes.csv`; null: in the configuration itself, in its template. */
  readonly file: string | null;
  readonly line: number | null;
  /** Of a table, from 1; the header is none. */
  readonly row?: number;
  readonly columns?: readonly string[];
  /** In the peer. */
  readonly path: FaultPath;
}

export interface PeerOrigin {
  /** For `check --peers`: `peers.d/spoke7.yaml`, `spokes.csv row 7`. */
  readonly words: string;
  /** Of a table. */
  readonly isRow: boolean;
  place(path: FaultPath): Place;
  /** The template has it for every row alike, or has nothing there. */
  inTemplate(path: FaultPath): boolean;
}

export interface GatheredFault {
  /** In the configuration file, when it is there; else `place` says where. */
  readonly path: FaultPath;
  readonly place: Place | null;
  readonly remedy: string;
}

export interface GatheredPeers {
  /** The tree with all peers under `peers`. */
  readonly tree: Record<string, unknown>;
  readonly faults: readonly GatheredFault[];
  readonly warnings: readonly string[];
  /** Of `peers[index]`; null: in the file itself. */
  originOf(index: number): PeerOrigin | null;
}

const FILE_NAME = /\.(ya?ml|json)$/i;
const NAMES_TOLD_MAX = 5;

/** `tree` is returned as it is when nothing is to be gathered. */
export function gatherPeers(tree: Record<string, unknown>, folder: string, host: ConfigHost): GatheredPeers {
  const from = tree['peersFrom'];
  const inline = tree['peers'] ?? [];
  // What is not even a mapping, or a list, is a fault of the schema's.
  if (!isMapping(from) || !Array.isArray(inline)) return { tree, faults: [], warnings: [], originOf: () => null };
  const gathering = new Gathering(folder, host, inline.length);
  const { directory, table, template } = from;
  if (isPath(directory)) gathering.directory(directory);
  if (isPath(table)) {
    if (isMapping(template)) gathering.table(table, template);
    else if (template === undefined || template === null)
      gathering.fault(
        ['peersFrom', 'template'],
        'is missing; it says what peer a row makes: name: "{name}", send: ["{agent}:10162"], …',
      );
  } else if (template !== undefined && template !== null && (table === undefined || table === null))
    gathering.fault(['peersFrom', 'template'], 'a template without a table; give table: FILE.csv, or take it out');
  if ([directory, table, template].every((value) => value === undefined || value === null))
    gathering.fault(['peersFrom'], 'says nothing; give directory: peers.d, or table: spokes.csv and a template');
  const { peers, origins, faults, warnings } = gathering;
  return {
    tree: { ...tree, peers: [...inline, ...peers] },
    faults,
    warnings,
    originOf: (index) => origins[index - inline.length] ?? null,
  };
}

class Gathering {
  readonly peers: unknown[] = [];
  /** Of each of them. */
  readonly origins: PeerOrigin[] = [];
  readonly faults: GatheredFault[] = [];
  readonly warnings: string[] = [];
  readonly #folder: string;
  readonly #host: ConfigHost;
  readonly #before: number;
  #bytes = 0;

  constructor(folder: string, host: ConfigHost, before: number) {
    this.#folder = folder;
    this.#host = host;
    this.#before = before;
  }

  fault(path: FaultPath, remedy: string, place: Place | null = null): void {
    this.faults.push({ path, place, remedy });
  }

  directory(spelled: string): void {
    const path: FaultPath = ['peersFrom', 'directory'];
    const folder = resolve(this.#folder, spelled);
    let names: readonly string[];
    try {
      names = this.#host.listFolder(folder);
    } catch (error) {
      const why = (error as { code?: unknown }).code === 'ENOTDIR' ? 'it is a file, not a folder' : errnoWords(error);
      this.fault(path, `${printable(folder, 200)} can not be read: ${why}`);
      return;
    }
    const others = names.filter((name) => !FILE_NAME.test(name) && !name.startsWith('.'));
    if (others.length > 0) this.warnings.push(notRead(spelled, others));
    const files = names.filter((name) => FILE_NAME.test(name) && !name.startsWith('.')).sort();
    if (files.length === 0)
      this.warnings.push(
        `peersFrom.directory: ${spelled} holds no file whose name ends in .yaml, .yml or .json: no peer comes of it`,
      );
    if (files.length > limits.peersMax) {
      this.fault(path, `${files.length} files, an agent takes at most ${limits.peersMax} peers`);
      return;
    }
    for (const name of files) {
      const text = this.#read(path, resolve(folder, name), `${spelled.replace(/\/+$/, '')}/${name}`, limits.peerFileBytesMax);
      if (text === 'enough') return;
      if (text !== null) this.#peersOf(text, `${spelled.replace(/\/+$/, '')}/${name}`);
    }
  }

  #peersOf(text: string, file: string): void {
    const read = readConfigText(text);
    if (!read.ok) {
      for (const { line, remedy } of read.faults) this.fault([], remedy, { file, line, path: [] });
      return;
    }
    const { tree } = read;
    const isList = Array.isArray(tree);
    if (!isList && !isMapping(tree)) {
      this.fault([], 'one peer is expected (name: …, cryptoAddresses: …), or a list of them', { file, line: 1, path: [] });
      return;
    }
    for (const [index, raw] of (isList ? (tree as unknown[]) : [tree]).entries()) {
      const within: FaultPath = isList ? [index] : [];
      this.#add(raw, {
        words: isList ? `${file} [${index}]` : file,
        isRow: false,
        inTemplate: () => false,
        place: (path) => {
          // Read again: the lines of thousands of files are not kept for the one that is at fault.
          const again = readConfigText(text);
          return { file, line: again.ok ? again.lineOf([...within, ...path]) : null, path: [...within, ...path] };
        },
      });
    }
  }

  table(spelled: string, template: Record<string, unknown>): void {
    const path: FaultPath = ['peersFrom', 'table'];
    const text = this.#read(path, resolve(this.#folder, spelled), spelled, limits.peerTableBytesMax);
    if (text === null || text === 'enough') return;
    const table = readPeerTable(text, template);
    for (const { path: at, remedy } of table.templateFaults) this.fault(['peersFrom', 'template', ...at], remedy);
    for (const { row, line, remedy } of table.faults)
      this.fault([], remedy, { file: spelled, line, path: [], ...(row === null ? {} : { row }) });
    for (const { row, line, raw, faults } of table.peers) {
      const place = (at: FaultPath): Place => {
        const columns = table.columnsAt(at) ?? [];
        return { file: spelled, line, row, path: at, ...(columns.length === 0 ? {} : { columns }) };
      };
      for (const { path: at, remedy } of faults) this.fault([], remedy, place(at));
      this.#add(raw, {
        words: `${spelled} row ${row}`,
        isRow: true,
        place,
        inTemplate: (at) => (table.columnsAt(at) ?? []).length === 0,
      });
    }
  }

  #add(raw: unknown, origin: PeerOrigin): void {
    this.peers.push(raw);
    this.origins.push(origin);
    if (this.#before + this.peers.length === limits.peersMax + 1)
      this.fault(
        ['peersFrom'],
        `more than ${limits.peersMax} peers in all; an agent takes no more, and nothing was read after ${origin.words}`,
      );
  }

  /** Null: it can not be read, which was told. `enough`: nor shall what follows. */
  #read(path: FaultPath, absolute: string, spelled: string, bytesMax: number): string | null | 'enough' {
    if (this.#before + this.peers.length > limits.peersMax) return 'enough';
    let text: string;
    try {
      text = this.#host.readFile(absolute, bytesMax);
    } catch (error) {
      this.fault(path, `${printable(spelled, 200)} can not be read: ${errnoWords(error)}`);
      return null;
    }
    this.#bytes += text.length;
    if (this.#bytes > limits.peersFromBytesMax) {
      this.fault(
        path,
        `more than ${limits.peersFromBytesMax} bytes of peers in all, at ${printable(spelled, 200)}; is this the right folder?`,
      );
      return 'enough';
    }
    if (!text.includes('\ufffd')) return text;
    this.fault(path, `${printable(spelled, 200)} is not UTF-8; save it as UTF-8`);
    return null;
  }
}

function notRead(folder: string, names: readonly string[]): string {
  const more = names.length > NAMES_TOLD_MAX ? ` and ${names.length - NAMES_TOLD_MAX} more` : '';
  return `peersFrom.directory: not read in ${folder}, as their names end in neither .yaml, .yml nor .json: ${[...names].sort().slice(0, NAMES_TOLD_MAX).join(', ')}${more}`;
}

const isPath = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '' && !value.includes('\0');

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
