/**
 * What is captured at an incident, in order: scoped to the peers, then of the device, then Note A's four (facts.md §1), which are
 * unscoped and so sent only while the device has few SAs, last the configuration. The scoped set comes again at the stop, for counter deltas.
 */
import type { CaptureRound } from '../../model/capture.ts';
import type { CaptureScope, PlannedCommand } from '../platform.ts';
import { addressWord } from './grammar.ts';

export interface CapturePlanVariant {
  /** After CPU: Note B's counters on IOS XE. */
  readonly dropCounters: readonly string[];
  /** What the device remembers of its SAs without debugs. */
  readonly traces: readonly string[];
}

export const SHOW_CLOCK = 'show clock';
export const SHOW_DEBUGGING = 'show debugging';
export const SHOW_CONDITIONS = 'show crypto debug-condition';
/** The header's counts, not the buffer. */
export const SHOW_LOG_COUNTERS = 'show logging | include messages dropped|flushes|message lines';
export const SHOW_CPU = 'show processes cpu | include CPU utilization';

/**
 * How the tunnels are made, DPD, lifetimes, invalid-spi-recovery. Keys are redacted before anything is written (shared/redact). Last, because
 * an old router builds its configuration for seconds, and it does not change by itself.
 */
const SHOW_CONFIGURATION = 'show running-config | section crypto|^interface (Tunnel|Virtual-Template)';

/**
 * Messages and debugs of IKE and IPsec, and what takes all SAs away: a restart, a failover, a person. `sa_dest` and `sa_spi` stand on lines
 * of their own below `IPSEC(delete_sa)`, which says of no SA that it went without the two of them.
 */
const SHOW_LOG_OF_CRYPTO = 'show logging | include CRYPTO|IPSEC|ISAKMP|IKEV2|IKEv2|sa_dest|sa_spi|SYS-5-|STATECHANGE';

const SHOW_SAS = 'show crypto ipsec sa peer ';

/** Their rows together are n, which `maxUnscopedSas` is held against. */
const COUNT = ['show crypto isakmp sa', 'show crypto ikev2 sa'];
const ALL_SAS = 'show crypto ipsec sa detail';
const NOTE_A = ['show crypto sockets', 'show crypto isa sa', ALL_SAS, 'show dmvpn detail'];

export function capturePlan(variant: CapturePlanVariant, round: CaptureRound, scope: CaptureScope): PlannedCommand[] {
  const scoped = scopedCommands(scope).map(
    (command): PlannedCommand =>
      command.startsWith(SHOW_SAS) ? { command, group: 'scoped', readsSas: true } : { command, group: 'scoped' },
  );
  switch (round) {
    case 'stop':
      // Counters twice, for what they gained meanwhile.
      return [...scoped, ...variant.dropCounters.map((command): PlannedCommand => ({ command, group: 'device' }))];
    case 'first':
    case 'late':
      return [
        ...scoped,
        ...deviceCommands(variant).map((command): PlannedCommand => ({ command, group: 'device' })),
        ...COUNT.map((command): PlannedCommand => ({ command, group: 'count' })),
        ...NOTE_A.map(
          (command): PlannedCommand => ({
            ...{ command, group: 'note-a', needsSaCount: true },
            ...(command === ALL_SAS && { readsAllSas: true }),
          }),
        ),
        { command: SHOW_CONFIGURATION, group: 'device' },
      ];
  }
}

/** The clock, the SPI lookup and (last: it goes through the whole buffer) the log's counters once, the rest for each peer; with one peer exactly the order of the plan. Text that is no address is left out. */
function scopedCommands(scope: CaptureScope): string[] {
  const peers = scope.peers.map(addressWord).filter((peer) => peer !== null);
  return [
    SHOW_CLOCK,
    ...peers.flatMap((peer, index) => [
      `${SHOW_SAS}${peer} detail`,
      `show crypto isakmp sa detail | include ${peer}`,
      `show crypto ikev2 sa remote ${peer} detailed`,
      `show crypto session remote ${peer} detail`,
      ...(index === 0 ? ['show crypto ipsec spi-lookup detail'] : []),
      `show ip nhrp nbma ${peer}`,
    ]),
    SHOW_LOG_COUNTERS,
  ];
}

/** Since when it runs, why it was restarted, and which software. */
const SHOW_VERSION = 'show version | include uptime|reason|Software';

function deviceCommands(variant: CapturePlanVariant): string[] {
  return [
    SHOW_DEBUGGING,
    SHOW_CONDITIONS,
    SHOW_LOG_OF_CRYPTO,
    SHOW_VERSION,
    SHOW_CPU,
    ...variant.dropCounters,
    ...variant.traces,
  ];
}
