/** Statuses and incidents that the page must have a face for: calm, armed, running, alarms, empty, hostile. Times are around `now`. */
import type { AgentStatus, IncidentSummary } from '../../agent/status/status.ts';
import { statusSample } from '../status/status-sample.ts';
import type { FixtureIncident } from './page-fixture.ts';

export interface PageState {
  readonly status: AgentStatus;
  readonly incidents: readonly FixtureIncident[];
  readonly timelines: Record<string, readonly { at: string; text: string; reason: string }[]>;
}

const HOUR = 3_600_000;
const id = (last: string): string => `01HV000000000000000000000${last}`;

/** All is well, nothing armed, two incidents behind it. */
export function calm(now: number): PageState {
  const at = (ago: number): string => new Date(now - ago).toISOString();
  const source = statusSample.sources[0]!;
  const peer = statusSample.peers[0]!;
  const sealed: IncidentSummary = {
    ...statusSample.incidents[0]!,
    id: id('0'),
    openedAt: at(3 * HOUR),
    outcome: 'complete',
    reasons: [],
  };
  const status: AgentStatus = {
    ...statusSample,
    at: at(0),
    startedAt: at(6.5 * HOUR),
    device: {
      ...statusSample.device,
      hostname: 'hub1',
      sessions: {
        capture: { state: 'closed', sinceMs: 60_000, lastError: null },
        control: { state: 'ready', sinceMs: 12_000, lastError: null },
      },
      debugsOn: [],
      debugsReadAt: at(12_000),
      clock: { text: '18:30:00.123 UTC Thu Mar 12 2026', trusted: true, readAt: at(12_000) },
    },
    arming: {
      ...statusSample.arming,
      when: 'on-first-sighting',
      state: 'disarmed',
      since: null,
      by: null,
      debugs: [],
      conditions: [],
      leaseLeftMs: null,
      debugLeftMs: null,
      warnings: [],
      cpu: null,
      last: { reason: 'disarmed', text: 'a person disarmed it: debugs verified off', at: at(2 * HOUR) },
    },
    sources: [
      {
        ...source,
        state: 'open',
        detail: '0.0.0.0:6514',
        behindBytes: 0,
        refused: 0,
        unparsed: 0,
        foreign: 0,
        lastLineAt: at(800),
      },
    ],
    peers: [
      {
        ...peer,
        lastHelloAt: at(11_000),
        missedHellos: 0,
        mode: 'act',
        differences: [],
        paths: [{ endpoint: '198.51.100.9:10162', sent: 400, acknowledged: 398, lastError: null }],
      },
    ],
    incidents: [sealed],
    alarms: [],
    alarmChannels: [{ ...statusSample.alarmChannels[1]!, delivered: 4, lastDeliveredAt: at(2 * HOUR) }],
    refusals: { 'unknown-peer': 4, 'source-address': 0 },
    drops: {},
    ring: { ...statusSample.ring, oldestAt: at(24 * HOUR), newestAt: at(800), droppedLines: 0, degraded: null },
  };
  return { status, incidents: [past(sealed), older(at(52 * HOUR))], timelines: { [id('0')]: steps(now - 3 * HOUR) } };
}

const past = ({ stopInMs: _in, openedBy: _by, bundle: _folder, ...summary }: IncidentSummary): FixtureIncident => ({
  ...summary,
  cause: { name: 'failover', title: 'Failover without the SAs', confidence: 'certain' },
  bundle: true,
  report: true,
  twoEnded: true,
});

const older = (openedAt: string): FixtureIncident => ({
  id: id('A'),
  openedAt,
  phase: 'sealed',
  outcome: 'partial',
  peers: ['spoke1'],
  flows: 1,
  firstFlow: '11.1.1.3 -> 213.163.222.7 SPI 0x2f0a11c4',
  debugsOff: 'verified',
  verdict: 'transient',
  reasons: ['done-missing'],
  cause: { name: 'rekey-transient', title: 'Rekey transient', confidence: 'likely' },
  bundle: true,
  report: true,
  twoEnded: false,
});

const steps = (from: number): { at: string; text: string; reason: string }[] =>
  (
    [
      [
        0,
        'incident-opened',
        'hub1 logged %CRYPTO-4-RECVD_PKT_INV_SPI for 11.1.1.3 -> 213.163.222.7 SPI 0x68842105: alerted spoke1, captures begun, stop in 18 s',
      ],
      [41, 'done-accepted', 'spoke1 took the alert after 12 ms'],
      [812, 'captured', 'show crypto ipsec sa peer 11.1.1.3: 214 lines'],
      [1_950, 'captured', 'show crypto isakmp sa detail: 31 lines'],
      [18_002, 'stop-due', 'undebug all sent to hub1; stop sent to spoke1'],
      [18_340, 'stop-verified', 'debugs of hub1 are verified off'],
      [18_420, 'done-accepted', 'spoke1: off, verified'],
      [20_400, 'sealed', 'bundle written: 18 files'],
    ] as const
  ).map(([after, reason, text]) => ({ at: new Date(from + after).toISOString(), reason, text }));

