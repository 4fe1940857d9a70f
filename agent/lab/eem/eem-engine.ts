/**
 * The Embedded Event Manager of one box: the registered applets, the event detectors (syslog, snmp-notification, timer, none),
 * the runs and their record. Configured by commands/event-manager.ts. facts.md §4 has the rules that matter here.
 */
import type { Timer } from '../../../shared/clock.ts';
import type { Monotonic, Wall } from '../../../shared/model/time.ts';
import type { BoxCore } from '../box-core.ts';
import { clockReading } from '../box-time.ts';
import type { AppletRunRecord } from '../contract.ts';
import { iosRegex } from '../filters.ts';
import { labLimits } from '../lab-limits.ts';
import type { Prng } from '../prng.ts';
import type { ReceivedNotification } from '../snmp/box-snmp.ts';
import { policyEvent } from '../snmp/policy-event.ts';
import type { Applet, AppletEvent } from './applet.ts';
import { AppletRun, type CliSession } from './applet-run.ts';
import { AppletVariables, substitute } from './applet-variables.ts';
import { oidMatches, valueMatches } from './notification-match.ts';

export interface RegisteredApplet {
  readonly applet: Applet;
  readonly registeredAt: Wall;
  readonly pattern: RegExp | null;
  /** Of `occurs` and `period`. */
  hits: Monotonic[];
  timer: Timer | null;
  /** Of `ratelimit`. */
  lastRunAt: Monotonic | null;
}

/** EventType1 of what is sent. [B] The numbers of a router's ceemEventMapTable differ by release; nothing reads them. */
const EVENT_TYPE_NUMBERS: Readonly<Record<AppletEvent['kind'], number>> = {
  syslog: 2,
  'snmp-notification': 3,
  'timer countdown': 4,
  'timer watchdog': 4,
  none: 5,
};

const WATCHDOG_MS_MIN = 1_000;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface RunEntry extends Writable<Omit<AppletRunRecord, 'actions'>> {
  readonly actions: Writable<AppletRunRecord['actions'][number]>[];
}

export class EemEngine {
  /** Opens a VTY for an applet's commands; null: fewer than EEM needs are free. Set by box.ts, which has the lines. */
  openCli: ((applet: Applet) => CliSession | null) | null = null;
  /** `event manager session cli username`: whom AAA sees; empty: a null user. */
  sessionUser = '';
  /** `event manager environment`. */
  readonly environment = new Map<string, string>();
  /** Events that found no thread and no place in the queue. */
  dropped = 0;
  private readonly core: BoxCore;
  private readonly prng: Prng;
  private readonly registered = new Map<string, RegisteredApplet>();
  private readonly records: RunEntry[] = [];
  private readonly running = new Set<AppletRun>();
  private readonly queue: (() => void)[] = [];
  private jobs = 0;
  private muted = false;

  constructor(core: BoxCore) {
    this.core = core;
    this.prng = core.prng.fork('eem');
    core.log.onMessage((severity, text) => this.screen(severity, text));
    core.snmp.onNotification = (notification) => this.notified(notification);
  }

  get runs(): readonly AppletRunRecord[] {
    return this.records;
  }

  applets(): readonly RegisteredApplet[] {
    return [...this.registered.values()];
  }

  find(name: string): Applet | null {
    return this.registered.get(name)?.applet ?? null;
  }

  /** Leaving (config-applet): the applet is armed anew, and its countdown begins again. False: no room for another one. */
  register(applet: Applet): boolean {
    if (!this.registered.has(applet.name) && this.registered.size >= labLimits.applets) return false;
    this.registered.get(applet.name)?.timer?.cancel();
    const { event } = applet;
    const entry: RegisteredApplet = {
      applet,
      registeredAt: this.core.log.wall(),
      pattern: event?.kind === 'syslog' ? this.patternOf(event.pattern) : null,
      hits: [],
      timer: null,
      lastRunAt: null,
    };
    this.registered.set(applet.name, entry);
    if (event === null) this.say(4, 'FMPD_NO_EVENT', `No event configured for applet ${applet.name}`);
    else if (applet.actions.size === 0) this.say(4, 'FMPD_NO_ACTION', `No action configured for applet ${applet.name}`);
    this.startTimer(entry);
    return true;
  }

