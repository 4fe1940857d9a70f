/**
 * 12. The device is spared: after three refused logins in a row at most one in five minutes, but for a stop; and a CPU that is at its end
 * ends what was armed (pair-protocol.md, "Sessions and commands", "Arming").
 */
import { breakerBounds } from '../../../../shared/arming/breaker.ts';
import type { End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import type { Truth } from '../truth.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

const REFUSED_MOST = 3;
/** Five minutes, but for what clocks differ by. */
const HELD_BACK_MS = 290 * SECOND;
/** Three samples, the time of an answer, and a disarm that is not in a hurry. */
const BUSY_MS = 75 * SECOND;

export const sparesTheDevice: MakeChecker = (stage, truth, report) => {
  const said = new Set<string>();
  const say = (what: string): void => {
    if (!said.has(what)) report(what);
    said.add(what);
  };
  /** Logins that look too early: what they are for may stand in the book a moment later. */
  const early: Readonly<Record<End, { readonly sinceMs: number; readonly at: number }[]>> = { hub: [], spoke: [] };
  const busySince: Record<End, number | null> = { hub: null, spoke: null };
  for (const end of ENDS)
    stage.hosts[end].onLogin = () => {
      const sinceMs = lockedOutSince(stage, end);
      if (sinceMs !== null && isIdle(stage, end)) early[end].push({ sinceMs, at: stage.ownNow(end) });
    };
  return {
    look() {
      for (const end of ENDS) {
        for (const { sinceMs, at } of early[end].splice(0))
          if (isIdle(stage, end) && !isOfStop(stage, end, at))
            say(`${end}: a login ${Math.round(sinceMs)} ms after the last, with ${REFUSED_MOST} refused in a row`);
        busySince[end] = isArmedAndBusy(stage, truth, end) ? (busySince[end] ?? stage.now) : null;
        const since = busySince[end];
        if (since !== null && stage.now - since > BUSY_MS) say(`${end}: armed, and the CPU at its end for ${BUSY_MS} ms`);
      }
    },
  };
};

/** Since the last login; null: none is held back. */
function lockedOutSince(stage: Stage, end: End): number | null {
  const ended = stage.hosts[end].logins.filter((login) => login.end !== null);
  const last = stage.hosts[end].logins.at(-1);
  const inRow = ended.length - 1 - ended.findLastIndex((login) => login.end === 'in');
  const sinceMs = last === undefined ? 0 : stage.now - last.at;
  return inRow >= REFUSED_MOST && sinceMs < HELD_BACK_MS ? sinceMs : null;
}

/** No stop is ahead or under way, no debugs are being turned off: nothing that may always make one more attempt. */
function isIdle({ books }: Stage, end: End): boolean {
  const book = books[end];
  return (
    book === null ||
    (book.incidents.every(({ stop }) => stop.kind === 'verified' || stop.kind === 'not-planned') &&
      (book.arming.state.kind === 'armed' || book.arming.state.kind === 'disarmed'))
  );
}

/** Of one that was over before it was looked at. */
function isOfStop({ books }: Stage, end: End, at: number): boolean {
  return books[end]?.incidents.some(({ stop }) => stop.kind === 'verified' && Math.abs(stop.startedAt - at) < SECOND) === true;
}

function isArmedAndBusy(stage: Stage, truth: Truth, end: End): boolean {
  const box = stage.boxes[end];
  const { behaviour } = box.core;
  const host = stage.hosts[end];
  const armed = truth.armed[end];
  const isAnswering =
    behaviour.thinkMs < SECOND && [behaviour.stall, behaviour.drop, behaviour.refuse].every((list) => list.length === 0);
  return (
    armed !== null &&
    [...armed.flags.values()].some(({ isOn }) => isOn) &&
    isAnswering &&
    !box.isHung() &&
    host.listens &&
    host.shells >= 2 &&
    host.lostDataDirAt === null &&
    isIdle(stage, end) &&
    box.cpuPercent() >= breakerBounds.cpuPercent + 5 &&
    !truth.toldOf(end)
  );
}
