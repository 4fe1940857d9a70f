/**
 * `peersFrom.table`: a CSV with a header row, and the template that makes a peer of each of its rows. What is wrong is told with row, line
 * and column. Called by peers-from.ts.
 */
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { type CsvRow, readCsv } from './csv.ts';
import type { FaultPath } from './faults.ts';
import { columnsAt, compileTemplate, fillTemplate, type TemplateFault } from './peer-template.ts';

export interface TableFault {
  /** Null: of the table as a whole, or before its first row. The header is no row. */
  readonly row: number | null;
  readonly line: number;
  readonly remedy: string;
}

export interface PeerTable {
  readonly peers: readonly {
    readonly row: number;
    readonly line: number;
    readonly raw: unknown;
    readonly faults: readonly TemplateFault[];
  }[];
  readonly faults: readonly TableFault[];
  /** Of the template itself. */
  readonly templateFaults: readonly TemplateFault[];
  /** Null: nothing in the template stands there. */
  columnsAt(path: FaultPath): readonly string[] | null;
}

export function readPeerTable(text: string, template: unknown): PeerTable {
  const csv = readCsv(text, limits.peersMax + 1);
  if (!csv.ok) return unread([{ row: null, line: csv.line, remedy: csv.remedy }]);
  const [header, ...rows] = csv.rows;
  if (header === undefined)
    return unread([{ row: null, line: 1, remedy: 'is empty; its first row names the columns, such as name,tunnel,agent' }]);
  const headerFault = faultOfHeader(header);
  if (headerFault !== null) return unread([{ row: null, line: header.line, remedy: headerFault }]);
  if (rows.length > limits.peersMax)
    return unread([
      { row: null, line: rows.at(-1)!.line, remedy: `has more than ${limits.peersMax} rows; an agent takes no more peers` },
    ]);
  const columns = header.cells;
  const { template: compiled, faults: templateFaults } = compileTemplate(template, columns);
  const faults: TableFault[] = [];
  const peers = rows.flatMap((row, index) => {
    const faulty = faultOfRow(row, columns);
    if (faulty !== null) faults.push({ row: index + 1, line: row.line, remedy: faulty });
    // What a template with a fault in it makes of a row says nothing about the row.
    if (faulty !== null || templateFaults.length > 0) return [];
    const cells = new Map(columns.map((column, at) => [column, row.cells[at]!]));
    const { peer, faults: filling } = fillTemplate(compiled, cells);
    return [{ row: index + 1, line: row.line, raw: peer, faults: filling }];
  });
  if (rows.length === 0) faults.push({ row: null, line: header.line, remedy: 'has a header and no row: no peer comes of it' });
  return { peers, faults, templateFaults, columnsAt: (path) => columnsAt(compiled, path) };
}

const unread = (faults: readonly TableFault[]): PeerTable => ({ peers: [], faults, templateFaults: [], columnsAt: () => null });

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function faultOfHeader({ cells }: CsvRow): string | null {
  if (cells.length === 1 && cells[0]!.includes(';'))
    return 'its columns are separated by semicolons; export it with commas (RFC 4180)';
  if (cells.length > limits.peerTableColumnsMax)
    return `has ${cells.length} columns, at most ${limits.peerTableColumnsMax} are read`;
  const nameless = cells.indexOf('');
  if (nameless >= 0) return `column ${nameless + 1} has no name in the header; name it, or take it out`;
  const odd = cells.find((name) => /[{}]/.test(name) || CONTROL.test(name) || name.length > limits.peerTableNameCharsMax);
  if (odd !== undefined)
    return `${JSON.stringify(printable(odd, 60))} is no name of a column: no braces, no line breaks, ${limits.peerTableNameCharsMax} characters at most`;
  const twice = cells.find((name, index) => cells.indexOf(name) < index);
  return twice === undefined ? null : `the column ${printable(twice, 60)} stands twice in the header; which of them is meant?`;
}

function faultOfRow({ cells }: CsvRow, columns: readonly string[]): string | null {
  if (cells.length !== columns.length)
    return `has ${cells.length} cells where the header names ${columns.length} columns; an empty cell needs its comma, and a comma inside of a cell needs quotes`;
  const long = cells.findIndex((cell) => cell.length > limits.peerTableCellCharsMax);
  if (long >= 0)
    return `column ${printable(columns[long]!, 60)} has ${cells[long]!.length} characters, at most ${limits.peerTableCellCharsMax} are read`;
  const odd = cells.findIndex((cell) => CONTROL.test(cell));
  return odd < 0 ? null : `column ${printable(columns[odd]!, 60)} holds a control character or a line break; remove it`;
}
