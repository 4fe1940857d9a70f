/** What an agent tells the fleet, from what it knows: bodies of shared/fleet/record.ts. Pure; called by fleet-desk.ts. */
import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
import type { Alarm, Incident } from '../../shared/coordinate/book.ts';
import { verdictOfIncident } from '../../shared/coordinate/judging.ts';
import type { Verdict } from '../../shared/detect/judge.ts';
import type { FleetBody } from '../../shared/fleet/record.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import type { Role } from '../../shared/model/watch.ts';
import { severityOf } from '../alarms/severity.ts';
import type { Config } from '../config/config.ts';
import { roleIn } from '../effects/seal-bundle.ts';
import { debugsOffOf } from '../status/collect.ts';
import type { AgentStatus } from '../status/status.ts';

/** A damaged record may hold any number. */
const iso = (wallMs: number): string => new Date(Math.abs(wallMs) <= 8.64e15 ? wallMs : 0).toISOString();

/** While it is open, and until its bundle is there to be read. */
export function openIncident(incident: Incident, config: Config, software: string | null): FleetBody<'incident'> {
  const names = new Set([
    ...incident.peers.map((record) => record.peer),
    ...incident.signallers.map((signaller) => signaller.peer),
  ]);
  const [first] = incident.flows;
  return {
    role: roleIn(incident, config.role),
    mode: incident.onHold ? `${config.mode} (on hold)` : config.mode,
    openedAt: iso(incident.openedAtWall),
    sealedAt: null,
    openedBy: incident.openedBy,
    outcome: null,
    reasons: [],
    harm: verdictOfIncident(incident),
    address: config.device.address,
    platform: config.device.platform,
    software,
    tags: { ...config.device.tags },
    peers: [...names].map((name) => ({
      name,
      tags: { ...config.peers.find((peer) => peer.name === name)?.tags },
    })),
    flows: incident.flows.length + incident.flowsNotKept,
    firstFlow: first === undefined ? null : { src: first.flow.src, dst: first.flow.dst, spi: formatSpi(first.flow.spi) },
    debugsOff: debugsOffOf(incident),
    aliases: [...incident.aliases],
  };
}

/** `later`: a verdict of the machine from after the seal. */
export function sealedIncident(file: IncidentFile, later: Verdict | null, software: string | null): FleetBody<'incident'> {
  const [first] = file.flows;
  return {
    role: file.role,
    mode: file.mode,
    openedAt: file.opened.at,
    sealedAt: file.sealed.at,
    openedBy: file.openedBy,
    outcome: file.outcome.kind,
    reasons: file.outcome.reasons,
    harm: later ?? file.verdict,
    address: file.device.address,
    platform: file.device.platform,
    software,
    tags: file.device.tags,
    peers: file.peers.map(({ name, tags }) => ({ name, tags })),
    flows: file.flows.length + file.flowsNotKept,
    firstFlow: first === undefined ? null : { src: first.src, dst: first.dst, spi: first.spi },
    debugsOff: file.stop.off === 'not-planned' ? 'not-sent' : file.stop.off,
    aliases: file.aliases,
  };
}

export const raisedAlarm = (alarm: Alarm): FleetBody<'alarm'> => ({
  state: 'raised',
  severity: severityOf(alarm),
  text: alarm.text,
  remedy: alarm.remedy,
  incident: alarm.incident,
  since: iso(alarm.sinceWall),
});

/** Of the names that a heartbeat has. */
const NAMED_MAX = 200;

export function heartbeat(
  status: AgentStatus,
  {
    config,
    spool,
    everyMs,
    software,
  }: {
    readonly config: Config;
    readonly spool: FleetBody<'heartbeat'>['spool'];
    readonly everyMs: number;
    readonly software: string | null;
  },
): FleetBody<'heartbeat'> {
  const silent = status.peers.filter(({ differences }) => differences.includes('peer-silent'));
  const halfArmed = status.peers.filter(({ differences }) => differences.includes('half-armed'));
  const { leaseLeftMs } = status.arming;
  return {
    startedAt: status.startedAt,
    everyMs,
    role: anyRole(config.role),
    mode: status.mode,
    hold: status.hold.on,
    address: config.device.address,
    platform: config.device.platform,
    software,
    tags: { ...config.device.tags },
    armed: {
      state: status.arming.state,
      by: status.arming.by,
      leaseEndsAt: leaseLeftMs === null ? null : iso(Date.parse(status.at) + leaseLeftMs),
      debugs: [...(status.arming.state === 'disarmed' ? (status.device.debugsOn ?? []) : status.arming.debugs)],
    },
    peers: {
      count: status.peers.length,
      silentCount: silent.length,
      silent: silent.slice(0, NAMED_MAX).map(({ name, lastHelloAt }) => ({ name, lastHelloAt })),
      halfArmedCount: halfArmed.length,
      halfArmed: halfArmed.slice(0, NAMED_MAX).map(({ name }) => name),
    },
    alarms: status.alarms.length,
    spool,
  };
}

/** One that is both stands where a hub does: its own device opens incidents. */
const anyRole = (role: Role): 'hub' | 'spoke' => (role === 'spoke' ? 'spoke' : 'hub');
