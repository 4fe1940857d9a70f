/**
 * Records of a fleet that never was, the same for the same seed: dozens of hubs, thousands of spokes, noise of rekeys, and every so often a hub
 * that fails over with all its spokes. For tests and benchmarks of the index.
 */
import type { StoredRecord } from '../../agent/fleet/index/fleet-index.ts';
import type { FleetKind, FleetRecord, FleetRecordOf } from '../../shared/fleet/record.ts';
import { seededRandom } from './seeded-random.ts';

export const iso = (ms: number): string => new Date(ms).toISOString();

export interface RecordOf<K extends FleetKind> {
  readonly site?: string;
  readonly device?: string;
  readonly about?: string;
  readonly revision?: number;
  readonly atMs?: number;
  readonly version?: string;
  readonly body?: Partial<FleetRecordOf<K>['body']>;
}

const AT = Date.UTC(2026, 10, 20, 3, 12);

function head<K extends FleetKind>(kind: K, of: RecordOf<K>) {
  return {
    v: 1 as const,
    kind,
    site: of.site ?? 'fra',
    device: of.device ?? 'hub-2',
    about: of.about ?? '01K00000000000000000000001',
    revision: of.revision ?? 1,
    at: iso(of.atMs ?? AT),
    version: of.version ?? '0.2.0',
  };
}

export const incidentRecord = (of: RecordOf<'incident'> = {}): FleetRecord => ({
  ...head('incident', of),
  body: {
    role: 'hub',
    mode: 'act',
    openedAt: iso(of.atMs ?? AT),
    sealedAt: iso((of.atMs ?? AT) + 60_000),
    openedBy: 'invalid-spi',
    outcome: 'complete',
    reasons: [],
    harm: 'unknown',
    address: '192.0.2.2',
    platform: 'cisco-ios',
    software: 'IOS 15.4(3)M',
    tags: {},
    peers: [{ name: 'branch-1', tags: {} }],
    flows: 1,
    firstFlow: { src: '198.51.100.7', dst: '192.0.2.2', spi: '0x68842105' },
    debugsOff: 'verified',
    aliases: [],
    ...of.body,
  },
});

export const verdictRecord = (of: RecordOf<'verdict'> = {}): FleetRecord => ({
  ...head('verdict', of),
  body: {
    cause: 'failover',
    title: 'Failover without state',
    confidence: 'likely',
    sentence: 'hub-2 failed over and lost its SAs.',
    harm: 'unknown',
    healing: { kind: 'healed', at: null },
    twoEnded: false,
    ...of.body,
  },
});

export const bundleRecord = (of: RecordOf<'bundle'> = {}): FleetRecord => ({
  ...head('bundle', of),
  body: {
    object: `${of.site ?? 'fra'}/${of.device ?? 'hub-2'}/${of.about ?? 'x'}`,
    bytes: 123_456,
    sha256: 'ab'.repeat(32),
    ...of.body,
  },
});

export const alarmRecord = (of: RecordOf<'alarm'> = {}): FleetRecord => ({
  ...head('alarm', { about: 'debugs-on', ...of }),
  body: {
    state: 'raised',
    severity: 'critical',
    text: 'debugs of hub-2 are on',
    remedy: 'undebug all',
    incident: null,
    since: iso(of.atMs ?? AT),
    ...of.body,
  },
});

export const gapRecord = (of: RecordOf<'gap'> = {}): FleetRecord => ({
  ...head('gap', { about: '', ...of }),
  body: { from: iso(AT - 1000), to: iso(AT), dropped: { incident: 3 }, ...of.body },
});

export const heartbeatRecord = (of: RecordOf<'heartbeat'> = {}): FleetRecord => ({
  ...head('heartbeat', { about: '', ...of }),
  body: {
    startedAt: iso(AT),
    everyMs: 30_000,
    role: 'hub',
    mode: 'act',
    hold: false,
    address: '192.0.2.2',
    platform: 'cisco-ios',
    software: 'IOS 15.4(3)M',
    tags: {},
    armed: { state: 'armed', by: 'person', leaseEndsAt: iso(AT + 3_600_000), debugs: ['Crypto IPSEC'] },
    peers: { count: 2, silentCount: 1, silent: [{ name: 'branch-1', lastHelloAt: null }], halfArmedCount: 0, halfArmed: [] },
    alarms: 0,
    spool: { waiting: 0, bytes: 0, dropped: 0 },
    ...of.body,
  },
});

