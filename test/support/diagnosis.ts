/**
 * Diagnoses made by hand, for tests of the report: the hub that took over without its SAs (shared/mockups/report.html), the same seen from
 * one end, a storm, a rekey transient, one that cannot be told, and hostile text in every place that text can stand.
 */
import type {
  Case,
  DatedEvent,
  End,
  EndIndex,
  FlowCase,
  Instant,
  Quote,
  SaLife,
  SaMark,
  SideState,
  TimelineEntry,
} from '../../shared/analyze/case.ts';
import type { Diagnosis, Finding, Verdict } from '../../shared/analyze/verdict.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import type { IkeSaRow } from '../../shared/model/evidence.ts';
import { parseIpsecSas } from '../../shared/platforms/cisco/ipsec-sa.ts';
import { bundleOf, quoteOf } from './bundle-of.ts';

export interface Told {
  readonly diagnosis: Diagnosis;
  readonly bundles: readonly BundleText[];
}

/** 12 March 2026, 18:22:10.706 UTC. */
export const T0 = Date.UTC(2026, 2, 12, 18, 22, 10, 706);
export const HUB = '213.163.222.7';
export const SPOKE = '11.1.1.3';
export const LOST = 0x68842105;
export const BACK = 0x2f0a11c4;
const ID = '01KAX3R2F8M0T9W5Y1Z4H6J87Q';

/** `± plusMinusMs` around t0 + `afterMs`. */
export const instant = (afterMs: number, plusMinusMs = 0, clock = 'agent 0', trusted = true): Instant => ({
  fromMs: T0 + afterMs - plusMinusMs,
  toMs: T0 + afterMs + plusMinusMs,
  trusted,
  clock,
  atClockMs: T0 + afterMs,
  resolutionMs: 1,
});

export const noSide: SideState = {
  first: 'unknown',
  last: 'unknown',
  current: 'unknown',
  lifetimeSeconds: null,
  lifetimeKilobytes: null,
  packets: null,
  errors: null,
  quotes: [],
};

export const sa = (spi: number, more: Partial<SaLife> = {}): SaLife => ({
  spi,
  src: SPOKE,
  dst: HUB,
  sender: 1,
  receiver: 0,
  reported: false,
  marks: [],
  outboundAtSender: noSide,
  inboundAtReceiver: noSide,
  partner: null,
  next: null,
  previous: null,
  ...more,
});

export const ikeRow = (more: Partial<IkeSaRow> = {}): IkeSaRow => ({
  line: 3,
  local: SPOKE,
  remote: HUB,
  state: 'QM_IDLE',
  established: true,
  deleted: false,
  connectionId: '1004',
  ageSeconds: 3_063,
  remainingSeconds: 83_337,
  dpdSeconds: null,
  ...more,
});

export const end = (index: EndIndex, name: string, more: Partial<End> = {}): End => ({
  index,
  name,
  role: index === 0 ? 'hub' : 'spoke',
  platform: 'cisco-ios',
  addresses: [index === 0 ? HUB : SPOKE],
  deviceClock: { offsetMs: 12, uncertaintyMs: 40, mark: '' },
  agentClock: { offsetMs: 0, uncertaintyMs: index === 0 ? 0 : 4 },
  ipsec: [],
  ike: [],
  spis: [],
  nhrp: [],
  uptime: null,
  configuration: null,
  counters: [],
  events: [],
  logWindow: { from: instant(-60_000), to: instant(30_000), holes: 0 },
  debugsOn: true,
  missing: [],
  unread: [],
  ...more,
});

