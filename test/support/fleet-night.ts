/**
 * A night of a fleet, as its agents would tell it: hub-2 fails over at 03:12 with 412 spokes, of which three stay black-holed; single incidents of
 * other causes, agents that are gone, pairs that are silent or half-armed, leases, alarms, a gap. For tests of the fleet's page and commands.
 */
import { createHash } from 'node:crypto';
import type { FleetBody, FleetKind, FleetRecord, FleetRecordOf } from '../../shared/fleet/record.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const FAILOVER_SPOKES = 412;
/** Names that somebody gave a device: markup, escapes of a terminal, a direction mark. */
export const HOSTILE_NAME = '<img src=x onerror=alert(1)>\u001b[31mred\u202e';

const CARRIERS = ['acme', 'borealis', 'cablenet'] as const;
const SOFTWARE = ['IOS 15.4(3)M', 'IOS 15.9(3)M7', 'IOS-XE 17.09.04a'] as const;

/** A ULID of this moment; `n` makes it another. */
export function idAt(atMs: number, n: number): string {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let time = '';
  for (let left = atMs, digit = 0; digit < 10; digit++, left = Math.floor(left / 32)) time = letters[left % 32] + time;
  const random = createHash('sha256').update(`${atMs} ${n}`).digest();
  return time + [...random.subarray(0, 16)].map((byte) => letters[byte % 32]).join('');
}

const iso = (ms: number): string => new Date(ms).toISOString();

export interface NightIncident {
  readonly atMs: number;
  readonly n: number;
  readonly hub: string;
  readonly spoke: string;
  readonly site?: string;
  readonly cause: string;
  readonly title: string;
  readonly sentence?: string;
  readonly healing: FleetBody<'verdict'>['healing'];
  readonly harm?: 'transient' | 'persistent' | 'unknown';
  readonly carrier?: string;
  readonly software?: string;
  /** Of the hub's end. */
  readonly bundle?: FleetBody<'bundle'>;
  readonly spokeBundle?: FleetBody<'bundle'>;
  /** Told by the spoke's agent too. */
  readonly bothEnds?: boolean;
  readonly isOpen?: boolean;
}

export function record<K extends FleetKind>(
  kind: K,
  {
    site = 'berlin',
    device,
    about,
    atMs,
    version = '1.0.0',
    revision = 1,
  }: {
    readonly site?: string;
    readonly device: string;
    readonly about: string;
    readonly atMs: number;
    readonly version?: string;
    readonly revision?: number;
  },
  body: FleetBody<K>,
): FleetRecordOf<K> {
  return { v: 1, site, device, kind, about, revision, at: iso(atMs), version, body } as unknown as FleetRecordOf<K>;
}

/** What both ends tell of one incident. */
export function told(one: NightIncident): FleetRecord[] {
  const { atMs, n, hub, spoke, site = 'berlin', cause, title, healing, carrier = 'acme', software = SOFTWARE[0] } = one;
  const about = idAt(atMs, n);
  const sealedAtMs = atMs + 40_000;
  const harm = one.harm ?? (healing.kind === 'never' ? 'persistent' : healing.kind === 'healed' ? 'transient' : 'unknown');
  const incident = (role: 'hub' | 'spoke'): FleetBody<'incident'> => ({
    role,
    mode: 'act',
    openedAt: iso(atMs),
    sealedAt: one.isOpen ? null : iso(sealedAtMs),
    openedBy: role === 'hub' ? 'message' : 'signal',
    outcome: one.isOpen ? null : one.bothEnds ? 'complete' : 'complete-one-ended',
    reasons: [],
    harm,
    address: role === 'hub' ? '192.0.2.2' : '198.51.100.9',
    platform: 'cisco-ios',
    software,
    tags: role === 'hub' ? {} : { carrier },
    peers: [{ name: role === 'hub' ? spoke : hub, tags: role === 'hub' ? { carrier } : {} }],
    flows: 1,
    firstFlow: { src: '11.1.1.3', dst: '213.163.222.7', spi: '0x68842105' },
    debugsOff: one.isOpen ? 'pending' : 'verified',
    aliases: [],
  });
  const verdict: FleetBody<'verdict'> = {
    cause,
    title,
    confidence: one.bothEnds ? 'certain' : 'likely',
    sentence: one.sentence ?? `${hub} does not know SPI 0x68842105 any more: ${title}`,
    harm,
    healing,
    twoEnded: one.bothEnds === true,
  };
  const ends = one.bothEnds === true ? (['hub', 'spoke'] as const) : (['hub'] as const);
  return ends.flatMap((role): FleetRecord[] => {
    const at = { site: role === 'hub' ? site : `${site}-branch`, device: role === 'hub' ? hub : spoke, about };
    const bundle = role === 'hub' ? one.bundle : one.spokeBundle;
    return [
      record('incident', { ...at, atMs: sealedAtMs }, incident(role)),
      ...(one.isOpen ? [] : [record('verdict', { ...at, atMs: sealedAtMs + 2_000 }, verdict)]),
      ...(bundle === undefined ? [] : [record('bundle', { ...at, atMs: sealedAtMs + 4_000 }, bundle)]),
    ];
  });
}

