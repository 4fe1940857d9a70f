/**
 * How a rule that looks at one flow becomes a rule over a case: each flow is asked, those that come to the same answer are one finding, and
 * only the surest answer counts (the flows of the others are left to other rules; judge.ts tells which have none). Called by causes/.
 */
import type { Case, EndIndex, FlowCase } from './case.ts';
import { senderUses } from './sa-questions.ts';
import type { Cause, CauseRule, Confidence, Finding, Step } from './verdict.ts';
import { type View, viewOf } from './view.ts';
import type { Weight } from './weigh.ts';

/** What a rule says of one flow. Sentence and steps are of that flow; more flows are counted behind it. */
export interface FlowFinding {
  readonly weight: Weight;
  readonly end: EndIndex | null;
  readonly sentence: string;
  readonly doNow: readonly Step[];
  readonly change: readonly Step[];
  readonly collectNext: readonly string[];
  readonly bugs?: readonly { readonly id: string; readonly why: string }[];
}

export const rank: Readonly<Record<Confidence, number>> = { certain: 3, likely: 2, possible: 1 };

export const flowRule = (cause: Cause, judgeFlow: (view: View) => FlowFinding | null): CauseRule => ({
  cause,
  judge: (about) => joined(cause, about, judgeFlow),
});

function joined(cause: Cause, about: Case, judgeFlow: (view: View) => FlowFinding | null): Finding | null {
  const all = about.flows.flatMap((flow) => {
    const found = judgeFlow(viewOf(about, flow));
    return found ? [{ flow, found }] : [];
  });
  const best = all.reduce<(typeof all)[number] | null>(
    (top, one) => (top === null || rank[one.found.weight.confidence] > rank[top.found.weight.confidence] ? one : top),
    null,
  );
  if (best === null) return null;
  const { weight, end } = best.found;
  const same = all
    .filter(({ found }) => found.weight.confidence === weight.confidence && found.end === end)
    .map(({ flow }) => flow);
  return finding(cause, best.found, [best.flow, ...same.filter((flow) => flow !== best.flow)]);
}

export function finding(cause: Cause, found: FlowFinding, flows: readonly FlowCase[]): Finding {
  const { weight, end, sentence, doNow, change, collectNext, bugs = [] } = found;
  const more = flows.length - 1;
  return {
    cause,
    end,
    confidence: weight.confidence,
    sentence: more > 0 ? `${sentence} ${more === 1 ? 'One more flow fares' : `${more} more flows fare`} the same.` : sentence,
    flows: flows.map(({ flow }) => flow),
    evidence: [...messages(flows), ...weight.evidence],
    against: weight.against,
    doNow,
    change,
    collectNext,
    bugs,
  };
}

const MESSAGES_MAX = 5;

/** The lines that it is all about stand first. */
const messages = (flows: readonly FlowCase[]): Finding['evidence'] => {
  const quotes = flows.flatMap(({ quote }) => (quote ? [quote] : [])).slice(0, MESSAGES_MAX);
  return quotes.length > 0 ? [{ text: quotes.length === 1 ? 'the message' : 'the messages', quotes }] : [];
};

/** How the sender stands to it now, as the end of a sentence. A router may have begun anew within seconds. */
export const stillOrOver = (view: View): string =>
  senderUses(view).known === 'no'
    ? `${view.senderName} has given SPI ${view.spi} up since`
    : `${view.senderName} still encrypts with SPI ${view.spi}`;
