/**
 * BER as SNMP uses it (RFC 3417 §8 over X.690): definite lengths, single-octet tags, the types of RFC 2578.
 * Read by snmp-pdu.ts and snmp-message.ts. The reader never throws: the first fault sticks, reads after it return empty values,
 * and the caller looks at `fault` once at the end. Bounded by the buffer and by the caller's own limits.
 */
export const tags = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  counter32: 0x41,
  unsigned32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

/** RFC 2578 §3.5: at most 128 sub-identifiers, each at most 2^32-1. */
const OID_ARCS_MAX = 128;
const ARC_MAX = 0xffff_ffff;
const NO_BYTES = Buffer.alloc(0);
/** The longest object identifier as text: its arcs of ten digits, a dot behind each. Written over by every one that is read. */
const OID_TEXT = Buffer.alloc(OID_ARCS_MAX * 11);
const [DOT, ZERO] = [0x2e, 0x30] as const;

/** One pass over one buffer; `enter` and `leave` walk nested TLVs without allocating. */
export class BerReader {
  readonly bytes: Buffer;
  /** What was wrong first, with its offset; null while all is well. */
  fault: string | null = null;
  offset = 0;
  private end: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** True while the entered TLV has octets left and nothing was wrong. */
  get more(): boolean {
    return this.fault === null && this.offset < this.end;
  }

  /** The next tag without consuming it; -1 at the end. */
  peek(): number {
    return this.more ? this.bytes[this.offset]! : -1;
  }

  fail(why: string): void {
    this.fault ??= `${why} at octet ${this.offset}`;
  }

  /** Steps into a constructed TLV; give what it returns to `leave`. */
  enter(tag: number): number {
    const outer = this.end;
    const length = this.header(tag);
    if (this.fault === null) this.end = this.offset + length;
    return outer;
  }

  /** Every octet of the TLV must have been read: SNMP has no extension fields, leftovers are an attack or a broken encoder. */
  leave(outer: number): void {
    if (this.fault === null && this.offset !== this.end) this.fail('unread octets in a sequence');
    this.end = outer;
  }

  /** INTEGER as Integer32: at most four octets. */
  integer(tag: number = tags.integer): number {
    const length = this.header(tag);
    if (this.fault !== null) return 0;
    if (length < 1 || length > 4) return this.bad('integer of an impossible size');
    const value = this.bytes.readIntBE(this.offset, length);
    this.offset += length;
    return value;
  }

  /** Counter32, Gauge32 = Unsigned32, TimeTicks. Four octets with the top bit set are read as unsigned: old agents omit the zero. */
  unsigned(tag: number): number {
    const length = this.header(tag);
    if (this.fault !== null) return 0;
    if (length < 1 || length > 5 || (length === 5 && this.bytes[this.offset] !== 0))
      return this.bad('unsigned integer of an impossible size');
    if (length < 4 && this.bytes[this.offset]! >= 0x80) return this.bad('negative value of an unsigned type');
    const value = this.bytes.readUIntBE(this.offset, length);
    this.offset += length;
    return value;
  }

  counter64(): bigint {
    const length = this.header(tags.counter64);
    if (this.fault !== null) return 0n;
    if (length < 1 || length > 9 || (length === 9 && this.bytes[this.offset] !== 0)) {
      this.fail('Counter64 of an impossible size');
      return 0n;
    }
    let value = 0n;
    for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(this.bytes[this.offset + i]!);
    this.offset += length;
    return value;
  }

  /** A view into the buffer, not a copy. */
  octets(tag: number = tags.octets): Buffer {
    const length = this.header(tag);
    if (this.fault !== null) return NO_BYTES;
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  /** NULL and the exception values: a tag with nothing in it. */
  empty(tag: number): void {
    const length = this.header(tag);
    if (this.fault === null && length !== 0) this.fail('contents in a NULL');
  }

  /** Dotted decimal. */
  oid(): string {
    const length = this.header(tags.oid);
    if (this.fault !== null) return '';
    if (length === 0) return this.badText('empty object identifier');
    const end = this.offset + length;
    const head = this.arc(end);
    if (this.fault !== null) return '';
    const first = head < 40 ? 0 : head < 80 ? 1 : 2;
    let at = putArcText(putArcText(0, first), head - first * 40);
    for (let arcs = 2; this.offset < end; arcs++) {
      if (arcs >= OID_ARCS_MAX) return this.badText('object identifier of more than 128 arcs');
      at = putArcText(at, this.arc(end));
      if (this.fault !== null) return '';
    }
    // Without the last dot. One string at the end: put together arc by arc it would be dozens of them, a dozen times a notification.
    return OID_TEXT.toString('latin1', 0, at - 1);
  }

  /** The whole TLV that comes next, tag and length included, as a view. */
  raw(tag: number): Buffer {
    const start = this.offset;
    const length = this.header(tag);
    if (this.fault !== null) return NO_BYTES;
    this.offset += length;
    return this.bytes.subarray(start, this.offset);
  }

  private arc(end: number): number {
    if (this.bytes[this.offset] === 0x80) return this.bad('padded sub-identifier');
    let value = 0;
    while (this.offset < end) {
      const octet = this.bytes[this.offset++]!;
      value = value * 128 + (octet & 0x7f);
      if (value > ARC_MAX) return this.bad('sub-identifier above 2^32-1');
      if (octet < 0x80) return value;
    }
    return this.bad('unfinished sub-identifier');
  }

  /** Consumes tag and length; the length is within the entered TLV when nothing was wrong. */
  private header(tag: number): number {
    if (this.fault !== null) return 0;
    if (this.offset >= this.end) return this.bad('end of data');
    if (this.bytes[this.offset] !== tag)
      return this.bad(`tag 0x${this.bytes[this.offset]!.toString(16)} where 0x${tag.toString(16)} belongs`);
    this.offset += 1;
    if (this.offset >= this.end) return this.bad('end of data');
    let length = this.bytes[this.offset++]!;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      // Indefinite (0) is not allowed by RFC 3417 §8; more than four octets cannot be a datagram's.
      if (octets === 0 || octets > 4) return this.bad('length in a form that SNMP does not use');
      if (this.offset + octets > this.end) return this.bad('end of data');
      length = this.bytes.readUIntBE(this.offset, octets);
      this.offset += octets;
    }
    if (length > this.end - this.offset) return this.bad('length beyond the end');
    return length;
  }

