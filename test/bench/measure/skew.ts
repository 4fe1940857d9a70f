/**
 * Between the two boxes' `undebug all`: the lab's pairs (two simulated routers behind real SSH and syslog, two agents, a path that loses what
 * it is told to), several at once, their incidents in rounds. Beside them in the same rounds a bare timer writing into an SSH session at
 * either end (the control), and twins with Note A's applets in the lab's EEM and one plain trap an incident.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { dataDirOf, labUser } from '../../../agent/cli/lab/config-files.ts';
import { type End, ends, type RelayEvent } from '../../../agent/cli/lab/relay.ts';
import { scenarios } from '../../../agent/cli/lab/scenarios.ts';
import { CRYPTO_ADDRESS } from '../../../agent/cli/lab/setting.ts';
import type { Datagram } from '../../../agent/cli/lab/signal-reader.ts';
import { type Stage, setStage } from '../../../agent/cli/lab/stage.ts';
import { callControl } from '../../../agent/control/control-client.ts';
import type { Box } from '../../../agent/lab/contract.ts';
import { Cleanup } from '../../../agent/lifecycle.ts';
import { createWorld } from '../../../agent/world.ts';
import type { Bar, BenchContext, Finding, Measurement } from '../measurement.ts';
import { type EemTwin, openEemTwin } from '../rig/eem-twin.ts';
import { pause, start, until, type Watched } from '../rig/process.ts';
import { CONTROL_COMMAND } from '../rig/ssh-timer.ts';
import { fixed, median, percentile, spread, whole } from '../stats.ts';

const DELAY_MS = 3_000;
/** Longer than the delay: a second message of the same black hole comes after the stop, and then the pair is whole again. */
const MESSAGE_INTERVAL_MS = 4_000;
/** Agents read their device at a hello, every 2 s here; a message before that would be held down for the incident before. */
const ARMED_WITHIN_MS = 30_000;
/** The twins' message has come, its second one has not: one trap an incident. */
const TWIN_WHOLE_AFTER_MS = 2_000;
/** Outputs, the delay, the trap, and the other applet's `undebug all`; a lost trap is waited for no longer. */
const EEM_WITHIN_MS = 6_000;
const QUIET_WITHIN_MS = 5_000;
/** Between the desyncs of a round: one pair's stop, verification and capture take some 100 ms of two cores, the next one's is to be alone. */
const APART_MS = 120;
/** Of log after the stop: the first pair's bundle and report (CPU for some 0.2 s an end) are made when the last pair has stopped. */
const TAIL_MS = 1_500;
/** Of the delay, when the control's timers are due. */
const CONTROL_AFTER_MS = 1_500;
const STOP_PATIENCE_MS = 60_000;
const STOP = 'undebug all';

const world = createWorld();
const { clock } = world;

interface Case {
  readonly name: string;
  readonly loses: (datagram: Datagram) => boolean;
  /** Of the one trap of the applets. */
  readonly trapLost: () => boolean;
}

const losing = (percent: number): Case => ({
  name: percent === 0 ? 'no loss' : `${percent} % lost`,
  loses: () => Math.random() * 100 < percent,
  trapLost: () => Math.random() * 100 < percent,
});

const CASES: readonly Case[] = [
  losing(0),
  losing(30),
  losing(60),
  {
    name: 'every stop lost',
    loses: (datagram) => datagram.kind === 'signal' && datagram.phase === 'stop',
    trapLost: () => true,
  },
];

interface Incident {
  /** Null: one of the two never stopped. */
  readonly skewMs: number | null;
  readonly alertArrived: boolean;
  /** Until one was acknowledged, or the stop. */
  readonly alertsSent: number;
}

interface CaseResult {
  readonly incidents: Incident[];
  readonly controlMs: number[];
  readonly roundTripMs: number[];
  readonly eem: { sent: number; lost: number; readonly skewMs: number[] };
}

export const skew: Measurement = {
  name: 'skew',
  title: 'Skew between the boxes',
  async run(context) {
    const [pairs, rounds] = context.quick ? [10, 2] : [10, 20];
    const theatre = await Theatre.open(context, pairs);
    try {
      const results: CaseResult[] = [];
      for (const one of CASES) results.push(await theatre.play(one, rounds, context.say));
      return finding(pairs, rounds, results);
    } finally {
      await theatre.close();
    }
  },
};

