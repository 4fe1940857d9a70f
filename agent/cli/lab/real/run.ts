/**
 * One run of the real lab, straight down: two Linux gateways with a real tunnel in namespaces, two agents, an SA that breaks, and a judge
 * who asks charon and tcpdump. Called by cli/lab.ts. Agents, screen and verdict are the simulated lab's. Whatever happens ends in the cleanup.
 */

import { SpitrapError } from '../../../../shared/errors.ts';
import { formatSpi, parseSpi, type Spi } from '../../../../shared/model/flow.ts';
import { after, type DurationMs, type Monotonic, monotonic } from '../../../../shared/model/time.ts';
import { verifyBundle } from '../../../evidence/verify.ts';
import { Cleanup } from '../../../lifecycle.ts';
import { LabAgents, notReady } from '../agents.ts';
import { drawSecrets, type LabFile, secretFiles } from '../config-files.ts';
import { diagnoseBundles, type Named } from '../diagnosis.ts';
import type { Ending } from '../hands.ts';
import { rule, sentence } from '../lanes.ts';
import { Narrator } from '../narrate.ts';
import { type End, ends } from '../relay.ts';
import type { LabScreen } from '../run.ts';
import { scenarios } from '../scenarios.ts';
import { closing, introduction } from '../screen.ts';
import type { StageWorld } from '../stage.ts';
import { Timeline } from '../timeline.ts';
import { type EndFinding, judge, type LabVerdict } from '../verdict.ts';
import { realConfig } from './config-text.ts';
import type { Desync } from './desyncs.ts';
import { GatewayEnd } from './end.ts';
import { HOST, LAN, SIGNAL_PORT, SSH_PORT, WAN } from './files.ts';
import { Programs } from './programs.ts';
import { checkRequirements, type Machine } from './requirements.ts';
import { Witness } from './witness.ts';

export interface RealLabOptions {
  /** Absolute, empty. */
  readonly folder: string;
  readonly desync: Desync;
  readonly delayMs: DurationMs;
  /** Percent of the datagrams between the agents, from the desync on. */
  readonly lossPercent: number;
  readonly nodePath: string;
  readonly binPath: string;
  readonly machine: Machine;
}

const READY_WITHIN_MS: DurationMs = 30_000;
const TUNNEL_WITHIN_MS: DurationMs = 15_000;
/** Two looks of spi-watch, and a charon that starts again. */
const SIGHTED_WITHIN_MS: DurationMs = 20_000;
const SEALED_WITHIN_MS: DurationMs = 140_000;
const LOOK_MS: DurationMs = 100;
const CLEANUP_STEP_MS: DurationMs = 12_000;
const AFTER_MS: DurationMs = 1_000;
const HELLO_MS: DurationMs = 2_000;

/** Null: aborted. Rejects with what kept it from running at all; the cleanup is done in any case. */
export async function runRealLab(
  options: RealLabOptions,
  world: StageWorld,
  screen: LabScreen,
  abort: AbortSignal,
): Promise<LabVerdict | null> {
  const cleanup = new Cleanup(world.clock, CLEANUP_STEP_MS);
  const aborted = new Promise<null>((resolve) => {
    if (abort.aborted) resolve(null);
    abort.addEventListener('abort', () => resolve(null), { once: true });
  });
  const run = new RealRun(options, world, screen, cleanup, abort);
  const whole = run.whole();
  try {
    return await Promise.race([whole, aborted]);
  } finally {
    // What an abort cut short fails now, for want of its namespaces, and nobody wants to know.
    whole.catch(() => {});
    await cleanup.stop();
  }
}

/** Of a case of both ends: the hub's is the first. */
const HUB = 0;

/** What the diagnosis made of the SPI that was lost. */
interface Diagnosed {
  readonly verdict: Named | null;
  readonly faults: readonly string[];
}

