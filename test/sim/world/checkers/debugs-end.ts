/** 1. Within stopBound every debug that the pair armed or undertook to stop is off, or the alarm stands. */
import { timing } from '../../../../shared/coordinate/timing.ts';
import type { End } from '../../sim-pair.ts';
import { HELLO_MS, type Stage } from '../stage.ts';
import type { Truth, Undertaking } from '../truth.ts';
import { otherEnd } from '../weather.ts';
import { type MakeChecker, PEER_NOTICES_MS, SLACK_MS } from './checker.ts';

export const debugsEnd: MakeChecker = (stage, truth, report) => ({
  look() {
    for (const end of ['hub', 'spoke'] as const) {
      const host = stage.hosts[end];
      const isForgotten = areForgotten(stage, truth, end);
      for (const undertaking of truth.undertakings[end]) {
        const { stopAt, flags, name } = undertaking;
        if (undertaking.told || flags.size === 0 || truth.isLost(undertaking)) continue;
        // What no agent knows for its own: a person is told once, and may arm the other end too, as the alarm says, which ends it.
        if (isForgotten && stage.now >= stopAt && truth.toldOf(end)) undertaking.told = true;
        // Whoever took the alarm over has to see to it now.
        if (stage.acknowledged[end].some(({ at, text }) => at >= stopAt && text.includes('not verified off'))) continue;
        const peer = stage.hosts[otherEnd(end)];
        // Nobody is left who could tell (docs/reliability.md).
        if (!host.up && !peer.up) continue;
        if (stage.now <= boundOf(stage, undertaking) + (isForgotten ? FORGOTTEN_MS : 0) || truth.toldOf(end)) continue;
        undertaking.told = true;
        const late = Math.round(stage.now - stopAt);
        report(
          `${end}: ${[...flags].join(', ')} on ${late} ms after the stop of ${name}, and no alarm; its agent ${host.up ? 'lives' : 'is dead'}`,
        );
      }
    }
  },
});

/** By when it is off, or a person has been told. */
function boundOf({ hosts, now }: Stage, { end, stopAt }: Undertaking): number {
  const host = hosts[end];
  const peer = hosts[otherEnd(end)];
  const inBound = timing.stopBoundMs + SLACK_MS;
  if (host.up) return Math.max(stopAt, host.startedAt) + inBound;
  const diedAt = host.diedAt ?? now;
  // One that was away too begins to count its hellos anew.
  return Math.max(stopAt, Math.max(diedAt, peer.startedAt) + PEER_NOTICES_MS) + inBound;
}

/**
 * Under `stop: own` an agent that lost its dataDir with debugs on does not know them for its own: it stops nothing, and tells a person at
 * its next pre-flight, or at the second hello that finds the pair half-armed (docs/reliability.md).
 */
const FORGOTTEN_MS = timing.armAgainMs + 2 * HELLO_MS;

function areForgotten({ hosts, setting }: Stage, truth: Truth, end: End): boolean {
  const { lostDataDirAt } = hosts[end];
  const armed = truth.armed[end];
  return setting.stop === 'own' && armed !== null && lostDataDirAt !== null && lostDataDirAt >= armed.since;
}
