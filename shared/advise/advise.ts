/**
 * `spitrap advise`: from a running configuration, and that of the other end where it is given, to points of advice. Pure; read by
 * agent/cli/advise.ts. The words: words.ts; what they mean: docs/advise.md.
 */
import { type AgentView, agentPoints } from './agent-points.ts';
import { comparedPoints, cryptoPoints } from './crypto-points.ts';
import { type ConfigFacts, type PeeringKind, readConfig, recoveryOf } from './facts.ts';
import { routerPoints } from './router-points.ts';
import { type Advice, type AdviceWord, adviceWords, type Evidence } from './words.ts';

export interface Report {
  readonly hostname: string;
  /** False: an excerpt; what is absent in it is not judged. */
  readonly whole: boolean;
  readonly peerings: readonly {
    readonly where: string;
    readonly kind: PeeringKind;
    /** Null: the profile that would say is not in the file. */
    readonly ike: 1 | 2 | null;
    /** Of IKEv1; `not known` over anything else. */
    readonly recovery: (typeof recoveryOf)[PeeringKind];
    readonly peers: readonly string[];
    readonly lines: readonly Evidence[];
  }[];
  readonly advice: readonly Advice[];
}

const ORDER = Object.keys(adviceWords) as AdviceWord[];
const WEIGHT = { warning: 0, unknown: 1, note: 2, good: 3 } as const;

/** Warnings first. */
/** `agent`: of `-c`, judged against the router too. */
export function adviseOn(text: string, peerText: string | null, agent: AgentView | null = null): Report {
  const facts: ConfigFacts = readConfig(text);
  const peer = peerText === null ? null : readConfig(peerText);
  const found = [
    ...cryptoPoints(facts),
    ...comparedPoints(facts, peer),
    ...routerPoints(facts),
    ...(agent === null ? [] : agentPoints(facts, agent)),
  ];
  return {
    hostname: facts.hostname,
    whole: facts.whole,
    peerings: facts.peerings.map(({ where, kind, ike, peers, lines }) => ({
      where,
      kind,
      ike,
      recovery: ike !== 1 ? 'not known' : recoveryOf[kind],
      peers,
      lines,
    })),
    advice: found.sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || ORDER.indexOf(a.word) - ORDER.indexOf(b.word)),
  };
}