const hubLog = [
  ...Array.from(
    { length: 80 },
    (_, i) =>
      `Mar 12 18:21:${String(10 + (i % 40)).padStart(2, '0')}.${String(100 + i)}: ISAKMP:(1004):purging node ${1_000 + i}`,
  ),
  'Mar 12 18:21:52.402: %HSRP-5-STATECHANGE: GigabitEthernet0/0 Grp 1 state Standby -> Active',
  "Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3, input interface=GigabitEthernet0/0",
  'Mar 12 18:22:10.707: ISAKMP-ERROR: (0):ignoring request to send delete notify (no ISAKMP sa) src 213.163.222.7 dst 11.1.1.3 for SPI 0x68842105',
  ...Array.from(
    { length: 30 },
    (_, i) =>
      `Mar 12 18:22:${String(11 + (i % 17)).padStart(2, '0')}.${String(200 + i)}: IPSEC(key_engine): got a queue event with 1 KMI message(s)`,
  ),
];
const spokeLog = [
  'Mar 12 17:31:07.221: %CRYPTO-5-SESSION_STATUS: Crypto tunnel v2 is UP.  Peer 213.163.222.7:500',
  'Mar 12 18:21:58.004: ISAKMP:(1004):retransmitting phase 2 QM_IDLE -1802 ...',
  ...Array.from({ length: 12 }, (_, i) => `Mar 12 18:22:${String(10 + i).padStart(2, '0')}.400: IPSEC: encaps, next hop ${i}`),
];
const spokeSaOutput = `
interface: Tunnel0
    Crypto map tag: Tunnel0-head-0, local addr 11.1.1.3

   protected vrf: (none)
   local  ident (addr/mask/prot/port): (11.1.1.3/255.255.255.255/47/0)
   remote ident (addr/mask/prot/port): (213.163.222.7/255.255.255.255/47/0)
   current_peer 213.163.222.7 port 500
    #pkts encaps: 48211, #pkts encrypt: 48211, #pkts digest: 48211
    #pkts decaps: 47102, #pkts decrypt: 47102, #pkts verify: 47102
     current outbound spi: 0x68842105(1753489669)

     inbound esp sas:
      spi: 0x2F0A11C4(789189060)
        transform: esp-aes esp-sha-hmac ,
        sa timing: remaining key lifetime (k/sec): (4607990/2491)
        Status: ACTIVE(ACTIVE)

     outbound esp sas:
      spi: 0x68842105(1753489669)
        transform: esp-aes esp-sha-hmac ,
        sa timing: remaining key lifetime (k/sec): (4607971/2491)
        Status: ACTIVE(ACTIVE)
`.slice(1);

const hubCommands = [
  'show clock',
  'show crypto isakmp sa detail',
  'show crypto ipsec sa detail',
  'show crypto ipsec spi-lookup detail',
  'show dmvpn detail',
];

