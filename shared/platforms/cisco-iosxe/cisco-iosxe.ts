/** Cisco IOS XE: as IOS, and the data plane's drop counters, because before 2.3.2 (and under rate limits) only they tell of an invalid SPI (Note B). */
import { ciscoPlatform } from '../cisco/cisco.ts';
import type { Platform } from '../platform.ts';
import { dropCounters } from './drop-counters.ts';

const iosxe = ciscoPlatform('cisco-iosxe', {
  dropCounters: [
    // IpsecInput
    'show platform hardware qfp active statistics drop | include Ipsec',
    // 4 IN_US_V4_PKT_SA_NOT_FOUND_SPI n; cumulative: before and after are compared
    'show platform hardware qfp active feature ipsec datapath drops all | include SPI',
  ],
  // Which SA was made and deleted when, though nobody debugged; a release without it refuses the line, which is an answer.
  traces: ['show monitor event-trace crypto ipsec event all', 'show monitor event-trace crypto ikev2 event all'],
});

export const ciscoIosxe: Platform = { ...iosxe, dropCounters };
