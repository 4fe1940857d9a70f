/**
 * What happened since the agent started and no status keeps: decisions by reason, sealed incidents by outcome, how late stops left and how
 * long their proof took. Counted off the agent's events; rendered by metrics.ts beside the families.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Book } from '../../shared/coordinate/book.ts';
import { reasons } from '../../shared/coordinate/reason.ts';
import type { AgentEvents, Decision } from '../events.ts';

/** From a line that leaves at once to one that waits for a login. */
const STOP_BUCKETS_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** A hop on the same site to a satellite with one repeat. */
const ROUND_TRIP_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Returns what stops the counting. */
export function countInto(registry: Registry, events: AgentEvents): () => void {
  const registers = [registry];
  const decisions = new Counter({
    name: 'spitrap_decisions_total',
    help: 'Decisions of the agent by reason (docs/reasons.md).',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of reasons) decisions.inc({ reason }, 0);
  const sealed = new Counter({
    name: 'spitrap_incidents_sealed_total',
    help: 'Incidents whose bundle was sealed, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['complete', 'complete-one-ended', 'partial']) sealed.inc({ outcome }, 0);
  const lateness = new Histogram({
    name: 'spitrap_stop_lateness_seconds',
    help: 'From the planned stop to the line that turns debugs off leaving for the device.',
    buckets: STOP_BUCKETS_S,
    registers,
  });
  const proof = new Histogram({
    name: 'spitrap_stop_verification_seconds',
    help: 'From that line to the device showing that the debugs are off.',
    buckets: STOP_BUCKETS_S,
    registers,
  });
  const roundTrip = new Histogram({
    name: 'spitrap_signal_round_trip_seconds',
    help: 'From the first send of an alert or stop to its acknowledgement.',
    labelNames: ['phase'],
    buckets: ROUND_TRIP_BUCKETS_S,
    registers,
  });
  const alarms = new Counter({ name: 'spitrap_alarms_raised_total', help: 'Alarms that were raised.', registers });

  const onDecision = ({ input, reason, incident }: Decision, before: Book): void => {
    decisions.inc({ reason });
    switch (input.kind) {
      case 'sealed':
        sealed.inc({ outcome: input.outcome.kind });
        break;
      case 'delivery':
        if (input.roundTripMs !== null) roundTrip.observe({ phase: input.phase }, input.roundTripMs / 1_000);
        break;
      case 'stop-attempted': {
        const { sentAt, result } = input.outcome;
        const plan = before.incidents.find(({ id }) => id === incident);
        if (sentAt === null) break;
        // The first one alone: a repeat is late by its nature.
        if (plan !== undefined && input.attempt === 0) lateness.observe(Math.max(0, sentAt - plan.stopAt) / 1_000);
        if (result === 'verified') proof.observe(Math.max(0, input.at - sentAt) / 1_000);
        break;
      }
      default:
    }
  };
  const onAlarm = (): void => alarms.inc();
  events.on('decided', onDecision);
  events.on('alarm-raised', onAlarm);
  return () => {
    events.off('decided', onDecision);
    events.off('alarm-raised', onAlarm);
  };
}
