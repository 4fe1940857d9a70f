/**
 * The stop of one incident: from its time to "verified off, or the alarm stands" (pair-protocol.md, promise 1 and "Timeline").
 * Session B, then a fresh one, then A; one more attempt inside the bound; then every 30 s until verified or acknowledged.
 */
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { DebugFlag } from '../platforms/platform.ts';
import type { Book, FlowRecord, Incident, StopAttempt, StopVia } from './book.ts';
import type { Effect } from './effect.ts';
import { holdFlows } from './hold-down.ts';
import type { Input } from './input.ts';
import type { Move, Step } from './move.ts';
import { clearAlarm, go, raiseAlarm, settle, stay, then } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { sealIfReady, signalDones } from './sealing.ts';
import { timing } from './timing.ts';

const VIAS: readonly StopVia[] = ['control', 'fresh', 'capture'];
const viaOf = (attempt: number): StopVia => VIAS[attempt % VIAS.length]!;

/** Flows that may cause something: they came over a connection, or the device's own buffer bears them out. */
export const isActionable = (flow: FlowRecord): boolean =>
  flow.corroboration === 'not-needed' || flow.corroboration === 'found' || flow.corroboration === 'undecided';

/** The stop time has come: by the timer, by a peer's stop, or found due after a restart. */
export function reachStopTime(rules: Rules, book: Book, incident: Incident, at: Monotonic, reason: Reason): Step {
  if (incident.stopPassed) return stay(book, 'stop-repeated', incident.id);
  if (incident.stop.kind === 'not-planned')
    return settle(holdFlows(rules, book, incident, at), passStopTime(rules, incident, at, reason));
  const waiting = incident.openedBy === 'message' && !incident.flows.some(isActionable);
  if (waiting && incident.flows.some((flow) => flow.corroboration === 'pending')) {
    // Alert and stop wait for corroboration; t0 and the plan do not move.
    return settle(book, go({ ...incident, stop: { kind: 'planned', waiting: true } }, 'stop-waits-for-corroboration'));
  }
  if (waiting) {
    const unbelieved: Incident = { ...incident, stop: { kind: 'not-planned', why: 'not-corroborated' } };
    return settle(holdFlows(rules, book, incident, at), passStopTime(rules, unbelieved, at, 'not-corroborated'));
  }
  return settle(holdFlows(rules, book, incident, at), startStop(rules, incident, at, reason));
}

function startStop(rules: Rules, incident: Incident, at: Monotonic, reason: Reason): Move {
  const passed = passStopTime(rules, incident, at, reason);
  // A line that the device does not bear out must not reach anybody's spoke.
  const believed = new Set(incident.flows.filter(isActionable).flatMap((flow) => flow.peers));
  const peers = incident.peers.map((record) => record.peer).filter((peer) => believed.has(peer));
  const signal: Effect[] = peers.length > 0 ? [{ kind: 'signal-stop', incident: incident.id, peers }] : [];
  const sending = passed.incident.peers.map((record) =>
    peers.includes(record.peer) ? { ...record, stop: { kind: 'sending', since: at } as const } : record,
  );
  if (incident.debugsAtStart.kind === 'read' && incident.debugsAtStart.flags.length === 0) {
    // Nothing was on at t0: `undebug all` now could only end somebody else's debugs.
    const stop = { kind: 'verified', startedAt: at, at, nothingOn: true, last: null } as const;
    return go({ ...passed.incident, peers: sending, stop }, 'nothing-on', ...signal, ...passed.effects);
  }
  return go(
    { ...passed.incident, peers: sending, stop: { kind: 'running', startedAt: at, attempt: 0, last: null } },
    reason,
    attemptStop(incident, 0, null),
    ...signal,
    { kind: 'wake', incident: incident.id, name: 'stop-bound', at: after(at, timing.stopBoundMs) },
    ...passed.effects,
  );
}

