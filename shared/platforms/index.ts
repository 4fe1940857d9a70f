/** The platforms shelf: one line a platform. */
import { ciscoIos } from './cisco-ios/cisco-ios.ts';
import { ciscoIosxe } from './cisco-iosxe/cisco-iosxe.ts';
import { linuxStrongswan } from './linux-strongswan/linux-strongswan.ts';
import type { Platform } from './platform.ts';

export const platforms: readonly Platform[] = [ciscoIos, ciscoIosxe, linuxStrongswan];

export const platformNames: readonly string[] = platforms.map((platform) => platform.name);

/** Null when the shelf has none of that name. */
export function platformNamed(name: string): Platform | null {
  return platforms.find((platform) => platform.name === name) ?? null;
}
