/** A bundle as text, made by hand: its incident.json from the facts of test/support/incident-facts.ts. For tests of the report. */
import { fileMoment } from '../../agent/evidence/file-moment.ts';
import { type Moment, shifted } from '../../agent/evidence/window.ts';
import type { EndIndex, Quote } from '../../shared/analyze/case.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { type CaptureEntry, type IncidentFacts, incidentFileSchema } from '../../shared/bundle/incident-file.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { incidentFacts } from './incident-facts.ts';

export interface HandCapture {
  readonly command: string;
  readonly afterMs: number;
  readonly output?: string;
  readonly status?: CaptureEntry['status'];
  readonly detail?: string;
  readonly round?: CaptureEntry['round'];
}

export interface HandBundle {
  readonly name: string;
  readonly id: string;
  readonly openedMs: number;
  readonly facts?: (at: (ms: number) => ReturnType<typeof fileMoment>) => Partial<IncidentFacts>;
  readonly captures: readonly HandCapture[];
  readonly log: readonly string[];
  readonly problems?: readonly string[];
}

/** Lines that stand before a command's output in its file (agent/evidence/bundle-text.ts, commandHead). */
export const HEAD_LINES = 10;

export function bundleOf(hand: HandBundle): BundleText {
  const opened: Moment = { wall: wall(hand.openedMs), monotonic: monotonic(1_000_000), bootId: 'boot' };
  const at = (ms: number) => fileMoment(shifted(opened, ms));
  const captures = hand.captures.map((capture, index) => {
    const number = index + 1;
    const text = capture.output ?? '';
    const round = capture.round ?? 'first';
    const file = `commands/${String(number).padStart(2, '0')}-${round}-${capture.command.replace(/[^A-Za-z0-9.]+/g, '-')}.txt`;
    const entry: CaptureEntry = {
      number,
      command: capture.command,
      round,
      peer: null,
      session: 'capture',
      status: capture.status ?? 'ok',
      detail: capture.detail ?? null,
      sent: at(capture.afterMs),
      tookMs: 120,
      bytes: Buffer.byteLength(text),
      redacted: 0,
      file,
      late: false,
    };
    return { entry, file, text, firstLine: HEAD_LINES + 1 };
  });
  const incident = incidentFileSchema.parse({
    schema: 1,
    ...incidentFacts(hand.id, opened, hand.facts?.(at) ?? {}),
    captures: captures.map(({ entry }) => entry),
    log: {
      file: 'device.log',
      from: at(-60_000),
      to: at(30_000),
      bytes: hand.log.join('\n').length,
      redacted: 0,
      skippedBytes: 0,
      holes: [],
      problems: [],
    },
    journalRecords: 3,
    journalRecordsNotKept: 0,
    redaction: { key: 'shared', values: 2 },
    sealed: at(60_000),
  });
  const journal = ['{"kind":"step","reason":"incident-opened"}', '{"kind":"step","reason":"stop-due"}', '{"kind":"step"}'];
  const incidentLines = JSON.stringify(incident, null, 2).split('\n');
  return {
    name: hand.name,
    incident,
    incidentLines,
    captures,
    log: hand.log,
    logRuns: [],
    journal,
    addenda: [],
    problems: hand.problems ?? [],
  };
}

/** The first line of a file of `bundle` that holds `text`, with `lines` of them. Throws when none does: a fixture must not lie. */
export function quoteOf(bundle: BundleText, end: EndIndex, file: 'device.log' | string, text: string, lines = 1): Quote {
  const found = file === 'device.log' ? null : bundle.captures.find(({ entry }) => entry.command === file);
  const all = file === 'device.log' ? bundle.log : (found?.text.split('\n') ?? []);
  const index = all.findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`${bundle.name} has no ${JSON.stringify(text)} in ${file}`);
  return {
    end,
    file: found?.file ?? file,
    line: index + 1 + (found ? HEAD_LINES : 0),
    text: all.slice(index, index + lines).join('\n'),
  };
}