export const healed: FleetBody<'verdict'>['healing'] = { kind: 'healed', at: null };
export const never: FleetBody<'verdict'>['healing'] = { kind: 'never', at: null };
export const unknown: FleetBody<'verdict'>['healing'] = { kind: 'unknown', at: null };

export function heartbeat(
  device: string,
  atMs: number,
  more: Partial<FleetBody<'heartbeat'>> & { readonly site?: string; readonly version?: string } = {},
): FleetRecordOf<'heartbeat'> {
  const { site = 'berlin', version = '1.0.0', ...body } = more;
  return record(
    'heartbeat',
    { site, device, about: '', atMs, version },
    {
      startedAt: iso(atMs - DAY),
      everyMs: 30_000,
      role: 'hub',
      mode: 'act',
      hold: false,
      address: '192.0.2.2',
      platform: 'cisco-ios',
      software: SOFTWARE[0],
      tags: {},
      armed: { state: 'disarmed', by: null, leaseEndsAt: null, debugs: [] },
      peers: { count: 412, silentCount: 0, silent: [], halfArmedCount: 0, halfArmed: [] },
      alarms: 0,
      spool: { waiting: 0, bytes: 0, dropped: 0 },
      ...body,
    },
  );
}

/** Opened within two minutes of this moment. */
export const failoverAt = (nowMs: number): number =>
  Math.floor(nowMs / DAY) * DAY - DAY + 3 * HOUR + 12 * MINUTE + (nowMs % DAY > 4 * HOUR ? DAY : 0);

/** hub-2's failover alone. `bundle`: of the first black-holed one. */
export function failover(nowMs: number, spokes = FAILOVER_SPOKES, blackHoled = 3): NightIncident[] {
  const from = failoverAt(nowMs);
  return Array.from({ length: spokes }, (_, n) => ({
    atMs: from + Math.floor((n * 100_000) / spokes),
    n,
    hub: 'hub-2',
    spoke: `spoke-${String(n + 1).padStart(3, '0')}`,
    cause: 'failover',
    title: 'The hub failed over, and the standby has no SAs',
    sentence: 'hub-2 took over from its standby partner without SAs; the spoke goes on with the old ones until DPD ends them.',
    healing: n < blackHoled ? never : healed,
    carrier: CARRIERS[n % 3]!,
    software: SOFTWARE[1]!,
    bothEnds: n < 20,
  }));
}

