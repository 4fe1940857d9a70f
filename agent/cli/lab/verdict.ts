/**
 * What came of a lab run, by the boxes' word and the bundles on disk, not by the agents': the object of `--json`, and everything that
 * is wrong in words. Pure; run.ts brings the facts.
 */
import { elapsedMs, type Monotonic } from '../../../shared/model/time.ts';
import type { BundleVerdict } from '../../evidence/verify.ts';
import type { Box } from '../../lab/contract.ts';
import { type End, ends } from './relay.ts';
import type { Scenario } from './scenarios.ts';

export interface EndResult {
  /** `verified`: the box says that no debug is on. */
  readonly debugsOff: 'verified' | 'on';
  /** Commands whose output is in the bundle, each once. */
  readonly captured: readonly string[];
  /** The sealed bundle's folder. */
  readonly bundle: string | null;
}

/** The last line of `spitrap lab --json`. */
export interface LabResult {
  readonly incident: string | null;
  readonly outcome: string;
  /** Between the two boxes' receipt of `undebug all`. */
  readonly skewMs: number | null;
  readonly ends: Readonly<Record<End, EndResult>>;
}

export interface EndFinding {
  readonly box: Pick<Box, 'debugsOn' | 'commandLog'>;
  readonly bundle: { readonly folder: string; readonly verdict: BundleVerdict } | null;
}

export interface LabVerdict {
  readonly result: LabResult;
  /** Empty when both ends are off and both bundles whole and complete. */
  readonly faults: readonly string[];
}

const STOP = 'undebug all';

/** When the box received the first `undebug all` from a session after `since`; null: never. The console's line is -1. */
export function stopReceived(box: Pick<Box, 'commandLog'>, since: Monotonic | null): Monotonic | null {
  const entry = box.commandLog.find(
    ({ at, line, expanded }) => expanded === STOP && line >= 0 && (since === null || at >= since),
  );
  return entry?.at ?? null;
}

export function judge(scenario: Scenario, message: Monotonic | null, found: Readonly<Record<End, EndFinding>>): LabVerdict {
  const faults: string[] = [];
  if (message === null) faults.push('the hub never logged the message: nothing could happen');
  const results = {
    hub: judgeEnd('hub', scenario, found.hub, faults),
    spoke: judgeEnd('spoke', scenario, found.spoke, faults),
  };
  const stops = ends.map((end) => stopReceived(found[end].box, message));
  for (const [index, end] of ends.entries())
    if (message !== null && stops[index] === null) faults.push(`${end}: its box never received \`${STOP}\``);
  const [hubStop, spokeStop] = stops;
  const skewMs =
    hubStop != null && spokeStop != null ? Math.round(Math.abs(elapsedMs(hubStop, spokeStop)) * 1_000) / 1_000 : null;
  const incidents = ends.map((end) => found[end].bundle?.verdict.incident ?? null);
  const [hubIncident, spokeIncident] = incidents;
  if (hubIncident && spokeIncident && hubIncident.id !== spokeIncident.id && !spokeIncident.aliases.includes(hubIncident.id))
    faults.push(`the two ends speak of different incidents: ${hubIncident.id} and ${spokeIncident.id}`);
  const outcomes = incidents.map((incident) => incident?.outcome.kind ?? 'none');
  return {
    result: {
      incident: hubIncident?.id ?? spokeIncident?.id ?? null,
      outcome: outcomes.find((outcome) => outcome !== 'complete') ?? 'complete',
      skewMs,
      ends: results,
    },
    faults,
  };
}

function judgeEnd(end: End, scenario: Scenario, { box, bundle }: EndFinding, faults: string[]): EndResult {
  const on = box.debugsOn();
  if (on.length > 0) faults.push(`${end}: debugs are still on at its box: ${on.join(', ')}`);
  const debugsOff = on.length === 0 ? 'verified' : 'on';
  if (!bundle) {
    faults.push(`${end}: there is no sealed bundle`);
    return { debugsOff, captured: [], bundle: null };
  }
  const { problems, incident } = bundle.verdict;
  for (const problem of problems) faults.push(`${end}: the bundle is not whole: ${problem}`);
  if (incident && incident.outcome.kind !== 'complete')
    faults.push(`${end}: outcome ${incident.outcome.kind}: ${incident.outcome.reasons.join(', ') || 'no reason given'}`);
  const captures = incident?.captures ?? [];
  const late = captures.some((capture) => capture.late);
  if (end === 'spoke' && incident && scenario.spokeCapturesLate && !late)
    faults.push('spoke: it learned of the incident at the stop, and its captures are not marked late');
  const captured = captures.filter(({ status, file, bytes }) => status === 'ok' && file !== null && bytes > 0);
  return { debugsOff, captured: [...new Set(captured.map(({ command }) => command))], bundle: bundle.folder };
}
