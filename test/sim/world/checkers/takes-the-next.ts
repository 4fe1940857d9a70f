/** 9. After the faults cease, the pair takes the next incident: each end as its mode has it. */
import { emptyBook } from '../../../../shared/coordinate/book.ts';
import { timing } from '../../../../shared/coordinate/timing.ts';
import type { End, Syslog } from '../../sim-pair.ts';
import { untilCalm } from '../calm.ts';
import { HELLO_MS } from '../stage.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

/** An agent that arms by itself tries again after five minutes; a breaker, a disarm or a hold of the night is over by then. */
const REST_MS = 180 * SECOND;
/** The box tells of a lost SPI once a minute. */
const MESSAGES_APART_MS = 61 * SECOND;

/** Five minutes, and an attempt every half. */
const LOCK_OUT_MS = 345 * SECOND;
/** Sessions A and B, of an agent that reaches its box, and the one that listens. */
const shellsHeld = (syslog: Syslog): number => (syslog === 'terminal-monitor' || syslog === 'all' ? 3 : 2);
/** In one seed of so many the next incident is waited for until it is sealed; in the others until its stop is verified at both ends. */
const SEALED_SEEDS = 3;

export const takesTheNext: MakeChecker = (stage, truth, report) => ({
  async end() {
    const { sim, setting } = stage;
    const pass = async (forMs: number, over: () => boolean): Promise<void> => {
      for (const until = stage.now + forMs; stage.now < until && !over(); truth.look())
        await stage.clock.advance(Math.min(SECOND, until - stage.now));
    };
    // What `rearm` turned on again is not what the stop left on.
    const wasOff = (end: End, since: number): boolean =>
      stage.debugsOn(end).length === 0 || truth.flagsLog[end].some(({ at, flags }) => at > since && flags.length === 0);
    sim.lab.repair();
    for (const end of ENDS) stage.person(end, 'undebug all');
    // Conditions of people, and of agents that lost their dataDir, are in nobody's way now; where debugs are on again already, ours stay.
    for (const end of ENDS) stage.boxes[end].core.debugs.resetConditions();
    await pass(REST_MS, untilCalm(stage, truth, MESSAGES_APART_MS));
    // After three refused logins an agent tries once in five minutes.
    // And until then a stop or a disarm of before may still be tried.
    const isSettled = (end: End): boolean => {
      const { arming, incidents } = stage.books[end] ?? emptyBook;
      const isTried = incidents.some(({ stop }) => stop.kind === 'running' || stop.kind === 'waiting-retry');
      return !isTried && arming.state.kind !== 'arming' && arming.state.kind !== 'disarming';
    };
    const isBack = (): boolean => ENDS.every((end) => stage.hosts[end].shells >= shellsHeld(setting.syslog) && isSettled(end));
    const wasAway = !isBack();
    await pass(LOCK_OUT_MS, isBack);
    // And then sees what is on at its next hello: debugs that it never saw go off are not on anew for it.
    if (wasAway) await pass(HELLO_MS + 2 * SECOND, () => false);
    const idsOf = async (end: End): Promise<string[]> => (await sim.incidents(end)).map(({ id }) => id);
    const before: Record<End, readonly string[]> = { hub: await idsOf('hub'), spoke: await idsOf('spoke') };
    const acts = (end: End): boolean => setting.mode[end] === 'act';
    if (setting.arm === 'manual') stage.armByHand();
    else
      for (const end of ENDS)
        if (acts(end)) stage.hands(end, (handlers) => handlers.arm({ pair: false, leaseMs: null, who: 'ops' }));
    const isArmed = (): boolean => ENDS.every((end) => !acts(end) || stage.debugsOn(end).length > 0);
    // A hello tells the other end what is on.
    const isTold = untilCalm(stage, truth, HELLO_MS + 2 * SECOND);
    await pass(62 * SECOND, () => isArmed() && isTold());
    for (const end of ENDS)
      if (acts(end) && stage.debugsOn(end).length === 0)
        report(`${end}: does not arm; ${JSON.stringify(sim.status(end).arming.last)}`);
    const t0 = stage.now;
    const idsAt = (end: End): readonly string[] => (stage.books[end]?.incidents ?? []).map(({ id }) => id);
    const open: Record<End, readonly string[]> = { hub: idsAt('hub'), spoke: idsAt('spoke') };
    const isStopped = (end: End): boolean =>
      (stage.books[end]?.incidents ?? []).some(({ id, stop }) => !open[end].includes(id) && stop.kind === 'verified') &&
      wasOff(end, t0);
    const isWaitedFor = stage.seed % SEALED_SEEDS === 0 || !ENDS.every(acts);
    sim.lab.desync();
    await pass(
      setting.delayMs + timing.stopBoundMs + timing.sealAtMostMs + 30 * SECOND,
      isWaitedFor ? untilCalm(stage, truth, setting.delayMs + 15 * SECOND) : () => ENDS.every(isStopped),
    );
    if (!isWaitedFor && ENDS.every(isStopped)) return;
    for (const end of ENDS) await judge(end, before[end], t0);

    async function judge(end: End, sealedBefore: readonly string[], since: number): Promise<void> {
      const status = sim.status(end);
      const about = (): string =>
        `alarms ${JSON.stringify(sim.alarms(end))}; incidents ${JSON.stringify(status.incidents.slice(0, 2).map(({ phase, outcome, reasons }) => [phase, outcome, reasons]))}; refusals ${JSON.stringify(status.refusals)}`;
      const hears = ENDS.some((from) => from !== end && setting.mode[from] !== 'observe') || end === 'hub' || setting.bothRoles;
      // Not simply the last by its name: that has the time of a clock that may have been stepped.
      const latest = (await sim.incidents(end)).find(({ id }) => !sealedBefore.includes(id));
      // Nothing is armed there, and so nothing ends the hold-down of the last event within its hour.
      const sees = setting.mode.hub === 'act' || (setting.arm === 'manual' && setting.mode.hub === 'capture');
      const isHeldDown = !sees && before.hub.length > 0;
      if (isHeldDown) return;
      // An end that only observes tells nobody, and the message is the hub's.
      if (end === 'spoke' && setting.mode.hub === 'observe') return;
      // A capture-only hub asks its peer to capture; nobody stops.
      const stops = acts(end) && acts('hub');
      if (hears && latest === undefined) report(`${end}: no incident was sealed for the next event; ${about()}`);
      else if (stops && !wasOff(end, since))
        report(`${end}: debugs of the next incident are on ${Math.round(stage.now - since)} ms after it; ${about()}`);
      else if (stops && latest !== undefined && latest.stop.off !== 'verified')
        report(`${end}: the next incident's debugs are ${latest.stop.off}; ${about()}`);
    }
  },
});