/** All of it. Moments stand before `nowMs`. */
export function fleetNight(nowMs: number): {
  readonly events: readonly FleetRecord[];
  readonly heartbeats: readonly FleetRecord[];
} {
  const singles: NightIncident[] = [
    {
      atMs: nowMs - 40 * MINUTE,
      n: 9_001,
      hub: 'hub-1',
      spoke: 'spoke-700',
      cause: 'rekey-transient',
      title: 'A rekey, and packets that were late',
      healing: healed,
      bothEnds: true,
    },
    {
      atMs: nowMs - 2 * HOUR,
      n: 9_002,
      hub: 'hub-3',
      spoke: HOSTILE_NAME,
      cause: 'delete-lost',
      title: 'A DELETE was lost on the way',
      healing: never,
      carrier: 'cablenet',
    },
    {
      atMs: nowMs - 5 * HOUR,
      n: 9_003,
      hub: 'hub-1',
      spoke: 'spoke-701',
      cause: 'cannot-tell',
      title: 'The evidence does not say',
      healing: unknown,
    },
    {
      atMs: nowMs - 4 * MINUTE,
      n: 9_004,
      hub: 'hub-1',
      spoke: 'spoke-702',
      cause: 'cannot-tell',
      title: 'open',
      healing: unknown,
      isOpen: true,
    },
    ...Array.from(
      { length: 14 },
      (_, n): NightIncident => ({
        atMs: nowMs - (7 + n * 1.1) * HOUR,
        n: 9_100 + n,
        hub: n % 2 ? 'hub-1' : 'hub-3',
        spoke: `spoke-${500 + n}`,
        cause: n % 3 ? 'rekey-transient' : 'nat-change',
        title: n % 3 ? 'A rekey, and packets that were late' : 'The NAT in front of the spoke changed its port',
        healing: n % 7 ? healed : unknown,
        carrier: CARRIERS[n % 3]!,
      }),
    ),
  ];
  const events: FleetRecord[] = [
    ...[...failover(nowMs), ...singles].flatMap(told),
    record(
      'alarm',
      { device: 'hub-2', about: 'debugs-left-on', atMs: nowMs - 3 * HOUR },
      {
        state: 'raised',
        severity: 'critical',
        text: 'hub-2: debugs may be left on, two readings did not answer',
        remedy: 'On hub-2 type: undebug all. Then: spitrap ack',
        incident: null,
        since: iso(nowMs - 3 * HOUR),
      },
    ),
    record(
      'alarm',
      { device: 'hub-3', about: 'peer-silent spoke-611', atMs: nowMs - 6 * HOUR },
      {
        state: 'raised',
        severity: 'warning',
        text: `spoke-611 has not been heard for 6 h ${HOSTILE_NAME}`,
        remedy: null,
        incident: null,
        since: iso(nowMs - 6 * HOUR),
      },
    ),
    record(
      'gap',
      { device: 'hub-3', about: '', atMs: nowMs - 8 * HOUR },
      {
        from: iso(nowMs - 9 * HOUR),
        to: iso(nowMs - 8 * HOUR),
        dropped: { verdict: 12, incident: 3 },
      },
    ),
  ];
  const lease = (ms: number) => ({
    state: 'armed',
    by: 'lease of M. Example',
    leaseEndsAt: iso(nowMs + ms),
    debugs: ['debug crypto isakmp', 'debug crypto ipsec'],
  });
  const heartbeats = [
    heartbeat('hub-1', nowMs - 10_000, { armed: lease(2 * HOUR) }),
    heartbeat('hub-2', nowMs - 12_000, {
      armed: lease(25 * MINUTE),
      alarms: 1,
      peers: {
        count: 412,
        silentCount: 2,
        silent: [
          { name: 'spoke-044', lastHelloAt: iso(nowMs - 2 * HOUR) },
          { name: 'spoke-101', lastHelloAt: null },
        ],
        halfArmedCount: 1,
        halfArmed: ['spoke-003'],
      },
    }),
    heartbeat('hub-3', nowMs - 9_000, { site: 'oslo', version: '0.9.4' }),
    heartbeat('spoke-611', nowMs - 6 * HOUR, {
      site: 'oslo-branch',
      role: 'spoke',
      version: '0.9.4',
      peers: { count: 1, silentCount: 0, silent: [], halfArmedCount: 0, halfArmed: [] },
      armed: lease(-5 * HOUR),
    }),
    ...Array.from({ length: 20 }, (_, n) =>
      heartbeat(`spoke-${String(n + 1).padStart(3, '0')}`, nowMs - 5_000 - n * 900, {
        site: 'berlin-branch',
        role: 'spoke',
        peers: { count: 1, silentCount: 0, silent: [], halfArmedCount: 0, halfArmed: [] },
      }),
    ),
  ];
  return { events, heartbeats };
}
