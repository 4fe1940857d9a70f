/**
 * What one device told about one incident, as the index keeps it: JSON without its keys, in a fixed order (the layout of INDEX_SCHEMA). Which of
 * two records of the same thing is the newer is settled here too, whatever the order they came in. Called by put-records.ts and its neighbours.
 */
import type { BundleRecord, EndRecords, IncidentRecord, VerdictRecord } from '../../../shared/fleet/merge.ts';
import type { StoredRecord } from './fleet-index.ts';

/** What one end can tell about an incident. */
export type EndKind = 'incident' | 'verdict' | 'bundle';

type Packed = readonly unknown[];
type Told = IncidentRecord | VerdictRecord | BundleRecord;

export const packEnd = ({ id, site, device, incident, verdict, bundle }: EndRecords): Buffer =>
  Buffer.from(
    JSON.stringify([
      id,
      site,
      device,
      incident === null ? 0 : [...headOf(incident), ...packIncident(incident.body)],
      verdict === null ? 0 : [...headOf(verdict), ...packVerdict(verdict.body)],
      bundle === null ? 0 : [...headOf(bundle), bundle.body.object, bundle.body.bytes, bundle.body.sha256],
    ]),
  );

export function unpackEnd(value: Buffer): EndRecords {
  const [id, site, device, incident, verdict, bundle] = JSON.parse(value.toString('utf8')) as [
    string,
    string,
    string,
    ...(Packed | 0)[],
  ];
  return {
    id,
    site,
    device,
    incident: incident === 0 ? null : unpackIncident(incident as Packed),
    verdict: verdict === 0 ? null : unpackVerdict(verdict as Packed),
    bundle: bundle === 0 ? null : unpackBundle(bundle as Packed),
  };
}

/**
 * The newer of the two; of one revision said twice (a disk that forgot) the greater by its text, so that each order comes to the same. When
 * it was stored is the earliest moment of all copies.
 */
export function newerOf<T extends Told>(kept: T | null, came: T): { readonly record: T; readonly changed: boolean } {
  if (kept === null) return { record: came, changed: true };
  if (came.revision !== kept.revision)
    return came.revision > kept.revision ? { record: came, changed: true } : { record: kept, changed: false };
  const [a, b] = [sayOf(kept), sayOf(came)];
  if (a === b) {
    const earlier = came.storedAtMs < kept.storedAtMs;
    return { record: earlier ? came : kept, changed: earlier };
  }
  return b > a ? { record: came, changed: true } : { record: kept, changed: false };
}

const sayOf = ({ storedAtMs: _, ...said }: Told): string => JSON.stringify([said.at, said.version, said.body]);

/** The part that the index keeps of a record of an incident's end. */
export const toldOf = ({ record, storedAtMs }: StoredRecord): Told =>
  ({ revision: record.revision, at: normal(record.at), version: record.version, body: record.body, storedAtMs }) as Told;

const normal = (moment: string): string => new Date(moment).toISOString();

const headOf = ({ revision, at, storedAtMs, version }: Told): Packed => [revision, Date.parse(at), storedAtMs, version];

const momentOf = (ms: unknown): string => new Date(ms as number).toISOString();
const msOf = (moment: string | null): number | null => (moment === null ? null : Date.parse(moment));

function packIncident(body: IncidentRecord['body']): Packed {
  const { firstFlow } = body;
  return [
    body.role,
    body.mode,
    Date.parse(body.openedAt),
    msOf(body.sealedAt),
    body.openedBy,
    body.outcome,
    body.reasons,
    body.harm,
    body.address,
    body.platform,
    body.software,
    body.tags,
    body.peers.map(({ name, tags }) => [name, tags]),
    body.flows,
    firstFlow === null ? 0 : [firstFlow.src, firstFlow.dst, firstFlow.spi],
    body.debugsOff,
    body.aliases,
  ];
}

function unpackIncident(packed: Packed): IncidentRecord {
  const [revision, at, storedAtMs, version, role, mode, openedAt, sealedAt, openedBy, outcome, reasons, harm, ...rest] = packed;
  const [address, platform, software, tags, peers, flows, firstFlow, debugsOff, aliases] = rest;
  const flow = firstFlow === 0 ? null : (firstFlow as readonly string[]);
  return {
    revision,
    at: momentOf(at),
    storedAtMs,
    version,
    body: {
      role,
      mode,
      openedAt: momentOf(openedAt),
      sealedAt: sealedAt === null ? null : momentOf(sealedAt),
      openedBy,
      outcome,
      reasons,
      harm,
      address,
      platform,
      software,
      tags,
      peers: (peers as readonly (readonly [string, Record<string, string>])[]).map(([name, its]) => ({ name, tags: its })),
      flows,
      firstFlow: flow === null ? null : { src: flow[0], dst: flow[1], spi: flow[2] },
      debugsOff,
      aliases,
    },
  } as IncidentRecord;
}

const packVerdict = ({ cause, title, confidence, sentence, harm, healing, twoEnded }: VerdictRecord['body']): Packed => [
  cause,
  title,
  confidence,
  sentence,
  harm,
  healing.kind,
  msOf(healing.at),
  twoEnded ? 1 : 0,
];

function unpackVerdict(packed: Packed): VerdictRecord {
  const [revision, at, storedAtMs, version, cause, title, confidence, sentence, harm, kind, healsAt, twoEnded] = packed;
  return {
    revision,
    at: momentOf(at),
    storedAtMs,
    version,
    body: {
      cause,
      title,
      confidence,
      sentence,
      harm,
      healing: { kind, at: healsAt === null ? null : momentOf(healsAt) },
      twoEnded: twoEnded === 1,
    },
  } as VerdictRecord;
}

function unpackBundle(packed: Packed): BundleRecord {
  const [revision, at, storedAtMs, version, object, bytes, sha256] = packed;
  return { revision, at: momentOf(at), storedAtMs, version, body: { object, bytes, sha256 } } as BundleRecord;
}