function failoverBundles(): readonly [BundleText, BundleText] {
  const hub = bundleOf({
    name: 'hub-b',
    id: ID,
    openedMs: T0,
    facts: (at) => ({
      device: { name: 'hub-b', address: '192.0.2.1', platform: 'cisco-ios', hostname: 'hub-b', clock: null, tags: {} },
      verdict: 'persistent',
      stop: {
        sent: at(18_034),
        via: 'control',
        attempts: 1,
        off: 'verified',
        nothingOn: false,
        verified: at(18_040),
        appeared: [],
        detail: null,
      },
      timeline: [
        { phase: 'incident-opened', at: at(0), detail: 'a new incident: spoke1 uses an SPI that this device does not know' },
        { phase: 'alert-sent', at: at(2), detail: 'spoke1 is told' },
        { phase: 'stop-due', at: at(18_000), detail: 'the time to stop has come' },
      ],
    }),
    captures: [
      { command: hubCommands[0]!, afterMs: 90, output: '18:22:10.796 UTC Thu Mar 12 2026\n' },
      {
        command: hubCommands[1]!,
        afterMs: 300,
        output:
          'Codes: C - IKE configuration mode, D - Dead Peer Detection\n\nIPv4 Crypto ISAKMP SA\n\nC-id  Local           Remote          I-VRF  Status Encr Hash   Auth DH Lifetime Cap.\n',
      },
      {
        command: hubCommands[2]!,
        afterMs: 500,
        output: 'interface: Tunnel0\n    Crypto map tag: Tunnel0-head-0, local addr 213.163.222.7\n',
      },
      { command: hubCommands[3]!, afterMs: 800, status: 'refused', detail: "% Invalid input detected at '^' marker." },
      { command: hubCommands[4]!, afterMs: 1_000, output: 'Legend: Attrb --> S - Static, D - Dynamic, I - Incomplete\n' },
      ...Array.from({ length: 10 }, (_, i) => ({ command: `show counters ${i}`, afterMs: 1_200 + i, output: `counter ${i}\n` })),
      {
        command: 'show running-config | section crypto',
        afterMs: 2_300,
        round: 'stop' as const,
        output: 'crypto isakmp keepalive 30 5\ncrypto ipsec profile P\n',
      },
    ],
    log: hubLog,
  });
  const spoke = bundleOf({
    name: 'spoke1',
    id: ID,
    openedMs: T0 + 2,
    facts: (at) => ({
      role: 'spoke',
      openedBy: 'alert',
      device: { name: 'spoke1', address: '192.0.2.3', platform: 'cisco-ios', hostname: 'spoke1', clock: null, tags: {} },
      stop: {
        sent: at(18_037),
        via: 'control',
        attempts: 1,
        off: 'verified',
        nothingOn: false,
        verified: at(18_046),
        appeared: [],
        detail: null,
      },
      timeline: [
        { phase: 'alert-accepted', at: at(0), detail: 'hub-b says: 11.1.1.3 sends with 0x68842105, which it does not know' },
      ],
    }),
    captures: [
      { command: 'show clock', afterMs: 90, output: '18:22:10.798 UTC Thu Mar 12 2026\n' },
      {
        command: 'show crypto isakmp sa detail',
        afterMs: 300,
        output: 'IPv4 Crypto ISAKMP SA\n\n1004  11.1.1.3        213.163.222.7          ACTIVE aes  sha    psk  14 23:08:57\n',
      },
      { command: 'show crypto ipsec sa peer 213.163.222.7 detail', afterMs: 900, output: spokeSaOutput },
      ...Array.from({ length: 13 }, (_, i) => ({ command: `show counters ${i}`, afterMs: 1_200 + i, output: `counter ${i}\n` })),
    ],
    log: spokeLog,
  });
  return [hub, spoke];
}

const entry = (
  at: Instant | null,
  endIndex: EndIndex,
  kind: string,
  text: string,
  quote: Quote | null = null,
  spis: readonly number[] = [],
): TimelineEntry => ({
  at,
  end: endIndex,
  kind,
  text,
  quote,
  spis,
});

const event = (e: TimelineEntry): DatedEvent[] =>
  e.quote === null
    ? []
    : [
        {
          at: e.at,
          end: e.end,
          quote: e.quote,
          event: {
            kind: 'invalid-spi',
            line: e.quote.line,
            lines: 1,
            text: e.quote.text,
            stamp: null,
            spis: e.spis,
            src: null,
            dst: null,
            peer: null,
            ike: null,
            detail: {},
          },
        },
      ];

