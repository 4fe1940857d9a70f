/**
 * The Datagrams port with an ear on it: what `spitrap signal send` shows of the wire is what the production sender sent and what came
 * back to its socket, octet by octet. Changes nothing on the way.
 */
import type { Clock } from '../../../shared/clock.ts';
import { limits } from '../../../shared/limits.ts';
import type { Monotonic } from '../../../shared/model/time.ts';
import type { Datagrams, Endpoint } from '../../ports.ts';

export interface TappedDatagram {
  readonly direction: 'sent' | 'heard';
  readonly bytes: Buffer;
  /** Where it went, or came from. */
  readonly far: Endpoint;
  /** Our socket. */
  readonly near: Endpoint;
  readonly at: Monotonic;
}

/** Hex of a datagram; the community of v1 and v2c, a password in the clear, as `xx`. Anything it could stand in is hidden too. */
export function hexWithout(community: string | null, bytes: Buffer): string {
  const hex = bytes.toString('hex');
  if (community === null || community === '') return hex;
  const secret = Buffer.from(community, 'utf8');
  let shown = '';
  let from = 0;
  for (let found = bytes.indexOf(secret); found >= 0; found = bytes.indexOf(secret, from)) {
    shown += hex.slice(from * 2, found * 2) + 'xx'.repeat(secret.length);
    from = found + secret.length;
  }
  return shown + hex.slice(from * 2);
}

export class WireTap implements Datagrams {
  readonly #datagrams: Datagrams;
  readonly #clock: Clock;
  #taken: TappedDatagram[] = [];
  /** Beyond limits.tappedDatagramsMax: somebody floods our socket. */
  dropped = 0;

  constructor(datagrams: Datagrams, clock: Clock) {
    this.#datagrams = datagrams;
    this.#clock = clock;
  }

  async bind(endpoint: Endpoint, options: { readonly receiveBufferBytes: number }) {
    const socket = await this.#datagrams.bind(endpoint, options);
    const take = (direction: TappedDatagram['direction'], bytes: Uint8Array, far: Endpoint): void => {
      if (this.#taken.length >= limits.tappedDatagramsMax) this.dropped++;
      else this.#taken.push({ direction, bytes: Buffer.from(bytes), far, near: socket.local, at: this.#clock.monotonic() });
    };
    return {
      local: socket.local,
      receiveBufferBytes: socket.receiveBufferBytes,
      onMessage: (handler: (bytes: Buffer, from: Endpoint) => void) =>
        socket.onMessage((bytes, from) => {
          take('heard', bytes, from);
          handler(bytes, from);
        }),
      send: (bytes: Uint8Array, to: Endpoint) => {
        take('sent', bytes, to);
        socket.send(bytes, to);
      },
      onSendError: socket.onSendError.bind(socket),
      close: () => socket.close(),
    };
  }

  async sourceFor(to: Endpoint): Promise<string | null> {
    return (await this.#datagrams.sourceFor?.(to)) ?? null;
  }

  /** What was on the wire since the last call, oldest first. */
  take(): readonly TappedDatagram[] {
    return this.#taken.splice(0);
  }
}
