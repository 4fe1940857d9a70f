/** A person asks for a capture, over the control socket or the page: the machine decides (shared/coordinate/capture-now.ts), and here is why not, in words. Called by answers.ts. */
import { captureRefusal } from '../shared/coordinate/capture-now.ts';
import type { Reason } from '../shared/coordinate/reason.ts';
import type { Rules } from '../shared/coordinate/rules.ts';
import { SpitrapError } from '../shared/errors.ts';
import type { CaptureAnswer, CaptureChange } from './control/protocol.ts';
import type { Coordinator } from './coordinator.ts';
import type { World } from './ports.ts';

export interface CaptureRoom {
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input'>;
  readonly rules: Rules;
  readonly newId: () => string;
}

/** @throws SpitrapError CAPTURE_REFUSED */
export function captureNow({ pair, who }: CaptureChange, { world, coordinator, rules, newId }: CaptureRoom): CaptureAnswer {
  const refusal = captureRefusal(rules, coordinator.book, world.clock.monotonic());
  if (refusal !== null) throw refused(refusal, rules, coordinator.book.incidents[0]?.id ?? null);
  const id = newId();
  coordinator.input({ kind: 'capture', id, who, pair });
  const incident = coordinator.book.incidents.find((known) => known.id === id);
  if (incident === undefined) throw refused('capture-under-way', rules, null);
  return { incident: id, peers: incident.peers.map((record) => record.peer) };
}

function refused(reason: Reason, rules: Rules, open: string | null): SpitrapError {
  return new SpitrapError('CAPTURE_REFUSED', `no capture (${reason}): ${why(reason, rules, open)}; nothing was sent`, {
    context: { reason },
  });
}

function why(reason: Reason, { incidentsPerHour }: Rules, open: string | null): string {
  switch (reason) {
    case 'capture-not-in-this-mode':
      return 'mode observe sends no show commands';
    case 'capture-on-hold':
      return 'the agent is on hold (spitrap hold --off)';
    case 'capture-over-budget':
      return `${incidentsPerHour} in an hour are as many as budgets.incidentsPerHour allows`;
    default:
      return `incident ${open ?? ''} is not sealed yet, and has captures of its own`;
  }
}