/** hub-b took the address over without the SAs; spoke1 goes on with SPI 0x68842105. Both ends, full evidence. */
export function failover(): Told {
  const [hub, spoke] = failoverBundles();
  const message = quoteOf(hub, 0, 'device.log', 'RECVD_PKT_INV_SPI');
  const hsrp = quoteOf(hub, 0, 'device.log', 'HSRP-5');
  const noNotify = quoteOf(hub, 0, 'device.log', 'ignoring request');
  const outbound = quoteOf(spoke, 1, 'show crypto ipsec sa peer 213.163.222.7 detail', 'current outbound spi');
  const encaps = quoteOf(spoke, 1, 'show crypto ipsec sa peer 213.163.222.7 detail', '#pkts encaps', 2);
  const noIke = quoteOf(hub, 0, 'show crypto isakmp sa detail', 'C-id');
  const up = quoteOf(spoke, 1, 'device.log', 'SESSION_STATUS');
  const retry = quoteOf(spoke, 1, 'device.log', 'retransmitting');
  const keepalive = quoteOf(hub, 0, 'show running-config | section crypto', 'keepalive');
  const d0 = (ms: number) => instant(ms, 40, 'device 0');
  const d1 = (ms: number) => instant(ms, 44, 'device 1');
  const mark = (what: SaMark['what'], at: EndIndex, when: Instant | null, quote: Quote): SaMark => ({
    what,
    end: at,
    at: when,
    quote,
  });
  const yes: SideState = {
    ...noSide,
    first: 'yes',
    last: 'yes',
    current: 'yes',
    lifetimeSeconds: 2_491,
    lifetimeKilobytes: 4_607_971,
  };
  const ledger: SaLife[] = [
    sa(LOST, {
      reported: true,
      marks: [
        mark('created', 1, d1(-3_063_485), up),
        mark('seen', 1, instant(900, 60, 'agent 1'), outbound),
        mark('refused', 0, d0(0), message),
      ],
      outboundAtSender: { ...yes, packets: 412, quotes: [outbound, encaps] },
      inboundAtReceiver: { ...noSide, first: 'no', last: 'no', current: 'no', quotes: [] },
      partner: BACK,
    }),
    sa(BACK, {
      src: HUB,
      dst: SPOKE,
      sender: 0,
      receiver: 1,
      marks: [mark('created', 1, d1(-3_063_485), up), mark('seen', 1, instant(900, 60, 'agent 1'), outbound)],
      outboundAtSender: { ...noSide, first: 'no', last: 'no', current: 'no' },
      inboundAtReceiver: { ...yes, current: 'unknown', packets: 0, quotes: [encaps] },
      partner: LOST,
    }),
  ];
  const timeline: TimelineEntry[] = [
    entry(d1(-3_063_485), 1, 'session-up', 'Session with hub comes up', up),
    entry(d0(-18_304), 0, 'ha-active', 'hub-b becomes HSRP active on GigabitEthernet0/0', hsrp),
    entry(d1(-12_702), 1, 'retransmit', 'IKE retransmits phase 2', retry),
    entry(instant(0), 0, 'message', 'Packet with unknown SPI 0x68842105', message, [LOST]),
    entry(d0(1), 0, 'delete-not-sent', 'No DELETE sent: hub-b has no IKE SA with spoke1', noNotify, [LOST]),
    entry(instant(2), 0, 'alert-sent', 'Alert to spoke1'),
    entry(instant(4, 4, 'agent 1'), 1, 'alert-received', 'Alert from hub-b'),
    entry(instant(90), 0, 'capture', 'Capture begins, 16 commands'),
    entry(instant(94, 4, 'agent 1'), 1, 'capture', 'Capture begins, 16 commands'),
    entry(instant(18_000), 0, 'stop-signal-sent', 'Stop to spoke1'),
    entry(instant(18_004, 4, 'agent 1'), 1, 'stop-signal-received', 'Stop from hub-b'),
    entry(instant(18_006), 0, 'stop-sent', 'Debugs off: the command left'),
    entry(instant(18_034), 0, 'off-verified', 'Debugs off, verified'),
    entry(instant(18_037, 4, 'agent 1'), 1, 'off-verified', 'Debugs off, verified'),
    entry(instant(60_000), 0, 'sealed', 'Bundle sealed'),
  ];
  const flow = { src: SPOKE, dst: HUB, spi: LOST };
  const flows: FlowCase[] = [
    {
      flow,
      receiver: 0,
      sender: 1,
      count: 3,
      first: instant(0),
      last: instant(120_400),
      judged: 'persistent',
      foreign: 'no',
      sa: ledger[0]!,
      quote: message,
    },
  ];
  const about: Case = {
    incidentId: ID,
    ends: [
      end(0, 'hub-b', {
        ipsec: [
          {
            at: instant(500),
            round: 'first',
            file: hub.captures[2]!.file!,
            firstLine: 1,
            whole: true,
            value: { peers: null, idents: [] },
          },
        ],
        ike: [
          {
            at: instant(300),
            round: 'first',
            file: hub.captures[1]!.file!,
            firstLine: 1,
            whole: true,
            value: { version: 1, peers: null, sas: [] },
          },
        ],
        events: timeline.filter((e) => e.end === 0).flatMap(event),
        missing: [{ command: hubCommands[3]!, why: "% Invalid input detected at '^' marker." }],
      }),
      end(1, 'spoke1', {
        ipsec: [
          {
            at: instant(900, 4, 'agent 1'),
            round: 'first',
            file: outbound.file,
            firstLine: 1,
            whole: true,
            value: { peers: [HUB], idents: parseIpsecSas(spokeSaOutput).value },
          },
        ],
        ike: [
          {
            at: instant(300, 4, 'agent 1'),
            round: 'first',
            file: spoke.captures[1]!.file!,
            firstLine: 1,
            whole: true,
            value: { version: 1, peers: null, sas: [ikeRow()] },
          },
        ],
        events: timeline.filter((e) => e.end === 1).flatMap(event),
      }),
    ],
    opened: instant(0),
    flows,
    ledger,
    timeline,
    stopSkew: { ms: 3, uncertaintyMs: 4 },
    unknowns: ['Whether hub-a still ran when hub-b took over: its log is not here.'],
  };
  const finding: Finding = {
    cause: 'failover',
    end: 0,
    confidence: 'certain',
    sentence: 'hub-b took over without the SAs; spoke1 still encrypts with SPI 0x68842105, which hub-b never had.',
    flows: [flow],
    evidence: [
      { text: 'hub-b got packets from spoke1 with an SPI that it does not know.', quotes: [message] },
      { text: 'It had become HSRP active 18.3 s before.', quotes: [hsrp] },
      {
        text: 'The SPI is the one that spoke1 encrypts with now; its encaps climbed by 412 in 18 s, its decaps by none.',
        quotes: [outbound, encaps],
      },
      { text: 'hub-b has no IKE SA with spoke1, so it could not tell it.', quotes: [noIke, noNotify] },
    ],
    against: [
      { text: 'A rekey race is ruled out: no new SA at either end in 18 s.', quotes: [] },
      { text: 'A foreign packet is ruled out: the SPI is the current outbound SPI of spoke1.', quotes: [outbound] },
    ],
    doNow: [
      {
        text: 'Clear the SAs with the hub; traffic returns with the next packet.',
        end: 1,
        command: 'clear crypto sa peer 213.163.222.7',
        configure: false,
      },
      {
        text: 'And its IKE SA, which hub-b does not have either.',
        end: 1,
        command: 'clear crypto isakmp 1004',
        configure: false,
      },
      { text: 'Find out why hub-a gave up the address: its log from 18:21:40.', end: null, command: null, configure: false },
    ],
    change: [
      {
        text: 'DPD periodic at both ends: it would have ended this after about 40 s.',
        end: null,
        command: 'crypto isakmp keepalive 10 3 periodic',
        configure: true,
      },
    ],
    collectNext: ['The log of hub-a, from a minute before the takeover.'],
    bugs: [],
  };
  const second: Finding = {
    ...finding,
    cause: 'receiver-lost-sa',
    confidence: 'possible',
    sentence: 'hub-b lost the inbound SA that spoke1 still uses.',
    evidence: finding.evidence.slice(0, 1),
    against: [{ text: 'hub-b never had it: the takeover explains it better.', quotes: [hsrp] }],
    doNow: [],
    change: [],
    collectNext: [],
    bugs: [{ id: 'CSCty30063', why: 'hub-b runs a release before 15.2(4)S' }],
  };
  const verdict: Verdict = {
    sentence: finding.sentence,
    cause: 'failover',
    confidence: 'certain',
    harm: 'persistent',
    findings: [finding, second],
    healing: {
      kind: 'at',
      at: instant(2_491_000, 1_000, 'device 1'),
      by: 'sa-lifetime',
      text: 'It heals at 19:03:41 at the latest, when the SA of spoke1 expires; DPD is on-demand and does not act before.',
      quotes: [keepalive],
    },
    recovery: {
      works: 'no',
      configured: 'off',
      text: 'crypto isakmp invalid-spi-recovery would not have helped: the tunnel of hub-b is mGRE with dynamic NHRP.',
      quotes: [],
    },
    unknowns: ['Whether hub-a still ran when hub-b took over: its log is not here.'],
  };
  return { diagnosis: { case: about, verdict }, bundles: [hub, spoke] };
}

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
