/**
 * For each cause one case as facts.md §6 has it, with everything that both ends could show: what the rules' tests start from, and take away from.
 * Seconds are from the message.
 */
import type { Cause } from '../../shared/analyze/verdict.ts';
import { at, BACK, type CaseOptions, LOST, NEXT, NEXT_BACK, SPOKE } from './case.ts';

const DAYS = 86_400;
/** Up for weeks, with an IKE SA as old as the SAs. */
const healthy = { upSeconds: 30 * DAYS, ike: 1_500, lifetimeSeconds: null } as const;
/** The spoke sends on with what the hub lost, for another 2000 s. */
const lost = { spi: LOST, current: 'yes', inbound: 'no', leftSeconds: 2_000, packets: 412, partner: BACK } as const;
const back = { spi: BACK, way: 'down', inbound: 'yes', outbound: 'no', current: 'no', partner: LOST } as const;
const again = { seen: [0, 120], count: 3, judged: 'persistent' } as const;
/** The next generation stands at both ends, and carries traffic. */
const renewed = [
  { spi: NEXT, current: 'yes', inbound: 'yes', packets: 300, partner: NEXT_BACK, previous: LOST },
  { spi: NEXT_BACK, way: 'down', current: 'yes', inbound: 'yes', packets: 290, partner: NEXT },
] as const;

