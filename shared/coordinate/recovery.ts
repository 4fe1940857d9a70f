/** After a restart: what each open incident still has to do (pair-protocol.md, "Crash, restart, disk"). */
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { ArmState } from './arming-state.ts';
import { debugSpentMs } from './arming-state.ts';
import type { Book, CaptureRecord, FlowRecord, Incident, SignalProgress } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { andThen, go, settle, stay } from './move.ts';
import { lookAtDevice } from './opening.ts';
import type { Rules } from './rules.ts';
import { sealIfReady } from './sealing.ts';
import { alarmUntoldPeer, resumeStop } from './stopping.ts';
import { timing } from './timing.ts';

type Recovered = Input & { readonly kind: 'recovered' };

/** The kernel has booted since: monotonic times of the old boot are meaningless. What must be bounded starts anew, what was due is due. */
export function rebase(rules: Rules, book: Book, at: Monotonic): Book {
  const past = after(at, -timing.hourMs);
  return {
    ...book,
    // How long a flow was seen stays true: what is black-holed is judged by it.
    held: book.held.map((held) => ({
      ...held,
      until: after(at, rules.holdDownMs),
      first: after(at, held.first - held.last),
      last: at,
    })),
    // Unknown how long ago: a budget that blocked a stop after a reboot would leave debugs on.
    openedAt: [],
    // Long enough ago that a bare stop of today is not taken for a repetition of theirs.
    closed: book.closed.map((closed) => ({ ...closed, closedAt: past, stoppedAt: closed.stoppedAt === null ? null : past })),
    alarms: book.alarms.map((alarm) => ({ ...alarm, since: at })),
    incidents: book.incidents.map((incident) => rebaseIncident(incident, at)),
    ownSightings: [],
    arming: {
      ...book.arming,
      state: rebaseArming(book.arming.state, at),
      // How long since the last renewal is not known; up to it, it is.
      spentMs: book.arming.state.kind === 'armed' ? debugSpentMs(book, book.arming.state.renewedAt) : book.arming.spentMs,
      peerArmsAt: [],
      armAt: book.arming.armAt === null ? null : after(at, timing.armAgainMs),
      last: book.arming.last === null ? null : { ...book.arming.last, at },
    },
  };
}

function rebaseArming(state: ArmState, at: Monotonic): ArmState {
  switch (state.kind) {
    case 'disarmed':
      return state;
    case 'armed':
      return { ...state, since: at, renewedAt: at, deadManSetAt: null };
    case 'disarming':
      return { ...state, since: at, attemptAt: null };
    case 'checking':
    case 'arming':
      return { ...state, since: at };
  }
}

function rebaseIncident(incident: Incident, at: Monotonic): Incident {
  const { stop } = incident;
  const rebased = (progress: SignalProgress): SignalProgress =>
    progress.kind === 'unsent' ? progress : progress.kind === 'sending' ? { ...progress, since: at } : { ...progress, at };
  return {
    ...incident,
    openedAt: at,
    stopAt: at,
    stop:
      stop.kind === 'running'
        ? { ...stop, startedAt: at, attemptAt: at }
        : stop.kind === 'waiting-retry'
          ? { ...stop, startedAt: at }
          : stop.kind === 'verified'
            ? { ...stop, startedAt: at, at }
            : stop,
    flows: incident.flows.map((record) => ({ ...record, first: after(at, record.first - record.last), last: at })),
    peers: incident.peers.map((record) => ({ ...record, alert: rebased(record.alert), stop: rebased(record.stop) })),
  };
}

export function recoverIncident(rules: Rules, book: Book, incident: Incident, input: Recovered): Step {
  const resumed = incident.sealing === 'requested' ? { ...incident, sealing: 'no' as const } : incident;
  const step = resumed.stopPassed
    ? recoverAfterStop(rules, book, resumed, input)
    : recoverBeforeStop(rules, book, resumed, input);
  return sealIfReady(rules, step, incident.id, input);
}

function recoverBeforeStop(rules: Rules, book: Book, incident: Incident, input: Recovered): Step {
  const redo = redoCaptures(incident);
  const orders: Effect[] = [{ kind: 'open-bundle', incident: incident.id }, ...corroborateAgain(incident), ...redo.effects];
  if (incident.stop.kind !== 'not-planned' && (!input.resumable || input.at >= incident.stopAt)) {
    const due = resumeStop(rules, book, redo.incident, input);
    return { ...due, effects: [...due.effects, ...orders] };
  }
  const read: Effect[] =
    incident.debugsAtStart.kind === 'read' || incident.mode === 'observe' ? [] : [{ kind: 'read-debugs', incident: incident.id }];
  const wake: Effect = { kind: 'wake', incident: incident.id, name: 'stop', at: incident.stopAt };
  return settle(book, go(redo.incident, 'recovered', wake, ...alertAgain(incident), ...orders, ...read));
}

