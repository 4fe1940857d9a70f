/** IPv4 and IPv6 addresses and CIDR ranges as configuration, messages and packets spell them. Compared as numbers, never as text. */
import ipaddr from 'ipaddr.js';

/** What ipaddr.js throws and catches for each word of a hostile line costs more than the line. */
const V4_SHAPE = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const V6_SHAPE = /^[\da-f:.]{2,45}$/i;

/** Canonical text of an address: dotted quad, or RFC 5952; an IPv4-mapped IPv6 address becomes its IPv4. Null when it is none. */
export function canonicalAddress(text: string): string | null {
  if (v4Number(text) !== null) return text;
  const bare = text.replace(/%[\w.-]{1,20}$/, '');
  if (V4_SHAPE.test(bare)) return ipaddr.IPv4.isValidFourPartDecimal(bare) ? ipaddr.IPv4.parse(bare).toString() : null;
  if (!bare.includes(':') || !V6_SHAPE.test(bare) || !ipaddr.IPv6.isValid(bare)) return null;
  const v6 = ipaddr.IPv6.parse(bare);
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address().toString() : v6.toString();
}

const [DOT, ZERO, NINE] = [46, 48, 57] as const;

/**
 * A canonical dotted quad as its 32 bits; null for all else, which ipaddr.js reads. Asked of every chunk of lines and of every packet.
 */
function v4Number(text: string): number | null {
  let number = 0;
  let octet = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (octet === -1 || ++dots > 3) return null;
      number = (number << 8) | octet;
      octet = -1;
    } else if (code >= ZERO && code <= NINE && octet !== 0) {
      octet = octet === -1 ? code - ZERO : octet * 10 + code - ZERO;
      if (octet > 255) return null;
    } else return null;
  }
  return dots === 3 && octet !== -1 ? ((number << 8) | octet) >>> 0 : null;
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
  const number = v4Number(address);
  if (number !== null) {
    if (range.family !== 4) return false;
    const apart = (number ^ v4Number(range.base)!) >>> 0;
    return range.bits === 0 || apart >>> (32 - range.bits) === 0;
  }
  const canonical = canonicalAddress(address);
  if (canonical === null) return false;
  const parsed = ipaddr.parse(canonical);
  if ((parsed.kind() === 'ipv6' ? 6 : 4) !== range.family) return false;
  return parsed.match(ipaddr.parse(range.base), range.bits);
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.bits <= b.bits ? rangeContains(a, b.base) : rangeContains(b, a.base);
}

/** The first bits of a canonical address, in a form that is the same for all addresses with these bits. */
export function prefixOf(address: string, family: 4 | 6, bits: number): string {
  if (bits === (family === 6 ? 128 : 32)) return address;
  if (family === 6) return ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`).toString();
  return String(bits === 0 ? 0 : v4Number(address)! >>> (32 - bits));
}
