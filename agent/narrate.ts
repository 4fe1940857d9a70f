/**
 * A decision in words: the same sentence stands in the log and in the timeline of a bundle. Called by app.ts and seal-bundle.ts.
 * Note A's words DONE ON HUB and DONE ON SPOKE are kept: people grep for them.
 */
import type { Input } from '../shared/coordinate/input.ts';
import type { Reason } from '../shared/coordinate/reason.ts';
import { formatFlow } from '../shared/model/flow.ts';
import { formatDuration } from '../shared/model/time.ts';
import type { Role } from '../shared/model/watch.ts';
import type { Decision } from './events.ts';

export function narrate(role: Role, { input, reason }: Pick<Decision, 'input' | 'reason'>): string {
  switch (input.kind) {
    case 'sighting':
      return `${formatFlow(input.flow)} seen by ${input.source}: ${sightingWords(reason)}`;
    case 'symptom':
      return `${input.cause} of ${input.source} (${input.detail}): ${symptomWords(reason)}`;
    case 'capture':
      return `capture${input.pair ? ' of the pair' : ''} asked by ${input.who}: ${words(reason)}`;
    case 'alert':
      return `alert from ${input.peer}, stop in ${input.delayMs === null ? '?' : formatDuration(input.delayMs)}${input.act ? '' : ', capture only'}: ${words(reason)}`;
    case 'stop':
      return `stop from ${input.peer}${input.id === null ? ' (EEM, no id)' : ''}: ${words(reason)}`;
    case 'done':
      return `done from ${input.peer}, debugs ${input.keys['off'] ?? 'unknown'}, captured ${input.keys['cap'] ?? '?'}, bad SPI there: ${input.keys['spi'] ?? 'unknown'}`;
    case 'corroborated':
      return `${formatFlow(input.flow)} ${words(reason)}: ${input.detail}`;
    case 'debugs-read':
      return input.flags === null
        ? `debugs on at the event not readable: ${input.detail}`
        : `debugs on at the event: ${input.detail}`;
    case 'capture-ended':
      return `capture (${input.round}) ended, ${input.withOutput} of ${input.planned} commands with output, bad SPI here: ${input.spiSeen}${suspected(input.suspects)}`;
    case 'stop-attempted':
      return stopWords(role, input);
    case 'delivery':
      return deliveryWords(input);
    case 'timer':
      return timerWords(input, reason);
    case 'sealed':
      return `bundle sealed, ${input.outcome.kind}${input.outcome.reasons.length > 0 ? ` (${input.outcome.reasons.join(', ')})` : ''}`;
    case 'seal-failed':
      return `bundle not sealed, tried again: ${input.detail}`;
    case 'recovered':
      return `taken up again after a restart: ${words(reason)}`;
    case 'restarted':
      return input.resumable ? 'agent restarted' : 'agent restarted after a reboot of this host';
    case 'debugs-seen':
      return `crypto debugs on the device are ${input.cryptoOn ? 'on' : 'off'}${reason === 'hold-down-ended' ? ': armed again, the next event counts' : ''}`;
    case 'hold':
      return input.on ? `on hold${by(input.who)}: no new incident acts` : `hold lifted${by(input.who)}`;
    case 'acknowledge':
      return `alarm ${input.alarm} acknowledged${by(input.who)}`;
    case 'arm':
      return `arm, by ${input.who}: ${words(reason)}`;
    case 'disarm':
      return `disarm, by ${input.who}: ${words(reason)}`;
    case 'preflighted':
      return `pre-flight: ${words(reason)}`;
    case 'arm-attempted':
      return input.attempt.result === 'armed'
        ? `ARMED: ${input.attempt.flags.map((flag) => flag.text).join(', ')} on (${input.attempt.detail})`
        : `not armed, ${input.attempt.result}: ${input.attempt.detail}`;
    case 'disarm-attempted':
      return disarmWords(input);
    case 'lease-renewed':
      return 'lease renewed';
    case 'breaker':
      return `breaker (${input.trip}): ${input.detail}`;
    case 'dead-man-renewed':
      return input.ok ? 'dead-man applet renewed' : `dead-man applet not renewed: ${input.detail}`;
    case 'arm-timer':
      return words(reason);
    case 'leaving':
      return 'the agent is told to end: the stop is made now';
    case 'raise':
    case 'clear':
    case 'expire':
      return words(reason);
  }
}

function disarmWords({ outcome }: Input & { readonly kind: 'disarm-attempted' }): string {
  if (outcome.debugs !== 'off')
    return `our debugs not verified off on session ${outcome.via}: ${outcome.debugs}, ${outcome.detail}`;
  if (outcome.conditions === 'none') return `our debugs verified off (session ${outcome.via})`;
  return `our debugs verified off, conditions ${outcome.conditions}${outcome.conditions === 'removed' ? '' : ` (${outcome.detail})`}`;
}

const by = (who: string | undefined): string => (who === undefined ? '' : `, by ${who}`);

const words = (reason: Reason): string => reason.replaceAll('-', ' ');

function sightingWords(reason: Reason): string {
  switch (reason) {
    case 'held-down':
    case 'held-down-persistent':
      return `${words(reason)}, added to the incident that is already known`;
    case 'not-my-role':
      return "noted, a spoke acts on its hub's signal";
    default:
      return words(reason);
  }
}

const suspected = (suspects: readonly string[] = []): string =>
  suspects.length === 0 ? '' : `; to suspect: ${suspects.join('; ')}`;

function symptomWords(reason: Reason): string {
  switch (reason) {
    case 'symptom-noted':
      return 'noted; `opens` is not set for it';
    case 'symptom-merged':
      return 'the incident that is open may be its cause';
    case 'symptom-held-down':
      return 'a recent incident may be its cause';
    default:
      return words(reason);
  }
}

function stopWords(role: Role, input: Input & { readonly kind: 'stop-attempted' }): string {
  const { outcome } = input;
  const end = role === 'both' ? 'THIS END' : role.toUpperCase();
  if (outcome.result === 'verified') return `DONE ON ${end}: debugs verified off (session ${outcome.via})`;
  return `debugs not verified off on session ${outcome.via}: ${outcome.result}, ${outcome.detail}`;
}

function deliveryWords(input: Input & { readonly kind: 'delivery' }): string {
  const tries = `${input.attempts} attempt${input.attempts === 1 ? '' : 's'}`;
  switch (input.result) {
    case 'acknowledged':
      return `${input.phase} acknowledged by ${input.peer} after ${tries}, round trip ${(input.roundTripMs ?? 0).toFixed(1)} ms`;
    case 'sent':
      return `${input.phase} sent to ${input.peer} in ${tries}, no acknowledgement exists`;
    case 'given-up':
      return `${input.phase} to ${input.peer} given up after ${tries}: ${input.detail}`;
  }
}

function timerWords(input: Input & { readonly kind: 'timer' }, reason: Reason): string {
  switch (input.name) {
    case 'stop':
      if (reason === 'nothing-on') return 'stop time: no debug was on at the event, nothing to turn off';
      return reason === 'stop-time' ? 'the stop time has come' : `stop time: ${words(reason)}`;
    case 'stop-bound':
      return 'debugs are still not verified off: handed to a person';
    case 'judge':
      return reason.startsWith('judged-') ? `verdict revised: ${words(reason)}` : 'the silence after the message is not over yet';
    case 'tail':
      return 'the log after the stop is kept';
    default:
      return words(reason);
  }
}
