/**
 * What agents tell the fleet, and nothing else: the records on the stream. Written by agent/publish/, read by agent/fleet/. docs/fleet.md has
 * the same for people. A record is stated whole each time: the newest revision of (device, kind, about) replaces the ones before it, so that a
 * record that comes twice, or late, changes nothing. Hostile to the reader: any account of the engine may have written it.
 */
import { z } from 'zod';
import { verdicts } from '../detect/judge.ts';

export const FLEET_SCHEMA = 1;

export const fleetKinds = ['incident', 'verdict', 'alarm', 'bundle', 'gap', 'heartbeat'] as const;
export type FleetKind = (typeof fleetKinds)[number];

/** What stays in the stream; heartbeats are a state, of which the last counts. */
export const eventKinds = ['incident', 'verdict', 'alarm', 'bundle', 'gap'] as const satisfies readonly FleetKind[];

/** Names of what the engine keeps. */
export const EVENT_STREAM = 'SPITRAP';
export const STATE_STREAM = 'SPITRAP_STATE';
export const BUNDLE_BUCKET = 'spitrap-bundles';

/** Of one record as JSON; nats-server takes 1 MiB a message by default. */
export const RECORD_BYTES_MAX = 65_536;

const name = z.string().min(1).max(255);
const text = z.string().max(2_000);
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const moment = z.iso.datetime();
const tags = z.record(z.string().min(1).max(64), z.string().max(255)).default({});
const list = <T extends z.ZodType>(of: T, max: number) => z.array(of).max(max);

/** An incident at one end: told when it opens, when its verdict of the machine changes, and when it is sealed. */
const incident = z.object({
  role: z.enum(['hub', 'spoke']),
  mode: name,
  openedAt: moment,
  /** Null: not over yet. */
  sealedAt: moment.nullable(),
  openedBy: name,
  /** As incident.json says it: `complete` …; null: not over yet. */
  outcome: name.nullable(),
  reasons: list(name, 64),
  /** Of the machine, from the messages alone (shared/detect/judge.ts). */
  harm: z.enum(verdicts),
  address: name,
  platform: name,
  /** Of the device: `IOS 15.4(3)M`; null: not known. */
  software: name.nullable(),
  tags,
  /** Its ends elsewhere, by the names of this agent's configuration; the first is the one the incident is of. */
  peers: list(z.object({ name, tags }), 64),
  flows: count,
  firstFlow: z.object({ src: name, dst: name, spi: z.string().regex(/^0x[0-9a-f]{8}$/) }).nullable(),
  /** As `spitrap incidents` says it: `verified`, `failed` … */
  debugsOff: name,
  /** Ids of incidents that became this one. */
  aliases: list(name, 64),
});

/** What the report says; told once of one end's evidence, and again when there are both. */
const verdict = z.object({
  cause: name,
  title: text,
  confidence: name,
  sentence: text,
  harm: z.enum(verdicts),
  /** As Healing of shared/analyze/verdict.ts. `at` with its moment. */
  healing: z.object({ kind: z.enum(['healed', 'at', 'never', 'unknown', 'not-applicable']), at: moment.nullable() }),
  twoEnded: z.boolean(),
});

/** `about` is the alarm's key. */
const alarm = z.object({
  state: z.enum(['raised', 'cleared']),
  severity: name,
  text,
  /** What a person types, and where. */
  remedy: text.nullable(),
  incident: name.nullable(),
  since: moment,
});

