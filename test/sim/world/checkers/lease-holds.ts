/**
 * 2. No debug that we armed past its lease, unless its agent is gone or no path to the device is left; and then past twice the lease only
 * without the dead-man, and with the peer's alarm standing.
 */
import { timing } from '../../../../shared/coordinate/timing.ts';
import type { End } from '../../sim-pair.ts';
import { ENDS, otherEnd } from '../weather.ts';
import { type MakeChecker, PEER_NOTICES_MS, SECOND, SLACK_MS } from './checker.ts';

/** A hello, at which the lease would have been renewed, is a minute off; then the ladder. */
const ENDING_MS = 60 * SECOND + timing.stopBoundMs + SLACK_MS;

export const leaseHolds: MakeChecker = (stage, truth, report) => {
  const said = new Set<End>();
  const say = (end: End, what: string): void => {
    if (!said.has(end)) report(`${end}: ${what}`);
    said.add(end);
  };
  const illAt: Record<End, number> = { hub: 0, spoke: 0 };
  const runs: Record<End, number> = { hub: 0, spoke: 0 };
  return {
    look() {
      for (const end of ENDS) {
        checkDeadMan(end);
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
        // An applet types on a line of the box (docs/arming.md): with all of them taken it is the peer that tells.
        if (deadMan && !stage.vtysTaken.has(end)) say(end, 'on past twice the lease, though the router has a dead-man');
        // Until it died its own alarm stood; its peer counts hellos first.
        else if (!host.up && stage.now - (host.diedAt ?? 0) <= PEER_NOTICES_MS + SLACK_MS) continue;
        else if (peer.listens && stage.now - peer.startedAt > 2 * leaseMs && !truth.toldOf(end))
          say(end, 'on past twice the lease, its agent is gone, and its peer has no alarm');
      }
    },
  };

  /** Set by an agent that has lost its dataDir since, and takes what is on for somebody else's: nobody renews it. */
  function isForgotten(end: End): boolean {
    const lostAt = stage.hosts[end].lostDataDirAt;
    return lostAt !== null && !truth.typed[end].some(({ at, expanded }) => at > lostAt && /^event manager applet/.test(expanded));
  }

  /** It is there for when the agent is gone. */
  function checkDeadMan(end: End): void {
    const { appletRuns } = stage.boxes[end];
    const host = stage.hosts[end];
    const isTroubled = stage.boxTroubles[end].some(({ until }) => until >= stage.now) || host.diskTroubledAt !== null;
    const isWell = host.listens && host.shells >= 2 && !isTroubled && truth.armed[end]?.wellAt === stage.now;
    // Whoever is not armed has none, or it is inert.
    if (!isWell && appletRuns.length === runs[end]) illAt[end] = stage.now;
    for (; runs[end] < appletRuns.length; runs[end]++) {
      const { applet } = appletRuns[runs[end]]!;
      const wellForMs = stage.now - Math.max(illAt[end], host.startedAt);
      if (/dead-?man/.test(applet) && !isForgotten(end) && wellForMs > stage.setting.leaseMs + 70 * SECOND)
        say(end, `the dead-man ended the debugs of an agent that had been well for ${Math.round(wellForMs)} ms`);
    }
  }
};
