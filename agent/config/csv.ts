/**
 * A table as RFC 4180 writes it: rows end in CRLF or LF, a cell in double quotes may hold commas, line breaks and doubled quotes, a byte
 * order mark is skipped. Spaces around a cell are dropped, and lines with nothing on them: spreadsheets leave both. Called by peer-table.ts.
 */

export interface CsvRow {
  /** Where it begins, from 1; a quoted cell may make a row longer than a line. */
  readonly line: number;
  readonly cells: readonly string[];
}

export type Csv =
  | { readonly ok: true; readonly rows: readonly CsvRow[] }
  /** What could not be read, and where: nothing after it is known to be what it seems. */
  | { readonly ok: false; readonly line: number; readonly remedy: string };

/** Reads to the end or to the first thing that RFC 4180 has no meaning for. One row beyond `rowsMax` is read, so that it is seen. */
export function readCsv(text: string, rowsMax: number): Csv {
  const rows: CsvRow[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  while (at < text.length && rows.length <= rowsMax) {
    const row: { line: number; cells: string[] } = { line, cells: [] };
    for (;;) {
      const cell = readCell(text, at);
      if ('remedy' in cell) return { ok: false, line: line + cell.breaks, remedy: cell.remedy };
      row.cells.push(cell.value);
      line += cell.breaks;
      at = cell.end;
      if (text[at] !== ',') break;
      at += 1;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1;
    at += 1;
    line += 1;
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
  }
  return { ok: true, rows };
}

type Cell =
  | { readonly value: string; readonly end: number; readonly breaks: number }
  | { readonly remedy: string; readonly breaks: number };

const QUOTE = '"';

/** `end`: at the comma, the line break, or the end of the text. */
function readCell(text: string, from: number): Cell {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  if (text[at] !== QUOTE) {
    const end = endOfCell(text, at);
    const value = text.slice(at, end);
    if (value.includes(QUOTE))
      return {
        remedy: 'a double quote inside of a cell without quotes; put the whole cell in quotes and double it ("")',
        breaks: 0,
      };
    return { value: value.trim(), end, breaks: 0 };
  }
  const parts: string[] = [];
  let breaks = 0;
  for (let start = at + 1; ; ) {
    const close = text.indexOf(QUOTE, start);
    if (close < 0) return { remedy: 'a quoted cell begins here and its closing quote is missing', breaks: 0 };
    const part = text.slice(start, close);
    breaks += part.split('\n').length - 1;
    parts.push(part);
    if (text[close + 1] !== QUOTE) {
      const end = endOfCell(text, close + 1);
      if (text.slice(close + 1, end).trim() !== '')
        return {
          remedy: 'something stands between a closing quote and the next comma; double the quotes inside of a cell ("")',
          breaks,
        };
      return { value: parts.join(QUOTE).trim(), end, breaks };
    }
    start = close + 2;
  }
}

function endOfCell(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === ',' || char === '\n' || (char === '\r' && text[at + 1] === '\n')) return at;
  }
  return text.length;
}