class RealRun {
  readonly #options: RealLabOptions;
  readonly #world: StageWorld;
  readonly #screen: LabScreen;
  readonly #cleanup: Cleanup;
  readonly #abort: AbortSignal;
  readonly #programs: Programs;
  readonly #gateways: Readonly<Record<End, GatewayEnd>>;
  readonly #witness = new Witness();
  readonly #timeline: Timeline;
  readonly #narrator: Narrator;
  readonly #agents: LabAgents;

  constructor(options: RealLabOptions, world: StageWorld, screen: LabScreen, cleanup: Cleanup, abort: AbortSignal) {
    this.#options = options;
    this.#world = world;
    this.#screen = screen;
    this.#cleanup = cleanup;
    this.#abort = abort;
    this.#programs = new Programs(world.clock);
    const { disk, clock } = world;
    const gateway = (end: End): GatewayEnd =>
      new GatewayEnd({ end, folder: `${options.folder}/${end}-gateway`, programs: this.#programs, disk, clock });
    this.#gateways = { hub: gateway('hub'), spoke: gateway('spoke') };
    this.#timeline = cleanup.add('timeline', new Timeline(world.clock, screen.style, screen.print));
    this.#narrator = new Narrator(this.#timeline, world.clock);
    this.#agents = new LabAgents({
      ...options,
      world,
      narrator: this.#narrator,
      abort,
      launch: (end, argv) => this.#gateways[end].inNetwork(argv),
    });
  }

