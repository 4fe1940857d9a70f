/**
 * 3. No line that was acknowledged to disk is missing from the bundle; others only within the flush interval before a death, or with a
 * hole that says so.
 */
import type { Moment } from '../../../../agent/evidence/window.ts';
import type { FileMoment, IncidentFile } from '../../../../shared/bundle/incident-file.ts';
import { limits } from '../../../../shared/limits.ts';
import { type End, secrets } from '../../sim-pair.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

/** From its arrival until a line has been written and synced, where the disk is well. */
const FLUSH_MS = limits.ringSyncEveryMs + 250 + SECOND;

/** As the ring has it: by the monotonic clock within one boot, which no step of the wall clock moves, and else by the wall clock. */
const laterBy = ({ wall, monotonic, bootId }: Moment, than: FileMoment): number =>
  bootId === than.bootId ? monotonic - than.monotonicMs : wall - Date.parse(than.at);

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
      if (host.hasLostTime) return;
      const inside = (at: number, from: FileMoment, to: FileMoment | null, slackMs: number): boolean =>
        laterBy(host.momentOf(at), from) > slackMs && (to === null || laterBy(host.momentOf(at), to) < -slackMs);
      const at = truth.unheard[end].find(
        (each) => inside(each, log.from, log.to, SECOND) && !log.holes.some((hole) => inside(each, hole.from, hole.to, -SECOND)),
      );
      if (at !== undefined) report(`${end}: bundle ${id} says nothing of the time around ${Math.round(at)}, when no agent ran`);
    }

    /** Delivered within what the bundle claims to hold, and before its stop. */
    function linesOf(end: End, incident: IncidentFile) {
      const host = stage.hosts[end];
      const { from, to } = incident.log;
      return truth.delivered[end].filter(({ at }) => {
        const moment = host.momentOf(at);
        if (host.hasLostTime && moment.bootId !== from.bootId) return false;
        return laterBy(moment, from) > SECOND && laterBy(moment, to) < -SECOND;
      });
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
