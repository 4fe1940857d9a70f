/** 6. What an agent may turn debugs off for, by what was done to it and to its box: an event, a signal, a person, or the end of what it armed. Used by only-ours.ts. */
import { timing } from '../../../../shared/coordinate/timing.ts';
import type { End } from '../../sim-pair.ts';
import { HELLO_MS, type Stage } from '../stage.ts';
import type { Truth, Undertaking } from '../truth.ts';
import { otherEnd } from '../weather.ts';
import { PEER_NOTICES_MS, SECOND } from './checker.ts';

const MINUTE = 60 * SECOND;
/** An incident waits so long for its stop at most; then its ladder, and attempts until it is verified. */
const CAUSE_HOLDS_MS = 5 * MINUTE + timing.stopBoundMs;
/** Two looks at the buffer, a line each. */
const ASKED_MS = 5 * SECOND;
/** After three refused logins one attempt in five minutes, and what had to wait for it. */
const LOCK_OUT_MS = 6 * MINUTE;
/** The lines of an arm, or that it was never heard of again. */
const ARM_MS = timing.preflightHungMs + timing.armHungMs;
/** A disarm, its ladder, and its conditions. */
const DISARM_MS = timing.stopBoundMs + timing.disarmConditionsHungMs;
/** Past it `maxDebug` is part of no night. */
const LONG_MS = 3_600 * SECOND;
const ARMS = /^debug crypto (?!condition)/;

interface Act {
  readonly end: End;
  readonly at: number;
  /** When this agent last turned anything off with a cause; null: never. */
  readonly lastAt: number | null;
}

/** Null: there is none. */
export function causeOf(stage: Stage, truth: Truth, act: Act): string | null {
  return (
    incidentOf(truth, act) ??
    undecidedOf(stage, act) ??
    takenUpAgain(stage, truth, act) ??
    goesOn(stage, act) ??
    (isMine(truth, act) ? endOfArmOf(stage, truth, act) : null)
  );
}

/** A forged line that the device could not be asked about in time may be true: the incident goes on (pair-protocol.md, "What counts as the event"). */
function undecidedOf({ forgedAt, hosts, boxTroubles }: Stage, { end, at }: Act): string | null {
  const cutOff = [...hosts[end].deaths, ...boxTroubles[end].map(({ from }) => from)];
  const isCutOff = (forged: number): boolean => cutOff.some((time) => time >= forged && time <= forged + ASKED_MS);
  const isOpen = forgedAt[end].some((forged) => forged <= at && at - forged <= CAUSE_HOLDS_MS && isCutOff(forged));
  return isOpen ? 'a line that nobody could be asked about' : null;
}

/** What it was at when it died, and had not written down as done, is done when it runs again. */
function takenUpAgain({ hosts }: Stage, truth: Truth, { end, at }: Act): string | null {
  const startedAt = hosts[end].starts.findLast((start) => start <= at);
  const diedAt = hosts[end].deaths.findLast((death) => startedAt !== undefined && death <= startedAt);
  if (startedAt === undefined || diedAt === undefined || at - startedAt > timing.stopBoundMs) return null;
  const isOpen = truth.causes[end].some((cause) => cause.at <= diedAt && diedAt - cause.at <= CAUSE_HOLDS_MS);
  return isOpen ? 'a stop that its last run had begun' : null;
}

/** A box that answers in minutes is off long before its agent can read it back: the stop that was typed with a cause is tried until then. */
function goesOn(stage: Stage, { end, at, lastAt }: Act): string | null {
  const isTroubled = stage.boxTroubles[end].some(({ from, until }) => from <= at && until + LOCK_OUT_MS >= at);
  if (!isTroubled || lastAt === null || at - lastAt > LOCK_OUT_MS) return null;
  const ownLastAt = stage.ownNow(end) - (stage.now - lastAt) * stage.setting.rate[end];
  const isSame = stage.books[end]?.incidents.some(({ stop }) => 'startedAt' in stop && stop.startedAt <= ownLastAt + SECOND);
  return isSame === true ? 'a stop that it cannot read back' : null;
}

function incidentOf(truth: Truth, { end, at }: Act): string | null {
  const cause = truth.causes[end].findLast((known) => known.at <= at);
  if (cause !== undefined && at - cause.at <= CAUSE_HOLDS_MS) return cause.what;
  // An agent's own word is no cause: what it says it undertook must have had one.
  const hasCause = ({ by, seenAt }: Undertaking): boolean =>
    by !== 'own-word' || truth.causes[end].some((known) => known.at <= seenAt && seenAt - known.at <= CAUSE_HOLDS_MS);
  const open = truth.undertakings[end].some(
    (known) => known.seenAt <= at && (known.offAt === null || known.offAt >= at) && hasCause(known),
  );
  return open ? 'a stop that is not verified' : null;
}

/** An arm that was cut off may have gone on: it is resolved by turning off, whether or not its first line was typed. */
const isMine = (truth: Truth, { end, at }: Act): boolean =>
  truth.typed[end].some(
    (typed) => typed.at <= at && (ARMS.test(typed.expanded) || typed.expanded === 'show crypto debug-condition'),
  );

function endOfArmOf(stage: Stage, truth: Truth, { end, at, lastAt }: Act): string | null {
  const host = stage.hosts[end];
  const { setting } = stage;
  const troubles = stage.boxTroubles[end].filter(({ from }) => from <= at);
  const isTroubled = troubles.some(({ until }) => until + LOCK_OUT_MS >= at);
  const sinceMs = (times: readonly number[]): number => at - (times.findLast((time) => time <= at) ?? Number.NEGATIVE_INFINITY);
  // Whoever waits for a box that does not answer waits for as long as that lasts.
  const within = (forMs: number, ...times: readonly number[]): boolean => sinceMs(times) <= forMs + (isTroubled ? LONG_MS : 0);
  if (isTroubled) return 'its box, or the way to it, is not well';
  if (lastAt !== null && within(LOCK_OUT_MS, lastAt)) return 'what it began and has not verified';
  if (within(DISARM_MS + ARM_MS, ...stage.handled.filter((hand) => hand.end === end).map((hand) => hand.at))) return 'a person';
  if (within(DISARM_MS + ARM_MS, ...host.starts)) return 'its own start';
  const arms = truth.typed[end].filter(({ expanded }) => ARMS.test(expanded)).map((typed) => typed.at);
  const [firstArm] = arms;
  if (stage.boxes[end].isHung() || truth.reboots[end].length > 0) return 'a reboot';
  if (stage.noisy.has(end)) return 'its breaker';
  if (setting.maxDebugMs < LONG_MS && firstArm !== undefined) return 'maxDebug';
  return wasUnheard(truth, end, at - PEER_NOTICES_MS - setting.leaseMs, at) ? 'its lease' : null;
}

/** A lease ends with its peer: no hello of it for three of them, and then for as long as the last renewal lasts. */
function wasUnheard(truth: Truth, end: End, from: number, to: number): boolean {
  const arrivals = truth.signals[otherEnd(end)].map(({ arrivedAt }) => arrivedAt).filter((at) => at >= from && at <= to);
  const times = [from, ...arrivals, to];
  return times.some((time, index) => time - (times[index - 1] ?? time) >= timing.missingHellosMax * HELLO_MS - SECOND);
}