function finding(pairs: number, rounds: number, results: readonly CaseResult[]): Finding {
  const skews = ({ incidents }: CaseResult): number[] =>
    incidents.filter(({ alertArrived }) => alertArrived).flatMap(({ skewMs }) => skewMs ?? []);
  const control = results.flatMap(({ controlMs }) => controlMs);
  const controlP99 = percentile(control, 0.99);
  const oneWayMs = median(results.flatMap(({ roundTripMs }) => roundTripMs)) / 2;
  const ms = fixed(1);
  const rows = results.map((result, index) => {
    const { incidents, eem } = result;
    const found = skews(result);
    const stopped = incidents.filter(({ skewMs }) => skewMs !== null).length;
    const alerted = incidents.filter(({ alertArrived }) => alertArrived).length;
    return [
      CASES[index]!.name,
      ...[0.5, 0.99, 1].map((share) => ms(percentile(found, share))),
      ms(percentile(result.controlMs, 0.99)),
      `${alerted} of ${incidents.length}`,
      `${stopped} of ${incidents.length}`,
      `${eem.lost} of ${eem.sent}`,
      eem.skewMs.length === 0 ? '-' : spread(eem.skewMs, fixed(0)),
    ];
  });
  const bars = results.flatMap((result, index): Bar[] => {
    const { name } = CASES[index]!;
    const found = skews(result);
    const [p50, p99] = [percentile(found, 0.5), percentile(found, 0.99)];
    const { incidents } = result;
    const share = incidents.filter(({ alertArrived }) => alertArrived).length / incidents.length;
    const all = incidents.every(({ skewMs }) => skewMs !== null);
    return [
      { text: `${name}: p50 at most one way + 3 ms`, measured: `${ms(p50)} of ${ms(oneWayMs + 3)} ms`, met: p50 <= oneWayMs + 3 },
      {
        text: `${name}: p99 at most one way + 3 x the control's`,
        measured: `${ms(p99)} of ${ms(oneWayMs + 3 * controlP99)} ms`,
        met: p99 <= oneWayMs + 3 * controlP99,
      },
      ...(name.startsWith('60')
        ? [{ text: `${name}: the alert arrived in 98.5 %`, measured: `${fixed(1)(share * 100)} %`, met: share >= 0.985 }]
        : []),
      { text: `${name}: all stopped`, measured: all ? 'all' : 'not all', met: all },
    ];
  });
  return {
    setting: [
      `${whole(pairs * rounds)} incidents a case, delay ${DELAY_MS / 1_000} s, ${pairs} pairs at once, ${rounds} rounds. Skew is between the moments at which the two boxes received \`${STOP}\`, by one clock, of the incidents whose alert arrived. One way: ${fixed(2)(oneWayMs)} ms, half the median round trip. The control, ${CONTROL_AFTER_MS / 1_000} s into the same delays: in a process an end a timer for one moment, then a write into an SSH session; over all cases p50 ${ms(percentile(control, 0.5))}, p99 ${ms(controlP99)} ms.`,
      "Note A's applets: the same rounds, in the lab's EEM; one plain trap an incident, over a path with the same losses.",
    ],
    head: [
      '',
      'skew p50, ms',
      'p99',
      'most',
      'control p99',
      'alert arrived',
      'both stopped',
      'EEM: traps that never arrive',
      'EEM: skew, ms',
    ],
    rows,
    bars,
  };
}

/** One pair of the lab, its agents, and its twin with the applets. */
interface Act {
  readonly stage: Stage;
  readonly folder: string;
  readonly agents: Watched[];
  readonly twin: EemTwin;
  /** Its debugs, for the round to come. */
  typedAt: number;
}

type Timers = Readonly<Record<End, ChildProcessByStdio<Writable, Readable, null>>>;

class Theatre {
  #case: Case = CASES[0]!;
  /** What the relay has seen since the round began, a pair: alerts sent, and those that were let through. */
  readonly #alerts = new Map<number, { sent: number; arrived: number }>();
  readonly #roundTrips: number[] = [];
  readonly #acts: Act[] = [];
  readonly #cleanup = new Cleanup(clock, 20_000);
  #timers: Timers | null = null;