/** Armed by a person, with a lease. */
export function armed(now: number): PageState {
  const state = calm(now);
  const { arming } = statusSample;
  const since = new Date(now - 1.5 * HOUR).toISOString();
  return {
    ...state,
    status: {
      ...state.status,
      device: { ...state.status.device, debugsOn: arming.debugs },
      arming: { ...arming, since, by: 'page 127.0.0.1', warnings: [], deadManS: 1_800 },
      peers: state.status.peers.map((peer) => ({ ...peer, armed: 'yes', leaseEndsAt: new Date(now + 0.2 * HOUR).toISOString() })),
    },
  };
}

/** An incident is running: two seconds to its stop. */
export function running(now: number, phase = 'alerted', debugsOff = 'pending'): PageState {
  const state = armed(now);
  const open: IncidentSummary = {
    ...statusSample.incidents[1]!,
    id: id('1'),
    openedAt: new Date(now - 6_000).toISOString(),
    openedBy: 'message',
    phase,
    peers: ['spoke1'],
    flows: 2,
    firstFlow: '11.1.1.3 -> 213.163.222.7 SPI 0x68842105',
    stopInMs: phase === 'alerted' ? 12_000 : -200,
    debugsOff,
  };
  return {
    ...state,
    status: { ...state.status, incidents: [open, ...state.status.incidents] },
    timelines: { ...state.timelines, [id('1')]: steps(now - 6_000).slice(0, 4) },
  };
}

/** It could not be verified off: two alarms, and one that somebody took over. */
export function alarms(now: number): PageState {
  const state = armed(now);
  const since = (ago: number): string => new Date(now - ago).toISOString();
  const first = statusSample.alarms[0]!;
  return {
    ...state,
    status: {
      ...state.status,
      arming: { ...state.status.arming, warnings: statusSample.arming.warnings },
      device: { ...state.status.device, sessions: statusSample.device.sessions },
      peers: statusSample.peers,
      sources: statusSample.sources,
      alarmChannels: statusSample.alarmChannels,
      ring: statusSample.ring,
      drops: { line: 1, alarmSubjectsMax: 3 },
      alarms: [
        {
          ...first,
          since: since(7 * 60_000),
          text: 'debugs on hub1 could not be verified off: the device said "% Authorization failed." to show debugging',
        },
        {
          id: 'A2',
          key: 'black-hole:x',
          severity: 'critical',
          since: since(4 * 60_000),
          text: '11.1.1.3 -> 213.163.222.7 stays out of sync: its traffic is lost',
          remedy:
            'on 11.1.1.3, which still has SPI 0x68842105 as outbound, type: clear crypto sa peer 213.163.222.7. On hub1 nothing needs to be cleared.',
          incident: null,
          acknowledged: false,
        },
        {
          id: 'A3',
          key: 'path-dead:x',
          severity: 'warning',
          since: since(2 * HOUR),
          text: 'the path to spoke1 over 198.51.100.9:10162 does not answer',
          remedy: null,
          incident: null,
          acknowledged: true,
        },
      ],
    },
  };
}

/** Just installed: nothing configured but the device, nothing happened. */
export function empty(now: number): PageState {
  const state = calm(now);
  return {
    incidents: [],
    timelines: {},
    status: {
      ...state.status,
      startedAt: new Date(now - 4_000).toISOString(),
      upMs: 4_000,
      peers: [],
      sources: [],
      incidents: [],
      alarmChannels: [],
      refusals: {},
      drops: {},
      arming: { ...state.status.arming, when: 'manual', last: null },
      ring: { ...state.status.ring, bytes: 0, segments: 0, oldestAt: null, newestAt: null },
    },
  };
}

/** What a hostile box and a hostile peer could make an agent say. */
export const EVIL =
  '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u001b[31m\u202egnp.exe\u202c\u0000\u2028\ud800"\'&amp;';
const long = (text: string): string => (text + 'W'.repeat(10_000)).slice(0, 10_000);

/** Every text is hostile and long. */
export function hostile(now: number): PageState {
  const state = running(now);
  const worse = alarms(now);
  const evil = <T>(value: T, key = ''): T => {
    if (typeof value === 'string') {
      const keep = /At$|^(at|since|until|state|kind|severity|phase|verdict|outcome|armed|mode|role|key)$/.test(key);
      return (keep ? value : long(`${EVIL}${value}`)) as T;
    }
    if (Array.isArray(value)) return value.map((one) => evil(one)) as T;
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([name, one]) => [/^(refusals|drops)$/.test(key) ? long(EVIL + name) : name, evil(one, name)]),
      ) as T;
    return value;
  };
  return {
    status: evil({ ...worse.status, hold: { on: true, until: null, by: 'x' }, incidents: state.status.incidents }),
    incidents: evil(state.incidents),
    timelines: {},
  };
}