/** What happens at the stop time even when there is nothing to stop: second samples of the counters, the log's tail, the deadline. */
function passStopTime(rules: Rules, incident: Incident, at: Monotonic, reason: Reason): Move {
  const sealAtMostMs = incident.openedBy === 'message' ? timing.sealAtMostMs : timing.sealAtMostSpokeMs;
  const effects: Effect[] = [
    { kind: 'wake', incident: incident.id, name: 'tail', at: after(at, rules.afterMs) },
    { kind: 'wake', incident: incident.id, name: 'seal-deadline', at: after(at, sealAtMostMs) },
  ];
  const second = incident.mode !== 'observe' && incident.captures.some((capture) => capture.round === 'first');
  if (second) {
    const flows = incident.flows.map((record) => record.flow).slice(0, rules.maxPeersCaptured);
    effects.unshift({
      kind: 'capture',
      incident: incident.id,
      round: 'stop',
      scope: incident.captureScope,
      deviceWide: false,
      flows,
    });
  }
  const captures = second
    ? [
        ...incident.captures,
        { round: 'stop', state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' } as const,
      ]
    : incident.captures;
  return go({ ...incident, stopPassed: true, captures }, reason, ...effects);
}

function attemptStop(incident: Incident, attempt: number, only: readonly DebugFlag[] | null): Effect {
  const known = incident.debugsAtStart.kind === 'read' ? incident.debugsAtStart.flags : null;
  return {
    kind: 'attempt-stop',
    incident: incident.id,
    attempt,
    via: viaOf(attempt),
    only,
    expectOff: known,
    timeoutMs: timing.stopAttemptMs,
  };
}

/** One attempt has come back. */
export function onStopAttempted(
  rules: Rules,
  book: Book,
  incident: Incident,
  input: Input & { readonly kind: 'stop-attempted' },
): Step {
  if (incident.stop.kind !== 'running' || incident.stop.attempt !== input.attempt)
    return stay(book, 'timer-outlived', incident.id);
  const { startedAt, attempt } = incident.stop;
  // Evidence that the line once left must outlive a later attempt that could only read.
  const last = rememberSent(incident.stop.last, input.outcome);
  if (input.outcome.result === 'verified') {
    const verified: Incident = { ...incident, stop: { kind: 'verified', startedAt, at: input.at, nothingOn: false, last } };
    const cleared = then(settle({ ...book, debugsOn: false }, go(verified, 'stop-verified')), (next) =>
      clearAlarm(next, stopAlarmKey(incident)),
    );
    // The bundle already says that it was not verified: what is true now goes beside it, and to the signallers once more.
    const late: Effect[] =
      incident.sealing === 'sealed'
        ? [
            {
              kind: 'addendum',
              incident: incident.id,
              what: { kind: 'verified-off', atWall: input.wall, via: input.outcome.via },
            },
            ...signalDones(rules, cleared.book, verified),
          ]
        : [];
    return sealIfReady(rules, { ...cleared, effects: [...cleared.effects, ...late] }, incident.id, input);
  }
  const next = attempt + 1;
  if (next < VIAS.length) {
    return settle(
      book,
      go(
        { ...incident, stop: { kind: 'running', startedAt, attempt: next, last } },
        'stop-retried',
        attemptStop(incident, next, null),
      ),
    );
  }
  const inBound = after(startedAt, timing.stopLastInBoundMs);
  const at = next === VIAS.length && inBound > input.at ? inBound : after(input.at, timing.stopRetryEveryMs);
  return settle(
    book,
    go({ ...incident, stop: { kind: 'waiting-retry', startedAt, attempt, last } }, 'stop-unverified', {
      kind: 'wake',
      incident: incident.id,
      name: 'stop-retry',
      at,
    }),
  );
}

function rememberSent(before: StopAttempt | null, now: StopAttempt): StopAttempt {
  if (now.sentAt !== null || before === null || before.sentAt === null) return now;
  return { ...now, sentAt: before.sentAt, sentAtWall: before.sentAtWall };
}

export function onStopRetry(book: Book, incident: Incident): Step {
  if (incident.stop.kind !== 'waiting-retry') return stay(book, 'timer-outlived', incident.id);
  if (book.alarms.some((alarm) => alarm.key === stopAlarmKey(incident) && alarm.acknowledged))
    return stay(book, 'acknowledged', incident.id);
  const attempt = incident.stop.attempt + 1;
  const stop = { kind: 'running', startedAt: incident.stop.startedAt, attempt, last: incident.stop.last } as const;
  return settle(book, go({ ...incident, stop }, 'stop-retried', attemptStop(incident, attempt, null)));
}

/** The bound is over: a person is told which device to log in to and what to type; attempts go on. */
export function onStopBound(rules: Rules, book: Book, incident: Incident, input: Input): Step {
  if (incident.stop.kind !== 'running' && incident.stop.kind !== 'waiting-retry')
    return stay(book, 'timer-outlived', incident.id);
  const answer = incident.stop.last === null ? 'no session answered' : incident.stop.last.detail;
  const raised = raiseAlarm(book, input, {
    key: stopAlarmKey(incident),
    text: `debugs on ${rules.device.name} (${rules.device.address}) are not verified off: ${answer}`,
    remedy: `log in to ${rules.device.name} (${rules.device.address}) and type: ${rules.stopCommand}`,
    incident: incident.id,
  });
  return { ...raised, reason: 'stop-given-to-human', incident: incident.id };
}

export const stopAlarmKey = (incident: Incident): string => `stop:${incident.id}`;

/** After a restart: the stop had begun, or was due. More than 2 min late, only what our journal names is turned off. */
export function resumeStop(rules: Rules, book: Book, incident: Incident, input: Input & { readonly kind: 'recovered' }): Step {
  if (incident.stop.kind === 'running' || incident.stop.kind === 'waiting-retry') {
    const attempt = incident.stop.attempt + 1;
    const stop = { kind: 'running', startedAt: incident.stop.startedAt, attempt, last: incident.stop.last } as const;
    const bound = after(input.resumable ? incident.stop.startedAt : input.at, timing.stopBoundMs);
    const wakes: Effect[] = [{ kind: 'wake', incident: incident.id, name: 'stop-bound', at: bound }];
    return settle(book, go({ ...incident, stop }, 'recovered-stop-due', attemptStop(incident, attempt, null), ...wakes));
  }
  const lateMs = input.resumable ? input.at - incident.stopAt : 0;
  if (lateMs <= timing.staleStopMs) return reachStopTime(rules, book, incident, input.at, 'recovered-stop-due');
  return staleStop(rules, book, incident, input);
}

function staleStop(rules: Rules, book: Book, incident: Incident, input: Input): Step {
  const reached = reachStopTime(rules, book, incident, input.at, 'stop-stale-restart');
  const ours = incident.debugsAtStart.kind === 'read' ? incident.debugsAtStart.flags : [];
  const effects = reached.effects.map((effect) =>
    effect.kind === 'attempt-stop' ? { ...effect, only: ours, expectOff: ours } : effect,
  );
  return then({ ...reached, effects }, (next) =>
    raiseAlarm(next, input, {
      key: `stale:${incident.id}`,
      text: `the agent was away at the stop of ${incident.id}: only the debugs of its journal are turned off on ${rules.device.name}, others may be left`,
      remedy: `log in to ${rules.device.name} (${rules.device.address}) and look: show debugging`,
      incident: incident.id,
    }),
  );
}
