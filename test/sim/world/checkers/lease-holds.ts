/**
 * 2. No debug that we armed past its lease, unless its agent is gone or no path to the device is left; and then past twice the lease only
 * without the dead-man, and with the peer's alarm standing.
 */
import { timing } from '../../../../shared/coordinate/timing.ts';
import type { End } from '../../sim-pair.ts';
import { ENDS, otherEnd } from '../weather.ts';
import { type MakeChecker, SECOND, SLACK_MS } from './checker.ts';

/** A hello, at which the lease would have been renewed, is a minute off; then the ladder. */
const ENDING_MS = 60 * SECOND + timing.stopBoundMs + SLACK_MS;

export const leaseHolds: MakeChecker = (stage, truth, report) => {
  const said = new Set<End>();
  const say = (end: End, what: string): void => {
    if (!said.has(end)) report(`${end}: ${what}`);
    said.add(end);
  };
  return {
    look() {
      for (const end of ENDS) {
        const armed = truth.armed[end];
        if (armed === null || ![...armed.flags.values()].some(({ isOn }) => isOn)) continue;
        const host = stage.hosts[end];
        const { leaseMs, deadMan } = stage.setting;
        const past = stage.now - armed.wellAt - leaseMs;
        if (host.lostDataDirAt !== null && host.lostDataDirAt >= armed.since) continue;
        const from = host.up ? Math.max(0, stage.now - host.startedAt) : 0;
        const canReach = host.listens && host.shells > 0;
        if (canReach && past > ENDING_MS && from > ENDING_MS && !truth.toldOf(end))
          say(end, `armed, ${Math.round(past)} ms past the lease, its agent lives and no alarm stands`);
        if (canReach || past - leaseMs <= ENDING_MS) continue;
        const peer = stage.hosts[otherEnd(end)];
        if (deadMan) say(end, 'on past twice the lease, though the router has a dead-man');
        else if (peer.listens && stage.now - peer.startedAt > 2 * leaseMs && !truth.toldOf(end))
          say(end, 'on past twice the lease, its agent is gone, and its peer has no alarm');
      }
    },
  };
};
