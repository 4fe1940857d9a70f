/**
 * The network between two agents, as bad as a night wants it: each way and each path has its own loss, delay and copies. Every packet that
 * leaves and every one that arrives is kept, with its time: checkers judge by it. Used by stage.ts.
 */
import type { Dice } from '../../support/dice.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import type { FakeNetwork, Packet } from '../../support/fake-datagrams.ts';
import { addresses, type End } from '../sim-pair.ts';

export const ENDS: readonly End[] = ['hub', 'spoke'];
export const otherEnd = (end: End): End => (end === 'hub' ? 'spoke' : 'hub');

export type Path = 'in-band' | 'out-of-band';
export const PATHS: readonly Path[] = ['in-band', 'out-of-band'];

/** The agents' addresses on the second path. */
export const outOfBand: Readonly<Record<End, string>> = { hub: '203.0.113.1', spoke: '203.0.113.2' };

interface Conditions {
  /** Of packets that leave this end by this path. */
  readonly lossPercent: number;
  /** At most: each packet has its own, and that reorders them. */
  readonly delayMs: number;
  readonly duplicatePercent: number;
}
const CALM: Conditions = { lossPercent: 0, delayMs: 0, duplicatePercent: 0 };

export interface Crossing {
  readonly from: End;
  readonly path: Path;
  readonly sentAt: number;
  /** Null: it never arrived. */
  arrivedAt: number | null;
  readonly bytes: Buffer;
}

export class Weather {
  readonly crossings: Crossing[] = [];
  readonly seen = { lost: 0, delayed: 0, duplicated: 0, reordered: 0, heldBack: 0 };
  readonly #conditions = new Map<string, Conditions>();
  readonly #lastSentOfArrived = new Map<string, number>();
  /** What leaves an end until then arrives so much later. */
  readonly #heldBack = new Map<End, { readonly until: number; readonly byMs: number }>();
  readonly #clock: FakeClock;
  readonly #network: FakeNetwork;
  readonly #dice: Dice;
  /** Told of each packet as it leaves, and when it first arrives. */
  onSent: (crossing: Crossing) => void = () => {};
  onArrival: (crossing: Crossing) => void = () => {};

  constructor(clock: FakeClock, network: FakeNetwork, dice: Dice) {
    this.#clock = clock;
    this.#network = network;
    this.#dice = dice;
    network.onPacket = (packet) => this.#cross(packet);
  }

  change(from: End, paths: readonly Path[], change: Partial<Conditions>): void {
    for (const path of paths) this.#conditions.set(`${from} ${path}`, { ...this.#of(from, path), ...change });
  }

  /** Somebody in between keeps what that end sends for so long, and lets it go later. */
  holdBack(from: End, forMs: number, byMs: number): void {
    this.#heldBack.set(from, { until: this.#clock.monotonic() + forMs, byMs });
  }

  clear(): void {
    this.#conditions.clear();
    this.#heldBack.clear();
  }

  #of(from: End, path: Path): Conditions {
    return this.#conditions.get(`${from} ${path}`) ?? CALM;
  }

  #cross(packet: Packet): boolean {
    const from = ENDS.find((end) => packet.from.address === addresses[end].agent);
    if (from === undefined) return true;
    const to = otherEnd(from);
    const path: Path = packet.to.address === outOfBand[to] ? 'out-of-band' : 'in-band';
    if (path === 'in-band' && packet.to.address !== addresses[to].agent) return true;
    const { lossPercent, delayMs, duplicatePercent } = this.#of(from, path);
    const crossing: Crossing = { from, path, sentAt: this.#clock.monotonic(), arrivedAt: null, bytes: packet.bytes };
    this.crossings.push(crossing);
    this.onSent(crossing);
    const held = this.#heldBack.get(from);
    if (held !== undefined && crossing.sentAt < held.until) {
      this.seen.heldBack++;
      this.#clock.timer('network', held.byMs, () => this.#arrive(crossing, to, packet));
      return false;
    }
    if (this.#dice.percent() < lossPercent) {
      this.seen.lost++;
      return false;
    }
    const copies = this.#dice.percent() < duplicatePercent ? 2 : 1;
    if (copies > 1) this.seen.duplicated++;
    for (let copy = 0; copy < copies; copy++) {
      const delay = delayMs === 0 ? 0 : this.#dice.upTo(delayMs);
      if (delay === 0) this.#arrive(crossing, to, packet);
      else {
        this.seen.delayed++;
        this.#clock.timer('network', delay, () => this.#arrive(crossing, to, packet));
      }
    }
    return false;
  }

  #arrive(crossing: Crossing, to: End, packet: Packet): void {
    const { from, path, sentAt } = crossing;
    const way = `${from} ${path}`;
    if (sentAt < (this.#lastSentOfArrived.get(way) ?? 0)) this.seen.reordered++;
    this.#lastSentOfArrived.set(way, sentAt);
    if (crossing.arrivedAt === null) {
      crossing.arrivedAt = this.#clock.monotonic();
      this.onArrival(crossing);
    }
    // One socket a host, whatever the path: what came by the second path says so by its sender's address.
    const address = path === 'in-band' ? addresses[from].agent : outOfBand[from];
    this.#network.inject({
      bytes: packet.bytes,
      from: { ...packet.from, address },
      to: { ...packet.to, address: addresses[to].agent },
    });
  }
}
