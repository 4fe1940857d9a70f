/**
 * 3. No line that was acknowledged to disk is missing from the bundle; others only within the flush interval before a death, or with a
 * hole that says so.
 */
import type { IncidentFile } from '../../../../shared/bundle/incident-file.ts';
import { limits } from '../../../../shared/limits.ts';
import { type End, secrets } from '../../sim-pair.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

/** From its arrival until a line has been written and synced, where the disk is well. */
const FLUSH_MS = limits.ringSyncEveryMs + 250 + SECOND;

export const textOf = (line: string): string => line.replace(/^<\d+>\d+: /, '').trim();

export const linesKept: MakeChecker = (stage, truth, report) => ({
  async end() {
    for (const end of ENDS) {
      const { disk } = stage.station(end);
      for (const incident of await stage.sim.incidents(end)) {
        if (incident.log.file === null || incident.log.problems.length > 0) continue;
        checkUnheard(end, incident);
        const log = disk.content(`/${end}/incidents/${incident.id}/${incident.log.file}`).toString();
        for (const { at, line } of linesOf(end, incident)) {
          // What holds a secret is there without it.
          if (log.includes(textOf(line)) || secrets.some((secret) => line.includes(secret))) continue;
          const why = mayLack(end, at, incident);
          if (why === null)
            report(`${end}: bundle ${incident.id} lacks a line of ${Math.round(at)}: ${textOf(line).slice(0, 120)}`);
        }
      }
    }

    /** What was said while no agent ran is in no bundle: that there was such a time is. */
    function checkUnheard(end: End, { id, log }: IncidentFile): void {
      const host = stage.hosts[end];
      if (host.lostDataDirAt !== null || host.diskTroubledAt !== null) return;
      if (stage.story.some((line) => line.includes('step-clock'))) return;
      const wallOf = (at: number): number => stage.clock.wall() - (stage.now - at) + host.wallAheadMs;
      const inside = (at: number, from: string, to: string | null, slackMs: number): boolean =>
        wallOf(at) > Date.parse(from) + slackMs && (to === null || wallOf(at) < Date.parse(to) - slackMs);
      const at = truth.unheard[end].find(
        (each) =>
          inside(each, log.from.at, log.to.at, SECOND) &&
          !log.holes.some((hole) => inside(each, hole.from.at, hole.to?.at ?? null, -SECOND)),
      );
      if (at !== undefined) report(`${end}: bundle ${id} says nothing of the time around ${Math.round(at)}, when no agent ran`);
    }

    /** Delivered within what the bundle claims to hold, and before its stop. */
    function linesOf(end: End, incident: IncidentFile) {
      const wallOf = (at: number): number => stage.clock.wall() - (stage.now - at) + stage.hosts[end].wallAheadMs;
      const from = Date.parse(incident.log.from.at);
      const to = Date.parse(incident.log.to.at);
      return truth.delivered[end].filter(({ at }) => wallOf(at) > from + SECOND && wallOf(at) < to - SECOND);
    }

    /** Null: there is no excuse. */
    function mayLack(end: End, at: number, incident: IncidentFile): string | null {
      const host = stage.hosts[end];
      if (host.lostDataDirAt !== null && host.lostDataDirAt >= at) return 'the dataDir is gone';
      const death = host.deaths.find((died) => died >= at);
      const acknowledged = host.synced.ring.some((synced) => synced >= at + FLUSH_MS && (death === undefined || synced <= death));
      if (acknowledged && host.diskTroubledAt === null) return null;
      if (death !== undefined && death - at <= FLUSH_MS) return 'it died within the flush interval';
      if (incident.log.holes.length > 0) return 'a hole says so';
      return host.diskTroubledAt !== null && death !== undefined && incident.journalDegraded !== null
        ? 'its disk was not well'
        : null;
    }
  },
});
