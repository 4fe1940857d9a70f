/**
 * The raw outputs under a report, folded: every file of the bundles, bounded, with an anchor at each line that is quoted above. What is
 * left out is said, with the number of its lines; the bundle has it.
 */
import { type BundleText, logLineOf } from '../../bundle/bundle-text.ts';
import { limits } from '../../limits.ts';
import type { EndIndex, Quote } from '../case.ts';
import { html, type Markup, told } from './html.ts';
import type { Party } from './names.ts';
import { count } from './words.ts';

interface RawFile {
  readonly file: string;
  readonly title: string;
  readonly note: string | null;
  readonly lines: readonly string[];
  /** 1-based, in the file. */
  readonly lineOf: (index: number) => number;
}

export interface RawEnd {
  readonly party: Party;
  readonly end: EndIndex;
  readonly files: readonly RawFile[];
}

export function rawEnds(parties: readonly Party[]): RawEnd[] {
  return parties.flatMap((party) =>
    party.end === null || party.bundle === null ? [] : [{ party, end: party.end.index, files: filesOf(party.bundle) }],
  );
}

function filesOf(bundle: BundleText): RawFile[] {
  const { log, logRuns, incident, captures } = bundle;
  const logFile: RawFile = {
    file: 'device.log',
    title: 'device.log',
    note: incident.log.skippedBytes > 0 ? `${incident.log.skippedBytes} older bytes were not kept` : null,
    lines: log,
    lineOf: (index) => logLineOf(logRuns, index),
  };
  const outputs = captures.map(({ entry, file, text, firstLine }): RawFile => {
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    const note = entry.status === 'ok' ? null : `${entry.status}${entry.detail === null ? '' : `: ${told(entry.detail, 200)}`}`;
    return { file: file ?? '', title: entry.command, note, lines, lineOf: (index) => firstLine + index };
  });
  const story: RawFile = {
    file: 'incident.json',
    title: 'incident.json',
    note: null,
    lines: bundle.incidentLines,
    lineOf: (index) => index + 1,
  };
  return [logFile, ...outputs, ...(bundle.incidentLines.length > 0 ? [story] : [])];
}

/** Where quotes of the page may jump to: only lines that are really there. */
export class Anchors {
  readonly #ids = new Map<string, string>();
  readonly #files = new Map<string, string>();

  constructor(ends: readonly RawEnd[], quotes: readonly Quote[]) {
    const wanted = new Map<string, Set<number>>();
    for (const { end, file, line } of quotes) {
      const key = `${end} ${file}`;
      wanted.set(key, (wanted.get(key) ?? new Set()).add(line));
    }
    for (const [endAt, { end, files }] of ends.entries())
      for (const [fileAt, { file, lines, lineOf }] of files.entries()) {
        this.#files.set(`${end} ${file}`, `e${endAt}f${fileAt}`);
        const lineNumbers = wanted.get(`${end} ${file}`);
        if (lineNumbers === undefined) continue;
        const there = new Set<number>();
        for (const index of lines.keys()) {
          const line = lineOf(index);
          if (!lineNumbers.has(line) || there.size >= limits.reportAnchorsPerFileMax) continue;
          there.add(line);
          this.#ids.set(`${end} ${file} ${line}`, `e${endAt}f${fileAt}l${line}`);
        }
      }
  }

  /** Of the whole file; null: it is not in the report. */
  fileIdOf({ end, file }: Pick<Quote, 'end' | 'file'>): string | null {
    return this.#files.get(`${end} ${file}`) ?? null;
  }

  /** Null: that line is not in the report. */
  idOf({ end, file, line }: Pick<Quote, 'end' | 'file' | 'line'>): string | null {
    return this.#ids.get(`${end} ${file} ${line}`) ?? null;
  }
}

/** Lines kept before and after one that is quoted, and of the beginning. */
const AROUND = 12;

export function rawOutputs(ends: readonly RawEnd[], anchors: Anchors): Markup {
  const lengths = { left: limits.reportRawCharsMax };
  return html`${ends.map(
    ({ party, end, files }, endAt) => html`<h3 class="l${endAt}">${party.name}: ${files.length} files</h3>
${files.map((file) => oneFile(file, end, anchors, lengths))}`,
  )}`;
}

function oneFile(file: RawFile, end: EndIndex, anchors: Anchors, room: { left: number }): Markup {
  const ids = file.lines.map((_, index) => anchors.idOf({ end, file: file.file, line: file.lineOf(index) }));
  const keep = kept(file.lines, ids, room);
  const runs = runsOf(keep);
  const quoted = ids.filter((id) => id !== null).length;
  const cut = file.lines.length - keep.filter(Boolean).length;
  return html`<details class="raw" id="${anchors.fileIdOf({ end, file: file.file })}"><summary><code>${told(file.title, 120)}</code> <span class="m">${count(file.lines.length, 'line')}${cut > 0 && `, ${cut} left out`}${quoted > 0 && `, ${quoted} quoted`}${file.note !== null && `, ${told(file.note, 240)}`}</span></summary>
${file.lines.length === 0 && html`<p class="m">Nothing came.</p>`}${runs.map(({ from, to, left }) => html`${left > 0 && html`<p class="cut">${left} lines left out here; ${told(file.file, 120)} in the bundle has them</p>`}${to > from && html`<pre tabindex="0" aria-label="${told(file.title, 80)}, from line ${file.lineOf(from)}">${file.lines.slice(from, to).map((line, at) => oneLine(line, file.lineOf(from + at), ids[from + at] ?? null))}</pre>`}`)}</details>`;
}

const oneLine = (line: string, number: number, id: string | null): Markup =>
  id === null
    ? html`${shown(line)}${newline}`
    : html`<mark id="${id}" tabindex="-1" data-n="${number}">${shown(line)}</mark>${newline}`;

/** A line break of our own: those of the device are escaped. */
const newline = html`
`;
const shown = (line: string): string => told(line.replaceAll('\t', '        '), limits.reportLineCharsMax);

/** Which lines stay: all, when there is room; else the beginning, and those around each that is quoted. */
function kept(lines: readonly string[], ids: readonly (string | null)[], room: { left: number }): boolean[] {
  const size = lines.reduce((sum, line) => sum + Math.min(line.length, limits.reportLineCharsMax) + 1, 0);
  const keep = new Array<boolean>(lines.length).fill(size <= Math.min(room.left, limits.reportFileCharsMax));
  if (keep[0] !== true) {
    keep.fill(true, 0, AROUND);
    for (const [index, id] of ids.entries()) if (id !== null) keep.fill(true, Math.max(0, index - AROUND), index + AROUND + 1);
  }
  const used = lines.reduce(
    (sum, line, index) => sum + (keep[index] ? Math.min(line.length, limits.reportLineCharsMax) + 1 : 0),
    0,
  );
  room.left = Math.max(0, room.left - used);
  return keep;
}

interface Run {
  readonly from: number;
  readonly to: number;
  /** Lines left out before it. */
  readonly left: number;
}

function runsOf(keep: readonly boolean[]): Run[] {
  const runs: Run[] = [];
  let at = 0;
  while (at < keep.length) {
    const from = keep.indexOf(true, at);
    if (from < 0) {
      runs.push({ from: keep.length, to: keep.length, left: keep.length - at });
      break;
    }
    const end = keep.indexOf(false, from);
    const to = end < 0 ? keep.length : end;
    runs.push({ from, to, left: from - at });
    at = to;
  }
  return runs;
}
