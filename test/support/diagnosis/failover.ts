/** The hub that took over without its SAs (shared/mockups/report.html), made by hand: bundles of both ends, and what is told of them. */
import type {
  Case,
  EndIndex,
  FlowCase,
  Instant,
  Quote,
  SaLife,
  SaMark,
  SideState,
  TimelineEntry,
} from '../../../shared/analyze/case.ts';
import type { Finding, Verdict } from '../../../shared/analyze/verdict.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import { parseIpsecSas } from '../../../shared/platforms/cisco/ipsec-sa.ts';
import { bundleOf, quoteOf } from '../bundle-of.ts';
import { BACK, end, entry, event, HUB, ID, ikeRow, instant, LOST, noSide, SPOKE, sa, T0, type Told } from './build.ts';

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
