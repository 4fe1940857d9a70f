/** Other diagnoses made of the failover: from one end, a storm, a rekey transient, one that cannot be told, hostile text in every place. */
import type { EndIndex, FlowCase, Instant, Quote, SaLife, SaMark, SideState } from '../../../shared/analyze/case.ts';
import type { Diagnosis, Finding } from '../../../shared/analyze/verdict.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import { entry, HUB, instant, LOST, noSide, sa, T0, type Told } from './build.ts';
import { failover } from './failover.ts';

/** The same, of which only the hub's bundle is at hand. */
export function oneEnded(): Told {
  const { diagnosis, bundles } = failover();
  const about = diagnosis.case;
  const lost = about.ledger[0]!;
  const ledger = [{ ...lost, sender: null, marks: lost.marks.filter((m) => m.end === 0), outboundAtSender: noSide }];
  const onlyHub = (quotes: readonly Quote[]): Quote[] => quotes.filter((q) => q.end === 0);
  const [first] = diagnosis.verdict.findings;
  const finding: Finding = {
    ...first!,
    cause: 'receiver-lost-sa',
    confidence: 'possible',
    sentence:
      'hub-b gets packets of spoke1 with SPI 0x68842105, which it does not have; whether spoke1 still sends with it is not known.',
    evidence: first!.evidence.map((r) => ({ ...r, quotes: onlyHub(r.quotes) })).filter((r) => r.quotes.length > 0),
    against: [],
  };
  const unknowns = [
    'Only the bundle of hub-b is here: which SPI spoke1 encrypts with, and whether it got a DELETE, cannot be known.',
    ...about.unknowns,
  ];
  return {
    bundles: [bundles[0]!],
    diagnosis: {
      case: {
        ...about,
        ends: [about.ends[0]!],
        ledger,
        flows: about.flows.map((f) => ({ ...f, sender: null, sa: ledger[0]! })),
        timeline: about.timeline.filter((e) => e.end === 0),
        stopSkew: null,
        unknowns,
      },
      verdict: {
        ...diagnosis.verdict,
        sentence: finding.sentence,
        cause: finding.cause,
        confidence: 'possible',
        findings: [finding],
        unknowns,
      },
    },
  };
}

/** 500 flows of 40 peers: the receiver restarted. */
export function storm(flowsMax = 500, peers = 40): Told {
  const { diagnosis, bundles } = failover();
  const ledger = Array.from({ length: flowsMax }, (_, i) =>
    sa(0x10000000 + i * 7919, {
      reported: true,
      src: `10.20.${i % peers}.1`,
      sender: null,
      marks: [{ what: 'refused', end: 0, at: instant(i * 20, 5, 'device 0'), quote: diagnosis.case.flows[0]!.quote! }],
      inboundAtReceiver: { ...noSide, first: 'no', last: 'no', current: 'no' },
    }),
  );
  const flows = ledger.map(
    (life, i): FlowCase => ({
      ...diagnosis.case.flows[0]!,
      flow: { src: life.src!, dst: HUB, spi: life.spi },
      sender: null,
      count: 1 + (i % 3),
      first: instant(i * 20),
      last: instant(i * 20 + 60_000),
      judged: i % 50 === 0 ? 'unknown' : 'persistent',
      sa: life,
    }),
  );
  const extra = flows.map((f, i) =>
    entry(instant(i * 20, 5, 'device 0'), 0, 'invalid-spi', `Unknown SPI from ${f.flow.src}`, f.quote, [f.flow.spi]),
  );
  const timeline = [...diagnosis.case.timeline.filter((e) => e.end === 0), ...extra].sort((a, b) => a.at!.fromMs - b.at!.fromMs);
  const finding: Finding = {
    ...diagnosis.verdict.findings[0]!,
    cause: 'receiver-restarted',
    confidence: 'likely',
    sentence: `hub-b restarted and lost the SAs of ${peers} peers; ${flowsMax} flows are black-holed.`,
    flows: flows.map((f) => f.flow),
    evidence: diagnosis.verdict.findings[0]!.evidence.slice(0, 2),
  };
  return {
    bundles: [bundles[0]!],
    diagnosis: {
      case: { ...diagnosis.case, ends: [diagnosis.case.ends[0]!], flows, ledger, timeline, stopSkew: null },
      verdict: {
        ...diagnosis.verdict,
        cause: finding.cause,
        confidence: 'likely',
        sentence: finding.sentence,
        findings: [finding],
      },
    },
  };
}

