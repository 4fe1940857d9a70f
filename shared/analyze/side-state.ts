/**
 * One side of an SA as an end's tables show it: is it there at the first sample and at the last, does the sender encrypt with it, what moved in
 * between. A table that was limited to others, or cut off, denies nothing. Called by ledger.ts. Pure.
 */
import type { IpsecTable, SpiLookup } from '../model/evidence.ts';
import type { Spi } from '../model/flow.ts';
import type { IpsecIdent, IpsecSa } from '../model/sa.ts';
import type { EndIndex, Known, Quote, Sample, SideState } from './case.ts';

type Direction = IpsecSa['direction'];

export interface IdentAt {
  readonly ident: IpsecTable['idents'][number];
  readonly sample: Sample<IpsecTable>;
}

export interface SaAt extends IdentAt {
  readonly sa: IpsecSa;
}

/** An end's tables, looked up by SPI: a hub has thousands. */
export class Tables {
  readonly end: EndIndex;
  /** Oldest first. */
  readonly samples: readonly Sample<IpsecTable>[];
  readonly #lookups: readonly { readonly sample: Sample<SpiLookup>; readonly active: ReadonlySet<Spi> | null }[];
  readonly #sas = new Map<string, SaAt[]>();
  readonly #idents = new Map<string, IdentAt[]>();
  /** By the other party's address. */
  readonly #keysWith = new Map<string, Set<string>>();
  readonly #quote: (sample: Sample<unknown>, line: number) => Quote;

