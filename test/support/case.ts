/**
 * Cases made by hand, for tests of the rules: a hub that logs the message and a spoke that sends, in seconds from the message.
 * `caseOf({ hub: { events: [at(-18, 'ha-active')] }, sas: [{ spi: LOST, current: 'yes', inbound: 'no' }] })`. What is not said is unknown.
 */
import type {
  Case,
  DatedEvent,
  End,
  EndIndex,
  FlowCase,
  Instant,
  Known,
  Quote,
  SaLife,
  SaMark,
} from '../../shared/analyze/case.ts';
import type { CryptoConfiguration, IkeSaRow, LogEvent, LogEventKind } from '../../shared/model/evidence.ts';
import { unshownIdent, unshownSa } from '../../shared/model/sa.ts';

export const T0 = Date.UTC(2026, 2, 12, 18, 22, 10, 706);
export const HUB = '213.163.222.7';
export const SPOKE = '11.1.1.3';
/** The SPI of the message. */
export const LOST = 0x68842105;
/** The other way; and the next generation of both. */
export const BACK = 0x2f0a11c4;
export const NEXT = 0x5a1b3c77;
export const NEXT_BACK = 0x7d20e4f1;

export interface EventOptions {
  readonly seconds: number | null;
  readonly kind: LogEventKind;
  readonly spis?: readonly number[];
  readonly detail?: Readonly<Record<string, string>>;
  readonly peer?: string | null;
}
export const at = (
  seconds: number | null,
  kind: LogEventKind,
  more: Omit<EventOptions, 'seconds' | 'kind'> = {},
): EventOptions => ({
  seconds,
  kind,
  ...more,
});

export interface EndOptions {
  readonly name?: string;
  readonly platform?: string;
  readonly events?: readonly EventOptions[];
  readonly upSeconds?: number | null;
  /** Age of its IKE SA with the other end; `none`: a whole table without one; null: no table. */
  readonly ike?: number | 'none' | null;
  readonly ikeVersion?: 1 | 2;
  readonly dpd?: CryptoConfiguration['dpd'];
  readonly recoveryOn?: boolean | null;
  readonly peerings?: readonly Partial<CryptoConfiguration['peerings'][number]>[];
  readonly lifetimeSeconds?: number | null;
  readonly lifetimeKilobytes?: number | null;
  /** False: no running-config in the bundle. */
  readonly configured?: boolean;
  readonly debugs?: boolean | null;
  readonly holes?: number;
  /** From how long before the message its log speaks; null: no log. */
  readonly logSeconds?: number | null;
  readonly counters?: Readonly<Record<string, readonly [first: number, last: number]>>;
  /** Of its ident with the other end, in the first and the last table. */
  readonly identCounters?: Readonly<Record<string, readonly [first: number, last: number]>>;
  /** UDP port of the peer in both tables. */
  readonly ports?: readonly [number, number];
  /** Its device's clock was never set, and is this far off. */
  readonly skewSeconds?: number;
}

export interface SaOptions {
  readonly spi: number;
  /** `up`: from the spoke to the hub, the way of the message. */
  readonly way?: 'up' | 'down';
  readonly outbound?: Known | readonly [Known, Known];
  readonly current?: Known;
  readonly inbound?: Known | readonly [Known, Known];
  readonly leftSeconds?: number | null;
  /** At its receiver. */
  readonly leftInbound?: number | null;
  readonly leftKilobytes?: number | null;
  readonly packets?: number | null;
  readonly partner?: number | null;
  readonly next?: number | null;
  readonly previous?: number | null;
}

export interface FlowOptions {
  readonly spi?: number;
  readonly src?: string;
  /** Seconds of the first and of the last message. */
  readonly seen?: readonly [number, number];
  readonly count?: number;
  readonly judged?: FlowCase['judged'];
  readonly foreign?: Known;
}

export interface CaseOptions {
  readonly hub?: EndOptions | null;
  readonly spoke?: EndOptions | null;
  readonly sas?: readonly SaOptions[];
  readonly flows?: readonly FlowOptions[];
}

