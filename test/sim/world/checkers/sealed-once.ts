/** 4. Each incident is sealed once for each device, never changed after it, and what its outcome says is so. */
import { createHash } from 'node:crypto';
import type { IncidentFile } from '../../../../shared/bundle/incident-file.ts';
import { timing } from '../../../../shared/coordinate/timing.ts';
import type { End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import type { Truth } from '../truth.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, type Report, SECOND } from './checker.ts';

const LOOK_EVERY_MS = 10 * SECOND;
/** From the event to the seal, with a restart in between. */
const SEALED_BY_MS = 20 * SECOND + timing.sealAtMostMs + 120 * SECOND;
const OPEN = /^\/\w+\/incidents\/[0-9A-Z]{26}\.open/;
const MANIFEST = /^\/\w+\/incidents\/[0-9A-Z]{26}\/incident\.json$/;

export const sealedOnce: MakeChecker = (stage, truth, report) => {
  const sealed = new Map<string, string>();
  /** Folders of incidents that are not sealed, since when. */
  const open = new Map<string, number>();
  let lookedAt = 0;
  const hashOf = (end: End, path: string): string =>
    createHash('sha256').update(stage.station(end).disk.content(path)).digest('hex');
  const compare = (): void => {
    for (const path of ENDS.flatMap((end) => stage.station(end).disk.paths)) {
      const folder = OPEN.exec(path)?.[0];
      if (folder !== undefined && !open.has(folder)) open.set(folder, stage.now);
    }
    for (const end of ENDS)
      for (const path of stage.station(end).disk.paths.filter((each) => MANIFEST.test(each))) {
        const hash = hashOf(end, path);
        const before = sealed.get(path);
        if (before !== undefined && before !== hash) report(`${path} was changed after its seal`);
        sealed.set(path, hash);
      }
  };
  return {
    look() {
      if (stage.now - lookedAt < LOOK_EVERY_MS) return;
      lookedAt = stage.now;
      compare();
    },
    async end() {
      compare();
      for (const end of ENDS) {
        const names = await stage.station(end).disk.list(`/${end}/incidents`);
        for (const name of names.filter((each) => each.endsWith('.open')))
          if (stage.now - (open.get(`/${end}/incidents/${name}`) ?? stage.now) > SEALED_BY_MS)
            report(`${end}: ${name} was never sealed`);
        const ids = new Set<string>();
        for (const incident of await stage.sim.incidents(end)) {
          for (const id of [incident.id, ...incident.aliases]) {
            if (ids.has(id)) report(`${end}: ${id} is in two sealed bundles`);
            ids.add(id);
          }
          checkOutcome(stage, truth, end, incident, report);
        }
      }
    },
  };
};

function checkOutcome(stage: Stage, truth: Truth, end: End, incident: IncidentFile, report: Report): void {
  const { outcome, stop, captures, id, debugsAtStart } = incident;
  if (outcome.kind === 'complete') {
    if (stop.off !== 'verified') report(`${end}: ${id} is complete with its debugs ${stop.off}`);
    // A round that a restart cut off was made again, and says so.
    const isMadeAgain = captures.some(({ late, status }) => late && status === 'ok');
    if (!isMadeAgain && captures.some(({ status }) => status === 'timeout' || status === 'closed'))
      report(`${end}: ${id} is complete with a capture cut off`);
    if (incident.done.some(({ off }) => off !== 'verified'))
      report(`${end}: ${id} is complete, and a peer's debugs are not verified off`);
  }
  if (
    outcome.kind !== 'complete' &&
    outcome.kind !== 'complete-one-ended' &&
    outcome.reasons.length === 0 &&
    outcome.kind === 'partial'
  )
    report(`${end}: ${id} is partial for no reason`);
  if (stop.off !== 'verified' || stop.verified === null) return;
  // A box of an earlier boot of the host cannot be told by this clock.
  const at = stage.now - (stage.clock.wall() + stage.hosts[end].wallAheadMs - Date.parse(stop.verified.at));
  if (stage.story.some((line) => line.includes('step-clock'))) return;
  if (
    stop.sent !== null &&
    !stop.nothingOn &&
    !truth.typed[end].some(({ expanded }) => /^(?:no|undebug) /.test(expanded)) &&
    stage.hosts[end].lostDisks.length === 0
  )
    report(`${end}: ${id} says that it sent the stop, and the box never got one`);
  // At some moment shortly before it said so, none of what was on at t0 was on.
  const flags = debugsAtStart.flags.filter((flag) => /crypto/i.test(flag));
  const own = stage.setting.stop === 'own';
  const spans = truth.flagsLog[end].map((entry, index, log) => ({
    ...entry,
    until: log[index + 1]?.at ?? Number.POSITIVE_INFINITY,
  }));
  const wasOff = spans.some(
    (span) =>
      span.at <= at + SECOND &&
      span.until >= at - 12 * SECOND &&
      !span.flags.some((flag) => flags.some((text) => text.includes(flag))),
  );
  if (flags.length > 0 && !own && spans.length > 0 && !wasOff)
    report(`${end}: ${id} says verified off, and ${flags.join(', ')} was on all the while`);
}
