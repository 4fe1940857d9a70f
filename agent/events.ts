/**
 * The typed events from the coordinator to log, status and metrics: what was decided, and what a person must know. Whoever
 * subscribes detaches on stop. eventemitter3 does not throw on an unheard `error`, so no event is called that.
 */
import { EventEmitter } from 'eventemitter3';
import type { Alarm, Book } from '../shared/coordinate/book.ts';
import type { Effect } from '../shared/coordinate/effect.ts';
import type { Input } from '../shared/coordinate/input.ts';
import type { Reason } from '../shared/coordinate/reason.ts';
import type { IncidentId } from '../shared/model/ulid.ts';

export interface Decision {
  readonly input: Input;
  readonly reason: Reason;
  readonly incident: IncidentId | null;
  readonly effects: readonly Effect[];
  /** False: nothing changed and nothing is done. */
  readonly moved: boolean;
}

export interface AgentEventMap {
  /** `before`: the book that it was decided on. */
  decided: (decision: Decision, before: Book) => void;
  'alarm-raised': (alarm: Alarm) => void;
  'alarm-cleared': (alarm: Alarm) => void;
  /** A hello came from a peer, or one of ours was answered. */
  hello: (peer: string) => void;
}

export class AgentEvents extends EventEmitter<AgentEventMap> {}
