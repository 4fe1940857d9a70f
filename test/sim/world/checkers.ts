/**
 * What must hold in every night, whatever happens (issue C, pair-protocol.md's promises). What a box did and what was on is asked of the
 * boxes; what an agent undertook, of its status. `look` runs after every step, `end` when the night is over and all is well again.
 */

import type { IncidentFile } from '../../../shared/bundle/incident-file.ts';
import { timing } from '../../../shared/coordinate/timing.ts';
import { addresses, type End, secrets } from '../sim-pair.ts';
import { ENDS, LEASE_MS, otherEnd, type Stage } from './stage.ts';

export interface Checker {
  readonly name: string;
  look?(): void;
  end?(): Promise<void>;
}
export type Report = (what: string) => void;

const SECOND = 1_000;
/** One look more, and what a step of the stage takes. */
const SLACK_MS = 3 * SECOND;
/** Three missing hellos, and the one that was on its way. */
const PEER_NOTICES_MS = 4 * 60 * SECOND;

interface Undertaking {
  readonly id: string;
  readonly seenAt: number;
  /** Planned stop, by the night's clock; only ever earlier. */
  stopAt: number | null;
  /** Crypto debugs that were on when it was first seen, and have been ever since. */
  readonly flags: Set<string>;
  told: boolean;
}

