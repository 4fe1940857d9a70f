/**
 * What is captured at an incident on a Linux gateway: the SAs as charon and the kernel have them, what came in, and once what they run on.
 * Nothing is scoped to a peer (swanctl's filters go by name): the same lines again at the stop are what counters are compared by.
 */
import type { CaptureRound } from '../../model/capture.ts';
import type { PlannedCommand } from '../platform.ts';
import * as lines from './lines.ts';

const AGAIN_AT_THE_STOP: readonly PlannedCommand[] = [
  { command: lines.SHOW_CLOCK, group: 'scoped' },
  { command: lines.LIST_SAS, group: 'scoped', readsSas: true },
  { command: lines.XFRM_STATE, group: 'scoped' },
  { command: lines.XFRM_STAT, group: 'scoped' },
  { command: lines.SPI_SETS, group: 'scoped' },
  { command: lines.LOG_SIZE, group: 'scoped' },
];

const ONCE: readonly PlannedCommand[] = [
  lines.LIST_CONNS,
  lines.XFRM_POLICY,
  lines.STATS,
  lines.SHOW_DEBUGS,
  lines.DAEMON_VERSION,
  lines.KERNEL_VERSION,
  lines.UPTIME,
  lines.SHOW_LOG,
].map((command) => ({ command, group: 'device' }));

export function capturePlan(round: CaptureRound): PlannedCommand[] {
  return round === 'stop' ? [...AGAIN_AT_THE_STOP] : [...AGAIN_AT_THE_STOP, ...ONCE];
}
