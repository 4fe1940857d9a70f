/**
 * `spitrap check`, Note A's own test (`show ip interface brief`, as the note appends it to its file): an output goes the whole way that
 * evidence goes, from the device through redaction into a sealed bundle that verifies. Under dataDir/checks, never among the incidents.
 */
import { join } from 'node:path';
import type { IncidentFacts } from '../../shared/bundle/incident-file.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { quoted } from '../../shared/model/printable.ts';
import { isIncidentId, ulid } from '../../shared/model/ulid.ts';
import { createRedactor } from '../../shared/redact/redact.ts';
import type { Config } from '../config/config.ts';
import { Bundle } from '../evidence/bundle.ts';
import { COMMANDS } from '../evidence/bundle-files.ts';
import type { WindowSource } from '../evidence/bundle-log.ts';
import { fileMoment } from '../evidence/file-moment.ts';
import { verifyBundle } from '../evidence/verify.ts';
import { type Moment, momentNow } from '../evidence/window.ts';
import { silentLog } from '../log.ts';
import type { World } from '../ports.ts';
import { type Rows, told } from './row.ts';

export interface EvidenceRoom {
  readonly config: Config;
  readonly world: World;
  readonly secrets: readonly string[];
  readonly version: string;
  readonly hostname: string | null;
}

/** Its device.log is empty: the ring is the agent's. */
const noLines: WindowSource = { copyWindow: async () => ({ bytes: 0, skippedBytes: 0, problems: [] }), holes: () => [] };

/** The `mode` of its incident.json: what tells a test from an incident. */
const TEST = 'test (spitrap check)';

export async function checkEvidence(room: EvidenceRoom, result: CommandResult, rows: Rows): Promise<void> {
  const { config, world } = room;
  const title = 'test bundle';
  if (result.status !== 'ok' || result.output.trim() === '') {
    const came = result.status === 'ok' ? 'an empty output' : `${result.status}, ${quoted(result.detail ?? '')}`;
    rows.fail(title, `${result.command} brought ${came}: nothing to keep`, 'the user must be allowed this line');
    return;
  }
  const root = join(config.dataDir, 'checks');
  try {
    const folder = await sealOne(room, root, result);
    const { whole, problems, incident } = await verifyBundle(folder, world.disk);
    const kept = incident?.captures.find(({ command }) => command === result.command);
    if (!whole || kept?.status !== 'ok') rows.fail(title, `${folder} is not whole: ${problems.join('; ')}`, 'is the disk sound?');
    else rows.ok(title, `${result.command}, ${kept.bytes} bytes, redacted, sealed and verified: ${folder}`);
    await expire(root, world);
  } catch (error) {
    rows.fail(title, told(error), 'free space, or give dataDir to this user');
  }
}

async function sealOne(room: EvidenceRoom, root: string, result: CommandResult): Promise<string> {
  const { config, world, secrets } = room;
  const { redactionKey } = config.evidence;
  const opened = momentNow(world.clock);
  const id = ulid(opened.wall, world.random.bytes(10));
  const sealedFolder = join(root, id);
  const folder = `${sealedFolder}.open`;
  await world.disk.makeFolder(join(folder, COMMANDS));
  const bundle = new Bundle(
    { id, folder, sealedFolder, captures: [], alreadySealed: null },
    {
      disk: world.disk,
      clock: world.clock,
      log: silentLog,
      redact: createRedactor(redactionKey === null ? world.random.bytes(32) : Buffer.from(redactionKey), secrets),
      redactionKey: redactionKey === null ? 'random' : 'shared',
      reports: null,
    },
  );
  await bundle.saveOutput({ result, round: 'first', peer: null, session: 'check', late: false });
  const logWindow = { from: opened, to: momentNow(world.clock) };
  const sealed = await bundle.seal({ incident: facts(room, id, opened, result), logWindow, ring: noLines, journalRecords: [] });
  return sealed.folder;
}

function facts(
  { config, version, hostname }: EvidenceRoom,
  id: string,
  opened: Moment,
  { command }: CommandResult,
): IncidentFacts {
  const at = fileMoment(opened);
  const { name, address, platform } = config.device;
  return {
    id,
    aliases: [],
    // A test is of no role; of the two that an incident can have it takes the agent's own, or the first.
    role: config.role === 'both' ? 'hub' : config.role,
    mode: TEST,
    device: { name, address, platform, hostname, clock: null, tags: {} },
    peers: [],
    openedBy: 'message',
    opened: at,
    event: { source: 'spitrap check', peer: null, line: null, arrived: at, reason: 'test' },
    flows: [],
    verdict: 'unknown',
    flowsNotKept: 0,
    plannedStop: null,
    debugsAtStart: { kind: 'unread', flags: [], detail: 'a test of the evidence path: there was no incident' },
    timeline: [],
    stop: {
      sent: null,
      via: null,
      attempts: 0,
      off: 'not-planned',
      nothingOn: false,
      verified: null,
      appeared: [],
      detail: null,
    },
    signals: [],
    planned: [{ round: 'first', command }],
    outcome: { kind: 'captured', reasons: ['test'] },
    done: [],
    alarms: [],
    journalDegraded: null,
    versions: { spitrap: version },
  };
}

/** The newest stay. Rejects with DISK_FAILED. */
async function expire(root: string, { disk }: World): Promise<void> {
  const names = (await disk.list(root)).filter((name) => isIncidentId(name.replace(/\.open$/, '')));
  for (const name of names.slice(0, Math.max(0, names.length - limits.checkBundlesMax))) await disk.remove(join(root, name));
}
