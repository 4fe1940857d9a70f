/** The fleet as it is, from the newest heartbeat of each agent and the alarms that stand. Called by open-index.ts. */
import type { FleetBody } from '../../../shared/fleet/record.ts';
import type { FleetAgent, FleetAlarm, FleetNow } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { FIRST_KEY } from './keys.ts';
import { unpackState } from './state-records.ts';
import type { Store } from './store.ts';

/** Heartbeats missing before an agent is gone. */
const HEARTBEATS_MISSING = 3;

interface Kept {
  readonly bytes: Buffer;
  readonly agent: Omit<FleetAgent, 'gone'>;
}

/** Heartbeats that were read before are compared, not parsed again. */
export class Agents {
  readonly #store: Store;
  #kept = new Map<string, Kept>();

  constructor(store: Store) {
    this.#store = store;
  }

  all(nowMs: number): readonly FleetAgent[] {
    const kept = new Map<string, Kept>();
    const agents: FleetAgent[] = [];
    for (const { key, value } of this.#store.table('agents').range({ from: FIRST_KEY })) {
      const name = key.toString('latin1');
      const known = this.#kept.get(name);
      const one = known?.bytes.equals(value) ? known : read(Buffer.from(value));
      kept.set(name, one);
      const { heardAtMs, heartbeat } = one.agent;
      agents.push({ ...one.agent, gone: nowMs - heardAtMs > HEARTBEATS_MISSING * heartbeat.everyMs });
    }
    this.#kept = kept;
    return agents;
  }
}

function read(bytes: Buffer): Kept {
  const { site, device, version, storedAtMs, body } = unpackState(bytes);
  return { bytes, agent: { site, device, version, heardAtMs: storedAtMs, heartbeat: body as FleetBody<'heartbeat'> } };
}

/** Newest first. */
export function alarmsOf(store: Store): readonly FleetAlarm[] {
  const standing: FleetAlarm[] = [];
  for (const { value } of store.table('alarms').range({ from: FIRST_KEY })) {
    const { site, device, about: key, body } = unpackState(value);
    const alarm = body as FleetBody<'alarm'>;
    if (alarm.state === 'raised') standing.push({ site, device, key, alarm });
  }
  return standing.sort((a, b) => Date.parse(b.alarm.since) - Date.parse(a.alarm.since));
}

/** What an agent that is gone said last is no news: its pairs and its debugs are told of with itself. */
export function fleetNow(agents: readonly FleetAgent[], alarms: readonly FleetAlarm[]): FleetNow {
  const here = agents.filter(({ gone }) => !gone);
  const versions = new Map<string, number>();
  for (const { version } of agents) versions.set(version, (versions.get(version) ?? 0) + 1);
  const max = limits.fleetNamedMax;
  return {
    agents: agents.length,
    gone: agents.filter(({ gone }) => gone).slice(0, max),
    versions: [...versions]
      .map(([version, count]) => ({ version, agents: count }))
      .sort((a, b) => b.agents - a.agents || (a.version < b.version ? -1 : 1)),
    // Debugs of an agent that is gone may still be on: its lease is the more urgent.
    armed: agents
      .filter(({ heartbeat }) => heartbeat.armed.debugs.length > 0 || heartbeat.armed.leaseEndsAt !== null)
      .slice(0, max),
    silentPairs: here
      .flatMap(({ device, heartbeat }) =>
        heartbeat.peers.silent.map(({ name, lastHelloAt }) => ({
          device,
          peer: name,
          lastHelloAtMs: lastHelloAt === null ? null : Date.parse(lastHelloAt),
        })),
      )
      .slice(0, max),
    silentPairsCount: here.reduce((sum, { heartbeat }) => sum + heartbeat.peers.silentCount, 0),
    halfArmed: here.flatMap(({ device, heartbeat }) => heartbeat.peers.halfArmed.map((peer) => ({ device, peer }))).slice(0, max),
    halfArmedCount: here.reduce((sum, { heartbeat }) => sum + heartbeat.peers.halfArmedCount, 0),
    alarms: alarms.slice(0, max),
    alarmsCount: alarms.length,
  };
}
