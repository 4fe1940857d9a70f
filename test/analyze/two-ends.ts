/** Bundles of two ends for tests of the case: hub 213.163.222.7 lost the SA 0x68842105 that spoke 11.1.1.3 still encrypts with. */
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import type { IncidentFacts } from '../../shared/bundle/incident-file.ts';
import { type BundleTextOptions, bundleText, momentsOf, noteAOpenedMs } from '../support/bundle-text.ts';
import { clockAt, createSa, deleteSa, invalidSpi, ipsecSa, stampAt } from './outputs.ts';

export const HUB = '213.163.222.7';
export const SPOKE = '11.1.1.3';
export const LOST = 0x68842105;
export const BACK = 0x2f0a11c4;
export const OLD = 0x1111aaaa;
export const T0 = noteAOpenedMs;

export interface TwoEnds {
  /** Device minus true time. */
  readonly hubDeviceMs?: number;
  readonly spokeDeviceMs?: number;
  /** The spoke's agent minus the hub's. */
  readonly spokeAgentMs?: number;
  readonly mark?: string;
  readonly hub?: Partial<BundleTextOptions>;
  readonly spoke?: Partial<BundleTextOptions>;
  readonly hubFacts?: Partial<IncidentFacts>;
  readonly spokeFacts?: Partial<IncidentFacts>;
}

export function hubBundle(options: TwoEnds = {}): BundleText {
  const { hubDeviceMs = 0, mark = '' } = options;
  const at = (ms: number): string => stampAt(T0 + ms + hubDeviceMs, mark);
  const hub: BundleTextOptions = {
    role: 'hub',
    captures: [
      { command: 'show clock', text: clockAt(T0 + 250 + hubDeviceMs, mark), sentMs: 200, tookMs: 100 },
      {
        command: `show crypto ipsec sa peer ${SPOKE} detail`,
        peer: SPOKE,
        text: ipsecSa({ local: HUB, remote: SPOKE, encaps: 10, decaps: 100 }),
      },
      {
        command: `show crypto ipsec sa peer ${SPOKE} detail`,
        peer: SPOKE,
        round: 'stop',
        text: ipsecSa({ local: HUB, remote: SPOKE, encaps: 10, decaps: 100 }),
      },
    ],
    log: [
      `<191>1: 000001: ${at(-400_000)}: ${createSa(HUB, OLD)}`,
      `<191>2: 000002: ${at(-60_000)}: ${createSa(HUB, LOST)}`,
      `<191>3: 000003: ${at(-50_000)}: ${deleteSa(HUB, OLD)}`,
      `<191>4: 000004: ${at(-30_000)}: ${deleteSa(HUB, LOST)}`,
      `<188>5: 000005: ${at(0)}: ${invalidSpi(SPOKE, HUB, LOST)}`,
    ],
    incident: { device: { ...device('hub', '192.0.2.1') }, ...options.hubFacts },
    ...options.hub,
  };
  return bundleText(hub);
}

const device = (name: string, address: string): IncidentFacts['device'] => ({
  name,
  address,
  platform: 'cisco-ios',
  hostname: name,
  user: 'spitrap',
  clock: null,
  tags: {},
});

export function spokeBundle(options: TwoEnds = {}): BundleText {
  const { spokeDeviceMs = 0, spokeAgentMs = 0, mark = '' } = options;
  const at = (ms: number): string => stampAt(T0 + ms + spokeDeviceMs, mark);
  const sas = {
    inbound: [{ spi: BACK, seconds: 3_540, connection: 2_001 }],
    outbound: [{ spi: LOST, seconds: 3_540, connection: 2_002 }],
  };
  const spoke: BundleTextOptions = {
    role: 'spoke',
    openedMs: T0 + 12 + spokeAgentMs,
    openedMonotonicMs: 77_000,
    captures: [
      { command: 'show clock', text: clockAt(T0 + 12 + 250 + spokeDeviceMs, mark), sentMs: 200, tookMs: 100 },
      {
        command: `show crypto ipsec sa peer ${HUB} detail`,
        peer: HUB,
        text: ipsecSa({ local: SPOKE, remote: HUB, encaps: 500, decaps: 50, ...sas }),
      },
      {
        command: `show crypto ipsec sa peer ${HUB} detail`,
        peer: HUB,
        round: 'stop',
        text: ipsecSa({ local: SPOKE, remote: HUB, encaps: 620, decaps: 50, ...sas }),
      },
    ],
    log: [`<191>1: 000001: ${at(-60_005)}: ${createSa(HUB, LOST)}`, `<191>2: 000002: ${at(-60_004)}: ${createSa(SPOKE, BACK)}`],
    ...options.spoke,
  };
  const moment = momentsOf(spoke);
  const [flow] = bundleText(spoke).incident.flows;
  return bundleText({
    ...spoke,
    incident: {
      device: device('spoke', '192.0.2.2'),
      openedBy: 'alert',
      peers: [{ name: 'hub', kind: 'spitrap', cryptoAddresses: [HUB], recurrence: null, clock: null, tags: {} }],
      flows: [{ ...flow!, sources: ['peer:hub'], peers: ['hub'] }],
      signals: [signal('received', 'alert', 'hub', moment(0), moment(0))],
      ...options.spokeFacts,
    },
  });
}

export function signal(
  direction: 'sent' | 'received',
  phase: string,
  peer: string,
  first: IncidentFacts['opened'],
  last: IncidentFacts['opened'],
): IncidentFacts['signals'][number] {
  return {
    direction,
    phase,
    peer,
    first,
    last,
    attempts: 1,
    acknowledged: true,
    roundTripMs: null,
    text: '01KN5X3Q9ZJ8T4V2W6Y0ABCDEF',
    detail: null,
  };
}

/** What the hub's file has of the alert: sent at 5 ms, acknowledged `roundTripMs` later. */
export const alertSent = (roundTripMs: number): Partial<IncidentFacts> => {
  const moment = momentsOf({ role: 'hub' });
  return { signals: [signal('sent', 'alert', 'spoke', moment(5), moment(5 + roundTripMs))] };
};
