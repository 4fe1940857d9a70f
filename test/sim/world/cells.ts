/**
 * The cells of the machine: what it was in when an input came. All that there can be, from the machine's own types; which of them cannot be
 * met, and why; which a night has met. A run of the simulation that leaves one out fails. Used by play.ts, main.ts.
 */
import type { ArmState } from '../../../shared/coordinate/arming-state.ts';
import type { Book, Incident, StopProgress } from '../../../shared/coordinate/book.ts';
import type { ArmTimerName, Input, InputBody, TimerName } from '../../../shared/coordinate/input.ts';
import { leftToChance, unreachable } from './unreachable.ts';

type IncidentState = Exclude<StopProgress['kind'], 'planned'> | 'planned' | 'waits' | 'sealing' | 'seal-failed' | 'sealed';
/** `closed`: sealed and remembered by its id; `none`: no such incident. */
export type Phase = IncidentState | 'closed' | 'none';
export type ArmPhase = ArmState['kind'];

type Kind = InputBody['kind'];
type InputName = Exclude<Kind, 'timer' | 'arm-timer'> | `timer ${TimerName}` | `arm-timer ${ArmTimerName}`;

// Records, not lists: a state or an input that is new to the machine does not compile until it stands here.
const PHASES: Readonly<Record<Phase, true>> = {
  ...{ none: true, planned: true, waits: true, 'not-planned': true, running: true, 'waiting-retry': true },
  ...{ verified: true, sealing: true, 'seal-failed': true, sealed: true, closed: true },
};
const ARM_PHASES: Readonly<Record<ArmPhase, true>> = {
  disarmed: true,
  checking: true,
  arming: true,
  armed: true,
  disarming: true,
};

/** Whose state an input meets. */
const MEETS: Readonly<Record<InputName, 'incident' | 'arming' | 'both' | 'neither'>> = {
  sighting: 'both',
  symptom: 'neither',
  capture: 'neither',
  alert: 'both',
  stop: 'both',
  done: 'incident',
  corroborated: 'incident',
  'debugs-read': 'incident',
  'capture-ended': 'incident',
  'stop-attempted': 'both',
  delivery: 'incident',
  'timer stop': 'both',
  'timer stop-bound': 'incident',
  'timer stop-retry': 'incident',
  'timer stop-hung': 'incident',
  'timer tail': 'incident',
  'timer seal-deadline': 'incident',
  'timer seal-retry': 'incident',
  'timer judge': 'incident',
  sealed: 'incident',
  'seal-failed': 'incident',
  recovered: 'both',
  restarted: 'arming',
  'debugs-seen': 'arming',
  hold: 'arming',
  arm: 'arming',
  disarm: 'arming',
  preflighted: 'arming',
  'arm-attempted': 'arming',
  'disarm-attempted': 'arming',
  'lease-renewed': 'arming',
  breaker: 'arming',
  'dead-man-renewed': 'arming',
  'arm-timer lease': 'arming',
  'arm-timer max-debug': 'arming',
  'arm-timer hung': 'arming',
  'arm-timer disarm-bound': 'arming',
  'arm-timer disarm-retry': 'arming',
  acknowledge: 'neither',
  raise: 'neither',
  clear: 'neither',
  leaving: 'both',
  expire: 'neither',
};

const nameOf = (input: Input): InputName =>
  input.kind === 'timer' || input.kind === 'arm-timer' ? (`${input.kind} ${input.name}` as InputName) : input.kind;

export function cellsMet(book: Book, input: Input): string[] {
  const name = nameOf(input);
  const met: string[] = [];
  if (MEETS[name] !== 'arming' && MEETS[name] !== 'neither') met.push(`${phaseOf(book, input)} x ${name}`);
  if (MEETS[name] === 'arming' || MEETS[name] === 'both') met.push(`${book.arming.state.kind} x ${name}`);
  if (MEETS[name] === 'neither') met.push(name);
  return met;
}

function phaseOf(book: Book, input: Input): Phase {
  const id = 'incident' in input && typeof input.incident === 'string' ? input.incident : 'id' in input ? input.id : null;
  const named = book.incidents.find((incident) => incident.id === id || incident.aliases.includes(id as Incident['id']));
  if (named !== undefined) return stateOf(named);
  if (book.closed.some((closed) => closed.id === id || closed.aliases.includes(id as Incident['id']))) return 'closed';
  // A message, and the end of the agent, are about whatever is under way; a signal with a new id too, since it merges.
  const current = book.incidents.at(-1);
  const isOfAny = input.kind === 'sighting' || input.kind === 'leaving' || input.kind === 'alert' || input.kind === 'stop';
  if (!isOfAny) return 'none';
  return current === undefined ? (book.closed.length > 0 ? 'closed' : 'none') : stateOf(current);
}

function stateOf({ sealing, stop }: Incident): IncidentState {
  if (sealing === 'requested') return 'sealing';
  if (sealing === 'failed') return 'seal-failed';
  if (sealing === 'sealed') return 'sealed';
  return stop.kind === 'planned' && stop.waiting ? 'waits' : stop.kind;
}

/** Every cell that there is. */
export const allCells: readonly string[] = (Object.keys(MEETS) as InputName[]).flatMap((name) => [
  ...(MEETS[name] === 'incident' || MEETS[name] === 'both' ? Object.keys(PHASES).map((phase) => `${phase} x ${name}`) : []),
  ...(MEETS[name] === 'arming' || MEETS[name] === 'both' ? Object.keys(ARM_PHASES).map((phase) => `${phase} x ${name}`) : []),
  ...(MEETS[name] === 'neither' ? [name] : []),
]);

/** Those that a run has to meet. */
export const cellsToMeet: readonly string[] = allCells.filter((cell) => !unreachable.has(cell) && !leftToChance.has(cell));
