/**
 * The network between the ends of live/: IKE messages travel, arrive late, get lost; addresses lead to whoever answers for them now.
 * RFC 2408, 2409, 7296 in outline: which message it is and what it names, not its bytes.
 */
import type { Prng } from '../prng.ts';
import type { Timeouts } from './timeouts.ts';

/** `ike`: the initiator's cookie or SPI, by which both ends know the IKE SA. */
export type IkeMessage =
  /** All of main mode or IKE_SA_INIT and IKE_AUTH up to the last message. `still`: its initiator has not given it up meanwhile. */
  | {
      readonly what: 'offer';
      readonly ike: string;
      readonly initialContact: boolean;
      readonly port: number;
      readonly still: () => boolean;
    }
  | { readonly what: 'accept'; readonly ike: string; readonly responderSpi: string }
  /** Quick mode or CREATE_CHILD_SA: the inbound SPI of who sends it. */
  | { readonly what: 'child'; readonly ike: string; readonly id: number; readonly spi: number; readonly seconds: number }
  | { readonly what: 'child-answer'; readonly ike: string; readonly id: number; readonly spi: number; readonly seconds: number }
  /** Quick mode's third message; under IKEv2 the first packet on the new SA takes its place. */
  | { readonly what: 'child-commit'; readonly ike: string; readonly id: number }
  /** Inbound SPIs of who sends it (RFC 2408 §3.15, RFC 7296 §3.11). */
  | { readonly what: 'delete-ipsec'; readonly ike: string; readonly id: number; readonly spis: readonly number[] }
  | { readonly what: 'delete-ike'; readonly ike: string }
  /** IKEv2 answers every request. */
  | { readonly what: 'deleted'; readonly ike: string; readonly id: number }
  | { readonly what: 'alive'; readonly ike: string; readonly sequence: number }
  | { readonly what: 'alive-answer'; readonly ike: string; readonly sequence: number };

export interface Host {
  readonly address: string;
  isDown(): boolean;
  receive(message: IkeMessage): void;
}

/** True: the network loses it. */
export type Loss = (message: IkeMessage, from: string) => boolean;

export class Link {
  /** One way, in the mean. */
  readonly latencyMs: number;
  readonly losses: Loss[] = [];
  /** What was lost, in order: the truth. */
  readonly lost: IkeMessage[] = [];
  /** Nothing at all goes through, ESP included. */
  down = false;
  private readonly hosts = new Map<string, Host>();
  private readonly lastArrival = new Map<string, number>();
  private readonly timeouts: Timeouts;
  private readonly prng: Prng;
  private readonly now: () => number;

  constructor(latencyMs: number, timeouts: Timeouts, prng: Prng, now: () => number) {
    this.latencyMs = latencyMs;
    this.timeouts = timeouts;
    this.prng = prng;
    this.now = now;
  }

  /** Whoever answers for the address from now on: another box after a failover. */
  attach(host: Host): void {
    this.hosts.set(host.address, host);
  }

  host(address: string): Host | undefined {
    return this.hosts.get(address);
  }

  /** `roundTrips`: of the exchange that this message stands for, as main mode has three. */
  send(from: string, to: string, message: IkeMessage, roundTrips = 0): void {
    if (this.down || this.losses.some((loses) => loses(message, from))) {
      this.lost.push(message);
      return;
    }
    const delayMs = this.latencyMs * (1 + 2 * roundTrips) + this.prng.between(1, 9);
    // One path, one queue: what was sent later comes later.
    const now = this.now();
    const earliest = this.lastArrival.get(from) ?? 0;
    const arrivesAt = Math.max(now + delayMs, earliest + 0.2);
    if (roundTrips === 0) this.lastArrival.set(from, arrivesAt);
    this.timeouts.in(arrivesAt - now, () => {
      const host = this.hosts.get(to);
      if (host && !host.isDown()) host.receive(message);
    });
  }
}