/** A packet of the old SA came a moment after the rekey: benign. The spoke's clock was never set. */
export function transient(): Told {
  const { diagnosis, bundles } = failover();
  const about = diagnosis.case;
  const quote = about.flows[0]!.quote!;
  const NEXT = 0xb761863e;
  const loose = (ms: number) => instant(ms, 1_500, 'device 1', false);
  const here: SideState = { ...noSide, first: 'yes', last: 'yes', current: 'yes', lifetimeSeconds: 3_580, packets: 230 };
  const gone: SideState = { ...noSide, first: 'no', last: 'no', current: 'no' };
  const mark = (what: SaMark['what'], at: EndIndex, when: Instant): SaMark => ({ what, end: at, at: when, quote });
  const ledger: SaLife[] = [
    sa(LOST, {
      reported: true,
      next: NEXT,
      outboundAtSender: gone,
      inboundAtReceiver: gone,
      marks: [mark('deleted', 0, instant(-700, 20, 'device 0')), mark('deleted', 1, loose(-300)), mark('refused', 0, instant(0))],
    }),
    sa(NEXT, {
      previous: LOST,
      outboundAtSender: here,
      inboundAtReceiver: here,
      marks: [mark('created', 0, instant(-900, 20, 'device 0')), mark('created', 1, loose(-600))],
    }),
  ];
  const timeline = [
    entry(instant(-900, 20, 'device 0'), 0, 'sa-created', 'New SA 0xb761863e', quote, [NEXT]),
    entry(instant(-700, 20, 'device 0'), 0, 'sa-deleted', 'Old SA 0x68842105 deleted', quote, [LOST]),
    entry(loose(-600), 1, 'sa-created', 'New SA 0xb761863e', null, [NEXT]),
    entry(loose(-300), 1, 'sa-deleted', 'Old SA 0x68842105 deleted', null, [LOST]),
    ...about.timeline.filter((e) => (e.at?.fromMs ?? 0) >= T0),
    entry(null, 1, 'rekey-started', 'Quick mode begins (its line has no stamp)', null, [NEXT]),
  ];
  const finding: Finding = {
    ...diagnosis.verdict.findings[0]!,
    cause: 'rekey-transient',
    end: null,
    confidence: 'likely',
    sentence:
      'A packet of the old SA came 0.7 s after the rekey between hub-b and spoke1; the new SA 0xb761863e works at both ends.',
    evidence: [{ text: 'The new SA stood before the message.', quotes: [quote] }],
    doNow: [],
    change: [],
  };
  return {
    bundles,
    diagnosis: {
      case: {
        ...about,
        ends: [about.ends[0]!, { ...about.ends[1]!, deviceClock: { offsetMs: -86_400_000, uncertaintyMs: 1_500, mark: '*' } }],
        ledger,
        timeline,
        flows: about.flows.map((f) => ({ ...f, count: 1, judged: 'transient', sa: ledger[0]! })),
      },
      verdict: {
        ...diagnosis.verdict,
        cause: 'rekey-transient',
        confidence: 'likely',
        harm: 'transient',
        sentence: finding.sentence,
        findings: [finding],
        healing: { kind: 'healed', at: null, by: null, text: 'It is over: traffic flows on the new SA.', quotes: [] },
        recovery: { works: 'not applicable', configured: 'off', text: 'Nothing to recover from.', quotes: [] },
      },
    },
  };
}

export function cannotTell(): Told {
  const { diagnosis, bundles } = oneEnded();
  const about = diagnosis.case;
  const finding: Finding = {
    cause: 'cannot-tell',
    end: null,
    confidence: 'possible',
    sentence: 'It cannot be told from this evidence why hub-b does not know SPI 0x68842105 of spoke1.',
    flows: about.flows.map((f) => f.flow),
    evidence: [],
    against: [],
    doNow: [],
    change: [],
    collectNext: ['The bundle of spoke1.', 'show crypto ipsec sa detail of both ends within a minute of the message.'],
    bugs: [],
  };
  return {
    bundles,
    diagnosis: {
      case: {
        ...about,
        ledger: [],
        timeline: about.timeline.slice(1, 3),
        flows: about.flows.map((f) => ({ ...f, sa: null, judged: 'unknown' })),
      },
      verdict: {
        ...diagnosis.verdict,
        cause: 'cannot-tell',
        confidence: 'possible',
        harm: 'unknown',
        sentence: finding.sentence,
        findings: [finding],
        healing: {
          kind: 'unknown',
          at: null,
          by: null,
          text: 'When it heals is not known: the lifetime of the SA at spoke1 is not here.',
          quotes: [],
        },
        recovery: { works: 'not known', configured: 'unknown', text: 'Not known: the configuration is not here.', quotes: [] },
        unknowns: ['Whether hub-b ever had this SA: the first table was cut off.', ...diagnosis.verdict.unknowns],
      },
    },
  };
}

export const HOSTILE =
  '</pre></title><script>window.hacked=1</script><img src=x onerror="window.hacked=1"><svg onload=window.hacked=1>&lt; "\' \u001b[31mred\u001b]0;title\u0007 \u202eevil\u202c \u0000\u2028 {{x}} ${x} javascript:alert(1)';

/** Every string of the failover replaced by hostile text, at its end a kilobyte without a space. */
export function hostile(): Told {
  const evil = `${HOSTILE} ${'W'.repeat(1_000)}`;
  const keep = new Set([
    'kind',
    'clock',
    'cause',
    'confidence',
    'harm',
    'works',
    'configured',
    'by',
    'judged',
    'foreign',
    'what',
    'first',
    'last',
    'current',
    'role',
    'round',
    'mark',
    'file',
    'status',
    'spi',
    'at',
    'bootId',
    'off',
    'openedBy',
    'direction',
    'verdict',
    'platform',
  ]);
  const spoil = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return keep.has(key) ? value : evil;
    if (Array.isArray(value)) return value.map((one) => spoil(one, key));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, spoil(inner, name)]));
    return value;
  };
  const { diagnosis, bundles } = failover();
  return { diagnosis: spoil(diagnosis) as Diagnosis, bundles: spoil(bundles) as BundleText[] };
}
