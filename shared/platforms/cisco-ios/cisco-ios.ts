/** Cisco IOS 12.4 to 15.x. */
import { ciscoPlatform } from '../cisco/cisco.ts';

export const ciscoIos = ciscoPlatform('cisco-ios', { dropCounters: [], traces: [] });