  static async open(context: BenchContext, pairs: number): Promise<Theatre> {
    process.setMaxListeners(0);
    const theatre = new Theatre();
    for (let index = 0; index < pairs; index += 1) theatre.#acts.push(await theatre.#set(index, context));
    await Promise.all(theatre.#acts.map((act) => theatre.#ready(act)));
    theatre.#timers = await theatre.#openTimers(context);
    await Promise.all(theatre.#acts.map((act) => theatre.#prepare(act)));
    return theatre;
  }

  async #set(index: number, context: BenchContext): Promise<Act> {
    const folder = join(context.folder, `pair-${index}`);
    mkdirSync(folder);
    const setting = { messageIntervalMs: MESSAGE_INTERVAL_MS };
    const stage = await setStage(
      {
        ...{ folder, delayMs: DELAY_MS, seed: 2 * index + 11, lossPercent: 0, onSyslog: () => {} },
        scenario: { ...scenarios[0]!, setting, loses: (datagram) => this.#case.loses(datagram) },
        onRelay: (event) => this.#onRelay(index, event),
      },
      world,
      this.#cleanup,
    );
    stage.pair!.start();
    const agents = ends.map((end) => {
      // A minute's worth of the field's incidents comes in ten seconds here.
      const text = readFileSync(stage.configs[end], 'utf8').replace(/^ {2}after: \S+/m, `  after: ${TAIL_MS}ms`);
      writeFileSync(stage.configs[end], `${text}budgets: { incidentsPerHour: 1000 }\n`);
      return start([process.execPath, context.bin, 'run', '-c', stage.configs[end]], join(folder, `${end}.log`));
    });
    const twin = await openEemTwin({
      ...{ index, delayMs: DELAY_MS, messageIntervalMs: MESSAGE_INTERVAL_MS, world },
      loses: () => this.#case.trapLost(),
    });
    return { stage, folder, agents, twin, typedAt: 0 };
  }

  #onRelay(index: number, event: RelayEvent): void {
    if (event.kind === 'answer') this.#roundTrips.push(event.roundTripMs);
    else if (event.from === 'hub' && event.phase === 'alert') {
      const { sent, arrived } = this.#alerts.get(index) ?? { sent: 0, arrived: 0 };
      this.#alerts.set(index, { sent: sent + 1, arrived: arrived + (event.dropped ? 0 : 1) });
    }
  }

  async #ready({ stage, folder }: Act): Promise<void> {
    for (const end of ends)
      await until(
        `the ${end}'s agent of ${folder}`,
        async () => {
          const status = await callControl(join(folder, dataDirOf(end)), { request: 'status' }, clock).catch(() => null);
          if (status === null || !stage.syslog[end].connected()) return null;
          const { capture, control } = status.device.sessions;
          const isIn = [capture, control].every(({ state }) => state === 'ready' || state === 'busy');
          return isIn && status.peers.every(({ lastHelloAt }) => lastHelloAt !== null) ? true : null;
        },
        120_000,
        100,
      );
  }

