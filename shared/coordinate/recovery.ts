/** After a restart: what each open incident still has to do (pair-protocol.md, "Crash, restart, disk"). */
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { Book, CaptureRecord, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { go, settle, then } from './move.ts';
import { lookAtDevice } from './opening.ts';
import type { Rules } from './rules.ts';
import { sealIfReady } from './sealing.ts';
import { resumeStop } from './stopping.ts';
import { timing } from './timing.ts';

type Recovered = Input & { readonly kind: 'recovered' };

/** The kernel has booted since: monotonic times of the old boot are meaningless. What must be bounded starts anew, what was due is due. */
export function rebase(rules: Rules, book: Book, at: Monotonic): Book {
  return {
    ...book,
    held: book.held.map((held) => ({ ...held, until: after(at, rules.holdDownMs), first: at, last: at })),
    openedAt: book.openedAt.map(() => at),
    closed: book.closed.map((closed) => ({ ...closed, closedAt: at, stoppedAt: closed.stoppedAt === null ? null : at })),
    alarms: book.alarms.map((alarm) => ({ ...alarm, since: at })),
    incidents: book.incidents.map((incident) => ({ ...incident, openedAt: at, stopAt: at })),
    ownSightings: [],
    debugsOn: null,
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
  return [{ kind: 'alert', incident: incident.id, peers: unheard, stopAt: incident.stopAt, act: incident.mode === 'act', flow }];
}

function corroborateAgain(incident: Incident): Effect[] {
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

function recoverAfterStop(rules: Rules, book: Book, incident: Incident, input: Recovered): Step {
  const redo = redoCaptures(incident);
  const unheard = incident.peers
    .filter((record) => record.stop.kind === 'sending' && record.done === null)
    .map((record) => record.peer);
  const orders: Effect[] = [
    { kind: 'open-bundle', incident: incident.id },
    ...(unheard.length > 0 ? [{ kind: 'signal-stop', incident: incident.id, peers: unheard } as const] : []),
    ...redo.effects,
    ...(incident.tailKept
      ? []
      : [{ kind: 'wake', incident: incident.id, name: 'tail', at: after(input.at, rules.afterMs) } as const]),
    ...(incident.sealing === 'no'
      ? [{ kind: 'wake', incident: incident.id, name: 'seal-deadline', at: after(input.at, timing.sealAtMostSpokeMs) } as const]
      : []),
    ...(incident.sealing === 'failed'
      ? [{ kind: 'wake', incident: incident.id, name: 'seal-retry', at: input.at } as const]
      : []),
  ];
  if (incident.stop.kind === 'running' || incident.stop.kind === 'waiting-retry') {
    const resumed = resumeStop(rules, book, redo.incident, input);
    return { ...resumed, effects: [...resumed.effects, ...orders] };
  }
  return then(settle(book, go(redo.incident, 'recovered')), (next) => ({
    book: next,
    effects: orders,
    reason: 'recovered',
    incident: incident.id,
  }));
}

/** A capture that was under way is made again, and marked late: it no longer shows the moment. */
function redoCaptures(incident: Incident): { incident: Incident; effects: Effect[] } {
  if (!incident.captures.some((capture) => capture.state === 'running')) return { incident, effects: [] };
  const ended = incident.captures.filter((capture) => capture.state === 'ended');
  const late: CaptureRecord = { round: 'late', state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' };
  return { incident: { ...incident, captures: [...ended, late] }, effects: lookAtDevice(incident, 'late') };
}
