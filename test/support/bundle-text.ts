/**
 * Bundles as text for tests of the analysis, without a disk: `bundleText({ role: 'hub', captures: [{ command, text }], log: […] })`. Times
 * are milliseconds from the opening, by that end's agent.
 */
import { commandFileName, commandHead } from '../../agent/evidence/bundle-text.ts';
import { fileMoment } from '../../agent/evidence/file-moment.ts';
import type { BundleText, CapturedText } from '../../shared/bundle/bundle-text.ts';
import { type CaptureEntry, INCIDENT_SCHEMA, type IncidentFacts, type IncidentFile } from '../../shared/bundle/incident-file.ts';
import type { CaptureRound } from '../../shared/model/capture.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { incidentFacts } from './incident-facts.ts';

export interface CaptureText {
  readonly command: string;
  readonly text: string;
  readonly round?: CaptureRound;
  readonly peer?: string | null;
  /** After the opening; by default one command every 200 ms, the stop round from 18 s on. */
  readonly sentMs?: number;
  readonly tookMs?: number;
  readonly status?: CaptureEntry['status'];
  readonly detail?: string | null;
  readonly late?: boolean;
}

export interface BundleTextOptions {
  readonly name?: string;
  readonly role?: 'hub' | 'spoke';
  readonly id?: string;
  /** The opening, UTC, by this end's agent; by default Note A's 18:22:10.706. */
  readonly openedMs?: number;
  /** Monotonic milliseconds at the opening, and the boot they count under: two ends with the same `bootId` are on one host. */
  readonly openedMonotonicMs?: number;
  readonly bootId?: string;
  /** Instead of those that incidentFacts has. */
  readonly incident?: Partial<IncidentFacts>;
  readonly captures?: readonly CaptureText[];
  readonly log?: readonly string[];
  /** device.log speaks from so long before the opening, to so long after it. */
  readonly logBeforeMs?: number;
  readonly logAfterMs?: number;
  readonly holes?: IncidentFile['log']['holes'];
  /** Objects are written as JSON lines. */
  readonly journal?: readonly (string | object)[];
  readonly addenda?: readonly (string | object)[];
  readonly problems?: readonly string[];
}

export const noteAOpenedMs = Date.UTC(2026, 2, 12, 18, 22, 10, 706);

/** Moments of a test's incident, as incident.json spells them. */
export function momentsOf(options: BundleTextOptions): (ms: number) => IncidentFile['opened'] {
  const { role = 'hub', openedMs = noteAOpenedMs, openedMonotonicMs = 1_000_000, bootId = `boot-of-${role}` } = options;
  return (ms) => fileMoment({ wall: wall(openedMs + ms), monotonic: monotonic(openedMonotonicMs + ms), bootId });
}

export function bundleText(options: BundleTextOptions = {}): BundleText {
  const { role = 'hub', id = '01KN5X3Q9ZJ8T4V2W6Y0ABCDEF', openedMs = noteAOpenedMs, openedMonotonicMs = 1_000_000 } = options;
  const at = momentsOf(options);
  const { bootId } = at(0);
  const moment = { wall: wall(openedMs), monotonic: monotonic(openedMonotonicMs), bootId };
  const captures = (options.captures ?? []).map((capture, index) => captured(capture, index + 1, at));
  const log = options.log ?? [];
  const incident: IncidentFile = {
    schema: INCIDENT_SCHEMA,
    ...incidentFacts(id, moment, { role, ...options.incident }),
    captures: captures.map(({ entry }) => entry),
    log: {
      file: 'device.log',
      from: at(-(options.logBeforeMs ?? 600_000)),
      to: at(options.logAfterMs ?? 28_000),
      bytes: log.reduce((sum, line) => sum + line.length + 1, 0),
      redacted: 0,
      skippedBytes: 0,
      holes: [...(options.holes ?? [])],
      problems: [],
    },
    atStop: null,
    journalRecords: options.journal?.length ?? 0,
    journalRecordsNotKept: 0,
    redaction: { key: 'shared', values: 0 },
    sealed: at(options.logAfterMs ?? 28_000),
  };
  return {
    name: options.name ?? role,
    incident,
    incidentLines: JSON.stringify(incident, null, 2).split('\n'),
    captures,
    log,
    logRuns: [],
    journal: (options.journal ?? []).map(asLine),
    addenda: (options.addenda ?? []).map(asLine),
    problems: options.problems ?? [],
  };
}

const asLine = (record: string | object): string => (typeof record === 'string' ? record : JSON.stringify(record));

function captured(capture: CaptureText, number: number, at: (ms: number) => IncidentFile['opened']): CapturedText {
  const { command, text, round = 'first', status = 'ok' } = capture;
  const entry: CaptureEntry = {
    number,
    command,
    round,
    peer: capture.peer ?? null,
    session: round === 'stop' ? 'control' : 'capture',
    status,
    detail: capture.detail ?? (status === 'ok' ? null : `the test says ${status}`),
    sent: status === 'skipped' ? null : at(capture.sentMs ?? (round === 'stop' ? 18_000 : 0) + number * 200),
    tookMs: capture.tookMs ?? 100,
    bytes: text.length,
    redacted: 0,
    file: status === 'skipped' ? null : `commands/${commandFileName({ number, round, command })}`,
    late: capture.late ?? false,
  };
  return { entry, file: entry.file, text, firstLine: commandHead(entry).split('\n').length };
}