/** What the agents undertook, as it was seen from outside; kept by one watcher for all checkers. */
export class Watch {
  readonly undertakings: Readonly<Record<End, Map<string, Undertaking>>> = { hub: new Map(), spoke: new Map() };
  /** Flags that the agent has on by its own word, since when. */
  readonly ours: Record<End, { readonly flags: readonly string[]; leaseEndsAt: number; seenAt: number } | null> = {
    hub: null,
    spoke: null,
  };
  /** Was the box told `undebug all` by a session since the agent's incident? */
  readonly messages: Record<End, number> = { hub: 0, spoke: 0 };
  readonly reboots: Record<End, number> = { hub: 0, spoke: 0 };
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
    for (const end of ENDS) {
      stage.boxes[end].onSyslog((line) => {
        if (/RECVD_PKT_INV_SPI/.test(line)) this.messages[end]++;
        if (/SYS-5-RESTART/.test(line)) this.reboots[end]++;
      });
    }
  }

  look(): void {
    for (const end of ENDS) {
      const on = new Set(this.#stage.debugsOn(end));
      for (const { flags } of this.undertakings[end].values())
        for (const flag of [...flags]) if (!on.has(flag)) flags.delete(flag);
      if (!this.#stage.hosts[end].up || this.#stage.station(end).agent === null) continue;
      const status = this.#stage.sim.status(end);
      const rate = this.#stage.setting.rate[end];
      for (const incident of status.incidents) {
        const known = this.undertakings[end].get(incident.id);
        const stopAt = incident.stopInMs === null ? null : this.#stage.now + incident.stopInMs / rate;
        if (known !== undefined) {
          if (stopAt !== null) known.stopAt = Math.min(known.stopAt ?? Number.POSITIVE_INFINITY, stopAt);
          continue;
        }
        if (incident.outcome !== null && stopAt === null) continue;
        this.undertakings[end].set(incident.id, {
          id: incident.id,
          seenAt: this.#stage.now,
          stopAt,
          flags: new Set(on),
          told: false,
        });
      }
      const { state, leaseLeftMs, debugs } = status.arming;
      this.ours[end] =
        state === 'armed' && leaseLeftMs !== null
          ? { flags: debugs, leaseEndsAt: this.#stage.now + leaseLeftMs / rate, seenAt: this.#stage.now }
          : state === 'disarmed'
            ? null
            : this.ours[end];
    }
  }

  /** An alarm about the debugs of that end stands at either agent. */
  toldOf(end: End): boolean {
    return ENDS.some((at) => {
      if (!this.#stage.hosts[at].up || this.#stage.station(at).agent === null) return false;
      return this.#stage.sim.alarms(at).some((alarm) => alarm.includes('undebug') && (at === end || alarm.includes(end)));
    });
  }
}

/** 1. Within stopBound every debug that the pair armed or undertook to stop is off, or the alarm stands. */
const debugsEnd = (stage: Stage, watch: Watch, report: Report): Checker => ({
  name: 'debugs end within the bound, or a person is told',
  look() {
    for (const end of ENDS) {
      const host = stage.hosts[end];
      for (const undertaken of watch.undertakings[end].values()) {
        const { stopAt, flags, told, id, seenAt } = undertaken;
        if (stopAt === null || flags.size === 0 || told) continue;
        // What it undertook is gone with its dataDir.
        if (host.lostDataDirAt !== null && host.lostDataDirAt >= seenAt) continue;
        const from = host.up ? Math.max(stopAt, host.startedAt) : Math.max(stopAt, (host.diedAt ?? stage.now) + PEER_NOTICES_MS);
        if (stage.now <= from + timing.stopBoundMs + SLACK_MS) continue;
        if (!host.up && !stage.hosts[otherEnd(end)].up) continue;
        if (watch.toldOf(end)) continue;
        undertaken.told = true;
        report(
          `${end}: ${[...flags].join(', ')} on ${Math.round(stage.now - stopAt)} ms after the stop of ${id}, and no alarm; host up ${host.up}`,
        );
      }
    }
  },
});

/** 2. No debug that we armed past its lease, unless its agent is gone or cannot reach its device. */
const leaseHolds = (stage: Stage, watch: Watch, report: Report): Checker => {
  const told = new Set<End>();
  return {
    name: 'nothing armed past its lease',
    look() {
      for (const end of ENDS) {
        const ours = watch.ours[end];
        if (ours === null || told.has(end)) continue;
        const on = stage.debugsOn(end).length > 0;
        if (!on) continue;
        const { up, diedAt } = stage.hosts[end];
        const past = stage.now - ours.leaseEndsAt;
        const twice = past - LEASE_MS;
        if (up && past > timing.stopBoundMs + 60 * SECOND && !watch.toldOf(end)) {
          told.add(end);
          report(`${end}: armed, ${Math.round(past)} ms past the lease, its agent lives and no alarm stands`);
        } else if (!up && diedAt !== null && twice > 60 * SECOND) {
          if (stage.setting.deadMan) {
            told.add(end);
            report(`${end}: on past twice the lease, though the router has a dead-man`);
          } else if (stage.hosts[otherEnd(end)].up && !watch.toldOf(end)) {
            told.add(end);
            report(`${end}: on past twice the lease, its agent is gone, and its peer has no alarm`);
          }
        }
      }
    },
  };
};

/** 3. No line that reached the agent is missing from its bundle, but for the flush interval before a death, or with a hole that says so. */
const linesKept = (stage: Stage, watch: Watch, report: Report): Checker => ({
  name: 'lines are kept, or their loss is told',
  async end() {
    for (const end of ENDS) {
      const { diedAt, lostDataDirAt } = stage.hosts[end];
      if (lostDataDirAt !== null) continue;
      for (const incident of await stage.sim.incidents(end)) {
        const undertaken = watch.undertakings[end].get(incident.id);
        if (undertaken === undefined || incident.log.holes.length > 0 || incident.log.file === null) continue;
        const until = Math.min(undertaken.stopAt ?? undertaken.seenAt, undertaken.seenAt + stage.setting.delayMs);
        const log = stage.station(end).disk.content(`/${end}/incidents/${incident.id}/device.log`).toString();
        for (const { at, line } of stage.delivered[end]) {
          if (at < undertaken.seenAt - 10 * SECOND || at > until) continue;
          if (diedAt !== null && at > diedAt - 1_500 && at < diedAt + 60 * SECOND) continue;
          const text = line.replace(/^<\d+>\d+: /, '').trim();
          if (!log.includes(text))
            report(`${end}: bundle ${incident.id} lacks a line of ${Math.round(at)} and has no hole: ${text.slice(0, 120)}`);
        }
      }
    }
  },
});

/** 4. Each incident is sealed once for each device, and what its outcome says is so. */
const sealedOnce = (stage: Stage, _watch: Watch, report: Report): Checker => ({
  name: 'sealed once, with a true outcome',
  async end() {
    for (const end of ENDS) {
      const { disk } = stage.station(end);
      const names = await disk.list(`/${end}/incidents`);
      for (const name of names.filter((each) => each.endsWith('.open'))) report(`${end}: ${name} was never sealed`);
      const ids = new Set<string>();
      for (const incident of await stage.sim.incidents(end)) {
        for (const id of [incident.id, ...incident.aliases]) {
          if (ids.has(id)) report(`${end}: ${id} is in two sealed bundles`);
          ids.add(id);
        }
        checkOutcome(stage, end, incident, report);
      }
    }
  },
});

function checkOutcome(stage: Stage, end: End, incident: IncidentFile, report: Report): void {
  const { outcome, stop, captures, id } = incident;
  if (outcome.kind === 'complete' && stop.off !== 'verified') report(`${end}: ${id} is complete with its debugs ${stop.off}`);
  if (outcome.kind === 'complete' && captures.some(({ status }) => status === 'timeout' || status === 'closed'))
    report(`${end}: ${id} is complete with a capture cut off`);
  // The box's own word: when it says sent, the line was received.
  if (stop.sent !== null && !stop.nothingOn && stop.off === 'verified') {
    const off = stage.boxes[end].commandLog.some(
      ({ expanded }) => expanded === 'undebug all' || /^(?:no|undebug) /.test(expanded),
    );
    if (!off) report(`${end}: ${id} says that it sent the stop, and the box never got one`);
  }
}

/** 5. Where both sessions are healthy, the stops leave as close as the first alert that arrived allows. Measured in play.ts. */
export function skewOf(stage: Stage, watch: Watch): { readonly skewMs: number; readonly allowedMs: number } | null {
  for (const [id, hub] of watch.undertakings.hub) {
    const spoke = watch.undertakings.spoke.get(id);
    if (spoke?.stopAt == null || hub.stopAt === null) continue;
    const sent = (end: End, from: number) =>
      stage.boxes[end].commandLog.find(({ expanded, at }) => expanded === 'undebug all' && at >= from)?.at;
    const [atHub, atSpoke] = [sent('hub', hub.seenAt), sent('spoke', spoke.seenAt)];
    if (atHub === undefined || atSpoke === undefined) continue;
    const first = stage.arrivals.hub.find(({ sentAt }) => sentAt >= hub.seenAt - SECOND);
    if (first === undefined) continue;
    const drift = Math.abs(stage.setting.rate.hub - stage.setting.rate.spoke) * stage.setting.delayMs;
    return { skewMs: Math.abs(atHub - atSpoke), allowedMs: first.at - first.sentAt + drift };
  }
  return null;
}

const GRAMMAR = [
  /^show /,
  /^terminal (?:length|width) \d+$/,
  /^terminal (?:no )?monitor$/,
  /^enable$/,
  /^undebug all$/,
  /^(?:no )?debug crypto (?:isakmp|ikev2|ipsec|engine)$/,
  /^(?:no )?debug crypto condition peer ipv4 [\d.]+$/,
  /^exit$/,
  /^configure terminal$/,
  /^(?:no )?event manager applet spitrap/i,
  /^event timer countdown /,
  /^action /,
  /^end$/,
];
const SOMEONES_CONDITION = '203.0.113.77';

/** 6. No act without a cause, no line outside the grammar, nothing of anybody else's touched beyond `undebug all` inside an incident. */
const onlyLegitimate = (stage: Stage, watch: Watch, report: Report): Checker => {
  const read: Record<End, number> = { hub: 0, spoke: 0 };
  const seen: Record<End, { undebugs: number; said: boolean }> = {
    hub: { undebugs: 0, said: false },
    spoke: { undebugs: 0, said: false },
  };
  return {
    name: 'only what has a cause, and only what is ours',
    look() {
      for (const end of ENDS) {
        const log = stage.boxes[end].commandLog;
        for (; read[end] < log.length; read[end]++) {
          const { expanded, line, at } = log[read[end]]!;
          if (line < 0) continue;
          if (!GRAMMAR.some((pattern) => pattern.test(expanded))) report(`${end}: a line outside the grammar: ${expanded}`);
          if (expanded !== 'undebug all') continue;
          seen[end].undebugs++;
          const caused =
            [...watch.undertakings[end].values()].some(({ seenAt }) => seenAt - SECOND <= at) ||
            watch.ours[end] !== null ||
            stage.setting.deadMan;
          if (!caused && watch.messages.hub + watch.messages.spoke === 0)
            report(`${end}: undebug all without a message anywhere`);
        }
        const persons = stage.persons.filter((person) => person.end === end);
        if (seen[end].said || watch.reboots[end] > 0 || stage.boxes[end].isHung()) continue;
        const theirs = persons.find(({ line }) => line.includes(SOMEONES_CONDITION));
        if (theirs && !stage.boxes[end].core.debugs.values('peer ipv4').includes(SOMEONES_CONDITION)) {
          seen[end].said = true;
          report(`${end}: somebody else's condition is gone`);
        }
        const packets = persons.find(({ line }) => line === 'debug ip packet');
        const cleared = seen[end].undebugs > 0 || persons.some(({ line }) => line === 'undebug all');
        if (packets && !cleared && !stage.boxes[end].debugsOn().some((flag) => /IP packet/i.test(flag))) {
          seen[end].said = true;
          report(`${end}: somebody else's debug is off, and nobody was told undebug all`);
        }
      }
    },
  };
};

/** 7. Nothing grows beyond its limit: what is dropped at a bound is counted under that bound's name. */
const bounded = (stage: Stage, _watch: Watch, report: Report): Checker => ({
  name: 'every queue within its limit',
  async end() {
    for (const end of ENDS) {
      const status = stage.sim.status(end);
      if (status.alarms.length > 64) report(`${end}: ${status.alarms.length} alarms stand`);
      if (status.incidents.length > 64) report(`${end}: ${status.incidents.length} incidents in status`);
      const lost = Object.entries(status.drops).filter(([, count]) => count > 0);
      if (lost.length > 0 && !stage.story.some((line) => /disk|storm/.test(line)))
        report(`${end}: dropped ${JSON.stringify(lost)}`);
    }
  },
});

/** 8. No secret in anything that leaves the agent. */
const noSecrets = (stage: Stage, _watch: Watch, report: Report): Checker => ({
  name: 'no secret in any output',
  async end() {
    for (const end of ENDS) {
      const disks = [stage.station(end).disk, ...stage.lostDisks.filter((lost) => lost.end === end).map(({ disk }) => disk)];
      for (const disk of disks)
        for (const path of disk.paths) {
          const content = disk.content(path).toString('latin1');
          for (const secret of secrets) if (content.includes(secret)) report(`${end}: ${path} holds ${secret}`);
        }
      const status = JSON.stringify(stage.sim.status(end));
      for (const secret of secrets) if (status.includes(secret)) report(`${end}: status holds ${secret}`);
    }
    for (const { bytes } of stage.sim.network.packets) {
      const content = bytes.toString('latin1');
      for (const secret of secrets) if (content.includes(secret)) report(`a packet holds ${secret}`);
    }
  },
});

/** 9. After the faults cease, the pair takes the next incident. */
const takesTheNext = (stage: Stage, _watch: Watch, report: Report): Checker => ({
  name: 'the next incident is taken',
  async end() {
    const { sim, setting } = stage;
    sim.lab.repair();
    for (const end of ENDS) sim.boxes[end].console('undebug all');
    await stage.clock.advance(3 * 60 * SECOND);
    const before: Record<End, number> = { hub: 0, spoke: 0 };
    for (const end of ENDS) before[end] = (await sim.incidents(end)).length;
    // Conditions of dead agents, and of people, are in nobody's way now.
    for (const end of ENDS) stage.boxes[end].core.debugs.resetConditions();
    if (setting.arm === 'manual') sim.armByHand();
    else for (const end of ENDS) stage.hands(end, (handlers) => handlers.arm({ pair: false, leaseMs: null, who: 'ops' }));
    await stage.clock.advance(62 * SECOND);
    for (const end of ENDS)
      if (stage.debugsOn(end).length === 0) report(`${end}: does not arm; ${JSON.stringify(sim.status(end).arming.last)}`);
    const t0 = stage.now;
    sim.lab.desync();
    await stage.clock.advance(setting.delayMs + timing.stopBoundMs + timing.sealAtMostMs + 30 * SECOND);
    for (const end of ENDS) {
      const status = sim.status(end);
      const about = () =>
        `alarms ${JSON.stringify(sim.alarms(end))}; incidents ${JSON.stringify(status.incidents.slice(0, 2).map(({ phase, outcome, reasons }) => [phase, outcome, reasons]))}; refusals ${JSON.stringify(status.refusals)}`;
      if (stage.debugsOn(end).length > 0)
        report(`${end}: debugs of the next incident are on ${Math.round(stage.now - t0)} ms after it; ${about()}`);
      const sealed = await sim.incidents(end);
      const latest = sealed.at(-1);
      if (sealed.length === before[end] || latest === undefined)
        report(`${end}: no incident was sealed for the next event; ${about()}`);
      else if (latest.stop.off !== 'verified') report(`${end}: the next incident's debugs are ${latest.stop.off}; ${about()}`);
    }
  },
});

export const checkersFor = (stage: Stage, watch: Watch, report: (checker: string, what: string) => void): readonly Checker[] =>
  [debugsEnd, leaseHolds, linesKept, sealedOnce, onlyLegitimate, bounded, noSecrets, takesTheNext].map((make) => {
    const checker: Checker = make(stage, watch, (what) => report(checker.name, what));
    return checker;
  });

export const addressOf = (end: End): string => addresses[end].crypto;