  async whole(): Promise<LabVerdict> {
    const { desync, folder, machine } = this.#options;
    const { hub, spoke } = this.#gateways;
    const { style } = this.#screen;
    await checkRequirements(machine, this.#programs);
    this.#print(
      sentence('spitrap lab --real: two Linux gateways in namespaces, two agents, and an SA that breaks.', style, 'strong'),
    );
    this.#print(sentence(`Desync ${desync.name}. ${desync.story}`, style));
    await this.#openGateways();
    const configs = await this.#writeConfigs();
    this.#cleanup.add('agents', () => this.#agents.stop());
    const pids: Partial<Record<End, number>> = {};
    for (const end of ends) pids[end] = (await this.#agents.start(end, { configs })).pid;
    await Promise.all(ends.map((end) => this.#ready(end)));
    const introduced = (end: End) => ({ hostname: HOST[end], endpoint: `${WAN[end]}:${SSH_PORT}`, pid: pids[end] ?? null });
    this.#print(introduction({ hub: introduced('hub'), spoke: introduced('spoke') }, style));

    await Promise.all(ends.map((end) => this.#gateways[end].debugsByHand()));
    this.#print(sentence('At both consoles charon’s debug levels were turned on.', style, 'quiet'));
    const lost = parseSpi(`0x${(await hub.inboundSpi()) ?? ''}`);
    if (lost === null) throw new SpitrapError('LAB_FAILED', 'the hub has no inbound SA to lose');
    this.#print([rule(style)]);
    if (this.#options.lossPercent > 0) await this.#loseSignals();
    await desync.play(hub);
    const brokenAt = this.#world.clock.monotonic();
    const brokenAtMs = this.#world.clock.wall();
    this.#timeline.tell(brokenAt, 'hub', desync.tells);
    this.#timeline.tell(brokenAt, 'spoke', `still sends with SPI ${formatSpi(lost)}`);
    await this.#until(
      () => 'the sighting by the hub’s agent',
      SIGHTED_WITHIN_MS,
      () => this.#sighted(),
    );
    await this.#sealed();
    const dropped = this.#witness.last();
    await this.#agents.stop();
    this.#timeline.end();
    const found = { hub: await this.#found(hub), spoke: await this.#found(spoke) };
    const isLater = dropped !== null && dropped.lastMs >= brokenAtMs;
    const diagnosed = await this.#diagnosis(found, lost);
    const ending = this.#ending(lost, isLater ? dropped.spi : null, dropped?.packets ?? 0, diagnosed.faults);
    const verdict = judge(scenarios[0]!, brokenAt, found, ending, diagnosed.verdict);
    this.#print(closing(verdict, folder, this.#narrator.lost(), style));
    return verdict;
  }

  /** Gateways, the wire between them, the tunnel over it, traffic in it, and tcpdump beside it. */
  async #openGateways(): Promise<void> {
    const { desync, folder } = this.#options;
    const { disk, random } = this.#world;
    const { hub, spoke } = this.#gateways;
    await disk.makeFolder(`${folder}/secrets`);
    await this.#programs.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/secrets/ssh`]);
    const key = (await disk.readFile(`${folder}/secrets/ssh.pub`)).toString();
    const psk = random.bytes(18).toString('base64url');
    for (const end of ends) this.#cleanup.add(`${end} gateway`, () => this.#gateways[end].close());
    await Promise.all(ends.map((end) => this.#gateways[end].open({ ike: desync.ike, psk }, key)));
    await this.#programs.must(
      hub.inNetwork(['ip', 'link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'wan', 'netns', String(spoke.pid)]),
    );
    await Promise.all(ends.map((end) => this.#gateways[end].addresses()));
    await this.#witness.start(hub, `${folder}/witness.pcap`);
    await hub.startCharon();
    await spoke.startCharon();
    await Promise.all(ends.map((end) => this.#gateways[end].startSshd()));
    await this.#until(
      () => 'the tunnel',
      TUNNEL_WITHIN_MS,
      async () => (await Promise.all(ends.map((end) => this.#gateways[end].inboundSpi()))).every((spi) => spi !== null),
    );
    spoke.start('ping', '-q', '-i', '0.2', '-I', LAN.spoke, LAN.hub);
  }

  async #writeConfigs(): Promise<Readonly<Record<End, string>>> {
    const { folder, delayMs } = this.#options;
    const times = { delayMs, afterMs: AFTER_MS, helloMs: HELLO_MS };
    const files: LabFile[] = secretFiles(drawSecrets(this.#world.random)).filter(({ path }) => /pair-|redaction/.test(path));
    for (const end of ends)
      files.push({ path: `${end}.yaml`, text: realConfig(end, await this.#gateways[end].hostKey(), times) });
    for (const { path, text } of files) {
      const file = await this.#world.disk.open(`${folder}/${path}`, 'create');
      await file.append(Buffer.from(text)).finally(() => file.close());
    }
    return { hub: `${folder}/hub.yaml`, spoke: `${folder}/spoke.yaml` };
  }

  /** Both ways: what the hub sends, and what comes to it. */
  async #loseSignals(): Promise<void> {
    const drop = `udp dport ${SIGNAL_PORT} numgen random mod 100 < ${this.#options.lossPercent} counter drop; udp sport ${SIGNAL_PORT} numgen random mod 100 < ${this.#options.lossPercent} counter drop`;
    await this.#gateways.hub.must(
      'nft',
      `table ip spitrap_loss { chain in { type filter hook input priority 0; iifname "wan" ${drop}; }; chain out { type filter hook output priority 0; oifname "wan" ${drop}; }; }`,
    );
  }

  async #ready(end: End): Promise<void> {
    let missing = 'an answer on its control socket';
    await this.#until(
      () => `${missing} of the ${end}'s agent`,
      READY_WITHIN_MS,
      async () => {
        const status = await this.#agents.status(end);
        const closed = status?.sources.find((source) => source.state !== 'open' || source.detail === '');
        missing = status === null ? missing : notReady(status, true) || (closed ? `source ${closed.name}` : '');
        return status !== null && missing === '';
      },
    );
  }

  async #sighted(): Promise<boolean> {
    if ((await this.#agents.incidents('hub')).length === 0) return false;
    this.#timeline.begin(this.#world.clock.monotonic());
    return true;
  }

  async #sealed(): Promise<void> {
    const isSealed = async (end: End): Promise<boolean> =>
      this.#narrator.sealed(end) && (await this.#agents.sealed(end)).length > 0;
    const all = async (): Promise<boolean> => (await Promise.all(ends.map(isSealed))).every(Boolean);
    await this.#until(() => 'both bundles', this.#options.delayMs + SEALED_WITHIN_MS, all).catch((error: unknown) => {
      if (this.#abort.aborted) throw error;
      this.#print([error instanceof Error ? error.message : String(error)]);
    });
  }

  /** What charon says of its levels, and when it was told to change them; what is in the bundle. */
  async #found(gateway: GatewayEnd): Promise<EndFinding> {
    const on = await gateway.debugsOn();
    const [stoppedMs] = await gateway.reloads();
    const { clock, disk } = this.#world;
    const at = (ms: number): Monotonic => monotonic(after(clock.monotonic(), ms - clock.wall()));
    const commandLog =
      stoppedMs === undefined ? [] : [{ at: at(stoppedMs), wall: clock.wall(), line: 0, typed: '', expanded: 'undebug all' }];
    const box = { debugsOn: () => (on ? ['charon debug levels'] : []), commandLog };
    const [folder] = await this.#agents.sealed(gateway.end);
    return { box, bundle: folder === undefined ? null : { folder, verdict: await verifyBundle(folder, disk) } };
  }

  /** What `spitrap report` says of the two bundles: it must name the SPI that the hub lost, and the hub. */
  async #diagnosis(found: Readonly<Record<End, EndFinding>>, lost: Spi): Promise<Diagnosed> {
    const folders = ends.flatMap((end) => found[end].bundle?.folder ?? []);
    if (folders.length < ends.length) return { verdict: null, faults: [] };
    const diagnosis = await diagnoseBundles(folders, this.#world.disk);
    if (diagnosis === null) return { verdict: null, faults: [] };
    const { verdict } = diagnosis;
    const finding = verdict.findings.find(({ flows }) => flows.some(({ spi }) => spi === lost)) ?? null;
    const faults: string[] = [];
    if (finding === null) faults.push(`the diagnosis does not name ${formatSpi(lost)}: ${verdict.sentence}`);
    else if (finding.cause === 'cannot-tell' || finding.end !== HUB)
      faults.push(`the diagnosis is not that the hub lost it: ${verdict.sentence}`);
    return { verdict: finding ?? verdict, faults };
  }

  /** The SPI that the hub lost, that tcpdump saw arrive after it, and that the bundles name: one and the same. */
  #ending(lost: Spi, dropped: Spi | null, packets: number, wrong: readonly string[]): Ending {
    const spi = formatSpi(lost);
    const faults: string[] = [];
    if (dropped === null) faults.push(`hub: tcpdump has seen no ESP after the hub lost ${spi}`);
    else if (dropped !== lost) faults.push(`hub: tcpdump saw ESP with ${formatSpi(dropped)} last, and the hub lost ${spi}`);
    return {
      facts: {
        spi,
        witness: { spi: dropped === null ? null : formatSpi(dropped), packets },
        desync: this.#options.desync.name,
      },
      faults: [...faults, ...wrong],
      ofBundles: (incidents) => ({
        facts: {},
        faults: ends.flatMap((end) => {
          const kept = (incidents[end]?.flows ?? []).map((flow) => flow.spi);
          return kept.includes(spi) ? [] : [`${end}: the bundle names ${kept.join(', ') || 'no SPI'}, and ${spi} was lost`];
        }),
      }),
      conclusion: `Both are quiet. tcpdump saw ${packets} packets of ${spi}.`,
    };
  }

  async #until(what: () => string, withinMs: DurationMs, holds: () => boolean | Promise<boolean>): Promise<void> {
    const { clock } = this.#world;
    const deadline = after(clock.monotonic(), withinMs);
    while (!(await holds())) {
      if (this.#abort.aborted) throw new SpitrapError('LAB_FAILED', 'aborted');
      await this.#agents.mustRun();
      if (clock.monotonic() > deadline)
        throw new SpitrapError(
          'LAB_FAILED',
          `waited ${withinMs / 1_000} s in vain for ${what()}; see the logs in ${this.#options.folder}`,
        );
      await clock.sleep('lab look', LOOK_MS);
    }
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.#screen.print(line);
  }
}
