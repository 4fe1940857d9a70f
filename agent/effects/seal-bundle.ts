/**
 * Effect `seal`: what the machine knows of an incident, as the facts of incident.json (schema: shared/bundle/incident-file.ts, page:
 * docs/bundle.md). Built from the book and the incident's journal records alone, so that a restart loses nothing. Called by perform.ts.
 */

import type { FileMoment, IncidentFacts } from '../../shared/bundle/incident-file.ts';
import type { Alarm, Incident, Outcome, PeerRecord, Recurrence } from '../../shared/coordinate/book.ts';
import type { PeerLink } from '../../shared/coordinate/hello.ts';
import { verdictOfIncident } from '../../shared/coordinate/judging.ts';
import { countRecurrences } from '../../shared/coordinate/recurrence.ts';
import { firstJudgement } from '../../shared/detect/judge.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import { type Monotonic, type Wall, wall } from '../../shared/model/time.ts';
import type { Role } from '../../shared/model/watch.ts';
import { doneBits, type Phase } from '../../shared/wire/signal.ts';
import type { Config } from '../config/config.ts';
import type { StepData } from '../coordinator.ts';
import type { DeviceStatus } from '../device/device.ts';
import { fileMoment } from '../evidence/file-moment.ts';
import type { Degraded } from '../journal/journal.ts';
import type { JournalRecord } from '../journal/record.ts';
import { narrate } from '../narrate.ts';

export interface SealContext {
  readonly config: Config;
  readonly incident: Incident;
  readonly outcome: Outcome;
  readonly records: readonly JournalRecord[];
  readonly planned: IncidentFacts['planned'];
  readonly device: DeviceStatus;
  readonly alarms: readonly Alarm[];
  /** Of incidents before this one. */
  readonly recurrences: readonly Recurrence[];
  /** By hellos; null: no such peer, or it never answered. */
  readonly clockOf: (peer: string) => PeerLink['samples'][number] | null;
  readonly journalDegraded: Degraded | null;
  readonly bootId: string;
  readonly version: string;
}

interface Step extends StepData {
  readonly bootId: string;
}

/** An agent of role both was the one or the other in this incident. */
export const roleIn = ({ openedBy }: Pick<Incident, 'openedBy'>, role: Role): 'hub' | 'spoke' =>
  role !== 'both' ? role : ['message', 'symptom', 'person'].includes(openedBy) ? 'hub' : 'spoke';

export function incidentFacts(context: SealContext): IncidentFacts {
  const { config, incident, device, bootId } = context;
  const steps = context.records.flatMap((record): Step[] =>
    record.kind === 'step' ? [{ ...(record.data as StepData), bootId: record.bootId }] : [],
  );
  const role = roleIn(incident, config.role);
  const wallOf = wallsOf(incident, steps, bootId);
  return {
    id: incident.id,
    aliases: [...incident.aliases],
    role,
    mode: incident.onHold ? `${config.mode} (on hold)` : config.mode,
    device: describeDevice(config, device, bootId),
    peers: describePeers(context, wallOf),
    openedBy: incident.openedBy,
    opened: openingOf(incident, steps, bootId),
    event: describeEvent(steps),
    flows: incident.flows.map((record) => ({
      src: record.flow.src,
      dst: record.flow.dst,
      spi: formatSpi(record.flow.spi),
      count: record.count,
      first: fileMoment({ wall: record.firstWall, monotonic: record.first, bootId }),
      last: fileMoment({ wall: record.lastWall, monotonic: record.last, bootId }),
      interface: record.interface,
      sources: [...record.sources],
      peers: [...record.peers],
      late: record.late,
      corroboration: record.corroboration,
      verdict: (record.judged ?? firstJudgement).verdict,
      grounds: [...(record.judged ?? firstJudgement).grounds],
    })),
    flowsNotKept: incident.flowsNotKept,
    verdict: verdictOfIncident(incident),
    plannedStop: incident.stop.kind === 'not-planned' ? null : plannedStop(incident, wallOf, bootId),
    debugsAtStart: {
      kind: incident.debugsAtStart.kind,
      flags: incident.debugsAtStart.kind === 'read' ? incident.debugsAtStart.flags.map((flag) => flag.text) : [],
      detail: incident.debugsAtStart.kind === 'unreadable' ? incident.debugsAtStart.detail : null,
    },
    timeline: steps.map((step) => ({ phase: step.reason, at: momentOf(step), detail: narrate(role, step) })),
    stop: describeStop(incident, wallOf, bootId),
    signals: [...receivedSignals(steps), ...sentSignals(incident, steps, wallOf, bootId)],
    planned: context.planned,
    outcome: { kind: context.outcome.kind, reasons: [...context.outcome.reasons] },
    done: incident.peers.map((record) => describeDone(record, bootId)),
    alarms: context.alarms
      .filter((alarm) => alarm.incident === incident.id)
      .map((alarm) => ({
        key: alarm.key,
        text: alarm.text,
        remedy: alarm.remedy,
        since: fileMoment({ wall: alarm.sinceWall, monotonic: alarm.since, bootId }),
      })),
    journalDegraded:
      context.journalDegraded === null
        ? null
        : {
            reason: context.journalDegraded.reason,
            since: fileMoment({ wall: context.journalDegraded.sinceWall, monotonic: context.journalDegraded.since, bootId }),
          },
    versions: { spitrap: context.version, node: process.version },
  };
}

