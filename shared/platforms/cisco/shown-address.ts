/** An address as a table of `show` prints it, also one that does not exist. Used by the parsers of IKE SAs and sessions. */
import { canonicalAddress } from '../../model/address.ts';

// 100.0.10::2: what recorded outputs hold where IPv6 addresses were made anonymous
const NEARLY = /^[0-9A-Fa-f.:]{2,60}$/;

/** Canonical, or in lower case as printed; null when it is nothing like an address. */
export function shownAddress(text: string): string | null {
  const canonical = canonicalAddress(text);
  if (canonical !== null) return canonical;
  return NEARLY.test(text) && text.includes('::') ? text.toLowerCase() : null;
}
