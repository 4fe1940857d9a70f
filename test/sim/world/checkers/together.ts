/**
 * 5. Where both sessions are healthy, the stops leave as close as the delay of the first alert that arrived, plus drift, plus a tick; and
 * each leaves at its time where its session is, whatever became of the agent before.
 */
import type { End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import type { Truth, Undertaking } from '../truth.ts';
import { ENDS, otherEnd } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

const TICK_MS = 2;
/** A line that could be spoofed is looked for in the device's buffer first. */
const LATE_MS = 5 * SECOND;
/** An agent that has just started logs in, and reads what is on. */
const LOGIN_MS = 8 * SECOND;
/** After three refused logins one attempt in five minutes. */
const LOCK_OUT_MS = 330 * SECOND;
const ARMS = /^debug crypto /;
/** Of an arming with its dead-man, at the box's pace. */
const ARM_LINES = 20;
const LINE_MS = 40;
const OFF = /^(?:undebug all|no debug crypto (?:isakmp|ikev2|ipsec|engine))$/;

export interface Skew {
  readonly id: string;
  readonly skewMs: number;
  readonly allowedMs: number;
}

/** Of every incident whose alert arrived, and whose stops both left on time on sessions that were well. */
export function skewsOf(stage: Stage, truth: Truth): Skew[] {
  const alerts = { hub: alertsOf(truth, 'hub'), spoke: alertsOf(truth, 'spoke') };
  const skews: Skew[] = [];
  for (const from of ENDS) {
    const to = otherEnd(from);
    for (const [id, { sentAt, arrivedAt, plannedMs, plannedAt }] of alerts[from]) {
      if (![from, to].every((end) => wasWell(stage, truth, end, sentAt, plannedAt))) continue;
      if (keptToItself(truth, to, sentAt, plannedAt)) continue;
      // Of two ends that told each other the earlier plan counts, and what its own alert took.
      if ([...alerts[to].values()].some((other) => other.plannedAt < plannedAt && other.plannedAt > sentAt)) continue;
      const near = (end: End): number | undefined =>
        truth.typed[end].find(
          ({ at, expanded }) => OFF.test(expanded) && at >= plannedAt - SECOND && at <= plannedAt + 5 * SECOND,
        )?.at;
      if (wasOvertaken(truth, alerts, sentAt, plannedAt) || ENDS.some((end) => isQuiet(truth, end, sentAt))) continue;
      const [one, other] = [near(from), near(to)];
      if (one === undefined || other === undefined) continue;
      const drift = Math.abs(stage.setting.rate.hub - stage.setting.rate.spoke) * plannedMs;
      skews.push({ id, skewMs: Math.abs(one - other), allowedMs: arrivedAt - sentAt + drift + TICK_MS });
    }
  }
  return skews;
}

interface Alert {
  readonly sentAt: number;
  readonly arrivedAt: number;
  readonly plannedMs: number;
  readonly plannedAt: number;
}

/** Of each incident the one that arrived first. */
function alertsOf(truth: Truth, end: End): ReadonlyMap<string, Alert> {
  const alerts = new Map<string, Alert>();
  for (const { phase, id, number, keys, sentAt, arrivedAt } of truth.signals[end]) {
    if (phase !== 'alert' || keys['act'] === 'no' || alerts.has(id)) continue;
    const plannedMs = number ?? 0;
    alerts.set(id, { sentAt, arrivedAt, plannedMs, plannedAt: sentAt + plannedMs });
  }
  return alerts;
}

/** It saw the event itself, and nothing that it said of it arrived: its own plan is known to nobody else. */
function keptToItself(truth: Truth, end: End, sentAt: number, plannedAt: number): boolean {
  const inSpan = (at: number): boolean => at >= sentAt - 5 * SECOND && at <= plannedAt;
  return (
    truth.causes[end].some(({ at, what }) => what === 'message' && inSpan(at)) &&
    !truth.signals[end].some((signal) => signal.phase === 'alert' && inSpan(signal.sentAt))
  );
}

/** Nothing is on there that a stop would end: somebody has turned it off, and a disarm may be at what is left. */
const isQuiet = (truth: Truth, end: End, at: number): boolean =>
  truth.flagsLog[end].findLast((entry) => entry.at <= at)?.flags.length === 0;

/** Between the two came a stop that no alert had told of, of an incident of before: an end that takes it stops at once, and tells the other. */
function wasOvertaken(
  truth: Truth,
  alerts: Readonly<Record<End, ReadonlyMap<string, Alert>>>,
  sentAt: number,
  plannedAt: number,
): boolean {
  return ENDS.some((end) =>
    truth.signals[end].some(
      ({ phase, id, arrivedAt }) => phase === 'stop' && arrivedAt >= sentAt && arrivedAt < plannedAt && !alerts[end].has(id),
    ),
  );
}

/** Nothing was wrong with box, sessions, agent or plan of that end in that time. */
function wasWell(stage: Stage, truth: Truth, end: End, sentAt: number, plannedAt: number): boolean {
  const host = stage.hosts[end];
  const [from, to] = [sentAt - 5 * SECOND, plannedAt + SECOND];
  const armsFrom = sentAt - ARM_LINES * (stage.setting.thinkMs[end] + LINE_MS);
  const inSpan = (at: number): boolean => at >= from && at <= to;
  // One signal alone set the plan: whoever else had a say moved it.
  const others = truth.causes[end].filter(({ at }) => inSpan(at));
  const names = new Set(others.map(({ what }) => what.split(' ')[1] ?? 'message'));
  const refused = stage.loginsRefused[end];
  return (
    (to < refused.from || from > refused.until + LOCK_OUT_MS) &&
    // An arming that the event cut off is undone on the same session, debugs first.
    !truth.typed[end].some(({ at, expanded }) => ARMS.test(expanded) && at >= armsFrom && at <= to) &&
    !stage.boxTroubles[end].some((trouble) => trouble.from <= to && trouble.until >= from) &&
    ![...host.deaths, ...host.starts].some(inSpan) &&
    (host.starts.findLast((at) => at < from) ?? 0) >= (host.deaths.findLast((at) => at < from) ?? 0) &&
    !stage.handled.some(({ at }) => inSpan(at)) &&
    names.size <= 2
  );
}

export const together: MakeChecker = (stage, truth, report) => {
  const said = new Set<Undertaking>();
  return {
    look() {
      for (const end of ENDS)
        for (const undertaking of truth.undertakings[end]) {
          if (said.has(undertaking) || !isLate(stage, truth, undertaking)) continue;
          said.add(undertaking);
          const lateMs = Math.round(stage.now - undertaking.stopAt);
          report(
            `${end}: nothing typed ${lateMs} ms after the time of the stop of ${undertaking.name}, on a session that is well`,
          );
        }
    },
    async end() {
      for (const { id, skewMs, allowedMs } of skewsOf(stage, truth))
        if (skewMs > allowedMs)
          report(`the stops of ${id} left ${skewMs.toFixed(2)} ms apart; ${allowedMs.toFixed(2)} ms are allowed`);
    },
  };
};

function isLate(stage: Stage, truth: Truth, undertaking: Undertaking): boolean {
  const { end, seenAt, stopAt, flags } = undertaking;
  const { now } = stage;
  const host = stage.hosts[end];
  if (flags.size === 0 || now <= stopAt + LATE_MS || now > stopAt + LATE_MS + SECOND || !host.listens || host.shells === 0)
    return false;
  if (host.startedAt + LOGIN_MS > stopAt || host.lostDataDirAt !== null || truth.isLost(undertaking)) return false;
  const from = Math.max(seenAt, host.startedAt) - 5 * SECOND;
  if (stage.boxTroubles[end].some((trouble) => trouble.from <= now && trouble.until >= from)) return false;
  if (stage.handled.some(({ at }) => at >= from)) return false;
  return !truth.typed[end].some(({ at, expanded }) => OFF.test(expanded) && at >= seenAt);
}