let sequence = 0;
/** As it comes from the stream, after what came before. */
export const stored = (record: FleetRecord, storedAtMs = Date.parse(record.at) + 500): StoredRecord => ({
  record,
  sequence: record.kind === 'heartbeat' ? 0 : ++sequence,
  storedAtMs,
});

export interface Estate {
  readonly hubs: number;
  readonly spokes: number;
  readonly incidents: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed?: number;
}

const CARRIERS = ['Telia', 'DTAG', 'Orange', 'LTE-backup', 'Colt'];
const SOFTWARE = ['IOS 15.4(3)M', 'IOS 15.7(3)M5', 'IOS-XE 16.9.4', 'IOS-XE 17.3.2'];
const NOISE = [
  'rekey-transient',
  'delete-lost',
  'early-new-spi',
  'crossing-rekeys',
  'receiver-restarted',
  'cannot-tell',
  'nat-change',
];
/** Of a hundred incidents, how many belong to a failover. */
const STORM_PERCENT = 20;
const STORM_SPOKES = 200;

/** Told as agents would: each end's incident, the hub's verdict and its bundle; in order of time but for a storm's spokes. */
export function* estateRecords({ hubs, spokes, incidents, fromMs, toMs, seed = 1 }: Estate): Generator<FleetRecord> {
  const random = seededRandom(seed);
  const pick = (max: number): number => Math.floor(random.uniform() * max);
  const step = (toMs - fromMs) / incidents;
  let storm: { readonly hub: number; left: number; atMs: number } | null = null;
  for (let number = 0; number < incidents; number++) {
    const atMs = Math.floor(fromMs + number * step);
    if (storm === null && pick(100 * STORM_SPOKES) < STORM_PERCENT * 100) storm = { hub: pick(hubs), left: STORM_SPOKES, atMs };
    const ofStorm: boolean = storm !== null && pick(4) > 0;
    const spoke = pick(spokes);
    const hub = ofStorm ? storm!.hub : spoke % hubs;
    const openedMs = ofStorm ? storm!.atMs + pick(240_000) : atMs;
    const persistent = pick(100) < 3;
    if (ofStorm && --storm!.left === 0) storm = null;
    const about = `01K${openedMs.toString(32).toUpperCase().padStart(10, '0')}${number.toString(36).toUpperCase().padStart(13, '0')}`;
    const spokeName = `spoke-${String(spoke).padStart(5, '0')}`;
    const hubName = `hub-${hub + 1}`;
    const common = {
      openedAt: iso(openedMs),
      sealedAt: iso(openedMs + 75_000),
      harm: persistent ? 'persistent' : 'transient',
    } as const;
    const carrier = { carrier: CARRIERS[spoke % CARRIERS.length]! };
    const software = SOFTWARE[spoke % SOFTWARE.length]!;
    yield incidentRecord({
      site: `dc${hub % 4}`,
      device: hubName,
      about,
      revision: 2,
      atMs: openedMs,
      body: { ...common, peers: [{ name: spokeName, tags: carrier }], software: SOFTWARE[hub % 2]! },
    });
    yield incidentRecord({
      site: `site-${spoke % 500}`,
      device: spokeName,
      about,
      revision: 2,
      atMs: openedMs,
      body: { ...common, role: 'spoke', peers: [{ name: hubName, tags: {} }], tags: carrier, software },
    });
    yield verdictRecord({
      site: `dc${hub % 4}`,
      device: hubName,
      about,
      atMs: openedMs + 80_000,
      body: {
        cause: ofStorm ? 'failover' : NOISE[pick(NOISE.length)]!,
        harm: persistent ? 'persistent' : 'transient',
        healing: { kind: persistent ? 'never' : 'healed', at: null },
        twoEnded: true,
        sentence: `${hubName} lost the SA that ${spokeName} still uses: it was deleted at 03:12:07.417, two seconds before the message.`,
      },
    });
    yield bundleRecord({ site: `dc${hub % 4}`, device: hubName, about, atMs: openedMs + 85_000 });
  }
}
