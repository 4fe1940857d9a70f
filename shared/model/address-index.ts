/**
 * Ranges of addresses by what they contain: whose is this address, and which ranges overlap, without asking each of thousands. CIDR ranges
 * contain one another or have nothing in common, so an address is looked up once for each length of prefix that there is. Used by the
 * rules of the configuration, the gate of messages and the receiver of signals.
 */
import { type AddressRange, canonicalAddress, prefixOf } from './address.ts';

export class AddressIndex<T> {
  /** By family and bits, `4/32`: what has which prefix. */
  readonly #byLength = new Map<
    string,
    { readonly family: 4 | 6; readonly bits: number; readonly held: Map<string, Held<T>[]> }
  >();
  #count = 0;

  constructor(entries: Iterable<readonly [range: AddressRange, value: T]> = []) {
    for (const [range, value] of entries) this.add(range, value);
  }

  add(range: AddressRange, value: T): void {
    const length = `${range.family}/${range.bits}`;
    let of = this.#byLength.get(length);
    if (of === undefined) {
      of = { family: range.family, bits: range.bits, held: new Map() };
      this.#byLength.set(length, of);
    }
    const prefix = prefixOf(range.base, range.family, range.bits);
    const there = of.held.get(prefix);
    const held = { order: this.#count++, value };
    if (there === undefined) of.held.set(prefix, [held]);
    else there.push(held);
  }

  /** Values of every range that the address is in, each once, in the order in which they were put in; empty for what is no address. */
  at(address: string): readonly T[] {
    const canonical = canonicalAddress(address);
    if (canonical === null) return [];
    const family = canonical.includes(':') ? 6 : 4;
    const found: Held<T>[] = [];
    for (const of of this.#byLength.values()) {
      if (of.family !== family) continue;
      const there = of.held.get(prefixOf(canonical, family, of.bits));
      if (there !== undefined) found.push(...there);
    }
    if (found.length < 2) return found.map(({ value }) => value);
    return [...new Set(found.sort((a, b) => a.order - b.order).map(({ value }) => value))];
  }

  /** Values of ranges that contain this one, itself included. What lies inside of it is not looked for. */
  around({ base, family, bits }: AddressRange): T[] {
    const found: T[] = [];
    for (const of of this.#byLength.values()) {
      if (of.family !== family || of.bits > bits) continue;
      for (const { value } of of.held.get(prefixOf(base, family, of.bits)) ?? []) found.push(value);
    }
    return found;
  }
}

interface Held<T> {
  readonly order: number;
  readonly value: T;
}
