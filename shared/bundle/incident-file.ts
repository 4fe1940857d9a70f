/**
 * incident.json: what a bundle says of its incident. docs/bundle.md explains every key (a test holds the page against this schema).
 * The coordinator brings the facts, bundle.ts adds what only the bundle knows, `spitrap incidents` and the report read it back.
 * Words (via, off, outcome, phases) are those of shared/coordinate/book.ts.
 */
import { z } from 'zod';
import { verdicts } from '../detect/judge.ts';
import { printable } from '../model/printable.ts';

export const INCIDENT_SCHEMA = 1;

const text = z.string();
const count = z.number().int().nonnegative();
const ms = z.number();

/** One moment on both clocks: ISO 8601 UTC for people, monotonic milliseconds for differences under the same boot. */
const moment = z.strictObject({ at: z.iso.datetime(), monotonicMs: ms, bootId: text });
const maybeMoment = moment.nullable();

const flow = z.strictObject({
  src: text,
  dst: text,
  spi: z.string().regex(/^0x[0-9a-f]{8}$/),
  count,
  first: moment,
  last: moment,
  interface: text.nullable(),
  sources: z.array(text),
  peers: z.array(text),
  late: z.boolean(),
  corroboration: text,
  // Defaults: bundles of 0.1.0 have neither.
  verdict: z.enum(verdicts).default('unknown'),
  grounds: z.array(text).default([]),
});

const signal = z.strictObject({
  direction: z.enum(['sent', 'received']),
  phase: text,
  peer: text,
  first: moment,
  last: moment,
  attempts: count,
  acknowledged: z.boolean(),
  roundTripMs: ms.nullable(),
  text: text.nullable(),
  detail: text.nullable(),
});

export const captureSchema = z.strictObject({
  number: count,
  command: text,
  round: z.enum(['first', 'stop', 'late']),
  peer: text.nullable(),
  session: text,
  status: z.enum(['ok', 'refused', 'timeout', 'closed', 'too-long', 'skipped']),
  detail: text.nullable(),
  /** Null: never sent. */
  sent: maybeMoment,
  tookMs: ms,
  bytes: count,
  redacted: count,
  /** Relative to the bundle; null: nothing to keep, or it could not be kept (then `detail` says so). */
  file: text.nullable(),
  late: z.boolean(),
});

const done = z.strictObject({
  peer: text,
  received: maybeMoment,
  off: z.enum(['verified', 'unverified', 'failed']).nullable(),
  captured: z.boolean().nullable(),
  sealed: z.boolean().nullable(),
  alarm: z.boolean().nullable(),
  keys: z.record(z.string(), z.string()),
});

const hole = z.strictObject({
  from: moment,
  to: maybeMoment,
  source: text.nullable(),
  reason: text,
  detail: text.nullable(),
  lostLines: count.nullable(),
  lostBytes: count.nullable(),
});

/** Of the configuration, for counting. Bundles before the fleet have none. */
const tags = z.record(z.string(), z.string()).default({});

const outcome = z.strictObject({
  kind: z.enum(['complete', 'complete-one-ended', 'partial', 'captured', 'observed']),
  reasons: z.array(text),
});

