/** IPv4 and IPv6 addresses and CIDR ranges as configuration, messages and packets spell them. Compared as numbers, never as text. */
import ipaddr from 'ipaddr.js';

/** Canonical text of an address: dotted quad, or RFC 5952; an IPv4-mapped IPv6 address becomes its IPv4. Null when it is none. */
export function canonicalAddress(text: string): string | null {
  const bare = text.replace(/%[\w.-]{1,20}$/, '');
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare).toString();
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return null;
  const v6 = ipaddr.IPv6.parse(bare);
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address().toString() : v6.toString();
}

export function sameAddress(a: string, b: string): boolean {
  const left = canonicalAddress(a);
  return left !== null && left === canonicalAddress(b);
}

export interface AddressRange {
  readonly text: string;
  readonly family: 4 | 6;
  readonly bits: number;
  readonly base: string;
}

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; null when it is neither. */
export function parseRange(text: string): AddressRange | null {
  const [addressText, bitsText, ...rest] = text.split('/');
  const base = canonicalAddress(addressText ?? '');
  if (base === null || rest.length > 0) return null;
  const family = base.includes(':') ? 6 : 4;
  const widest = family === 6 ? 128 : 32;
  if (bitsText === undefined) return { text, family, bits: widest, base };
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > widest) return null;
  return { text, family, bits: Number(bitsText), base };
}

export function rangeContains(range: AddressRange, address: string): boolean {
  const canonical = canonicalAddress(address);
  if (canonical === null) return false;
  const parsed = ipaddr.parse(canonical);
  if ((parsed.kind() === 'ipv6' ? 6 : 4) !== range.family) return false;
  return parsed.match(ipaddr.parse(range.base), range.bits);
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.bits <= b.bits ? rangeContains(a, b.base) : rangeContains(b, a.base);
}