export const textbook: Readonly<Record<Exclude<Cause, 'cannot-tell' | 'receiver-lost-sa'>, CaseOptions>> = {
  'receiver-restarted': {
    hub: {
      upSeconds: 60,
      ike: 'none',
      events: [at(-50, 'restart'), at(0.1, 'delete-not-sent', { spis: [LOST] })],
      lifetimeSeconds: null,
      holes: 1,
    },
    spoke: healthy,
    sas: [lost, back],
    flows: [again],
  },
  failover: {
    hub: {
      ...healthy,
      ike: 'none',
      events: [at(-18.3, 'ha-active', { detail: { group: '1' } }), at(0.1, 'delete-not-sent', { spis: [LOST] })],
    },
    spoke: { ...healthy, dpd: { mode: 'on-demand', intervalSeconds: 10, line: 3 } },
    sas: [lost, back],
    flows: [again],
  },
  'cleared-one-side': {
    hub: {
      ...healthy,
      events: [
        at(-8, 'cleared', { peer: SPOKE }),
        at(-7.9, 'sa-deleted', { spis: [LOST] }),
        at(-7.9, 'sa-deleted', { spis: [BACK] }),
        at(-7.8, 'delete-sent', { spis: [LOST] }),
      ],
    },
    spoke: healthy,
    sas: [lost, back],
    flows: [again],
  },
  'ike-sa-gone': {
    hub: {
      ...healthy,
      ike: 'none',
      events: [
        at(-200, 'ike-deleted', { detail: { reason: 'IKE SA Lifetime Exceeded' } }),
        at(-5, 'sa-deleted', { spis: [LOST] }),
        at(-4.9, 'delete-not-sent', { spis: [LOST] }),
        at(0.2, 'ike-no-sa'),
      ],
    },
    spoke: { ...healthy, ike: 'none' },
    sas: [lost, back],
    flows: [again],
  },
  'lifetime-mismatch': {
    hub: {
      ...healthy,
      lifetimeSeconds: 1_800,
      events: [
        at(-5, 'lifetime-expired', { spis: [LOST], detail: { unit: 'seconds' } }),
        at(-5, 'sa-deleted', { spis: [LOST] }),
        at(-5, 'sa-deleted', { spis: [BACK] }),
      ],
    },
    spoke: { ...healthy, lifetimeSeconds: 3_600 },
    sas: [{ ...lost, leftSeconds: 1_790 }, back],
    flows: [again],
  },
  'kilobyte-lifetime': {
    hub: {
      ...healthy,
      events: [
        at(-5, 'lifetime-expired', { spis: [LOST], detail: { unit: 'kilobytes' } }),
        at(-5, 'sa-deleted', { spis: [LOST] }),
      ],
    },
    spoke: healthy,
    sas: [
      { ...lost, leftKilobytes: 900 },
      { ...back, leftKilobytes: 4_500_000 },
    ],
    flows: [again],
  },
  'delete-lost': {
    hub: {
      ...healthy,
      events: [
        at(-30, 'sa-created', { spis: [NEXT] }),
        at(-30, 'sa-created', { spis: [NEXT_BACK] }),
        at(-5, 'sa-deleted', { spis: [LOST] }),
        at(-4.9, 'delete-sent', { spis: [LOST] }),
        at(-3, 'retransmit'),
      ],
    },
    spoke: healthy,
    sas: [{ ...lost, next: NEXT }, back, { spi: NEXT, inbound: 'yes', outbound: 'no', current: 'no' }],
    flows: [again],
  },
  'crossing-rekeys': {
    hub: {
      ...healthy,
      events: [
        at(-20.4, 'rekey-started'),
        at(-20.1, 'sa-created', { spis: [NEXT] }),
        at(-19.8, 'sa-created', { spis: [LOST] }),
        at(-2, 'sa-deleted', { spis: [LOST] }),
      ],
    },
    spoke: {
      ...healthy,
      events: [at(-20.3, 'rekey-started'), at(-20, 'sa-created', { spis: [NEXT] }), at(-19.7, 'sa-created', { spis: [LOST] })],
    },
    sas: [{ ...lost, partner: null }, back, { spi: NEXT, inbound: 'yes', outbound: 'yes', current: 'no' }],
    flows: [again],
  },
  'early-new-spi': {
    hub: {
      ...healthy,
      events: [at(-0.4, 'rekey-started'), at(0.2, 'sa-created', { spis: [LOST] }), at(0.2, 'sa-created', { spis: [BACK] })],
    },
    spoke: { ...healthy, platform: 'cisco-iosxe', events: [at(-0.2, 'sa-created', { spis: [LOST] })] },
    sas: [
      { spi: LOST, current: 'yes', inbound: 'yes', packets: 200, partner: BACK },
      { spi: BACK, way: 'down', current: 'yes', inbound: 'yes', partner: LOST },
    ],
    flows: [{ judged: 'transient' }],
  },
  'rekey-transient': {
    hub: {
      ...healthy,
      events: [
        at(-2.5, 'rekey-started'),
        at(-2, 'sa-created', { spis: [NEXT] }),
        at(-2, 'sa-created', { spis: [NEXT_BACK] }),
        at(-0.5, 'sa-deleted', { spis: [LOST] }),
      ],
    },
    spoke: { ...healthy, events: [at(-2, 'sa-created', { spis: [NEXT] }), at(0.3, 'sa-deleted', { spis: [LOST] })] },
    sas: [{ spi: LOST, outbound: 'no', current: 'no', inbound: 'no', next: NEXT }, ...renewed],
    flows: [{ judged: 'transient' }],
  },
  'nat-change': {
    hub: {
      ...healthy,
      ike: 10,
      ports: [4_500, 4_500],
      events: [
        at(-9, 'port-float'),
        at(-8.5, 'initial-contact'),
        at(-8.4, 'sa-deleted', { spis: [LOST] }),
        at(-8.4, 'sa-deleted', { spis: [BACK] }),
      ],
    },
    spoke: healthy,
    sas: [lost, back],
    flows: [again],
  },
  'stale-peer': {
    hub: {
      ...healthy,
      events: [at(-203, 'sa-created', { spis: [NEXT] }), at(-200, 'sa-deleted', { spis: [LOST] })],
      peerings: [{ kind: 'mGRE with tunnel protection, dynamic NHRP map', where: 'Tunnel0', peers: [], recovery: 'no' }],
    },
    spoke: { ...healthy, events: [at(-203, 'sa-created', { spis: [NEXT] }), at(-200, 'sa-deleted', { spis: [LOST] })] },
    sas: [{ spi: LOST, outbound: 'no', current: 'no', inbound: 'no', next: NEXT }, ...renewed],
    // In the range that the spoke may come from, and not where it is.
    flows: [{ src: '11.1.1.54', foreign: 'no', seen: [0, 60], count: 2 }],
  },
  'unconfigured-peer': {
    hub: { ...healthy, peerings: [{ peers: [SPOKE] }] },
    spoke: healthy,
    sas: [
      { spi: NEXT, current: 'yes', inbound: 'yes' },
      { spi: NEXT_BACK, way: 'down', current: 'yes', inbound: 'yes' },
    ],
    flows: [{ src: '192.0.2.77', foreign: 'yes' }],
  },
  'middlebox-replay': {
    hub: { ...healthy, events: [at(-301, 'sa-created', { spis: [NEXT] }), at(-270, 'sa-deleted', { spis: [LOST] })] },
    spoke: { ...healthy, events: [at(-301, 'sa-created', { spis: [NEXT] }), at(-271, 'sa-deleted', { spis: [LOST] })] },
    sas: [{ spi: LOST, outbound: 'no', current: 'no', inbound: 'no', next: NEXT }, ...renewed],
    flows: [{ seen: [0, 90] }],
  },
  replay: {
    hub: {
      ...healthy,
      events: [at(-3, 'replay-error', { spis: [NEXT] }), at(-1, 'replay-error', { spis: [NEXT] })],
      identCounters: { 'pkts replay failed (rcv)': [10, 40] },
    },
    spoke: healthy,
    sas: [...renewed],
    flows: [],
  },
  'keys-differ': {
    hub: {
      ...healthy,
      events: [at(-3, 'mac-error', { spis: [NEXT] }), at(-1, 'mac-error', { spis: [NEXT] })],
      identCounters: { 'pkts verify failed': [10, 40] },
    },
    spoke: healthy,
    sas: [...renewed],
    flows: [],
  },
  'tunnel-key-mismatch': {
    hub: {
      ...healthy,
      peerings: [{ kind: 'point-to-point GRE with tunnel protection', where: 'Tunnel0', tunnelKey: '100' }],
      events: [at(-15, 'neighbor-down')],
    },
    spoke: { ...healthy, peerings: [{ kind: 'point-to-point GRE with tunnel protection', where: 'Tunnel0', tunnelKey: '101' }] },
    sas: [...renewed],
    flows: [],
  },
  'platform-cannot-say': {
    hub: { ...healthy, platform: 'cisco-iosxe', counters: { IN_US_V4_PKT_SA_NOT_FOUND_SPI: [64_574, 64_990] } },
    spoke: healthy,
    sas: [...renewed],
    flows: [],
  },
};