  constructor(
    end: EndIndex,
    samples: readonly Sample<IpsecTable>[],
    lookups: readonly Sample<SpiLookup>[],
    quote: (sample: Sample<unknown>, line: number) => Quote,
  ) {
    this.end = end;
    this.samples = [...samples].sort((a, b) => a.at.atClockMs - b.at.atClockMs);
    this.#quote = quote;
    this.#lookups = [...lookups]
      .sort((a, b) => a.at.atClockMs - b.at.atClockMs)
      .map((sample) => ({ sample, active: sample.value.active && new Set(sample.value.active.map(({ spi }) => spi)) }));
    for (const sample of this.samples)
      for (const ident of sample.value.idents) {
        const key = keyOf(ident);
        push(this.#idents, key, { ident, sample });
        for (const address of [ident.peer, ident.remoteEndpoint])
          if (address !== null) this.#keysWith.set(address, (this.#keysWith.get(address) ?? new Set()).add(key));
        for (const sa of ident.sas) if (sa.spi !== null) push(this.#sas, `${sa.direction} ${sa.spi}`, { sa, ident, sample });
      }
  }

  /** Oldest first. */
  find(direction: Direction, spi: Spi): readonly SaAt[] {
    return this.#sas.get(`${direction} ${spi}`) ?? [];
  }

  sas(): IterableIterator<SaAt[]> {
    return this.#sas.values();
  }

  quote(sample: Sample<unknown>, line: number): Quote {
    return this.#quote(sample, line);
  }

  /** `others`: addresses of the other party, as this end may know them. */
  side(direction: Direction, spi: Spi, others: readonly string[]): SideState {
    const found = this.find(direction, spi);
    const rounds = this.#states(direction, spi, others);
    const [first] = rounds;
    const last = rounds.findLast((one) => one.round !== first?.round);
    const newest = found.at(-1);
    const movement = this.#movement(direction, found, others);
    return {
      first: first?.known ?? 'unknown',
      last: last?.known ?? 'unknown',
      current: direction === 'outbound' ? this.#current(spi, found, others) : 'unknown',
      lifetimeSeconds: newest?.sa.lifetimeSeconds ?? null,
      lifetimeKilobytes: newest?.sa.lifetimeKilobytes ?? null,
      ...movement,
      quotes: this.#quotes(found, direction),
    };
  }

  #states(direction: Direction, spi: Spi, others: readonly string[]): { round: string; known: Known; atMs: number }[] {
    const states = this.samples.flatMap((sample) => {
      const has = this.find(direction, spi).some((one) => one.sample === sample);
      const known: Known = has ? 'yes' : sample.whole && covers(sample, others) ? 'no' : 'unknown';
      return known === 'unknown' ? [] : [{ round: sample.round, known, atMs: sample.at.atClockMs }];
    });
    // The table of inbound SPIs answers where no table of SAs does.
    const looked = this.#lookups.flatMap(({ sample, active }) => {
      if (direction !== 'inbound' || active === null || states.some(({ round }) => round === sample.round)) return [];
      const known: Known = active.has(spi) ? 'yes' : sample.whole ? 'no' : 'unknown';
      return known === 'unknown' ? [] : [{ round: sample.round, known, atMs: sample.at.atClockMs }];
    });
    return [...states, ...looked].sort((a, b) => a.atMs - b.atMs);
  }

  /** By the newest table that can tell. */
  #current(spi: Spi, found: readonly SaAt[], others: readonly string[]): Known {
    for (const sample of this.samples.toReversed()) {
      const here = found.filter((one) => one.sample === sample);
      if (here.some(({ ident }) => ident.currentOutboundSpi === spi)) return 'yes';
      if (here.some(({ ident }) => ident.currentOutboundSpi !== null)) return 'no';
      if (here.length === 0 && sample.whole && covers(sample, others)) return 'no';
    }
    return 'unknown';
  }

  /** Of its ident, or, where it is in none, of all idents with the other party; counters of one device alone are compared. */
  #movement(direction: Direction, found: readonly SaAt[], others: readonly string[]): Pick<SideState, 'packets' | 'errors'> {
    const keys = new Set(
      found.length > 0
        ? found.map(({ ident }) => keyOf(ident))
        : others.flatMap((address) => [...(this.#keysWith.get(address) ?? [])]),
    );
    let packets: number | null = null;
    let errors: number | null = null;
    for (const key of keys) {
      const all = this.#idents.get(key) ?? [];
      const [first] = all;
      const last = all.findLast((one) => one.sample.round !== first?.sample.round);
      if (first === undefined || last === undefined) continue;
      // The same SPI in both: a platform that has a block for each SA.
      const pair = sameSa(all, found) ?? [first.ident, last.ident];
      packets = sum(packets, delta(pair, [[direction === 'outbound' ? 'pkts encaps' : 'pkts decaps']]));
      errors = sum(errors, delta(pair, direction === 'outbound' ? SEND_ERRORS : RECEIVE_ERRORS));
    }
    return { packets, errors };
  }

  #quotes(found: readonly SaAt[], direction: Direction): Quote[] {
    const [first] = found;
    const last = found.findLast((one) => one.sample.round !== first?.sample.round);
    return [first, last].flatMap((one) => {
      if (one === undefined) return [];
      const { sa, ident, sample } = one;
      const quotes = [this.#quote(sample, sa.line)];
      if (direction === 'outbound' && ident.currentOutboundSpi === sa.spi && ident.currentOutboundSpiLine !== null)
        quotes.unshift(this.#quote(sample, ident.currentOutboundSpiLine));
      return quotes;
    });
  }
}

/** Alternatives: the first that is printed counts, since sums of the short form contain the parts of the long one. */
const RECEIVE_ERRORS = [['recv errors'], ['pkts invalid sa (rcv)', 'pkts decaps failed (rcv)', 'pkts verify failed']];
const SEND_ERRORS = [['send errors'], ['pkts no sa (send)', 'pkts encaps failed (send)']];

function delta([first, last]: readonly [IpsecIdent, IpsecIdent], alternatives: readonly (readonly string[])[]): number | null {
  for (const names of alternatives) {
    const moved = names.flatMap((name) => {
      const [from, to] = [first.counters[name], last.counters[name]];
      return from === undefined || to === undefined ? [] : [to - from];
    });
    // It went back: cleared, or the block was made anew.
    if (moved.some((one) => one < 0)) return null;
    if (moved.length > 0) return moved.reduce((a, b) => a + b, 0);
  }
  return null;
}

const sum = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

function sameSa(all: readonly IdentAt[], found: readonly SaAt[]): readonly [IpsecIdent, IpsecIdent] | null {
  const here = found.filter((one) => all.some(({ ident }) => ident === one.ident));
  const [first] = here;
  const last = here.findLast((one) => one.sample.round !== first?.sample.round);
  return first && last ? [first.ident, last.ident] : null;
}

/** The same tunnel in two samples. */
const keyOf = (ident: IpsecIdent): string =>
  [ident.interface, ident.vrf, ident.localIdent, ident.remoteIdent, ident.remoteEndpoint ?? ident.peer].join('\n');

/** Would the table show it? */
const covers = ({ value }: Sample<IpsecTable>, others: readonly string[]): boolean =>
  value.peers === null || value.peers.some((peer) => others.includes(peer));

function push<T>(map: Map<string, T[]>, key: string, one: T): void {
  const known = map.get(key);
  if (known) known.push(one);
  else map.set(key, [one]);
}
