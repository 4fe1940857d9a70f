/**
 * A bundle's contents as text: what agent/evidence/read-bundle.ts reads from a folder and shared/analyze works on. Everything in it is
 * redacted already, and hostile: it came from a network.
 */
import type { CaptureEntry, IncidentFile } from './incident-file.ts';

export interface BundleText {
  /** As a person would name it: the folder, or `hub` in tests. */
  readonly name: string;
  readonly incident: IncidentFile;
  /** incident.json as it stands there, for quoting; empty: not read. */
  readonly incidentLines: readonly string[];
  /** Outputs of the commands, in the order of `incident.captures`. */
  readonly captures: readonly CapturedText[];
  /** Lines of device.log, without line ends, in order of arrival. Of a large one: those near the incident, and what else has a mnemonic. */
  readonly log: readonly string[];
  /** Where `log` goes on in the file: from index `index` on, lines are numbered from `line`. The first has index 0. Empty: as in the file. */
  readonly logRuns: readonly LogRun[];
  /** Lines of journal.jsonl, and of the addendum beside the bundle. */
  readonly journal: readonly string[];
  readonly addenda: readonly string[];
  /** What is wrong with the bundle itself: its manifest does not verify, a file is missing. Empty: it is whole. */
  readonly problems: readonly string[];
}

export interface CapturedText {
  readonly entry: CaptureEntry;
  /** Relative to the bundle. */
  readonly file: string | null;
  /** Without the file's `# name value` head. */
  readonly text: string;
  /** 1-based, in the file: of the first line of `text`. */
  readonly firstLine: number;
}

export interface LogRun {
  readonly index: number;
  readonly line: number;
}

/** The 1-based line in device.log of `log[index]`. */
export function logLineOf(runs: readonly LogRun[], index: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.index <= index) low = middle + 1;
    else high = middle;
  }
  const run = runs[low - 1] ?? { index: 0, line: 1 };
  return run.line + index - run.index;
}