const STOP_SECONDS = 18;

/** By the device's clock; the message is the hub's. */
export function instant(seconds: number, clock: string, skewSeconds = 0): Instant {
  const ms = T0 + Math.round(seconds * 1_000);
  const trusted = skewSeconds === 0;
  return { fromMs: ms - 20, toMs: ms + 20, trusted, clock, atClockMs: ms + skewSeconds * 1_000, resolutionMs: 1 };
}

const quote = (end: EndIndex, file: string, line: number, text: string): Quote => ({ end, file, line, text });

export function caseOf({ hub = {}, spoke = {}, sas = [{ spi: LOST }], flows = [{}] }: CaseOptions): Case {
  const given = [hub, spoke];
  const hubIndex: EndIndex = 0;
  const spokeIndex: EndIndex = hub === null ? 0 : 1;
  const ends = given.flatMap((options, side) =>
    options === null ? [] : [endOf(options, side === 0 ? 'hub' : 'spoke', side === 0 ? hubIndex : spokeIndex, sas, flows)],
  );
  const hasHub = hub !== null;
  const hasSpoke = spoke !== null;
  const indexOf = (side: 'hub' | 'spoke'): EndIndex | null =>
    side === 'hub' ? (hasHub ? hubIndex : null) : hasSpoke ? spokeIndex : null;
  const ledger = sas.map((one) => lifeOf(one, ends, indexOf, flows));
  return {
    incidentId: '01KAX3R2F8M0T9W5Y1Z4H6J87Q',
    ends,
    opened: instant(0, 'agent 0'),
    flows: flows.map((flow) => flowOf(flow, ledger, indexOf, hub?.skewSeconds ?? 0)),
    ledger,
    timeline: [],
    stopSkew: null,
    unknowns: [],
  };
}

function flowOf(
  {
    spi = LOST,
    src = SPOKE,
    seen = [0, 0],
    count = seen[0] === seen[1] ? 1 : 2,
    judged = 'unknown',
    foreign = 'no',
  }: FlowOptions,
  ledger: readonly SaLife[],
  indexOf: (side: 'hub' | 'spoke') => EndIndex | null,
  skewSeconds: number,
): FlowCase {
  return {
    flow: { src, dst: HUB, spi },
    receiver: indexOf('hub'),
    sender: src === SPOKE ? indexOf('spoke') : null,
    count,
    first: instant(seen[0], 'device 0', skewSeconds),
    last: instant(seen[1], 'device 0', skewSeconds),
    judged,
    foreign,
    sa: ledger.find((life) => life.spi === spi) ?? null,
    quote:
      indexOf('hub') === null ? null : quote(0, 'device.log', 5_000, `%CRYPTO-4-RECVD_PKT_INV_SPI: … spi=0x${spi.toString(16)}`),
  };
}

const pair = (known: Known | readonly [Known, Known] | undefined): readonly [Known, Known] =>
  known === undefined ? ['unknown', 'unknown'] : typeof known === 'string' ? [known, known] : known;

const MARKS: Partial<Record<LogEventKind, SaMark['what']>> = {
  'sa-created': 'created',
  'sa-deleted': 'deleted',
  'delete-enqueued': 'deleted',
  'delete-sent': 'delete-sent',
  'delete-received': 'delete-received',
  'lifetime-expired': 'expired',
  'rekey-started': 'rekeyed',
};

