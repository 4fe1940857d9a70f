/**
 * BER as SNMP uses it (X.690, RFC 3417 §8), the island's own: the box must not share bugs with the agent's codec in shared/wire.
 * Encoding for message.ts and notification.ts; decoding of hostile bytes never throws, null stands for "not like this".
 */
export interface Tlv {
  readonly tag: number;
  readonly content: Uint8Array;
}

const LONG_FORM = 0x80;
const LENGTH_OCTETS_MAX = 4;
const ARCS_MAX = 128;

export function encodeTlv(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < LONG_FORM) return Buffer.concat([Buffer.from([tag, length]), content]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.concat([Buffer.from([tag, LONG_FORM | octets.length, ...octets]), content]);
}

export const encodeGroup = (tag: number, parts: readonly Uint8Array[]): Buffer => encodeTlv(tag, Buffer.concat(parts));

/** Two's complement in as few octets as it takes; |value| below 2^53. */
export function encodeInteger(tag: number, value: number): Buffer {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(((rest % 256) + 256) % 256);
    rest = Math.floor(rest / 256);
  } while (!((rest === 0 && octets[0]! < 0x80) || (rest === -1 && octets[0]! >= 0x80)));
  return encodeTlv(tag, Buffer.from(octets));
}

/** A dotted OID of our own making: two arcs at least. */
export function encodeOid(tag: number, oid: string): Buffer {
  const arcs = oid.split('.').map(Number);
  const octets = [arcs[0]! * 40 + arcs[1]!, ...arcs.slice(2)].flatMap((arc) => {
    const groups = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift(LONG_FORM | (rest % 128));
    return groups;
  });
  return encodeTlv(tag, Buffer.from(octets));
}

/** The elements that fill `bytes` exactly; null when they do not, or when there are more than `most`. */
export function decodeAll(bytes: Uint8Array, most: number): Tlv[] | null {
  const found: Tlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (found.length >= most || at + 2 > bytes.length) return null;
    const tag = bytes[at]!;
    // A tag of several octets has no place in SNMP.
    if ((tag & 0x1f) === 0x1f) return null;
    let length = bytes[at + 1]!;
    at += 2;
    if (length >= LONG_FORM) {
      const octets = length - LONG_FORM;
      if (octets === 0 || octets > LENGTH_OCTETS_MAX || at + octets > bytes.length) return null;
      length = bytes.subarray(at, at + octets).reduce((sum, octet) => sum * 256 + octet, 0);
      at += octets;
    }
    if (at + length > bytes.length) return null;
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

/** Signed; null for an empty one or one beyond 64 bits. */
export function decodeInteger(content: Uint8Array): bigint | null {
  if (content.length === 0 || content.length > 9) return null;
  let value = content[0]! >= 0x80 ? -1n : 0n;
  for (const octet of content) value = value * 256n + BigInt(octet);
  return value >= -(1n << 63n) && value < 1n << 64n ? value : null;
}

export function decodeOid(content: Uint8Array): string | null {
  if (content.length === 0 || content.length > ARCS_MAX * 5) return null;
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (arc > 0xffff_ffff) return null;
    if (octet >= LONG_FORM) continue;
    arcs.push(arc);
    arc = 0;
  }
  if (content[content.length - 1]! >= LONG_FORM || arcs.length > ARCS_MAX) return null;
  const first = Math.min(2, Math.floor(arcs[0]! / 40));
  return [first, arcs[0]! - first * 40, ...arcs.slice(1)].join('.');
}
