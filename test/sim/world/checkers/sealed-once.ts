/** 4. Each incident is sealed once for each device, never changed after it, and what its outcome says is so. */
import { createHash } from 'node:crypto';
import type { IncidentFile } from '../../../../shared/bundle/incident-file.ts';
import { timing } from '../../../../shared/coordinate/timing.ts';
import { doneBits } from '../../../../shared/wire/signal.ts';
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
        // What is made anew in an empty dataDir is another bundle of that id.
        const key = `${stage.hosts[end].lostDisks.length} ${path}`;
        const before = sealed.get(key);
        if (before !== undefined && before !== hash) report(`${path} was changed after its seal`);
        sealed.set(key, hash);
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
        // One that lost its dataDir knows no debugs for its own, and stops none of them under `own`.
        if (stage.hosts[end].lostDisks.length === 0) checkDones(truth, end, report);
        const ids = new Map<string, IncidentFile>();
        // What was seen, and what was stopped: a look that was over when its stop came.
        const isStopOf = (one: IncidentFile, other: IncidentFile, look: string): boolean =>
          one.id !== look && one.stop.sent !== null && other.stop.sent === null;
        for (const incident of await stage.sim.incidents(end)) {
          for (const id of [incident.id, ...incident.aliases]) {
            const other = ids.get(id);
            if (other !== undefined && !isStopOf(incident, other, id) && !isStopOf(other, incident, id))
              report(`${end}: ${id} is in two sealed bundles`);
            ids.set(id, incident);
          }
          checkOutcome(stage, truth, end, incident, report);
          checkNames(stage, truth, end, incident, report);
          checkRefused(stage, end, incident, report);
          checkJournal(stage, end, incident, report);
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
    const [peer] = incident.peers;
    const isTold = incident.signals.some(({ phase, direction }) => phase === 'stop' && direction === 'sent');
    if (isTold && peer !== undefined && !incident.done.some((done) => done.peer === peer.name && done.received !== null))
      report(`${end}: ${id} is complete, and ${peer.name} was told to stop and has said nothing`);
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

/** Incidents on one device merge: an id that was heard before the stop of one is a name of that one, or both ends count one event twice. */
function checkNames(stage: Stage, truth: Truth, end: End, incident: IncidentFile, report: Report): void {
  const { id, aliases, opened, openedBy, plannedStop, stop } = incident;
  const host = stage.hosts[end];
  // What a person only wanted to look at has its time, and what comes after that is an incident of its own.
  if (openedBy === 'person' || stop.sent === null || stage.setting.mode[end] !== 'act') return;
  if (stage.story.some((line) => line.includes('step-clock')) || stage.heldSince[end] !== null) return;
  const nightAt = (at: string): number => stage.now - (stage.clock.wall() + host.wallAheadMs - Date.parse(at));
  const from = nightAt(opened.at) + SECOND / 20;
  // From its time on nothing joins, also where the line that ends it is tried for minutes.
  const to = Math.min(nightAt(stop.sent.at), nightAt((plannedStop?.at ?? stop.sent).at)) - SECOND / 20;
  if (host.deaths.some((at) => at >= from)) return;
  const heard = truth.answered[end].filter(
    ({ phase, keys, at }) => phase === 'alert' && keys['act'] !== 'no' && at > from && at < to,
  );
  for (const other of new Set(heard.map((alert) => alert.id)))
    if (other !== id && !aliases.includes(other))
      report(`${end}: ${other} was heard before the stop of ${id}, and is no name of it`);
}

const REFUSAL = /^% (?:Authorization failed|Invalid input|Incomplete command)/m;

/** What the device would not do is no answer. */
function checkRefused(stage: Stage, end: End, { id, captures }: IncidentFile, report: Report): void {
  const { disk } = stage.station(end);
  for (const { command, status, file } of captures)
    if (status === 'ok' && file !== null && REFUSAL.test(disk.content(`/${end}/incidents/${id}/${file}`).toString()))
      report(`${end}: ${id} says that ${command} was answered, and the device refused it`);
}

/** What an end tells the other of its debugs, by the box. */
function checkDones(truth: Truth, end: End, report: Report): void {
  const lie = truth.signals[end].find(
    ({ phase, id, number, sentAt }) =>
      phase === 'done' &&
      ((number ?? 0) & doneBits.verified) !== 0 &&
      truth.undertakings[end].some(
        ({ name, seenAt, offAt }) => name.includes(id) && seenAt < sentAt && (offAt === null || offAt > sentAt + 2 * SECOND),
      ),
  );
  if (lie !== undefined) report(`${end}: done of ${lie.id} says verified off, and its debugs were on`);
}

/** Acts that went on without their record: a crash would have forgotten them, and the bundle says so. */
function checkJournal(stage: Stage, end: End, { id, opened, mode, journalDegraded }: IncidentFile, report: Report): void {
  const host = stage.hosts[end];
  if (mode === 'observe' || journalDegraded !== null || stage.story.some((line) => line.includes('step-clock'))) return;
  const at = stage.now - (stage.clock.wall() + host.wallAheadMs - Date.parse(opened.at));
  const stall = stage.diskStalls[end].find(({ from, until }) => at > from + SECOND / 10 && at < until - SECOND);
  if (stall !== undefined && !host.starts.some((start) => start > stall.from))
    report(`${end}: ${id} was opened while nothing reached the disk, and says nothing of its journal`);
}
