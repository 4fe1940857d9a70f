/**
 * What the index answers, cut to what a list shows: an incident of a hub may have a thousand ends, a fleet ten thousand agents that are
 * gone. Numbers are always of all. Used by the routes of the page and by `spitrap fleet`; shared/fleet/view.ts has the whole.
 */
import type { FleetAgent, FleetIncident, FleetNow } from '../../shared/fleet/view.ts';
import { limits } from '../../shared/limits.ts';
import { endKey } from './bundle-desk.ts';

/** One line of a list. */
export const incidentRow = ({ ends, hubs, spokes, ...incident }: FleetIncident) => ({
  ...incident,
  hubsCount: hubs.length,
  spokesCount: spokes.length,
  endsCount: ends.length,
  /** At least one end's bundle is in the object store. */
  report: ends.some(({ bundle }) => bundle !== null),
});

export type IncidentRow = ReturnType<typeof incidentRow>;

/** One incident by itself; `key` stands for the end in addresses. */
export const incidentDetail = (incident: FleetIncident) => ({
  ...incidentRow(incident),
  hubs: incident.hubs.slice(0, limits.fleetShownMax),
  spokes: incident.spokes.slice(0, limits.fleetShownMax),
  ends: incident.ends.slice(0, limits.fleetShownMax).map((end) => ({ key: endKey(end), ...end })),
});

/** One agent, without the lists of its peers. */
export const agentRow = ({ site, device, version, heardAtMs, gone, heartbeat }: FleetAgent) => ({
  site,
  device,
  version,
  heardAtMs,
  gone,
  role: heartbeat.role,
  mode: heartbeat.mode,
  hold: heartbeat.hold,
  platform: heartbeat.platform,
  software: heartbeat.software,
  tags: heartbeat.tags,
  armed: heartbeat.armed,
  peers: heartbeat.peers.count,
  silent: heartbeat.peers.silentCount,
  halfArmed: heartbeat.peers.halfArmedCount,
  alarms: heartbeat.alarms,
  spool: heartbeat.spool,
});

export const nowShort = (now: FleetNow) => ({
  agents: now.agents,
  goneCount: now.gone.length,
  gone: now.gone.slice(0, limits.fleetShownMax).map(agentRow),
  versions: now.versions.slice(0, limits.fleetShownMax),
  versionsCount: now.versions.length,
  armedCount: now.armed.length,
  armed: now.armed.slice(0, limits.fleetShownMax).map(agentRow),
  silentPairs: now.silentPairs.slice(0, limits.fleetShownMax),
  silentPairsCount: now.silentPairsCount,
  halfArmed: now.halfArmed.slice(0, limits.fleetShownMax),
  halfArmedCount: now.halfArmedCount,
  alarms: now.alarms.slice(0, limits.fleetShownMax),
  alarmsCount: now.alarmsCount,
});
