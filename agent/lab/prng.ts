/**
 * The lab's only source of chance: a seeded 32-bit generator (mulberry32), so that the same seed and the same script give
 * the same bytes. Used by every file of the island; never for anything that must be unpredictable.
 */
export class Prng {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform over 0..2^32-1. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** Uniform integer, both ends included. */
  between(low: number, high: number): number {
    return low + (this.uint32() % (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.uint32() % items.length]!;
  }

  /** An SPI as IKE hands them out: unsigned 32-bit; 0..255 are reserved (RFC 4303 §2.1). */
  spi(): number {
    const spi = this.uint32();
    return spi > 0xff ? spi : this.spi();
  }

  /** Upper-case hex digits, e.g. an 8-octet IKE cookie for 16. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.uint32().toString(16).padStart(8, '0');
    return text.slice(0, digits).toUpperCase();
  }

  /** Characters of a crypt(3) salt or hash. */
  cryptText(characters: number): string {
    const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    return Array.from({ length: characters }, () => alphabet[this.uint32() % 64]).join('');
  }

  /** A generator of its own for a part of the box, so that one part's draws do not shift another's. */
  fork(name: string): Prng {
    let hash = this.state;
    for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    return new Prng(hash);
  }
}
