/**
 * One incident of the fleet from what its ends told: pure, so that the same records give the same incident in whatever order they came.
 * Called by agent/fleet/index/. Its state, the first row that fits:
 *
 * | row | what is known                                                        | state                            |
 * |-----|----------------------------------------------------------------------|----------------------------------|
 * | 1   | no end is over, and there is no report                               | open                             |
 * | 2   | the report: it has healed                                            | healed                           |
 * | 3   | the harm is transient (the report's word, else the agents')          | healed                           |
 * | 4   | the harm is persistent, and it heals at a moment                     | black-holed until then; healed   |
 * | 5   | the harm is persistent                                               | black-holed                      |
 * | 6   | the report: it never heals                                           | black-holed                      |
 * | 7   | the report: it heals at a moment, whatever the harm                  | not-known until then; healed     |
 * | 8   | anything else                                                        | not-known                        |
 *
 * The report that counts: of both ends' evidence before of one's; then one that can tell the cause; then the surer; then the hub's.
 */
import type { FleetBody, FleetRecordOf } from './record.ts';
import type { FleetEnd, FleetIncident, FleetState } from './view.ts';

export type IncidentRecord = Pick<FleetRecordOf<'incident'>, 'revision' | 'at' | 'version' | 'body'> & {
  readonly storedAtMs: number;
};
export type VerdictRecord = Pick<FleetRecordOf<'verdict'>, 'revision' | 'at' | 'version' | 'body'> & {
  readonly storedAtMs: number;
};
export type BundleRecord = Pick<FleetRecordOf<'bundle'>, 'revision' | 'at' | 'version' | 'body'> & {
  readonly storedAtMs: number;
};

/** The newest revisions of what one device told about one id. */
export interface EndRecords {
  readonly id: string;
  readonly site: string;
  readonly device: string;
  readonly incident: IncidentRecord | null;
  readonly verdict: VerdictRecord | null;
  readonly bundle: BundleRecord | null;
}

/** A clock that is so far ahead of the engine's is wrong: then the engine's moment stands for its own. */
export const AHEAD_MAX_MS = 24 * 3_600_000;

export const NOT_JUDGED = 'not-judged';
const NOT_JUDGED_TITLE = 'Not judged yet';

/** A state that may change at a moment without another record. */
export interface Standing {
  readonly state: FleetState;
  /** From then on it is `healed`. */
  readonly healsAtMs: number | null;
}

export const stateAt = ({ state, healsAtMs }: Standing, nowMs: number): FleetState =>
  healsAtMs !== null && healsAtMs <= nowMs ? 'healed' : state;

export type MergedIncident = Omit<FleetIncident, 'state' | 'ends'> & {
  readonly standing: Standing;
  readonly ends: readonly (Omit<FleetEnd, 'state'> & { readonly standing: Standing })[];
  /** Of each pair: one for each spoke, its own where it is known, else the incident's; never none. */
  readonly pairs: readonly Standing[];
  /** What it can be counted by, but for its state, its harm and its cause. */
  readonly tags: readonly (readonly [key: string, value: string])[];
};

/** `id`: the one that it goes by; null: nobody told of an incident (a verdict came first). */
export function mergeIncident(id: string, told: readonly EndRecords[]): MergedIncident | null {
  const ends = newestOfDevice(told).filter(hasIncident).toSorted(byRoleAndName);
  if (ends.length === 0) return null;
  const verdict = surest(ends);
  const bodies = ends.map(({ incident }) => incident.body);
  const standing = standingOf(ends, verdict);
  const { hubs, spokes } = namesOf(ends);
  const aliases = new Set([...told.map((one) => one.id), ...bodies.flatMap((body) => body.aliases)]);
  aliases.delete(id);
  const standings = new Map(ends.map((end) => [end.device, standingOf([end], end.verdict?.body ?? null)]));
  return {
    id,
    openedAtMs: Math.min(...ends.map(({ incident }) => believed(Date.parse(incident.body.openedAt), incident.storedAtMs))),
    hub: hubs[0] ?? null,
    spoke: spokes[0] ?? null,
    hubs,
    spokes,
    ends: ends.map((end) => ({
      site: end.site,
      device: end.device,
      role: end.incident.body.role,
      agentVersion: end.incident.version,
      software: end.incident.body.software,
      tags: end.incident.body.tags,
      outcome: end.incident.body.outcome,
      debugsOff: end.incident.body.debugsOff,
      sealedAtMs: end.incident.body.sealedAt === null ? null : Date.parse(end.incident.body.sealedAt),
      standing: standings.get(end.device) ?? standing,
      verdict: end.verdict?.body ?? null,
      bundle: end.bundle?.body ?? null,
    })),
    cause: verdict?.cause ?? NOT_JUDGED,
    title: verdict?.title ?? NOT_JUDGED_TITLE,
    confidence: verdict?.confidence ?? null,
    sentence: verdict?.sentence ?? null,
    harm: harmOf(ends, verdict),
    standing,
    healsAtMs: standing.healsAtMs,
    flows: Math.max(...bodies.map(({ flows }) => flows)),
    aliases: [...aliases].toSorted(byCode),
    pairs: spokes.length <= 1 ? [standing] : spokes.map((name) => knownOr(standings.get(name), standing)),
    tags: tagsOf(bodies),
  };
}

/** As people see it at a moment. */
export function incidentAt(
  { standing, ends, pairs: _pairs, tags: _tags, ...rest }: MergedIncident,
  nowMs: number,
): FleetIncident {
  return {
    ...rest,
    state: stateAt(standing, nowMs),
    ends: ends.map(({ standing: own, ...end }) => ({ ...end, state: stateAt(own, nowMs) })),
  };
}

