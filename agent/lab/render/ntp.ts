/** `show ntp status`, as the mark before the box's stamps has it: none: in sync; `.`: not any more; `*`: NTP is not there at all. */
import { wall } from '../../../shared/model/time.ts';
import type { BoxCore } from '../box-core.ts';
import { clockReading } from '../box-time.ts';

export const NTP_SERVER = '192.0.2.123';
/** From 1900 (NTP, RFC 5905 §6) to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;
const POLL_SECONDS = 64;

export function ntpStatus(core: BoxCore): string[] {
  const mark = core.behaviour.clockMark;
  if (mark === '*') return ['%NTP is not enabled.'];
  const synchronized = mark === '';
  const upHundredths = Math.floor((core.clock.monotonic() - core.bootedMonotonic) / 10);
  const sinceSeconds = Math.floor(core.log.wall() / 1_000) % POLL_SECONDS;
  const reference = wall(core.log.wall() - sinceSeconds * 1_000);
  const seconds = (Math.floor(reference / 1_000) + NTP_EPOCH_SECONDS).toString(16).toUpperCase().padStart(8, '0');
  const fraction = Math.floor(((reference % 1_000) / 1_000) * 2 ** 32)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
  return [
    `Clock is ${synchronized ? `synchronized, stratum 3, reference is ${NTP_SERVER}` : 'unsynchronized, stratum 16, no reference clock'}`,
    'nominal freq is 250.0000 Hz, actual freq is 249.9979 Hz, precision is 2**10',
    `ntp uptime is ${upHundredths} (1/100 of seconds), resolution is 4000`,
    `reference time is ${seconds}.${fraction} (${clockReading(reference)})`,
    synchronized
      ? 'clock offset is 0.5000 msec, root delay is 1.74 msec'
      : 'clock offset is 0.0000 msec, root delay is 0.00 msec',
    synchronized
      ? 'root dispersion is 7.42 msec, peer dispersion is 2.31 msec'
      : 'root dispersion is 5341.12 msec, peer dispersion is 16000.00 msec',
    `loopfilter state is '${synchronized ? 'CTRL' : 'SPIK'}' (${synchronized ? 'Normal Controlled Loop' : 'Spike'}), drift is 0.000008244 s/s`,
    `system poll interval is ${POLL_SECONDS}, last update was ${synchronized ? sinceSeconds : 7_301} sec ago.`,
  ];
}