/** What the coordinator knows at the seal. */
export const incidentFactsSchema = z.strictObject({
  id: text,
  aliases: z.array(text),
  role: z.enum(['hub', 'spoke']),
  mode: text,
  device: z.strictObject({
    name: text,
    address: text,
    platform: text,
    hostname: text.nullable(),
    // Bundles before the diagnosis have none.
    user: text.nullable().optional(),
    clock: z.strictObject({ text, mark: text, read: moment }).nullable(),
    tags,
  }),
  peers: z.array(
    z.strictObject({
      name: text,
      kind: text,
      cryptoAddresses: z.array(text),
      recurrence: z.strictObject({ incidentsInDay: count, incidentsInWeek: count, flowsInWeek: count }).nullable().default(null),
      // Bundles before the diagnosis have none.
      clock: z.strictObject({ offsetMs: ms, uncertaintyMs: ms, read: moment }).nullable().default(null),
      tags,
    }),
  ),
  openedBy: z.enum(['message', 'alert', 'stop', 'symptom', 'person', 'unknown']),
  opened: moment,
  event: z.strictObject({ source: text, peer: text.nullable(), line: text.nullable(), arrived: moment, reason: text }).nullable(),
  flows: z.array(flow),
  flowsNotKept: count,
  verdict: z.enum(verdicts).default('unknown'),
  plannedStop: z.strictObject({ at: moment, delayMs: ms }).nullable(),
  debugsAtStart: z.strictObject({
    kind: z.enum(['unread', 'read', 'unreadable']),
    flags: z.array(text),
    detail: text.nullable(),
  }),
  timeline: z.array(z.strictObject({ phase: text, at: moment, detail: text.nullable() })),
  stop: z.strictObject({
    sent: maybeMoment,
    via: z.enum(['control', 'fresh', 'capture']).nullable(),
    attempts: count,
    off: z.enum(['verified', 'unverified', 'failed', 'not-planned']),
    nothingOn: z.boolean(),
    verified: maybeMoment,
    appeared: z.array(text),
    detail: text.nullable(),
  }),
  signals: z.array(signal),
  planned: z.array(z.strictObject({ round: z.enum(['first', 'stop', 'late']), command: text })),
  outcome,
  done: z.array(done),
  alarms: z.array(z.strictObject({ key: text, text, remedy: text.nullable(), since: moment })),
  journalDegraded: z.strictObject({ reason: text, since: moment }).nullable(),
  versions: z.record(z.string(), z.string()),
});

export const incidentFileSchema = z.strictObject({
  schema: z.literal(INCIDENT_SCHEMA),
  ...incidentFactsSchema.shape,
  captures: z.array(captureSchema),
  log: z.strictObject({
    file: text.nullable(),
    from: moment,
    to: moment,
    bytes: count,
    redacted: count,
    skippedBytes: count,
    holes: z.array(hole),
    problems: z.array(text),
  }),
  atStop: z
    .strictObject({
      windowMs: ms,
      backgroundLines: count,
      startLines: count,
      beforeLines: count,
      afterLines: count.nullable(),
      hint: text.nullable(),
    })
    .nullable()
    .default(null),
  journalRecords: count,
  journalRecordsNotKept: count,
  redaction: z.strictObject({ key: z.enum(['shared', 'random']), values: count }),
  // Bundles before the diagnosis have no report either.
  reportProblem: text.nullish(),
  sealed: moment,
});

export type IncidentFacts = z.infer<typeof incidentFactsSchema>;
export type IncidentFile = z.infer<typeof incidentFileSchema>;
export type CaptureEntry = z.infer<typeof captureSchema>;
export type FileMoment = z.infer<typeof moment>;
export type FileHole = z.infer<typeof hole>;

export type ReadIncident =
  | { readonly kind: 'incident'; readonly incident: IncidentFile }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Names in it are a stranger's, and may be as long as the file. */
const said = (text: string): string => printable(text, WHY_CHARS_MAX);
const WHY_CHARS_MAX = 300;

/** Never throws: a file of a later version, or one that somebody changed, says what is wrong with it. */
export function parseIncidentFile(content: string): ReadIncident {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    return {
      kind: 'unreadable',
      why: `incident.json is no JSON: ${said(error instanceof Error ? error.message : String(error))}`,
    };
  }
  const parsed = incidentFileSchema.safeParse(value);
  if (parsed.success) return { kind: 'incident', incident: parsed.data };
  const found = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (found !== INCIDENT_SCHEMA)
    return {
      kind: 'unreadable',
      why: `incident.json has schema ${said(String(JSON.stringify(found)))}, this is ${INCIDENT_SCHEMA}`,
    };
  const first = parsed.error.issues.slice(0, 5).map((issue) => said(`${issue.path.join('.')}: ${issue.message}`));
  return { kind: 'unreadable', why: `incident.json does not fit its schema: ${first.join('; ')}` };
}
