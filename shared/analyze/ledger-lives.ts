/**
 * The SPIs of a case, one life each: found in tables, named by events, reported by messages. An SPI is its receiver's number, so a life is
 * known by SPI and receiver. Filled by ledger.ts. Pure.
 */
import { limits } from '../limits.ts';
import type { Spi } from '../model/flow.ts';
import type { EndIndex, SaMark } from './case.ts';

/** An end of the case, or the address of one that has no bundle here. Null: not known yet. */
export type Party = EndIndex | string | null;

export interface Life {
  readonly spi: Spi;
  receiver: Party;
  sender: Party;
  src: string | null;
  dst: string | null;
  reported: boolean;
  readonly marks: SaMark[];
  marksLeft: number;
  /** Local and remote identities as the receiver would spell them: which of several tunnels between the two it serves. */
  ident: string | null;
  partner: Spi | null;
  /** On the axis: when it was made, or the same for all of its group but for one constant; null: nothing tells. */
  bornMs: number | null;
}

export class Lives {
  readonly #bySpi = new Map<Spi, Life[]>();
  /** Named by something, and not kept. */
  left = 0;
  #count = 0;

  all(): Life[] {
    return [...this.#bySpi.values()].flat();
  }

  of(spi: Spi): readonly Life[] {
    return this.#bySpi.get(spi) ?? [];
  }

  /**
   * What a line of a log names. Tables and messages know better whose number it is: a line before it may be lost, and behind NAT the other
   * end has another address. That two devices chose the same of four billion is less likely than either.
   */
  named(spi: Spi, receiver: Party, sender: Party): Life | null {
    const known = this.#bySpi.get(spi) ?? [];
    const [only] = known;
    if (only === undefined || known.length > 1) return this.take(spi, receiver, sender);
    const isElsewhere = typeof only.receiver === 'string' && typeof receiver === 'string' && only.receiver !== receiver;
    if (isElsewhere) return this.take(spi, receiver, sender);
    if (typeof only.receiver !== 'number' && receiver !== null && receiver !== only.sender) only.receiver = receiver;
    if (typeof only.sender !== 'number' && sender !== null && sender !== only.receiver) only.sender = sender;
    return only;
  }

  /** The life of that SPI that can be this one; made when there is none. Null: beyond the limit. */
  take(spi: Spi, receiver: Party, sender: Party): Life | null {
    const known = this.#bySpi.get(spi) ?? [];
    const found =
      known.find((life) => receiver !== null && life.receiver === receiver) ??
      known.find((life) => fits(life.receiver, receiver) && fits(life.sender, sender));
    if (found) {
      found.receiver ??= receiver;
      found.sender ??= sender;
      return found;
    }
    if (this.#count >= limits.caseSpisMax) {
      this.left++;
      return null;
    }
    this.#count++;
    const life: Life = {
      spi,
      receiver,
      sender,
      src: null,
      dst: null,
      reported: false,
      marks: [],
      marksLeft: 0,
      ident: null,
      partner: null,
      bornMs: null,
    };
    this.#bySpi.set(spi, [...known, life]);
    return life;
  }
}

const fits = (known: Party, said: Party): boolean => known === null || said === null || known === said;

/** The same by two ways (a debug and the event trace) is one mark: within this on the same clock. */
const SAME_MARK_MS = 1_000;

export function mark(life: Life, one: SaMark): void {
  const isKnown = life.marks.some(
    (known) =>
      known.what === one.what &&
      known.end === one.end &&
      known.what !== 'seen' &&
      known.what !== 'refused' &&
      (known.at === null ||
        one.at === null ||
        (known.at.clock === one.at.clock && Math.abs(known.at.atClockMs - one.at.atClockMs) < SAME_MARK_MS)),
  );
  if (isKnown) return;
  if (life.marks.length < limits.caseMarksMax) life.marks.push(one);
  else {
    life.marks[life.marks.length - 1] = one;
    life.marksLeft++;
  }
}
