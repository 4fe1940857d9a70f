/**
 * 11. Debugs that an agent turned on are known to it for as long as they are on: it says that it is armed, or at work on it. No alarm
 * excuses it: what it turned on it ends itself. Its own word is taken for what it knows alone; that they are on, the box says.
 */
import type { End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import type { Truth } from '../truth.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, SECOND, SLACK_MS } from './checker.ts';

/** A line that turns one on may still be at work on a slow box. */
const AT_ONCE_MS = 15 * SECOND + SLACK_MS;

export const knowsItsOwn: MakeChecker = (stage, truth, report) => {
  const forgottenSince: Record<End, number | null> = { hub: null, spoke: null };
  const said = new Set<End>();
  return {
    look() {
      for (const end of ENDS) {
        if (!isForgotten(stage, truth, end)) forgottenSince[end] = null;
        else forgottenSince[end] ??= stage.now;
        const since = forgottenSince[end];
        if (since === null || stage.now - since <= AT_ONCE_MS || said.has(end)) continue;
        said.add(end);
        report(
          `${end}: ${flagsOf(truth, end).join(', ')} for ${Math.round(stage.now - since)} ms, though its agent turned them on and says disarmed`,
        );
      }
    },
  };
};

const flagsOf = (truth: Truth, end: End): string[] =>
  [...(truth.armed[end]?.flags ?? [])].filter(([, { isOn }]) => isOn).map(([flag]) => flag);

function isForgotten(stage: Stage, truth: Truth, end: End): boolean {
  const host = stage.hosts[end];
  const book = stage.books[end];
  const armed = truth.armed[end];
  if (armed === null || book === null || !host.listens || flagsOf(truth, end).length === 0) return false;
  if (host.lostDataDirAt !== null && host.lostDataDirAt >= armed.since) return false;
  // Somebody may have typed the same line: then they are theirs.
  if (stage.persons.some((person) => person.end === end && person.at >= armed.since && person.line.startsWith('debug crypto')))
    return false;
  if (book.arming.state.kind !== 'disarmed' || book.arming.blocked === 'given-up') return false;
  if (book.incidents.some(({ stop }) => stop.kind === 'planned' || stop.kind === 'running' || stop.kind === 'waiting-retry'))
    return false;
  return !stage.acknowledged[end].some(({ at }) => at >= armed.since);
}
