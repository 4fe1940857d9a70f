/**
 * What came of a lab run, by the boxes' word and the bundles on disk, not by the agents': the object of `--json`, and everything that
 * is wrong in words. Pure; run.ts brings the facts, and the play what its scenario asks for beyond them.
 */
import { elapsedMs, type Monotonic } from '../../../shared/model/time.ts';
import type { BundleVerdict } from '../../evidence/verify.ts';
import type { Box } from '../../lab/contract.ts';
import { markOf, type Named, nameOf, type Played } from './diagnosis.ts';
import type { Ending } from './hands.ts';
import { type End, ends } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import { hasAgent } from './setting.ts';

export interface EndResult {
  /** `verified`: the box says that no debug is on, or was on after its stop but for what somebody has turned on since. */
  readonly debugsOff: 'verified' | 'on';
  /** Commands whose output is in the bundle, each once. */
  readonly captured: readonly string[];
  /** The sealed bundle's folder; of an end without an agent the file of its disk0. */
  readonly bundle: string | null;
}

/** The last line of `spitrap lab --json`. A scenario adds keys of its own (docs/cli.md). */
export interface LabResult {
  readonly incident: string | null;
  readonly outcome: string;
  /** Between the two boxes' receipt of `undebug all` (or the first line that turns a debug off). */
  readonly skewMs: number | null;
  readonly ends: Readonly<Record<End, EndResult>>;
  /** Of `spitrap report` on the bundles; null: there is none that can be read. */
  readonly verdict: Named | null;
  /** What was acted, where a cause was. */
  readonly truth?: Pick<Played, 'cause' | 'end' | 'what' | 'also'>;
  readonly [fact: string]: unknown;
}

export interface EndFinding {
  readonly box: Pick<Box, 'debugsOn' | 'commandLog'>;
  readonly bundle: { readonly folder: string; readonly verdict: BundleVerdict } | null;
  /** Of an end without an agent: what its applet kept; `file` is where the lab put it. */
  readonly disk0?: { readonly file: string; readonly captured: readonly string[] } | null;
  /** The box was seen without any debug after its stop. */
  readonly wentQuiet?: boolean;
}

export interface LabVerdict {
  readonly result: LabResult;
  /** Empty when both ends are off, both bundles whole and complete, and all holds that the scenario asks for. */
  readonly faults: readonly string[];
  /** What the scenario has shown, in a sentence, when all holds. */
  readonly conclusion?: string;
  /** Ends at which somebody has turned on debugs after the stop. */
  readonly laterDebugs?: readonly End[];
  readonly truth?: Played;
  /** Sealed bundles, the hub's first: what the diagnosis was made of. */
  readonly reportOf?: readonly string[];
  /** What each device showed, as one text. */
  readonly firstLook?: Partial<Record<End, string>>;
}

/** `undebug all`, or what the agent turned on itself (`stop.mode: own`): never a condition. */
const OFF = /^(undebug all$|(undebug|no debug) (?!crypto condition))/;

export const turnsDebugsOff = (expanded: string): boolean => OFF.test(expanded);

/** When the box received the first such line from a session or an applet after `since`; null: never. The console's line is -1. */
export function stopReceived(box: Pick<Box, 'commandLog'>, since: Monotonic | null): Monotonic | null {
  const entry = box.commandLog.find(
    ({ at, line, expanded }) => turnsDebugsOff(expanded) && line >= 0 && (since === null || at >= since),
  );
  return entry?.at ?? null;
}

const nothingMore: Ending = { facts: {}, faults: [] };

export function judge(
  scenario: Scenario,
  message: Monotonic | null,
  found: Readonly<Record<End, EndFinding>>,
  ending: Ending = nothingMore,
  diagnosed: Named | null = null,
): LabVerdict {
  const faults: string[] = [];
  if (message === null) faults.push('the boxes never logged the message: nothing could happen');
  const results = {
    hub: judgeEnd('hub', scenario, found.hub, ending, faults),
    spoke: judgeEnd('spoke', scenario, found.spoke, ending, faults),
  };
  const stops = ends.map((end) => stopReceived(found[end].box, message));
  for (const [index, end] of ends.entries())
    if (message !== null && stops[index] === null) faults.push(`${end}: its box never received \`undebug all\``);
  const [hubStop, spokeStop] = stops;
  const skewMs =
    hubStop != null && spokeStop != null ? Math.round(Math.abs(elapsedMs(hubStop, spokeStop)) * 1_000) / 1_000 : null;
  const incidents = { hub: found.hub.bundle?.verdict.incident ?? null, spoke: found.spoke.bundle?.verdict.incident ?? null };
  const { hub, spoke } = incidents;
  if (hub && spoke && hub.id !== spoke.id && !spoke.aliases.includes(hub.id) && !hub.aliases.includes(spoke.id))
    faults.push(`the two ends speak of different incidents: ${hub.id} and ${spoke.id}`);
  const outcomes = ends.filter((end) => hasAgent(scenario.setting, end)).map((end) => incidents[end]?.outcome.kind ?? 'none');
  const bundles = ending.ofBundles?.(incidents) ?? nothingMore;
  const expected = outcomeOf(scenario);
  const { truth } = ending;
  return {
    result: {
      incident: hub?.id ?? spoke?.id ?? null,
      outcome: outcomes.find((outcome) => outcome !== expected) ?? expected,
      skewMs,
      ends: results,
      verdict: diagnosed === null ? null : nameOf(diagnosed),
      ...(truth === undefined ? {} : { truth: { cause: truth.cause, end: truth.end, what: truth.what, also: truth.also } }),
      ...ending.facts,
      ...bundles.facts,
    },
    faults: [...faults, ...ending.faults, ...bundles.faults, ...wrongNames(diagnosed, truth)],
    ...(ending.conclusion === undefined ? {} : { conclusion: ending.conclusion }),
    laterDebugs: ends.filter((end) => ending.laterDebugs?.[end] !== undefined),
    ...(truth === undefined ? {} : { truth }),
    reportOf: ends.flatMap((end) => found[end].bundle?.folder ?? []),
    firstLook: firstLook(found),
  };
}

