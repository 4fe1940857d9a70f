/**
 * What `/healthz` and `/readyz` answer. Alive: this process answers and its memory of what it does reaches the disk. Ready: it would take
 * the next incident as configured: it hears its device, can log in to it, and knows its peers. A load balancer or an orchestrator must not
 * restart an agent for a router that is down: that is what tells the two apart.
 */
import { timing } from '../../shared/coordinate/timing.ts';
import type { AgentStatus } from '../status/status.ts';

export interface Health {
  readonly ok: boolean;
  /** What is wrong, one word each, and a sentence for people. */
  readonly problems: readonly { readonly what: string; readonly detail: string }[];
}

type Problem = Health['problems'][number];

const healthOf = (problems: readonly Problem[]): Health => ({ ok: problems.length === 0, problems });

export const liveness = ({ journal }: AgentStatus): Health =>
  healthOf(
    journal.degraded === null
      ? []
      : [{ what: 'journal', detail: `what is decided does not reach the disk: ${journal.degraded}` }],
  );

export function readiness(status: AgentStatus): Health {
  const { device, sources, peers, hold, mode, journal } = status;
  const problems: Problem[] = [];
  if (journal.degraded !== null) problems.push({ what: 'journal', detail: journal.degraded });
  if (hold.on) problems.push({ what: 'hold', detail: `on hold by ${hold.by ?? 'somebody'}: no new incident acts` });
  const up = sources.filter(({ state }) => state === 'open');
  if (up.length === 0) problems.push({ what: 'sources', detail: 'no source is open: nothing would be seen' });
  if (mode !== 'observe')
    for (const [name, { state, lastError }] of Object.entries(device.sessions))
      if (state !== 'ready' && state !== 'busy')
        problems.push({ what: `session-${name}`, detail: `${state}${lastError === null ? '' : `: ${lastError}`}` });
  for (const peer of peers)
    if (peer.kind === 'spitrap' && (peer.lastHelloAt === null || peer.missedHellos >= timing.missingHellosMax))
      problems.push({
        what: 'peer',
        detail: `${peer.name}: ${peer.lastHelloAt === null ? 'not heard yet' : `${peer.missedHellos} hellos missing in a row`}`,
      });
  return healthOf(problems);
}
