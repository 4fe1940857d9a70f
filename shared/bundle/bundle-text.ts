/**
 * A bundle's contents as text: what agent/evidence/read-bundle.ts reads from a folder and shared/analyze works on. Everything in it is
 * redacted already, and hostile: it came from a network.
 */
import type { CaptureEntry, IncidentFile } from './incident-file.ts';

export interface BundleText {
  /** As a person would name it: the folder, or `hub` in tests. */
  readonly name: string;
  readonly incident: IncidentFile;
  /** Outputs of the commands, in the order of `incident.captures`; text without its `# name value` head. */
  readonly captures: readonly { readonly entry: CaptureEntry; readonly file: string | null; readonly text: string }[];
  /** Lines of device.log, without line ends, in order of arrival. */
  readonly log: readonly string[];
  /** Lines of journal.jsonl, and of the addendum beside the bundle. */
  readonly journal: readonly string[];
  readonly addenda: readonly string[];
  /** What is wrong with the bundle itself: its manifest does not verify, a file is missing. Empty: it is whole. */
  readonly problems: readonly string[];
}