/** A verdict that is not true of what was acted. To say less, or that one cannot tell, is no fault. */
function wrongNames(diagnosed: Named | null, truth: Played | undefined): string[] {
  if (diagnosed === null || truth === undefined || markOf(diagnosed, truth) !== 'wrong') return [];
  return [`the diagnosis says ${diagnosed.cause} (${diagnosed.confidence}), and ${truth.cause} was played`];
}

function firstLook(found: Readonly<Record<End, EndFinding>>): Partial<Record<End, string>> {
  const look: Partial<Record<End, string>> = {};
  for (const end of ends) {
    const { bundle, disk0 } = found[end];
    // Named by the role that its agent had, which with `role: both` need not be the end's name.
    if (bundle) look[end] = `${bundle.folder}/${bundle.verdict.incident?.role ?? end}.txt`;
    else if (disk0) look[end] = disk0.file;
  }
  return look;
}

/** What the box of an end without an agent did, nobody can verify from the other end. */
const outcomeOf = ({ setting }: Scenario): 'complete' | 'complete-one-ended' =>
  setting.eem === undefined ? 'complete' : 'complete-one-ended';

function judgeEnd(end: End, scenario: Scenario, finding: EndFinding, ending: Ending, faults: string[]): EndResult {
  const debugsOff = judgeDebugs(end, finding, ending.laterDebugs?.[end] ?? [], faults);
  if (!hasAgent(scenario.setting, end)) return judgeDisk0(end, finding, debugsOff, faults);
  const { bundle } = finding;
  if (!bundle) {
    faults.push(`${end}: there is no sealed bundle`);
    return { debugsOff, captured: [], bundle: null };
  }
  const { problems, incident } = bundle.verdict;
  for (const problem of problems) faults.push(`${end}: the bundle is not whole: ${problem}`);
  if (incident && incident.outcome.kind !== outcomeOf(scenario))
    faults.push(`${end}: outcome ${incident.outcome.kind}: ${incident.outcome.reasons.join(', ') || 'no reason given'}`);
  const captures = incident?.captures ?? [];
  const late = captures.some((capture) => capture.late);
  if (end === 'spoke' && incident && scenario.spokeCapturesLate && !late)
    faults.push('spoke: it learned of the incident at the stop, and its captures are not marked late');
  const captured = captures.filter(({ status, file, bytes }) => status === 'ok' && file !== null && bytes > 0);
  return { debugsOff, captured: [...new Set(captured.map(({ command }) => command))], bundle: bundle.folder };
}

function judgeDebugs(
  end: End,
  { box, wentQuiet }: EndFinding,
  later: readonly string[],
  faults: string[],
): EndResult['debugsOff'] {
  const on = box.debugsOn();
  const left = on.filter((debug) => !later.includes(debug));
  if (left.length > 0) faults.push(`${end}: debugs are still on at its box: ${left.join(', ')}`);
  const ended = later.filter((debug) => !on.includes(debug));
  if (ended.length > 0) faults.push(`${end}: somebody had turned on ${ended.join(', ')} after the stop, and it is off`);
  if (later.length > 0 && wentQuiet !== true) faults.push(`${end}: its box was never without debugs after the stop`);
  return left.length === 0 && (later.length === 0 || wentQuiet === true) ? 'verified' : 'on';
}

/** `command_hub` keeps four outputs on its disk0; `spoke_app` keeps nothing. */
function judgeDisk0(end: End, { disk0 }: EndFinding, debugsOff: EndResult['debugsOff'], faults: string[]): EndResult {
  if (end === 'hub' && !disk0) faults.push('hub: its applet has left no file on disk0');
  return { debugsOff, captured: disk0?.captured ?? [], bundle: disk0?.file ?? null };
}