function lifeOf(
  options: SaOptions,
  ends: readonly End[],
  indexOf: (side: 'hub' | 'spoke') => EndIndex | null,
  flows: readonly FlowOptions[],
): SaLife {
  const { spi, way = 'up', current = 'unknown', packets = null, partner = null, next = null, previous = null } = options;
  const [sender, receiver] = way === 'up' ? [indexOf('spoke'), indexOf('hub')] : [indexOf('hub'), indexOf('spoke')];
  const side = (
    end: EndIndex | null,
    [first, last]: readonly [Known, Known],
    left: number | null,
  ): SaLife['inboundAtReceiver'] => ({
    first: end === null ? 'unknown' : first,
    last: end === null ? 'unknown' : last,
    current: 'unknown',
    lifetimeSeconds: end === null ? null : left,
    lifetimeKilobytes: end === null ? null : (options.leftKilobytes ?? null),
    packets: null,
    errors: null,
    quotes:
      end === null || (first !== 'yes' && last !== 'yes')
        ? []
        : [quote(end, `commands/01-first-show-crypto-ipsec-sa.txt`, 20, `spi: 0x${spi.toString(16)}`)],
  });
  const outbound = side(
    sender,
    pair(options.outbound ?? (current === 'unknown' ? undefined : current)),
    options.leftSeconds ?? null,
  );
  return {
    spi,
    src: way === 'up' ? SPOKE : HUB,
    dst: way === 'up' ? HUB : SPOKE,
    sender,
    receiver,
    reported: flows.some((flow) => (flow.spi ?? LOST) === spi),
    marks: ends.flatMap((end) =>
      end.events.flatMap(({ event, at: when, quote: line }) => {
        const what = MARKS[event.kind];
        return what !== undefined && event.spis.includes(spi) ? [{ what, end: end.index, at: when, quote: line }] : [];
      }),
    ),
    outboundAtSender: { ...outbound, current: sender === null ? 'unknown' : current, packets: sender === null ? null : packets },
    inboundAtReceiver: side(receiver, pair(options.inbound), options.leftInbound ?? null),
    partner,
    next,
    previous,
  };
}

function endOf(
  options: EndOptions,
  role: 'hub' | 'spoke',
  index: EndIndex,
  sas: readonly SaOptions[],
  flows: readonly FlowOptions[],
): End {
  const {
    name = role === 'hub' ? 'hub-b' : 'spoke1',
    platform = 'cisco-ios',
    upSeconds = null,
    ike = null,
    ikeVersion = 1,
  } = options;
  const { events = [], debugs = true, holes = 0, logSeconds = 600, counters = {}, skewSeconds = 0 } = options;
  const [own, other] = role === 'hub' ? [HUB, SPOKE] : [SPOKE, HUB];
  const clock = `device ${index}`;
  const round = (seconds: number) => ({
    at: instant(seconds, `agent ${index}`),
    firstLine: 1,
    round: seconds < STOP_SECONDS ? ('first' as const) : ('stop' as const),
  });
  const messages = role === 'hub' ? flows.map((flow) => messageOf(flow)) : [];
  return {
    index,
    name,
    role,
    platform,
    addresses: [own],
    deviceClock: skewSeconds === 0 ? { offsetMs: 0, uncertaintyMs: 20, mark: '' } : null,
    agentClock: { offsetMs: 0, uncertaintyMs: index === 0 ? 0 : 4 },
    ipsec: [1, STOP_SECONDS + 0.5].map((seconds, sample) => ({
      ...round(seconds),
      file: `commands/${sample === 0 ? '01-first' : '20-stop'}-show-crypto-ipsec-sa.txt`,
      whole: true,
      value: { peers: null, idents: [identOf(options, role, other, sas, sample)] },
    })),
    ike:
      ike === null
        ? []
        : [
            {
              ...round(2),
              file: 'commands/02-first-show-crypto-isakmp-sa.txt',
              whole: true,
              value: { version: ikeVersion, peers: null, sas: ike === 'none' ? [] : [ikeRow(own, other, ike)] },
            },
          ],
    spis: [],
    nhrp: [],
    uptime:
      upSeconds === null
        ? null
        : {
            ...round(3),
            file: 'commands/03-first-show-version.txt',
            whole: true,
            value: {
              line: 1,
              text: `${upSeconds} seconds`,
              seconds: upSeconds,
              resolutionSeconds: upSeconds > 3_600 ? 60 : 1,
              reason: null,
            },
          },
    configuration:
      options.configured === false || (options.configured === undefined && !describesConfiguration(options))
        ? null
        : { ...round(4), file: 'commands/04-first-show-running-config.txt', whole: true, value: configurationOf(options, other) },
    counters: Object.entries(counters).map(([counter, [first, last]]) => ({
      name: counter,
      first,
      last,
      quote: quote(index, 'commands/05-first-drops.txt', 1, counter),
    })),
    events: [...messages, ...events].map((event, place) => dated(event, index, clock, other, place, skewSeconds)),
    logWindow:
      logSeconds === null ? null : { from: instant(-logSeconds, clock, skewSeconds), to: instant(30, clock, skewSeconds), holes },
    debugsOn: debugs,
    missing: [],
    unread: [],
  };
}