function alertAgain(incident: Incident): Effect[] {
  const unheard = incident.peers.filter((record) => record.alert.kind === 'sending').map((record) => record.peer);
  if (unheard.length === 0) return [];
  const flow = incident.flows[0]?.flow ?? null;
  // As it was told before: what was only to be captured must not end debugs there.
  const act = incident.mode === 'act' && incident.stop.kind !== 'not-planned';
  return [{ kind: 'alert', incident: incident.id, peers: unheard, stopAt: incident.stopAt, act, flow }];
}

function corroborateAgain(incident: Incident): Effect[] {
  if (incident.mode === 'observe') return [];
  return incident.flows
    .filter((record) => record.corroboration === 'pending')
    .map((record) => ({
      kind: 'corroborate',
      incident: incident.id,
      flow: record.flow,
      // The spelling as received is in the journal only; IOS prints it as we do, without the padding.
      spiAsReceived: `0x${record.flow.spi.toString(16).toUpperCase()}`,
      timeoutMs: timing.corroborateMs,
    }));
}

/**
 * A line that came into a look is a stop of its own once it is borne out, and one that came into an incident whose stop is over tells its
 * peers: whoever was to answer for it died with the agent. Later than a stop may be stale, only what the t0 list names is turned off.
 */
function askAgain(incident: Incident, input: Recovered): { incident: Incident; effects: Effect[] } {
  if (incident.sealing !== 'no') return { incident, effects: [] };
  const effects = corroborateAgain(incident);
  const isStale = (record: FlowRecord): boolean =>
    record.corroboration === 'pending' && input.resumable && input.at - record.last > timing.staleStopMs;
  if (!incident.flows.some(isStale)) return { incident, effects };
  return incident.stop.kind === 'not-planned'
    ? { incident: { ...incident, onlyOurs: true }, effects }
    : { incident, effects: [] };
}

function recoverAfterStop(rules: Rules, book: Book, incident: Incident, input: Recovered): Step {
  const told = tellAgain(incident, input);
  const asked = askAgain(told.incident, input);
  const redo = redoCaptures(asked.incident);
  const orders = [...told.effects, ...asked.effects, ...redo.effects, ...finishBundle(rules, incident, input)];
  const trying = incident.stop.kind === 'running' || incident.stop.kind === 'waiting-retry';
  const resumed = trying
    ? resumeStop(rules, book, redo.incident, input)
    : andThen(settle(book, go(redo.incident, 'recovered')), (next) => stay(next, 'recovered', incident.id));
  const ordered: Step = { ...resumed, effects: [...resumed.effects, ...orders] };
  return told.givenUp.reduce<Step>(
    (step, peer) =>
      andThen(step, (next) => alarmUntoldPeer(rules, next, incident, peer, 'the agent was away while it was told', input)),
    ordered,
  );
}

/** A stop that a peer has not acknowledged is told again, but for no longer than it would have been: later it could end other debugs. */
function tellAgain(incident: Incident, input: Recovered): { incident: Incident; effects: Effect[]; givenUp: string[] } {
  const peers: string[] = [];
  const givenUp: string[] = [];
  const records = incident.peers.map((record) => {
    if (record.stop.kind !== 'sending' || record.done !== null) return record;
    const over = input.at - record.stop.since > timing.stopUnacknowledgedMs;
    (over ? givenUp : peers).push(record.peer);
    const why = 'the agent was away while it was told';
    return over ? { ...record, stop: { kind: 'given-up', at: input.at, attempts: 0, why } as const } : record;
  });
  const effects: Effect[] = peers.length > 0 ? [{ kind: 'signal-stop', incident: incident.id, peers }] : [];
  return { incident: { ...incident, peers: records }, effects, givenUp };
}

/** A sealed bundle is never opened again. */
function finishBundle(rules: Rules, { id, sealing, tailKept }: Incident, { at }: Recovered): Effect[] {
  if (sealing === 'sealed') return [];
  const effects: Effect[] = [{ kind: 'open-bundle', incident: id }];
  if (!tailKept) effects.push({ kind: 'wake', incident: id, name: 'tail', at: after(at, rules.afterMs) });
  const [name, due] =
    sealing === 'no' ? (['seal-deadline', after(at, timing.sealAtMostSpokeMs)] as const) : (['seal-retry', at] as const);
  return [...effects, { kind: 'wake', incident: id, name, at: due }];
}

/** A capture that was under way is made again, and marked late: it no longer shows the moment. */
function redoCaptures(incident: Incident): { incident: Incident; effects: Effect[] } {
  if (!incident.captures.some((capture) => capture.state === 'running')) return { incident, effects: [] };
  const ended = incident.captures.filter((capture) => capture.state === 'ended');
  const late: CaptureRecord = { round: 'late', state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' };
  return { incident: { ...incident, captures: [...ended, late] }, effects: lookAtDevice(incident, 'late') };
}