type Told = EndRecords & { readonly incident: IncidentRecord };
const hasIncident = (end: EndRecords): end is Told => end.incident !== null;

/** By UTF-16 code units: the same everywhere, whatever the locale. */
export const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byRoleAndName = (a: Told, b: Told): number =>
  byCode(a.incident.body.role, b.incident.body.role) || byCode(a.site, b.site) || byCode(a.device, b.device);

const believed = (momentMs: number, storedAtMs: number): number => (momentMs > storedAtMs + AHEAD_MAX_MS ? storedAtMs : momentMs);

/**
 * A device that told under an id which became an alias later has records under both: those of the newer word count, and what they lack is the
 * older's.
 */
function newestOfDevice(told: readonly EndRecords[]): readonly EndRecords[] {
  const devices = new Map<string, EndRecords[]>();
  for (const one of told) {
    const key = JSON.stringify([one.site, one.device]);
    const same = devices.get(key);
    if (same === undefined) devices.set(key, [one]);
    else same.push(one);
  }
  return [...devices.values()].map((same) => {
    if (same.length === 1) return same[0]!;
    const sorted = same.toSorted((a, b) => olderFirst(a, b) || byCode(b.id, a.id));
    return sorted.reduce((older, newer) => ({
      ...newer,
      incident: newer.incident ?? older.incident,
      verdict: newer.verdict ?? older.verdict,
      bundle: newer.bundle ?? older.bundle,
    }));
  });
}

function olderFirst(a: EndRecords, b: EndRecords): number {
  const becameOf = (one: EndRecords, other: EndRecords): boolean => other.incident?.body.aliases.includes(one.id) ?? false;
  return Number(becameOf(b, a)) - Number(becameOf(a, b)) || momentOf(a) - momentOf(b);
}

const momentOf = ({ incident, verdict, bundle }: EndRecords): number =>
  Math.max(...[incident, verdict, bundle].map((one) => (one === null ? 0 : Date.parse(one.at))));

const SURENESS = ['certain', 'likely', 'possible'];

function surest(ends: readonly Told[]): FleetBody<'verdict'> | null {
  const rank = ({ twoEnded, cause, confidence }: FleetBody<'verdict'>): number =>
    (twoEnded ? 0 : 100) +
    (cause === 'cannot-tell' ? 10 : 0) +
    ((SURENESS.indexOf(confidence) + SURENESS.length + 1) % (SURENESS.length + 1));
  // Ends are sorted, and the sort is stable: the hub's stands first among equals.
  return ends.flatMap(({ verdict }) => verdict?.body ?? []).toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
}

function harmOf(ends: readonly Told[], verdict: FleetBody<'verdict'> | null): FleetIncident['harm'] {
  if (verdict !== null && verdict.harm !== 'unknown') return verdict.harm;
  const harms = ends.map(({ incident }) => incident.body.harm);
  return harms.includes('persistent') ? 'persistent' : harms.includes('transient') ? 'transient' : 'unknown';
}

function standingOf(ends: readonly Told[], verdict: FleetBody<'verdict'> | null): Standing {
  const always = (state: FleetState): Standing => ({ state, healsAtMs: null });
  if (verdict === null && ends.every(({ incident }) => incident.body.sealedAt === null)) return always('open');
  const harm = harmOf(ends, verdict);
  const healing = verdict?.healing ?? { kind: 'unknown', at: null };
  if (healing.kind === 'healed' || harm === 'transient') return always('healed');
  const healsAtMs = healing.kind === 'at' && healing.at !== null ? Date.parse(healing.at) : null;
  if (harm === 'persistent') return { state: 'black-holed', healsAtMs };
  if (healing.kind === 'never') return always('black-holed');
  return { state: 'not-known', healsAtMs };
}

/** An end whose own records do not say is as the incident is. */
const knownOr = (own: Standing | undefined, standing: Standing): Standing =>
  own === undefined || own.state === 'open' || own.state === 'not-known' ? standing : own;

/**
 * Names of the devices that told. What did not tell goes by the name that the other end's configuration has for it: as many of those as there are
 * more peers than devices, since a device may go by another name there.
 */
function namesOf(ends: readonly Told[]): { readonly hubs: readonly string[]; readonly spokes: readonly string[] } {
  const namesFor = (role: 'hub' | 'spoke'): readonly string[] => {
    const devices = unique(ends.filter(({ incident }) => incident.body.role === role).map(({ device }) => device));
    const peers = unique(
      ends
        .filter(({ incident }) => incident.body.role !== role)
        .flatMap(({ incident }) => incident.body.peers.map(({ name }) => name)),
    );
    const untold = peers.filter((name) => !devices.includes(name));
    return [...devices, ...untold.slice(0, Math.max(0, peers.length - devices.length))];
  };
  return { hubs: namesFor('hub'), spokes: namesFor('spoke') };
}

const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];

/** Of both ends, as each tells its own and those of its peers. */
function tagsOf(bodies: readonly FleetBody<'incident'>[]): readonly (readonly [string, string])[] {
  const found = new Map<string, readonly [string, string]>();
  for (const { tags, peers } of bodies)
    for (const one of [tags, ...peers.map((peer) => peer.tags)])
      for (const [key, value] of Object.entries(one)) found.set(JSON.stringify([key, value]), [key, value]);
  return [...found.entries()].toSorted(([a], [b]) => byCode(a, b)).map(([, pair]) => pair);
}