const messageOf = ({ spi = LOST, seen = [0, 0] }: FlowOptions): EventOptions => at(seen[0], 'invalid-spi', { spis: [spi] });

/** Lines of a log stand in the order of their time. */
function dated(
  options: EventOptions,
  end: EndIndex,
  clock: string,
  peer: string,
  place: number,
  skewSeconds: number,
): DatedEvent {
  const { seconds, kind, spis = [], detail = {} } = options;
  const line = seconds === null ? 1 + place : Math.max(1, Math.round(5_000 + seconds * 5));
  const event: LogEvent = {
    kind,
    line,
    lines: 1,
    text: `${kind} ${seconds}`,
    stamp: null,
    spis,
    src: null,
    dst: null,
    peer: options.peer === undefined ? peer : options.peer,
    ike: null,
    detail,
  };
  return {
    at: seconds === null ? null : instant(seconds, clock, skewSeconds),
    end,
    event,
    quote: quote(end, 'device.log', line, event.text),
  };
}

function identOf(options: EndOptions, role: 'hub' | 'spoke', peer: string, sas: readonly SaOptions[], sample: number) {
  const mine = sas.flatMap((sa) => {
    const [own, known] =
      (sa.way ?? 'up') === (role === 'spoke' ? 'up' : 'down')
        ? (['outbound', pair(sa.outbound ?? sa.current)] as const)
        : (['inbound', pair(sa.inbound)] as const);
    return known[sample] === 'yes' ? [{ ...unshownSa, line: 20, protocol: 'esp' as const, direction: own, spi: sa.spi }] : [];
  });
  const counted = Object.entries(options.identCounters ?? {});
  return {
    ...unshownIdent,
    line: 5,
    peer,
    peerPort: options.ports?.[sample] ?? null,
    counters: Object.fromEntries(counted.map(([counter, values]) => [counter, values[sample]!])),
    counterLines: Object.fromEntries(counted.map(([counter], place) => [counter, 8 + place])),
    sas: mine,
  };
}

export const ikeRow = (local: string, remote: string, ageSeconds: number): IkeSaRow => ({
  line: 3,
  local,
  remote,
  state: 'QM_IDLE',
  established: true,
  deleted: false,
  connectionId: '1004',
  ageSeconds,
  remainingSeconds: 86_400 - ageSeconds,
  dpdSeconds: null,
});

const describesConfiguration = ({ dpd, peerings, lifetimeSeconds, lifetimeKilobytes, recoveryOn }: EndOptions): boolean =>
  [dpd, peerings, lifetimeSeconds, lifetimeKilobytes, recoveryOn].some((one) => one !== undefined);

function configurationOf(options: EndOptions, peer: string): CryptoConfiguration {
  const {
    dpd = { mode: 'none', intervalSeconds: null, line: null },
    recoveryOn = false,
    peerings,
    lifetimeSeconds = null,
    lifetimeKilobytes = null,
  } = options;
  return {
    dpd,
    invalidSpiRecovery: recoveryOn === null ? null : { on: recoveryOn, line: recoveryOn ? 7 : null },
    lifetimeSeconds,
    lifetimeKilobytes,
    peerings: (peerings ?? [{}]).map((one) => ({
      kind: 'static crypto map',
      where: 'crypto map VPN 5',
      peers: [peer],
      recovery: 'yes' as const,
      lifetimeSeconds: null,
      lifetimeKilobytes: null,
      ike: 1 as const,
      line: 12,
      ...one,
    })),
  };
}