  async #openTimers({ load }: BenchContext): Promise<Timers> {
    const open = async (end: End): Promise<Timers[End]> => {
      const child = spawn(process.execPath, [load, 'ssh-timer'], { stdio: ['pipe', 'pipe', 'inherit'] });
      let ready = 0;
      createInterface({ input: child.stdout }).on('line', () => {
        ready += 1;
      });
      for (const [index, { stage, folder }] of this.#acts.entries()) {
        const password = readFileSync(join(folder, 'secrets', `${end}-ssh`), 'utf8').trim();
        const { address, port } = stage.facts[end].ssh;
        child.stdin.write(`${JSON.stringify({ open: { index, address, port, user: labUser, password } })}\n`);
      }
      await until('the sessions of the control', () => (ready === this.#acts.length ? true : null), 60_000);
      return child;
    };
    return { hub: await open('hub'), spoke: await open('spoke') };
  }

  async play(one: Case, rounds: number, say: (line: string) => void): Promise<CaseResult> {
    this.#case = one;
    this.#roundTrips.length = 0;
    const began = clock.monotonic();
    const result: CaseResult = { incidents: [], controlMs: [], roundTripMs: [], eem: { sent: 0, lost: 0, skewMs: [] } };
    for (const { twin } of this.#acts) Object.assign(twin.traps, { sent: 0, lost: 0 });
    for (let round = 0; round < rounds; round += 1) await this.#round(result);
    result.roundTripMs.push(...this.#roundTrips);
    for (const { twin } of this.#acts) {
      result.eem.sent += twin.traps.sent;
      result.eem.lost += twin.traps.lost;
    }
    const skews = result.incidents.flatMap(({ skewMs }) => skewMs ?? []);
    const unheard = result.incidents.filter(({ alertArrived }) => !alertArrived).map(({ alertsSent }) => alertsSent);
    const tries = unheard.length === 0 ? '' : `, alerts sent where none arrived: ${unheard.join(', ')}`;
    const minutes = ((clock.monotonic() - began) / 60_000).toFixed(1);
    say(
      `${one.name}: ${skews.length} of ${result.incidents.length} stopped, skew p50 ${percentile(skews, 0.5).toFixed(1)} ms${tries}; ${minutes} min, load ${loadavg()[0]!.toFixed(1)}`,
    );
    return result;
  }

  async #round(result: CaseResult): Promise<void> {
    this.#alerts.clear();
    for (const { twin } of this.#acts) prepare(twin.pair, twin.box);
    await Promise.all(this.#acts.map((act) => this.#armed(act)));
    const began: number[] = [];
    for (const [index, { stage, twin }] of this.#acts.entries()) {
      const now = clock.monotonic();
      began.push(now);
      for (const end of ends)
        this.#timers![end].stdin.write(`${JSON.stringify({ at: { index, atMs: now + CONTROL_AFTER_MS } })}\n`);
      stage.pair!.desync();
      twin.pair.desync();
      clock.timer(`bench twin ${index}`, TWIN_WHOLE_AFTER_MS, () => twin.pair.repair());
      await pause(APART_MS);
    }
    await Promise.all(this.#acts.map((act, index) => this.#taken(act, index, began[index]!, result)));
  }

  /** For the next round, once both agents have read that debugs are off: their hello falls into the time until the bundles are sealed. */
  async #prepare(act: Act): Promise<void> {
    const isOff = async (end: End): Promise<boolean> => {
      const { incidents } = await callControl(join(act.folder, dataDirOf(end)), { request: 'status' }, clock, 20_000);
      return incidents.every(({ debugsOff }) => debugsOff !== 'pending');
    };
    const areOff = async (): Promise<true | null> => ((await isOff('hub')) && (await isOff('spoke')) ? true : null);
    await until('verified stops', areOff, QUIET_WITHIN_MS, 50).catch(() => null);
    prepare(act.stage.pair!, act.stage.boxes);
    act.typedAt = clock.wall();
  }

  /** Both agents have read that debugs are on. */
  async #armed({ folder, typedAt }: Act): Promise<void> {
    for (const end of ends)
      await until(
        `the debugs of ${folder}, as the ${end}'s agent reads them`,
        async () => {
          const { device } = await callControl(join(folder, dataDirOf(end)), { request: 'status' }, clock, 20_000);
          const readAt = device.debugsReadAt === null ? 0 : Date.parse(device.debugsReadAt);
          return readAt > typedAt && (device.debugsOn ?? []).length > 0 ? true : null;
        },
        ARMED_WITHIN_MS,
        200,
      );
  }

  async #taken(act: Act, index: number, began: number, result: CaseResult): Promise<void> {
    const { stage, twin } = act;
    const stopped = await until('both stops', () => both(stage.boxes, STOP, began), STOP_PATIENCE_MS, 20).catch(() => null);
    // The line is there before the box has acted on it.
    const isQuiet = (): true | null => (ends.every((end) => stage.boxes[end].debugsOn().length === 0) ? true : null);
    const quiet = await until('quiet boxes', isQuiet, QUIET_WITHIN_MS, 20).catch(() => null);
    stage.pair!.repair();
    const skewMs = stopped === null || quiet === null ? null : Math.abs(stopped.hub - stopped.spoke);
    const alerts = this.#alerts.get(index) ?? { sent: 0, arrived: 0 };
    result.incidents.push({ skewMs, alertArrived: alerts.arrived > 0, alertsSent: alerts.sent });
    const control = both(stage.boxes, CONTROL_COMMAND, began);
    if (control !== null) result.controlMs.push(Math.abs(control.hub - control.spoke));
    await this.#prepare(act);
    // The path is as it was once the bundles are sealed: the next round begins with nothing under way.
    for (const end of ends)
      await until(
        `the ${end}'s bundle`,
        async () => {
          const { incidents } = await callControl(join(act.folder, dataDirOf(end)), { request: 'status' }, clock, 20_000);
          return incidents.length > 0 && incidents.every(({ outcome }) => outcome !== null) ? true : null;
        },
        120_000,
        200,
      );
    const left = Math.max(0, began + EEM_WITHIN_MS - clock.monotonic());
    const eem = await until('both applets', () => both(twin.box, STOP, began), left, 50).catch(() => null);
    if (eem !== null) result.eem.skewMs.push(Math.abs(eem.hub - eem.spoke));
  }

  async close(): Promise<void> {
    for (const child of Object.values(this.#timers ?? {})) child.stdin.end();
    await Promise.all(this.#acts.flatMap(({ agents }) => agents.map((agent) => agent.stop())));
    for (const { twin } of this.#acts) await twin.close();
    await this.#cleanup.stop();
  }
}

/** New SAs, then the debugs as a person types them on both consoles. */
function prepare(pair: { repair(): void }, boxes: Readonly<Record<End, Box>>): void {
  pair.repair();
  for (const end of ends) {
    const far: End = end === 'hub' ? 'spoke' : 'hub';
    for (const command of [
      `debug crypto condition peer ipv4 ${CRYPTO_ADDRESS[far]}`,
      'debug crypto isakmp',
      'debug crypto ipsec',
    ])
      boxes[end].console(command);
  }
}

/** When each box received its first such line after `since`; null while one has not. Typed ones alone: the console is the person's. */
function both(boxes: Readonly<Record<End, Box>>, command: string, since: number): Record<End, number> | null {
  const at = (end: End): number | undefined =>
    boxes[end].commandLog.find((entry) => entry.at >= since && entry.expanded === command)?.at;
  const [hub, spoke] = [at('hub'), at('spoke')];
  return hub === undefined || spoke === undefined ? null : { hub, spoke };
}