  private startTimer(entry: RegisteredApplet): void {
    const { event } = entry.applet;
    if (event?.kind !== 'timer countdown' && event?.kind !== 'timer watchdog') return;
    const kind = event.kind === 'timer watchdog' ? 'watchdog' : 'countdown';
    // A watchdog of no time at all would never let go of the box.
    const timeMs = kind === 'watchdog' ? Math.max(event.timeMs, WATCHDOG_MS_MIN) : event.timeMs;
    entry.timer = this.core.clock.timer(`lab-eem-${kind}`, timeMs, () => {
      entry.timer = null;
      if (kind === 'watchdog') this.startTimer(entry);
      const details = { _timer_type: kind, _timer_time_sec: this.seconds() };
      this.trigger(entry, event, kind, details);
    });
  }

  /** `event manager run`: false: there is no such applet, or it is not registered for that. */
  run(name: string, words: readonly string[]): boolean {
    const entry = this.registered.get(name);
    const event = entry?.applet.event;
    if (!entry || event?.kind !== 'none') return false;
    const args = Object.fromEntries(words.map((word, index) => [`_none_arg${index + 1}`, word]));
    this.trigger(entry, event, words.join(' '), { _none_argc: String(words.length), ...args });
    return true;
  }

  /** With the environment as it is now; a `$` that no variable follows is the end of the line, as ever. */
  private patternOf(source: string): RegExp | null {
    const out = substitute(source, (name) => this.environment.get(name));
    return iosRegex('text' in out ? out.text : source);
  }

  private seconds(): string {
    return String(Math.floor(this.core.log.wall() / 1_000));
  }

  unregister(name: string): boolean {
    this.registered.get(name)?.timer?.cancel();
    return this.registered.delete(name);
  }

  close(): void {
    for (const { timer } of this.registered.values()) timer?.cancel();
    for (const run of this.running) run.close();
    this.running.clear();
    this.queue.length = 0;
  }

  /** The syslog detector. What an applet writes itself is not screened, or two applets could call each other for ever. */
  private screen(severity: number, text: string): void {
    if (this.muted) return;
    for (const entry of this.registered.values()) {
      const { event } = entry.applet;
      if (event?.kind !== 'syslog' || !entry.pattern?.test(text)) continue;
      if (event.priority !== null && severity > event.priority) continue;
      const now = this.core.clock.monotonic();
      const { periodMs } = event;
      entry.hits = [...entry.hits.filter((at) => periodMs === null || now - at <= periodMs), now];
      if (entry.hits.length < event.occurs) continue;
      entry.hits = [];
      this.trigger(entry, event, text, { _syslog_msg: text });
    }
  }

  /** The snmp-notification detector: any varbind of any notification, whatever its type, from that address. */
  private notified({ source, varbinds }: ReceivedNotification): void {
    for (const entry of this.registered.values()) {
      const { event } = entry.applet;
      if (event?.kind !== 'snmp-notification') continue;
      if (event.sourceAddress !== null && event.sourceAddress !== source) continue;
      const match = varbinds.find(
        ({ oid, text }) => text !== null && oidMatches(event.oid, oid) && valueMatches(text, event.op, event.oidVal),
      );
      if (!match) continue;
      this.trigger(entry, event, `${match.oid} = ${match.text} from ${source}`, {
        _snmp_notif_oid: match.oid,
        _snmp_notif_oid_val: match.text ?? '',
        _snmp_notif_src_ip_addr: source,
      });
    }
  }