/** In BUNDLE_BUCKET, a gzipped tar, whole and verified. */
const bundle = z.object({ object: name, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** What this agent could not tell: its spool was full. `about` is empty. */
const gap = z.object({ from: moment, to: moment, dropped: z.record(z.string(), count) });

/** The agent as it is, `about` is empty. Not spooled: an old one says nothing. */
const heartbeat = z.object({
  startedAt: moment,
  /** After so long without the next it is gone. */
  everyMs: count,
  role: z.enum(['hub', 'spoke']),
  mode: name,
  hold: z.boolean(),
  address: name,
  platform: name,
  software: name.nullable(),
  tags,
  armed: z.object({ state: name, by: name.nullable(), leaseEndsAt: moment.nullable(), debugs: list(name, 64) }),
  /** All that are configured, and those that are not well by name; no more than 200 of each are named. */
  peers: z.object({
    count,
    silentCount: count,
    silent: list(z.object({ name, lastHelloAt: moment.nullable() }), 200),
    halfArmedCount: count,
    halfArmed: list(name, 200),
  }),
  alarms: count,
  /** What waits in its spool, and what it ever dropped. */
  spool: z.object({ waiting: count, bytes: count, dropped: count }),
});

const bodies = { incident, verdict, alarm, bundle, gap, heartbeat };

export type FleetBody<K extends FleetKind> = z.infer<(typeof bodies)[K]>;

const head = {
  v: z.literal(FLEET_SCHEMA),
  site: name,
  /** Name of the device that the agent stands beside: unique in the site. */
  device: name,
  /** Incident id (ULID), alarm key, or empty. */
  about: z.string().max(512),
  /** Grows with each restatement of (device, kind, about), over restarts of the agent too. */
  revision: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  /** When the agent said so, its wall clock. */
  at: moment,
  /** Version of spitrap. */
  version: name,
};

/** docs/fleet.md has a row for each key; a test holds it to this. */
export const recordSchema = z.discriminatedUnion('kind', [
  z.object({ ...head, kind: z.literal('incident'), body: incident }),
  z.object({ ...head, kind: z.literal('verdict'), body: verdict }),
  z.object({ ...head, kind: z.literal('alarm'), body: alarm }),
  z.object({ ...head, kind: z.literal('bundle'), body: bundle }),
  z.object({ ...head, kind: z.literal('gap'), body: gap }),
  z.object({ ...head, kind: z.literal('heartbeat'), body: heartbeat }),
]);

export type FleetRecord = z.infer<typeof recordSchema>;
export type FleetRecordOf<K extends FleetKind> = Extract<FleetRecord, { kind: K }>;

/** For `Nats-Msg-Id`: the same record has the same, so that the engine drops what it got twice within its window. */
export const messageIdOf = ({ site, device, kind, about, revision }: FleetRecord): string =>
  [site, device, kind, about, String(revision)].map(subjectToken).join('.');

/** `spitrap.<site>.<device>.<kind>` */
export const subjectOf = ({ site, device, kind }: Pick<FleetRecord, 'site' | 'device' | 'kind'>): string =>
  `spitrap.${subjectToken(site)}.${subjectToken(device)}.${kind}`;

/** One token of a subject: letters, digits, `_` and `-` stand for themselves, any other byte is `%XX`; an empty one is `%`. */
export const subjectToken = (text: string): string =>
  /^[A-Za-z0-9_-]+$/.test(text)
    ? text
    : text === ''
      ? '%'
      : [...Buffer.from(text, 'utf8')]
          .map((byte) => {
            const letter = String.fromCharCode(byte);
            return /[A-Za-z0-9_-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
          })
          .join('');

export type ReadRecord =
  | { readonly kind: 'record'; readonly record: FleetRecord }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Never throws. The subject must be the one that the record would have: an account that may write for one device cannot speak for another. */
export function readRecord(subject: string, bytes: Uint8Array): ReadRecord {
  if (bytes.length > RECORD_BYTES_MAX)
    return { kind: 'unreadable', why: `${bytes.length} bytes; a record has ${RECORD_BYTES_MAX} at most` };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return { kind: 'unreadable', why: 'no JSON' };
  }
  const read = recordSchema.safeParse(value);
  if (!read.success) {
    const [first] = read.error.issues;
    return { kind: 'unreadable', why: `at ${first?.path.join('.') || 'the top'}: ${first?.code ?? 'refused'}` };
  }
  if (subjectOf(read.data) !== subject)
    return { kind: 'unreadable', why: `it is of ${subjectOf(read.data)}, and came as another's` };
  return { kind: 'record', record: read.data };
}

export const encodeRecord = (record: FleetRecord): Buffer => Buffer.from(JSON.stringify(record), 'utf8');
