/**
 * Cells of the machine (cells.ts) that no night can meet, each with its reason: who could bring that input, and why not into that state; and
 * those that are left to chance.
 */
import type { Phase } from './cells.ts';

const because = (why: string, ...cells: readonly string[]): readonly (readonly [string, string])[] =>
  cells.map((cell) => [cell, why] as const);

/** Every one of these states with every one of these inputs. */
const each = (phases: readonly Phase[], ...inputs: readonly string[]): string[] =>
  phases.flatMap((phase) => inputs.map((input) => `${phase} x ${input}`));

/** What only an order, or a timer, of this run of the agent brings back. */
const ANSWERS = ['corroborated', 'debugs-read', 'capture-ended', 'stop-attempted', 'delivery', 'sealed', 'seal-failed'];
const TIMERS = ['stop', 'stop-bound', 'stop-retry', 'stop-hung', 'tail', 'seal-deadline', 'seal-retry', 'judge'];
const TRYING = ['stop-attempted', 'timer stop-bound', 'timer stop-retry', 'timer stop-hung'];

export const unreachable: ReadonlyMap<string, string> = new Map([
  ...because('a symptom comes from sources (drop counters, clog traps) that no pair of the simulation has', 'symptom'),
  ...because(
    'an incident that something was ordered for is open or closed, and a closed id is remembered for seven days (step.ts, expire)',
    ...each(['none'], ...ANSWERS, ...TIMERS.map((name) => `timer ${name}`)),
  ),
  ...because(
    'an input for each incident that the replayed book holds open, and for no other (coordinator.ts, resume)',
    ...each(['none', 'closed'], 'recovered'),
  ),
  ...because(
    'restarted comes before every recovered, and leaves no pre-flight and no arm under way (arming.ts, recoverArming)',
    'checking x recovered',
    'arming x recovered',
  ),
  ...because(
    'a stop that has begun never goes back to being planned: only what was to be looked at is planned anew, and that had no stop',
    ...each(['planned', 'waits', 'not-planned'], ...TRYING),
  ),
  ...because(
    'between two attempts of a stop only the retry itself begins the next one (stopping.ts, tryAgain)',
    'running x timer stop-retry',
  ),
  ...because(
    'a stop waits only while no line of its incident may be believed, and only a believed one is told to a peer (hub.ts, alertPeers)',
    'waits x delivery',
  ),
  ...because(
    'what waits for corroboration has not passed its stop time, and what is planned anew after it is believed already (hub.ts, believe)',
    ...each(['waits'], 'timer tail', 'timer seal-deadline'),
  ),
  ...because(
    'what is planned anew after a look has its stop within 18 s of the look, and with it a new deadline',
    'planned x timer seal-deadline',
  ),
  ...because(
    'sealed and still open is only what was sealed 110 s after its stop; no stop of these nights is planned for more than 18 s',
    'sealed x timer stop',
  ),
  ...because(
    'set when a seal has failed, or is found so after a restart; nothing but this timer tries it again (sealing.ts, onSealRetry)',
    ...each(
      ['planned', 'waits', 'not-planned', 'running', 'waiting-retry', 'verified', 'sealing', 'sealed', 'closed'],
      'timer seal-retry',
    ),
  ),
  ...because(
    'the answer to an order to seal, of which each incident has one at a time; nothing but the answer ends that state (sealing.ts)',
    ...each(
      ['planned', 'waits', 'not-planned', 'running', 'waiting-retry', 'verified', 'seal-failed', 'sealed', 'closed'],
      'sealed',
      'seal-failed',
    ),
  ),
  ...because(
    'the keeper renews what is armed, and asks the book in the same tick (arm-keeper.ts, tick)',
    'disarmed x lease-renewed',
    'checking x lease-renewed',
    'arming x lease-renewed',
    'disarming x lease-renewed',
  ),
  ...because(
    'a stop or a disarm ends the errand that renews it: at once where it waits or is asked for behind it, within nine seconds where it is typed (held-session.ts, #preempt); on a session that is away it is over after 24 s. Either is verified on that session after it, or given up 30 s after its begin (disarming.ts, giveUpDisarm)',
    'disarmed x dead-man-renewed',
    'checking x dead-man-renewed',
    'arming x dead-man-renewed',
  ),
  ...because(
    'the breaker watches what is armed, and stops in the step that ends it (arm-keeper.ts, follow)',
    'disarmed x breaker',
    'checking x breaker',
    'arming x breaker',
    'disarming x breaker',
  ),
  ...because(
    'an incident is judged by its silence once it has left the open ones, and its id never comes back (judging.ts: closeJudged, judgeLater, watchAnew)',
    ...each(
      ['planned', 'waits', 'not-planned', 'running', 'waiting-retry', 'verified', 'sealing', 'seal-failed', 'sealed'],
      'timer judge',
    ),
  ),
  ...because(
    'a line joins before the stop time, is asked about ahead of what the captures still have to ask (held-session.ts) and answered within two looks of 2 s (corroborate.ts), also after a restart: before the captures end; a look is not sealed before the answer, nothing else before its captures have ended or its deadline is over (sealing.ts, isReadyHere)',
    ...each(['sealing', 'seal-failed', 'sealed', 'closed'], 'corroborated'),
  ),
  ...because(
    'an arming ends with its answer or its hung timer alone (end-debugs.ts only marks it unwanted), and the answer is there within 94 s of the 95 (arm-debugs.ts)',
    'disarmed x arm-attempted',
    'checking x arm-attempted',
    'armed x arm-attempted',
    'disarming x arm-attempted',
    'arming x arm-timer hung',
  ),
  ...because(
    'a pre-flight answers within 60 s of the 65 (preflight.ts), and each new one sets the one timer of that name anew (coordinator.ts, #wake)',
    'checking x arm-timer hung',
  ),
  ...because(
    'two pre-flights ask the same lines in turn on one session: the first one has its answer before the second, and only that one goes on (preflight.ts)',
    'arming x preflighted',
    'armed x preflighted',
  ),
]);

/** That a night met by chance, with its seed, and no scene brings about: a run may meet them and need not. */
export const leftToChance: ReadonlyMap<string, string> = new Map([
  ...because(
    'a t0 list is asked for behind a line, a reading or an errand that takes its whole time on that session, and is answered when a look is over (once in 61,571 nights)',
    ...each(['sealing', 'seal-failed', 'sealed', 'closed'], 'debugs-read'),
  ),
  ...because(
    'pre-flights of arms that were taken back answer while the conditions of an earlier arm are removed (seed 17189)',
    'disarming x preflighted',
  ),
  ...because(
    'a stop that was brought forward waits for two looks at most, four seconds (corroborate.ts), and its first time has to fall into them',
    'waits x timer stop',
  ),
]);
