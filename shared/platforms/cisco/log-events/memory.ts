/** What lines of a log leave for those that follow: whose a connection id is, and which way the last packet went. Bounded. Used by log-events.ts and its readers. */
import { limits } from '../../../limits.ts';

export class LogMemory {
  /** SA ID of the last `IKEv2:(… SA ID = n)` line: a packet's further lines do not repeat it. */
  lastIkev2: string | null = null;
  packetWay: 'in' | 'out' | null = null;
  /** SA IDs that wait for the answer to a liveness query. */
  readonly asked = new Set<string>();
  readonly #peers = new Map<string, string>();

  /** A connection id of null is none: nothing to remember it by. */
  remember(ike: string | null, peer: string): void {
    if (ike === null) return;
    this.#peers.delete(ike);
    this.#peers.set(ike, peer);
    const oldest = this.#peers.keys().next().value;
    if (this.#peers.size > limits.logConnectionsMax && oldest !== undefined) this.#peers.delete(oldest);
    if (this.asked.size > limits.logConnectionsMax) this.asked.clear();
  }

  peerOf(ike: string | null): string | null {
    return ike === null ? null : (this.#peers.get(ike) ?? null);
  }
}
