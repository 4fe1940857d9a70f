/**
 * `spitrap check`, in order: configuration, this host, device, peers, evidence. Every probe adds its rows and never throws for what it
 * found; one that can not be made for want of an earlier one is a row that says so. Called by agent/cli/check.ts.
 */
import type { DurationMs } from '../../shared/model/time.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { callControl } from '../control/control-client.ts';
import { Cleanup } from '../lifecycle.ts';
import type { World } from '../ports.ts';
import { checkDevice } from './device.ts';
import { checkEvidence } from './evidence.ts';
import { checkFleet } from './fleet.ts';
import {
  checkConfiguration,
  checkDataDir,
  checkEngine,
  checkSources,
  type Heard,
  type Lock,
  type OpenControl,
  routerLines,
} from './host.ts';
import { openForPerson } from './open-device.ts';
import { checkPage } from './page.ts';
import { checkPaths, judgeRunningPeers } from './paths.ts';
import { checkDropCounters } from './polled-sources.ts';
import { type CheckRow, rowsOf } from './row.ts';

export interface CheckOptions {
  readonly loaded: LoadedConfig;
  /** For the page. */
  readonly file: string;
  readonly world: World;
  readonly version: string;
  readonly openControl: OpenControl;
  /** Nothing but this host's files is touched. */
  readonly offline: boolean;
  /** How long a line of the device is waited for; null: not waited. */
  readonly waitMs: DurationMs | null;
  readonly add: (row: CheckRow) => void;
  /** What is waited for, while nothing else is said. */
  readonly waiting: (what: string) => void;
  /** Ends the waiting. */
  readonly left: Promise<unknown>;
}

/** Resolves when every socket and session is closed again. */
export async function runChecks(options: CheckOptions): Promise<void> {
  const cleanup = new Cleanup(options.world.clock);
  try {
    await inOrder(options, cleanup);
  } finally {
    await cleanup.stop();
  }
}

async function inOrder(options: CheckOptions, cleanup: Cleanup): Promise<void> {
  const { loaded, world, add } = options;
  const { config } = loaded;
  const host = rowsOf('this host', add);
  checkConfiguration(loaded, options.file, rowsOf('configuration', add));
  const lock = await checkDataDir(config, world, options.openControl, cleanup, host);
  const engine = await checkEngine(config, lock, world, host);
  const ourEngine = engine?.idHex ?? (lock.kind === 'agent' ? lock.status.engineId : '<engine id>');
  if (options.offline) {
    tellRouters(config, ourEngine, add);
    host.skip('the rest', 'sockets, device, peers, evidence: without --offline');
    return;
  }
  await checkPage(config, lock, world, cleanup, host);
  await checkFleet(config, lock, options, cleanup, host);
  const { device, platform } = openForPerson(config, world, { kept: lock.kind !== 'none' }, cleanup);
  const heard = await checkSources(config, lock, { world, device, engine, cleanup }, host);
  const rows = rowsOf('device', add);
  const login = await checkDevice({ config, platform, device, isAgentUp: lock.kind === 'agent' }, rows);
  if (login === null) rows.skip('the rest', 'privilege, lines, logging, clock: without a login nothing can be asked');
  else await checkDropCounters(config, platform, login.ask, rows);

  const peers = rowsOf('peers', add);
  if (lock.kind === 'agent') judgeRunningPeers(config, lock.status, peers);
  else if (engine === null) peers.skip('paths', 'without an SNMP engine nothing can be sent');
  else await checkPaths({ config, world, engine, version: options.version, cleanup }, peers);
  tellRouters(config, ourEngine, add);

  const evidence = rowsOf('evidence', add);
  if (login === null || lock.kind === 'none')
    evidence.skip('test bundle', login === null ? 'no login' : 'dataDir can not be used');
  else {
    const room = { config, world, secrets: loaded.secrets, version: options.version, hostname: login.session.hostname };
    await checkEvidence(room, await login.ask(platform.check.evidence), evidence);
    await login.session.close();
  }
  await waitForLine(options, lock, heard, evidence);
}

/** A router that signals by itself needs to be told of us; nobody else can look at its side. */
function tellRouters(config: Config, engineIdHex: string, add: CheckOptions['add']): void {
  for (const peer of config.peers)
    if (peer.kind === 'eem')
      add({
        section: 'peers',
        title: `${peer.name} router`,
        state: 'skipped',
        detail: 'a router, whose side can not be looked at from here',
        remedy: 'what it needs to signal this agent',
        enter: routerLines(peer, config, engineIdHex),
      });
}

const LOOK_EVERY_MS: DurationMs = 500;

/** Did anything come of the device's log? Only a line that came proves the whole way. */
async function waitForLine(options: CheckOptions, lock: Lock, heard: Heard, rows: ReturnType<typeof rowsOf>): Promise<void> {
  const { world, waitMs, left, loaded } = options;
  const { config } = loaded;
  if (config.sources.length === 0) return;
  const before = lock.kind === 'agent' ? linesOf(lock.status.sources) : 0;
  const count = async (): Promise<number> => {
    if (lock.kind !== 'agent') return heard.lines;
    const status = await callControl(config.dataDir, { request: 'status' }, world.clock).catch(() => null);
    return status === null ? 0 : Math.max(0, linesOf(status.sources) - before);
  };
  const until = world.clock.monotonic() + (waitMs ?? 0);
  let lines = await count();
  let gone = false;
  void left.then(() => {
    gone = true;
  });
  if (lines === 0 && waitMs !== null)
    options.waiting(`waiting up to ${formatDuration(waitMs)} for a line of the device’s log; Ctrl-C ends it`);
  while (lines === 0 && !gone && world.clock.monotonic() < until) {
    await Promise.race([world.clock.sleep('check line', LOOK_EVERY_MS), left]);
    lines = await count();
  }
  const refused = heard.refused === 0 ? '' : `; ${heard.refused} were refused (${heard.lastRefused})`;
  if (lines > 0) rows.ok('log lines', `${lines} came meanwhile${refused}`);
  else if (gone) rows.skip('log lines', `none came before you left${refused}`);
  else if (waitMs === null) rows.skip('log lines', `none came meanwhile${refused}: --wait 60s waits for one`);
  else
    rows.fail(
      'log lines',
      `none came within ${formatDuration(waitMs)}${refused}`,
      'make the device log something (enter and leave configuration mode); compare logging host, port and transport with the source, and firewalls between',
    );
}

const linesOf = (sources: readonly { readonly lines: number }[]): number =>
  sources.reduce((sum, source) => sum + source.lines, 0);