  /** `details`: the variables that this event has beside those of every one. */
  private trigger(entry: RegisteredApplet, event: AppletEvent, cause: string, details: Readonly<Record<string, string>>): void {
    const { applet } = entry;
    if (applet.actions.size === 0) return;
    const now = this.core.clock.monotonic();
    if (event.ratelimitMs !== null && entry.lastRunAt !== null && now - entry.lastRunAt < event.ratelimitMs) return;
    if (this.running.size >= labLimits.eemThreads && this.queue.length >= labLimits.eemQueue) {
      this.dropped += 1;
      return;
    }
    this.jobs += 1;
    entry.lastRunAt = now;
    const variables = new AppletVariables(
      new Map(
        Object.entries({
          ...details,
          _event_id: String(this.jobs),
          _event_type: String(EVENT_TYPE_NUMBERS[event.kind]),
          _event_type_string: event.kind,
          _event_pub_time: clockReading(this.core.log.wall()),
          _event_pub_sec: this.seconds(),
        }),
      ),
      this.environment,
    );
    const record: RunEntry = {
      applet: applet.name,
      job: this.jobs,
      event: event.kind,
      cause,
      triggeredAt: now,
      triggeredWall: this.core.log.wall(),
      startedAt: null,
      actions: [],
      ended: null,
    };
    if (this.records.length >= labLimits.appletRuns) this.records.shift();
    this.records.push(record);
    const begin = (): void => this.begin(applet, event, record, variables);
    if (this.running.size < labLimits.eemThreads) begin();
    else this.queue.push(begin);
  }

  private begin(applet: Applet, event: AppletEvent, record: RunEntry, variables: AppletVariables): void {
    const { core } = this;
    const { clock, log } = core;
    const run: AppletRun = new AppletRun(applet, {
      clock,
      prng: this.prng,
      variables,
      thinkMs: () => core.behaviour.thinkMs + core.strain.answerDelayMs(),
      whenAnswering: (act) => core.strain.whenAnswering(act),
      openCli: () => this.connect(applet),
      syslog: (priority, message) => this.say(priority, 'LOG', `${applet.name}: ${message}`),
      trap: ({ intData1, intData2, strData }) => {
        const eventType = EVENT_TYPE_NUMBERS[event.kind];
        const values = { index: record.job, eventType, policyName: applet.name, intData1, intData2, strData };
        core.snmp.notify('event-manager', policyEvent(core.options.eventManagerRoot ?? 91, values));
      },
      // [B] The words; that it ends the applet is sure.
      unknownVariable: (name) => this.say(3, 'FMPD_UNKNOWN_ENV', `fh_parse_var: could not find environment variable: ${name}`),
      started: () => {
        record.startedAt = clock.monotonic();
      },
      acted: (label, action) => {
        if (record.actions.length >= labLimits.appletRunActions) return;
        record.actions.push({ label, action, at: clock.monotonic(), wall: log.wall() });
      },
      ended: (how, notRun) => {
        record.ended = { at: clock.monotonic(), wall: log.wall(), how, notRun };
        if (how === 'failed') this.say(3, 'FMPD_ERROR', `Error executing applet ${applet.name} statement ${notRun[0]}`);
        // [B] These words are what IOS says of a Tcl policy.
        if (how === 'maxrun') this.say(6, 'LOG', `${applet.name}: Process Forced Exit- MAXRUN timer expired.`);
        this.running.delete(run);
        this.queue.shift()?.();
      },
    });
    this.running.add(run);
  }

  private connect(applet: Applet): CliSession | null {
    const session = this.openCli?.(applet) ?? null;
    if (session === null)
      this.say(
        3,
        'FMPD_CLI_CONNECT',
        `Unable to establish CLI session: no tty lines available, minimum of ${labLimits.eemFreeVtys} required by EEM`,
      );
    return session;
  }

  private say(severity: number, mnemonic: string, text: string): void {
    this.muted = true;
    this.core.log.message(severity, `HA_EM-${severity}-${mnemonic}`, text);
    this.muted = false;
  }
}
