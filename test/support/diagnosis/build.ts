/** What a diagnosis of ours is made of, in the places of the failover; each scene beside it changes what it is about. */
import type {
  DatedEvent,
  End,
  EndIndex,
  Instant,
  Quote,
  SaLife,
  SideState,
  TimelineEntry,
} from '../../../shared/analyze/case.ts';
import type { Diagnosis } from '../../../shared/analyze/verdict.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import type { IkeSaRow } from '../../../shared/model/evidence.ts';

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
export const ID = '01KAX3R2F8M0T9W5Y1Z4H6J87Q';

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

export const entry = (
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

export const event = (e: TimelineEntry): DatedEvent[] =>
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
