/**
 * What was really so in a night, for checkers to judge by: what reached an agent, what its box was told and by whom, what was on and when.
 * Of the agents' own words only two things count: what they say they undertook (more can be asked of them then, never less), and alarms.
 * Kept by one watcher for all checkers; used by play.ts.
 */
import { DEBUG_KINDS } from '../../../agent/lab/debugs.ts';
import type { FlowRecord } from '../../../shared/coordinate/book.ts';
import { addresses, type End } from '../sim-pair.ts';
import type { Stage } from './stage.ts';
import { type Heard, hear } from './tap.ts';
import { type Crossing, ENDS, otherEnd } from './weather.ts';

export interface Undertaking {
  readonly end: End;
  /** Of the incident; for what was only seen from outside, what it was. */
  readonly name: string;
  readonly seenAt: number;
  /** By the night's clock; only ever earlier. */
  stopAt: number;
  /** Crypto debugs that it has to end: on when it was taken, and on ever since. */
  readonly flags: Set<string>;
  /** When none of them was on any more. */
  offAt: number | null;
  /** Where it is known from: its box's message, an answer of its agent (which says that it is on disk), or its agent's own book. */
  readonly by: 'message' | 'answer' | 'own-word';
  /** Its breach was reported. */
  told: boolean;
}

/** A signal of the peer that was answered: it is authentic and timely, and on disk. */
export interface AnsweredSignal extends Heard {
  /** When it first arrived. */
  readonly at: number;
}

/** Debugs that the pair itself turned on. */
export interface Armed {
  /** When each was typed, and whether the box has shown it since. */
  readonly flags: Map<string, { readonly typedAt: number; isOn: boolean }>;
  readonly since: number;
  /** When its agent last had a session and had lately heard its peer: the latest moment at which a lease was renewed. */
  wellAt: number;
}

export interface Cause {
  readonly at: number;
  readonly what: string;
}

interface Command {
  readonly at: number;
  readonly expanded: string;
}

export interface Delivered {
  readonly at: number;
  readonly line: string;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** With the time that a look at the buffer may take first. */
const CORROBORATION_MS = 3 * SECOND;
/** From the last key of a line to what it does. */
const SLOWEST_MS = 15 * SECOND;
/** From a line in a file to its reader. */
const FILE_LOOK_MS = 500;
/** The rest of an arming from its first debug on. */
const ARM_READ_LINES = 5;
/** Warnings. */
const MONITOR_LEVEL = 4;
const PEER_SILENT_MS = 190 * SECOND;
/** The window, whole seconds on both sides, and what two clocks drift apart. */
const TIMELY_MS = 153 * SECOND;
const MESSAGE = /RECVD_PKT_INV_SPI.*spi=(0x[0-9A-F]+).*srcaddr=([\d.]+)/i;
const TITLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(DEBUG_KINDS).map(([name, { title }]) => [`debug crypto ${name}`, `${title} is on`]),
);

const UNBELIEVED: ReadonlySet<FlowRecord['corroboration']> = new Set(['pending', 'absent', 'over-limit']);

const both = <T>(make: (end: End) => T): Readonly<Record<End, T>> => ({ hub: make('hub'), spoke: make('spoke') });

export class Truth {
  readonly undertakings: Readonly<Record<End, Undertaking[]>> = both(() => []);
  readonly armed: Record<End, Armed | null> = { hub: null, spoke: null };
  /** Lines of each box that reached a listening agent. */
  readonly delivered: Readonly<Record<End, Delivered[]>> = both(() => []);
  /** When a box had something to say and its agent did not run. */
  readonly unheard: Readonly<Record<End, number[]>> = both(() => []);
  /** What may make an agent act on its device. */
  readonly causes: Readonly<Record<End, Cause[]>> = both(() => []);
  /** Signals of an end that arrived at the other. */
  readonly signals: Readonly<Record<End, (Heard & { readonly sentAt: number; readonly arrivedAt: number })[]>> = both(() => []);
  /** Signals that an end has answered, each attempt of each. */
  readonly answered: Readonly<Record<End, AnsweredSignal[]>> = both(() => []);
  /** What the agent's sessions typed; what its applet on the box did is not among it. */
  readonly typed: Readonly<Record<End, Command[]>> = both(() => []);
  /** When it last turned anything off that it had a cause for. */
  readonly ended: Record<End, number | null> = { hub: null, spoke: null };
  readonly reboots: Readonly<Record<End, number[]>> = both(() => []);
  /** Conditions that the agent set and has not removed. */
  readonly conditions: Readonly<Record<End, Set<string>>> = both(() => new Set());
  /** Each change of what is on. */
  readonly flagsLog: Readonly<Record<End, { readonly at: number; readonly flags: readonly string[] }[]>> = both(() => []);
  readonly #stage: Stage;
  readonly #read: Record<End, number> = { hub: 0, spoke: 0 };
  readonly #persons: Record<End, number> = { hub: 0, spoke: 0 };
  readonly #decisions: Record<End, number> = { hub: -1, spoke: -1 };
  readonly #heardAt: Record<End, number> = { hub: 0, spoke: 0 };
  readonly #waiting = new Map<string, { readonly heard: Heard; readonly at: number }>();
  /** Lines that left a box while its agent did not run: over TCP one may come after the agent. */
  readonly #inFlight: Readonly<Record<End, Delivered[]>> = both(() => []);
  readonly #known: Readonly<Record<End, Set<string>>> = both(() => new Set());
  readonly #spis: Readonly<Record<End, Set<string>>> = both(() => new Set());

