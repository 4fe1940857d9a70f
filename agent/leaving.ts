/** What an agent that is told to stop does before it closes its rooms: it lets a stop or a disarm that is under way come to its end, bounded. Called by app.ts. */
import type { Incident } from '../shared/coordinate/book.ts';
import { timing } from '../shared/coordinate/timing.ts';
import type { Coordinator } from './coordinator.ts';
import type { AgentEvents } from './events.ts';

/** Three attempts of a stop are made at most so long after each other; more would hold up whoever stops us. */
export const LEAVING_MS = timing.stopAttemptMs * 2;

/** Resolves when no stop is under way: verified, waiting for its next attempt, or dropped because the device denied the message. */
export function stopsSettled(coordinator: Coordinator, events: AgentEvents): Promise<void> {
  const isUnderWay = ({ stop }: Incident) => stop.kind === 'running' || (stop.kind === 'planned' && stop.waiting);
  const isDisarming = () => {
    const { state } = coordinator.book.arming;
    return state.kind === 'arming' || (state.kind === 'disarming' && state.attemptAt !== null);
  };
  return new Promise((resolve) => {
    const look = () => {
      if (coordinator.book.incidents.some(isUnderWay) || isDisarming()) return;
      events.off('decided', look);
      resolve();
    };
    events.on('decided', look);
    look();
  });
}
