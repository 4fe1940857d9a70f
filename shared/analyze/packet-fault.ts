/**
 * Rules over an end, not a flow: packets fail a check of an SA that the receiver has. They stand beside whatever else there is: where an SA is
 * lost too, that is the fault and these lines are only possible ones. Called by causes/replay.ts and causes/keys-differ.ts.
 */
import { type Answer, no } from './answer.ts';
import type { Case, End } from './case.ts';
import { countersRise, desync, type PacketFault, packetErrors } from './control-questions.ts';
import { finding, rank } from './rule.ts';
import { advise, clearSender } from './steps.ts';
import type { Cause, CauseRule, Finding, Step } from './verdict.ts';
import { nameOf, viewOf } from './view.ts';
import { weigh } from './weigh.ts';

export interface FaultRule {
  readonly cause: Cause;
  readonly kind: PacketFault;
  readonly sentence: (name: string) => string;
  readonly doNow?: (about: Case, end: End) => readonly Step[];
  readonly change: (end: End) => readonly Step[];
  readonly collectNext: readonly string[];
}

export const packetFault = (rule: FaultRule): CauseRule => ({
  cause: rule.cause,
  judge: (about) =>
    about.ends
      .flatMap((end) => judgeEnd(rule, about, end) ?? [])
      .reduce<Finding | null>((best, one) => (best === null || rank[one.confidence] > rank[best.confidence] ? one : best), null),
});

function judgeEnd(rule: FaultRule, about: Case, end: End): Finding | null {
  const { lines, onItsSa } = packetErrors(about, end, rule.kind);
  const rise = countersRise(end, rule.kind);
  if (lines.known !== 'yes' && rise.known !== 'yes') return null;
  const weight = weigh({
    needs: [],
    proofs: lines.known === 'yes' ? [onItsSa] : [],
    signs: [lines, rise].filter(({ known }) => known === 'yes'),
    rivals: [desync(about), otherFault(about, end, rule.kind)],
  });
  if (weight === null) return null;
  const flows = about.flows.filter((flow) => flow.receiver === end.index || flow.receiver === null);
  return finding(
    rule.cause,
    {
      weight,
      end: end.index,
      sentence: rule.sentence(nameOf(end)),
      doNow: rule.doNow?.(about, end) ?? [advise('Nothing on the SAs: clearing them does not help.', end)],
      change: rule.change(end),
      collectNext: rule.collectNext,
    },
    flows,
  );
}

/** The one kind of failure may bring the other with it: a replayed packet of an old key. */
function otherFault(about: Case, end: End, kind: PacketFault): Answer {
  const other = packetErrors(about, end, kind === 'mac-error' ? 'replay-error' : 'mac-error').lines;
  return other.known === 'yes' ? other : no('packets fail no other check');
}

/** New keys for both: of the flow that was reported, else in words. */
export function clearSenderOf(about: Case, end: End): readonly Step[] {
  const flow = about.flows.find(({ receiver }) => receiver === end.index) ?? about.flows[0];
  return flow
    ? clearSender(viewOf(about, flow), 'whose packets fail the check: new keys are agreed')
    : [advise('Clear the SA at both ends: new keys are agreed.', end)];
}
