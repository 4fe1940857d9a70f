/** 1. Within stopBound every debug that the pair armed or undertook to stop is off, or the alarm stands. */
import { timing } from '../../../../shared/coordinate/timing.ts';
import { otherEnd } from '../weather.ts';
import { type MakeChecker, PEER_NOTICES_MS, SLACK_MS } from './checker.ts';

export const debugsEnd: MakeChecker = (stage, truth, report) => ({
  look() {
    for (const end of ['hub', 'spoke'] as const) {
      const host = stage.hosts[end];
      for (const undertaking of truth.undertakings[end]) {
        const { stopAt, flags, name } = undertaking;
        if (undertaking.told || flags.size === 0 || truth.isLost(undertaking)) continue;
        // Whoever took the alarm over has to see to it now.
        if (stage.acknowledged[end].some(({ at, text }) => at >= stopAt && text.includes('not verified off'))) continue;
        if (!host.up && !stage.hosts[otherEnd(end)].up) continue;
        const due = host.up ? Math.max(stopAt, host.startedAt) : Math.max(stopAt, (host.diedAt ?? stage.now) + PEER_NOTICES_MS);
        const other = stage.hosts[otherEnd(end)];
        // A peer that was away itself begins to count its hellos anew.
        const noticed = host.up ? due : Math.max(due, other.startedAt + PEER_NOTICES_MS);
        if (stage.now <= noticed + timing.stopBoundMs + SLACK_MS || truth.toldOf(end)) continue;
        undertaking.told = true;
        const late = Math.round(stage.now - stopAt);
        report(
          `${end}: ${[...flags].join(', ')} on ${late} ms after the stop of ${name}, and no alarm; its agent ${host.up ? 'lives' : 'is dead'}`,
        );
      }
    }
  },
});