  private bad(why: string): number {
    this.fail(why);
    return 0;
  }

  private badText(why: string): string {
    this.fail(why);
    return '';
  }
}

/** Its digits and a dot; where the next one goes. */
function putArcText(at: number, arc: number): number {
  let digits = 1;
  for (let power = 10; arc >= power; power *= 10) digits++;
  let rest = arc;
  for (let place = at + digits - 1; place >= at; place--) {
    const tens = Math.floor(rest / 10);
    OID_TEXT[place] = ZERO + rest - tens * 10;
    rest = tens;
  }
  OID_TEXT[at + digits] = DOT;
  return at + digits + 1;
}

/** A TLV with minimal length octets. */
export function berTlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of contents) length += part.length;
  const lengthOctets = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
  const tlv = Buffer.allocUnsafe(2 + lengthOctets + length);
  tlv[0] = tag;
  if (lengthOctets === 0) tlv[1] = length;
  else {
    tlv[1] = 0x80 | lengthOctets;
    tlv.writeUIntBE(length, 2, lengthOctets);
  }
  let at = 2 + lengthOctets;
  for (const part of contents) {
    tlv.set(part, at);
    at += part.length;
  }
  return tlv;
}

export const berSequence = (...contents: readonly Uint8Array[]): Buffer => berTlv(tags.sequence, ...contents);
export const berOctets = (bytes: Uint8Array, tag: number = tags.octets): Buffer => berTlv(tag, bytes);

/** Integer32, minimal. */
export function berInteger(value: number, tag: number = tags.integer): Buffer {
  const length =
    value >= -0x80 && value < 0x80
      ? 1
      : value >= -0x8000 && value < 0x8000
        ? 2
        : value >= -0x80_0000 && value < 0x80_0000
          ? 3
          : 4;
  const bytes = Buffer.alloc(length);
  bytes.writeIntBE(value, 0, length);
  return berTlv(tag, bytes);
}

/** Unsigned 32-bit types: a leading zero keeps the value positive. */
export function berUnsigned(value: number, tag: number): Buffer {
  const length = value < 0x80 ? 1 : value < 0x8000 ? 2 : value < 0x80_0000 ? 3 : value < 0x8000_0000 ? 4 : 5;
  const tlv = Buffer.alloc(2 + length);
  tlv[0] = tag;
  tlv[1] = length;
  tlv.writeUIntBE(value, 2, length);
  return tlv;
}

export function berCounter64(value: bigint, tag: number = tags.counter64): Buffer {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (rest > 0n);
  if (octets[0]! >= 0x80) octets.unshift(0);
  return berTlv(tag, Uint8Array.from(octets));
}

/** Dotted decimal of two arcs or more; the caller gives well-formed text, ours or what `oid()` returned. */
export function berOid(oid: string): Buffer {
  const octets: number[] = [];
  let arcs = 0;
  let first = 0;
  let arc = 0;
  for (let at = 0; at <= oid.length; at++) {
    const digit = at < oid.length ? oid.charCodeAt(at) - 0x30 : -1;
    if (digit >= 0) {
      arc = arc * 10 + digit;
      continue;
    }
    if (arcs === 0) first = arc;
    else putArc(octets, arcs === 1 ? first * 40 + arc : arc);
    arcs++;
    arc = 0;
  }
  return berTlv(tags.oid, new Uint8Array(octets));
}

/** Seven bits an octet, the most significant first; all but the last have their top bit set. */
function putArc(octets: number[], arc: number): void {
  for (let unit = 128 ** 4; unit > 1; unit /= 128) if (arc >= unit) octets.push((Math.floor(arc / unit) % 128) | 0x80);
  octets.push(arc % 128);
}
