/** `spitrap check`, the fleet: does the engine let us in, are its streams there, may this account write to them. Called by agent/check/run-checks.ts. */
import { asSpitrapError } from '../../shared/errors.ts';
import { encodeRecord, FLEET_SCHEMA, type FleetRecord, messageIdOf, subjectOf } from '../../shared/fleet/record.ts';
import type { Config } from '../config/config.ts';
import type { Engine, EngineState } from '../fleet-ports.ts';
import { bounded, type Cleanup } from '../lifecycle.ts';
import type { World } from '../ports.ts';
import type { Lock } from './host.ts';
import { type Rows, told } from './row.ts';

/** Every server is tried for five seconds. */
const CONNECT_MS = 15_000;
const ANSWER_MS = 15_000;

interface Room {
  readonly world: World;
  readonly version: string;
}

/** No row where nobody is told. */
export async function checkFleet(config: Config, lock: Lock, room: Room, cleanup: Cleanup, rows: Rows): Promise<void> {
  const { fleet } = config;
  const { world } = room;
  if (fleet === null) return;
  if (lock.kind === 'agent') {
    const running = lock.status.fleet;
    if (running === undefined || running === null)
      rows.warn('fleet', 'the agent that runs tells nobody', 'the fleet is turned on at a start: restart the agent');
    else if (running.refusing !== null) rows.fail('fleet', `the agent that runs is refused: ${running.refusing}`, PERMISSIONS);
    else if (running.state === 'away')
      rows.fail(
        'fleet',
        `the agent that runs is not connected: ${running.why ?? 'no reason'}; ${running.waitingRecords} records wait`,
        REACH,
      );
    else rows.ok('fleet', `connected to ${running.server}, ${running.sent} records told, ${running.waitingRecords} wait`);
    return;
  }
  const engine = world.engines.open(fleet.engine);
  cleanup.add('fleet engine', engine);
  const state = await connected(engine, world);
  if (!state.connected) {
    rows.fail('fleet', `not connected: ${state.why ?? 'no answer'}`, REACH);
    return;
  }
  rows.ok('fleet', `connected to ${state.server}`);
  await mayWrite(config, engine, room, rows);
}

const REACH =
  'compare fleet.servers, its login and fleet.tls with the server; docs/fleet.md. No incident waits for it: what there is to tell waits on disk';
const PERMISSIONS = 'docs/fleet.md has the permissions that an agent’s account needs, and spitrap fleet makes the streams';

async function connected(engine: Engine, world: World): Promise<EngineState> {
  const known = engine.state();
  if (known.connected) return known;
  const first = new Promise<EngineState>((resolve) => engine.onState(resolve));
  await bounded(first, CONNECT_MS, world.clock, 'check: fleet connects');
  return engine.state();
}

/** An alarm that is over and never was: nothing but a publish says whether this account may, and whether a stream takes it. */
async function mayWrite({ site, device }: Config, engine: Engine, { world, version }: Room, rows: Rows): Promise<void> {
  const wallMs = world.clock.wall();
  const at = new Date(wallMs).toISOString();
  const probe: FleetRecord = {
    ...{
      v: FLEET_SCHEMA,
      site,
      device: device.name,
      kind: 'alarm',
      about: 'spitrap-check',
      revision: Math.floor(wallMs),
      at,
      version,
    },
    body: { state: 'cleared', severity: 'none', text: 'spitrap check', remedy: null, incident: null, since: at },
  };
  const subject = subjectOf(probe);
  try {
    const publishing = engine.publish(subject, encodeRecord(probe), messageIdOf(probe));
    const answered = await bounded(publishing, ANSWER_MS, world.clock, 'check: fleet publish');
    if (answered.inTime) rows.ok('fleet stream', `takes ${subject}`);
    else rows.fail('fleet stream', `no answer within ${ANSWER_MS / 1_000} s`, REACH);
  } catch (error) {
    rows.fail('fleet stream', told(asSpitrapError(error, 'ENGINE_FAILED')), PERMISSIONS);
  }
}
