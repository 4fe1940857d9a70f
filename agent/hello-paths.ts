/**
 * What became of hellos on each path to each peer: one of several paths, or our direction of the only one, may be dead while the peer is
 * heard (pair-protocol.md, "Signals"). Kept by heartbeat.ts.
 */
import { timing } from '../shared/coordinate/timing.ts';
import type { PeerConfig } from './config/config.ts';
import { formatEndpoint } from './config/fields.ts';
import type { SendOutcome } from './net/signalling.ts';
import type { PeerAlarms } from './peer-alarms.ts';
import type { Endpoint } from './ports.ts';

export interface PathState {
  sent: number;
  acknowledged: number;
  /** Hellos in a row that were not acknowledged. */
  failedInARow: number;
  lastError: string | null;
}

export class HelloPaths {
  readonly #paths = new Map<string, PathState>();

  /** Null: no such peer or path. */
  of(peer: string, endpoint: Endpoint): PathState | null {
    return this.#paths.get(pathKey(peer, endpoint)) ?? null;
  }

  /** These, and no others; who stays has lost nothing. Returns what alarms of those that are gone end in. */
  follow(peers: readonly PeerConfig[]): string[] {
    const wanted = new Set(peers.flatMap(({ name, send }) => send.map((endpoint) => pathKey(name, endpoint))));
    for (const key of wanted)
      if (!this.#paths.has(key)) this.#paths.set(key, { sent: 0, acknowledged: 0, failedInARow: 0, lastError: null });
    const gone: string[] = [];
    for (const key of [...this.#paths.keys()]) {
      if (wanted.has(key)) continue;
      this.#paths.delete(key);
      const [name = '', address = '', port = ''] = key.split(' ');
      gone.push(`${formatEndpoint({ address, port: Number(port) })}:${name}`);
    }
    return gone;
  }

  sent(peer: string, endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) this.#paths.get(pathKey(peer, endpoint))!.sent++;
  }

  note(peer: string, endpoint: Endpoint, outcome: SendOutcome): void {
    const path = this.of(peer, endpoint);
    if (path === null) return;
    if (outcome.kind === 'failed') {
      path.failedInARow++;
      path.lastError = `${outcome.error.code}: ${outcome.error.message}`;
      return;
    }
    if (outcome.kind === 'acknowledged') path.acknowledged++;
    path.failedInARow = 0;
    path.lastError = null;
  }

  /** A peer that is silent altogether (`isHeard` false) has that alarm, and none for its paths. */
  judge(peer: PeerConfig, isHeard: boolean, alarms: Pick<PeerAlarms, 'settle'>): void {
    for (const endpoint of peer.send) {
      const path = this.#paths.get(pathKey(peer.name, endpoint))!;
      const key = `path-dead:${formatEndpoint(endpoint)}:${peer.name}`;
      const isDead = isHeard && path.failedInARow >= timing.missingHellosMax;
      const text = `${path.failedInARow} hellos in a row to ${peer.name} at ${formatEndpoint(endpoint)} were not acknowledged: no signal may reach it on that path (${path.lastError})`;
      alarms.settle(peer.name, key, isDead ? { key, text } : null);
    }
  }
}

const pathKey = (peer: string, { address, port }: Endpoint): string => `${peer} ${address} ${port}`;