  constructor(stage: Stage) {
    this.#stage = stage;
    stage.weather.onArrival = (crossing) => this.#arrived(crossing);
    stage.weather.onSent = (crossing) => this.#left(crossing);
    for (const end of ENDS) {
      stage.boxes[end].onSyslog((line) => this.#onSyslog(end, line));
      stage.boxes[end].onHang((hung) => {
        if (hung) this.reboots[end].push(stage.now);
        if (hung) this.conditions[end].clear();
      });
    }
  }

  #onSyslog(end: End, line: string): void {
    const { syslog } = this.#stage.setting;
    if (!this.#stage.hosts[end].up) this.unheard[end].push(this.#stage.now);
    if (!this.#stage.hosts[end].listens) {
      this.#inFlight[end].push({ at: this.#stage.now, line });
      return;
    }
    // A session that has asked for it a moment ago may have it, and may not: a cause, and no undertaking.
    const [, spi, source] = MESSAGE.exec(line) ?? [];
    const isOurs = spi !== undefined && source === addresses[otherEnd(end)].crypto;
    if (syslog === 'terminal-monitor' && !this.#isMonitored(end, line)) {
      if (isOurs) this.causes[end].push({ at: this.#stage.now, what: 'message' });
      // It may have been its first, and what comes a minute later held down.
      if (isOurs) this.#spis[end].add(spi);
      return;
    }
    if (syslog === 'syslog-udp' && this.#stage.losesSyslog(end)) return;
    this.delivered[end].push({ at: this.#stage.now, line });
    if (!isOurs) return;
    if (end === 'spoke' && !this.#stage.setting.bothRoles) return;
    const { now } = this.#stage;
    // A black hole that goes on is one event, whatever was armed since.
    const isFresh = this.#isFresh(end) && !this.#spis[end].has(spi);
    this.#spis[end].add(spi);
    this.causes[end].push({ at: now, what: 'message' });
    if (isFresh)
      this.#undertake(end, `a message of ${Math.round(now)}`, now + this.#stage.setting.delayMs + CORROBORATION_MS, 'message');
  }

  /** On a session that asked for it a while ago, of a severity that its level lets through (docs/sources.md). */
  #isMonitored(end: End, line: string): boolean {
    const severity = /%[A-Z0-9_]+-(\d)-/.exec(line)?.[1];
    const isOn = [...this.#stage.hosts[end].monitors.values()].some((since) => this.#stage.now - since >= SLOWEST_MS);
    return isOn && severity !== undefined && Number(severity) <= MONITOR_LEVEL;
  }

  /** No hold-down can be about it. */
  #isFresh(end: End): boolean {
    const { now } = this.#stage;
    const last = this.causes[end].findLast(({ at }) => at > now - HOUR);
    const armedAt = this.armed[end]?.since ?? null;
    // Its agent takes it for armed when it has read that back, line by line.
    const readBackMs = SECOND + ARM_READ_LINES * (this.#stage.boxes[end].core.behaviour.thinkMs + SECOND / 20);
    return last === undefined || (armedAt !== null && armedAt > last.at + 2 * SECOND && now > armedAt + readBackMs);
  }

  #arrived(crossing: Crossing): void {
    const end = otherEnd(crossing.from);
    if (!this.#stage.hosts[end].listens) return;
    const heard = hear(crossing.bytes);
    if (heard?.kind !== 'signal') return;
    const { now } = this.#stage;
    // Whoever sends a signal that late is no peer: it was held back, or recorded (RFC 3414, 2.2.3).
    if (now - crossing.sentAt > TIMELY_MS) return;
    this.signals[crossing.from].push({ ...heard, sentAt: crossing.sentAt, arrivedAt: now });
    this.#heardAt[end] = now;
    const isLook = heard.phase === 'alert' && heard.keys['act'] === 'no';
    if ((heard.phase === 'alert' && !isLook) || heard.phase === 'stop' || heard.phase === 'disarm')
      this.causes[end].push({ at: now, what: `${heard.phase} ${heard.id}` });
    this.#waiting.set(`${end} ${heard.requestId}`, { heard, at: now });
  }

  /** An answer says that the signal was authentic, timely, and is on disk: what it asks for is undertaken. */
  #left(crossing: Crossing): void {
    const end = crossing.from;
    const answer = hear(crossing.bytes);
    if (answer?.kind !== 'response') return;
    const waited = this.#waiting.get(`${end} ${answer.requestId}`);
    if (waited === undefined) return;
    const { heard, at } = waited;
    this.answered[end].push({ ...heard, at });
    if ((heard.phase !== 'alert' && heard.phase !== 'stop') || heard.keys['act'] === 'no' || this.#known[end].has(heard.id))
      return;
    if (end === 'hub' && !this.#stage.setting.bothRoles) return;
    this.#known[end].add(heard.id);
    const wanted = heard.phase === 'stop' ? 0 : Math.max(0, heard.number ?? this.#stage.setting.delayMs);
    this.#undertake(end, `${heard.phase} ${heard.id}`, at + wanted, 'answer');
  }

  #undertake(end: End, name: string, stopAt: number, by: Undertaking['by']): void {
    const { setting, now, heldSince } = this.#stage;
    if (setting.mode[end] !== 'act' || heldSince[end] !== null || this.#stage.boxes[end].isHung()) return;
    this.#readCommands(end);
    const ours = this.armed[end]?.flags ?? new Map<string, unknown>();
    const isOurs = setting.stop === 'own' || setting.arm === 'on-first-sighting';
    const flags = new Set(isOurs ? this.#stage.debugsOn(end).filter((flag) => ours.has(flag)) : this.#stage.debugsOn(end));
    const seen = { end, name, seenAt: now, stopAt, flags, offAt: null, by, told: false };
    if (flags.size > 0) this.undertakings[end].push(seen);
  }

  /** After every step of the night. */
  look(): void {
    for (const end of ENDS) {
      this.#stage.noteStarved(end);
      this.#readInFlight(end);
      this.#readCommands(end);
      this.#readPersons(end);
      this.#readFlags(end);
      this.#readStatus(end);
    }
  }

  /** A cause, and no undertaking. */
  #readInFlight(end: End): void {
    const host = this.#stage.hosts[end];
    if (!host.listens) return;
    const { syslog, tcpLagMs } = this.#stage.setting;
    for (const { at, line } of this.#inFlight[end].splice(0)) {
      const isOver = (syslog !== 'both' && syslog !== 'all') || at + tcpLagMs < host.startedAt;
      if (!isOver && MESSAGE.exec(line)?.[2] === addresses[otherEnd(end)].crypto) this.causes[end].push({ at, what: 'message' });
    }
  }

  #readCommands(end: End): void {
    const { commandLog, appletRuns } = this.#stage.boxes[end];
    for (; this.#read[end] < commandLog.length; this.#read[end]++) {
      const { at, line, expanded } = commandLog[this.#read[end]]!;
      if (line < 0 || appletRuns.some(({ actions }) => actions.some((action) => Math.abs(action.at - at) < 1))) continue;
      this.typed[end].push({ at, expanded });
      const condition = /^(no )?debug crypto condition peer ipv4 ([\d.]+)$/.exec(expanded);
      if (condition?.[1] === undefined && condition?.[2] !== undefined) this.conditions[end].add(condition[2]);
      const title = TITLES[expanded];
      if (title === undefined) continue;
      this.armed[end] ??= { flags: new Map(), since: at, wellAt: at };
      this.armed[end].flags.set(title, { typedAt: at, isOn: false });
    }
  }

  /** What a person turned on or off since is theirs. */
  #readPersons(end: End): void {
    const { persons } = this.#stage;
    for (; this.#persons[end] < persons.length; this.#persons[end]++) {
      const { end: at, line } = persons[this.#persons[end]]!;
      if (at !== end) continue;
      const title = TITLES[line.replace(/^(?:no|undebug) /, '')];
      for (const { flags } of this.undertakings[end]) {
        if (line === 'undebug all') flags.clear();
        else if (title !== undefined) flags.delete(title);
      }
    }
  }

  #readFlags(end: End): void {
    const on = new Set(this.#stage.debugsOn(end));
    const log = this.flagsLog[end];
    const before = log.at(-1)?.flags ?? [];
    if (before.length !== on.size || before.some((flag) => !on.has(flag))) log.push({ at: this.#stage.now, flags: [...on] });
    for (const undertaking of this.undertakings[end]) {
      for (const flag of undertaking.flags) if (!on.has(flag)) undertaking.flags.delete(flag);
      if (undertaking.flags.size === 0) undertaking.offAt ??= this.#stage.now;
    }
    const armed = this.armed[end];
    if (armed === null) return;
    for (const [flag, state] of armed.flags) {
      if (on.has(flag)) state.isOn = true;
      else if (state.isOn || this.#stage.now - state.typedAt > SLOWEST_MS) armed.flags.delete(flag);
    }
    if (armed.flags.size === 0) this.armed[end] = null;
    const host = this.#stage.hosts[end];
    const hasPeer = this.#stage.now - this.#heardAt[end] < PEER_SILENT_MS;
    if (host.listens && host.shells > 0 && hasPeer) armed.wellAt = this.#stage.now;
  }

  #readStatus(end: End): void {
    const { setting, now } = this.#stage;
    if (!this.#stage.hosts[end].listens || this.#decisions[end] === this.#stage.decisions[end]) return;
    this.#decisions[end] = this.#stage.decisions[end];
    for (const { id, stop, stopAt: ownStopAt, outcome, flows, signallers } of this.#stage.books[end]?.incidents ?? []) {
      if (stop.kind === 'not-planned' || outcome !== null) continue;
      // Nothing is undertaken for lines that the device has not borne out: a stranger's end nothing (pair-protocol.md, "What counts as the event").
      // Nor for the word of a peer that only wanted to look.
      const isBelieved = ({ corroboration, sources }: FlowRecord): boolean =>
        !UNBELIEVED.has(corroboration) && sources.some((source) => !source.startsWith('peer:'));
      const isAsked = signallers.some(({ captureOnly }) => captureOnly === undefined);
      if (stop.kind === 'planned' && flows.length > 0 && !isAsked && !flows.some(isBelieved)) continue;
      const stopAt = now + (ownStopAt - this.#stage.ownNow(end)) / setting.rate[end];
      const known = this.undertakings[end].find(({ name }) => name === id);
      if (known !== undefined) known.stopAt = Math.min(known.stopAt, stopAt);
      else if (!this.#known[end].has(id)) {
        this.#known[end].add(id);
        this.#undertake(end, id, stopAt, 'own-word');
      }
    }
  }

  /**
   * An alarm that tells to log in to that end's device and to turn its debugs off; or, minutes after a stop that nobody was there for, to
   * look at what is on, which may be anybody's by then (pair-protocol.md, "Crash, restart, disk").
   */
  toldOf(end: End): boolean {
    const tells = new RegExp(`log in to (?:the device of )?${end}\\b.*undebug`);
    const ownTells = /log in to our device.*undebug/;
    return ENDS.some(
      (at) =>
        this.#stage.hosts[at].listens &&
        this.#stage.sim.alarms(at).some((alarm) => tells.test(alarm) || (at === end && ownTells.test(alarm))),
    );
  }

  /** Its record may not be on any disk: the agent died before the next sync of its journal, and had told nobody that it is. */
  isLost({ end, seenAt, by }: Undertaking): boolean {
    const { deaths, synced, lostDataDirAt, diskTroubledAt, toldToLeave } = this.#stage.hosts[end];
    if (lostDataDirAt !== null && lostDataDirAt >= seenAt) return true;
    // What nobody has read of a file when its agent leaves or dies is old when the next one does, and opens nothing (docs/sources.md).
    const isUnread = (leftAt: number): boolean =>
      leftAt <= seenAt + FILE_LOOK_MS && seenAt <= (deaths.find((at) => at >= leftAt) ?? Number.POSITIVE_INFINITY);
    if (by === 'message' && this.#stage.setting.syslog === 'file' && [...toldToLeave, ...deaths].some(isUnread)) return true;
    if (by === 'answer' && diskTroubledAt === null) return false;
    const death = deaths.find((at) => at >= seenAt);
    return death !== undefined && !synced.journal.some((at) => at > seenAt && at <= death);
  }
}