const momentOf = (step: Step): FileMoment => fileMoment({ wall: step.input.wall, monotonic: step.input.at, bootId: step.bootId });

/** As it was read on both clocks: the machine counts from its restart where the kernel has booted since (recovery.ts). */
function openingOf({ openedAt, openedAtWall }: Incident, steps: readonly Step[], bootId: string): FileMoment {
  const before = steps.find((step) => step.bootId !== bootId && step.input.wall === openedAtWall);
  return before === undefined ? fileMoment({ wall: openedAtWall, monotonic: openedAt, bootId }) : momentOf(before);
}

type WallOf = (at: Monotonic) => Wall;

/** Monotonic times of this boot as wall times: by the incident's first step under it, at which both clocks were read. */
function wallsOf({ openedAt, openedAtWall }: Incident, steps: readonly Step[], bootId: string): WallOf {
  const first = steps.find((step) => step.bootId === bootId)?.input ?? { at: openedAt, wall: openedAtWall };
  return (at) => wall(first.wall + (at - first.at));
}

/** After a reboot it was due at the restart. */
function plannedStop({ stopAt, openedAtWall }: Incident, wallOf: WallOf, bootId: string): IncidentFacts['plannedStop'] {
  return {
    at: fileMoment({ wall: wallOf(stopAt), monotonic: stopAt, bootId }),
    delayMs: Math.round(wallOf(stopAt) - openedAtWall),
  };
}

export function describeDevice(config: Config, device: DeviceStatus, bootId: string): IncidentFacts['device'] {
  const { clock } = device;
  return {
    name: config.device.name,
    address: config.device.address,
    platform: config.device.platform,
    hostname: device.hostname,
    user: config.device.user,
    clock:
      clock === null
        ? null
        : {
            text: clock.reading.text,
            mark: clock.reading.mark,
            read: fileMoment({ wall: clock.wall, monotonic: clock.at, bootId }),
          },
    tags: { ...config.device.tags },
  };
}

function describePeers({ config, incident, recurrences, clockOf, bootId }: SealContext, wallOf: WallOf): IncidentFacts['peers'] {
  const counts = countRecurrences(recurrences, incident.openedAtWall);
  const flowsOf = new Map<string, number>();
  for (const { peers } of incident.flows) for (const peer of new Set(peers)) flowsOf.set(peer, (flowsOf.get(peer) ?? 0) + 1);
  const names = new Set([
    ...incident.peers.map((record) => record.peer),
    ...incident.signallers.map((signaller) => signaller.peer),
  ]);
  return config.peers
    .filter((peer) => names.has(peer.name))
    .map((peer) => {
      const known = counts.get(peer.name);
      const flows = flowsOf.get(peer.name) ?? 0;
      const recurrence = {
        incidentsInDay: (known?.incidentsInDay ?? 0) + 1,
        incidentsInWeek: (known?.incidentsInWeek ?? 0) + 1,
        flowsInWeek: (known?.flowsInWeek ?? 0) + flows,
      };
      const cryptoAddresses = peer.cryptoAddresses.map((range) => range.text);
      const sample = clockOf(peer.name);
      const read = sample && fileMoment({ wall: wallOf(sample.at), monotonic: sample.at, bootId });
      const clock = sample && read && { offsetMs: sample.offsetMs, uncertaintyMs: sample.delayMs / 2, read };
      return { name: peer.name, kind: peer.kind, cryptoAddresses, recurrence, clock, tags: { ...peer.tags } };
    });
}

function describeEvent(steps: readonly Step[]): IncidentFacts['event'] {
  for (const step of steps) {
    const { input } = step;
    if (input.kind === 'sighting')
      return { source: input.source, peer: null, line: input.line, arrived: momentOf(step), reason: step.reason };
    if (input.kind === 'symptom')
      return {
        source: input.source,
        peer: null,
        line: `${input.cause}: ${input.detail}`,
        arrived: momentOf(step),
        reason: step.reason,
      };
    if (input.kind === 'capture')
      return { source: 'person', peer: null, line: `asked by ${input.who}`, arrived: momentOf(step), reason: step.reason };
    if (input.kind === 'alert' || input.kind === 'stop') {
      return { source: 'peer-signal', peer: input.peer, line: null, arrived: momentOf(step), reason: step.reason };
    }
  }
  return null;
}

function describeStop(incident: Incident, wallOf: WallOf, bootId: string): IncidentFacts['stop'] {
  const { stop } = incident;
  const none = { sent: null, via: null, attempts: 0, nothingOn: false, verified: null, appeared: [], detail: null };
  switch (stop.kind) {
    case 'planned':
      return { ...none, off: 'failed', detail: 'the stop time has not come' };
    case 'not-planned':
      return { ...none, off: 'not-planned', detail: stop.why };
    case 'running':
    case 'waiting-retry':
    case 'verified': {
      const { last } = stop;
      const sent =
        last?.sentAt === null || last?.sentAtWall === null || last === null
          ? null
          : fileMoment({ wall: last.sentAtWall, monotonic: last.sentAt, bootId });
      const attempts = stop.kind === 'verified' ? (last === null ? 0 : 1) : stop.attempt + 1;
      return {
        sent,
        via: last?.via ?? null,
        attempts,
        off: stop.kind === 'verified' ? 'verified' : sent !== null && last?.result !== 'still-on' ? 'unverified' : 'failed',
        nothingOn: stop.kind === 'verified' && stop.nothingOn,
        verified: stop.kind === 'verified' ? fileMoment({ wall: wallOf(stop.at), monotonic: stop.at, bootId }) : null,
        appeared: [...(last?.appeared ?? [])],
        detail: last?.detail ?? null,
      };
    }
  }
}

type SignalFact = IncidentFacts['signals'][number];

function receivedSignals(steps: readonly Step[]): SignalFact[] {
  const heard = new Map<string, SignalFact>();
  for (const step of steps) {
    const { input } = step;
    if (input.kind !== 'alert' && input.kind !== 'stop' && input.kind !== 'done') continue;
    const key = `${input.kind} ${input.peer} ${input.id ?? '-'}`;
    const before = heard.get(key);
    const at = momentOf(step);
    heard.set(key, {
      direction: 'received',
      phase: input.kind,
      peer: input.peer,
      first: before?.first ?? at,
      last: at,
      attempts: (before?.attempts ?? 0) + 1,
      acknowledged: true,
      roundTripMs: null,
      text: input.id,
      detail: before?.detail ?? step.reason,
    });
  }
  return [...heard.values()];
}

function sentSignals(incident: Incident, steps: readonly Step[], wallOf: WallOf, bootId: string): SignalFact[] {
  const orders = { alert: firstOrders(steps, 'alert'), stop: firstOrders(steps, 'signal-stop') };
  return incident.peers.flatMap((record) =>
    (['alert', 'stop'] as const).flatMap((phase) =>
      describeSent(incident, record, phase, orders[phase].get(record.peer), wallOf, bootId),
    ),
  );
}

/** By peer: the first step that ordered it. Thousands may be told by as many steps. */
function firstOrders(steps: readonly Step[], kind: 'alert' | 'signal-stop'): ReadonlyMap<string, Step> {
  const orders = new Map<string, Step>();
  for (const step of steps)
    for (const effect of step.effects)
      if (effect.kind === kind) for (const peer of effect.peers) if (!orders.has(peer)) orders.set(peer, step);
  return orders;
}

function describeSent(
  incident: Incident,
  record: PeerRecord,
  phase: Extract<Phase, 'alert' | 'stop'>,
  order: Step | undefined,
  wallOf: WallOf,
  bootId: string,
): SignalFact[] {
  const progress = record[phase];
  if (progress.kind === 'unsent') return [];
  const endedAt = progress.kind === 'sending' ? progress.since : progress.at;
  const last = fileMoment({ wall: wallOf(endedAt), monotonic: endedAt, bootId });
  return [
    {
      direction: 'sent',
      phase,
      peer: record.peer,
      first: order === undefined ? last : momentOf(order),
      last,
      attempts: progress.kind === 'sending' ? 0 : progress.attempts,
      acknowledged: progress.kind === 'acknowledged',
      roundTripMs: progress.kind === 'acknowledged' ? progress.roundTripMs : null,
      text: incident.id,
      detail: progress.kind === 'sending' ? 'not acknowledged' : progress.kind === 'given-up' ? progress.why : null,
    },
  ];
}

function describeDone(record: PeerRecord, bootId: string): IncidentFacts['done'][number] {
  const { peer, done } = record;
  if (done === null) return { peer, received: null, off: null, captured: null, sealed: null, alarm: null, keys: {} };
  return {
    peer,
    received: fileMoment({ wall: done.atWall, monotonic: done.at, bootId }),
    off: done.off,
    captured: (done.bits & doneBits.captured) !== 0,
    sealed: (done.bits & doneBits.sealed) !== 0,
    alarm: (done.bits & doneBits.alarm) !== 0,
    keys: { ...done.keys },
  };
}
