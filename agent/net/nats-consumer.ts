/**
 * A durable pull consumer that goes on over every connection: for agent/net/nats.ts. Asks for what is there, and only when nothing is waits for the
 * next; a batch is handed over as soon as it is there, and the next is asked for when it was settled: the handler sets the pace, and nothing piles
 * up here. Acknowledged only behind a handler that settled; what is lost between is given out again, to whoever consumes under the same name.
 */
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { type Backoff, backoffDelays } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { ConsumeAsk, EngineConsumer, EngineMessage } from '../fleet-ports.ts';
import type { Life } from './nats.ts';

/** How long one request for the next message stands at the server. */
const STAND_MS: DurationMs = 20_000;
/** The server answers a request that takes what is there at once; an answer that does not come was lost. */
const AT_ONCE_MS: DurationMs = 10_000;
/** A request may be lost with the server's memory: what it should have said by then, it will not say. */
const GRACE_MS: DurationMs = 5_000;
/** A batch whose handler rejected is not asked for again at once: its disk is full, or worse. */
const AGAIN_MS: DurationMs = 1_000;
const TROUBLE: Backoff = { firstMs: 500, factor: 2, mostMs: 15_000, jitter: 0 };
/** Given out and not acknowledged, over all that share the name: some batches of a few instances. */
const BATCHES_OUT_MAX = 16;

interface Room {
  readonly clock: Clock;
  readonly onClosed: () => void;
}

interface Given {
  readonly message: EngineMessage;
  readonly reply: string;
  readonly pending: number;
}

export class NatsConsumer implements EngineConsumer {
  readonly #ask: ConsumeAsk;
  readonly #onBatch: (batch: readonly EngineMessage[]) => Promise<void>;
  readonly #room: Room;
  #behind: number | null = null;
  #life: Life | null = null;
  #running: Promise<void> | null = null;
  /** Ends a wait of the run that is under way. */
  #wake: (() => void) | null = null;
  #closed = false;

  constructor(ask: ConsumeAsk, onBatch: (batch: readonly EngineMessage[]) => Promise<void>, room: Room) {
    this.#ask = ask;
    this.#onBatch = onBatch;
    this.#room = room;
  }

  behind(): number | null {
    return this.#behind;
  }

  begin(life: Life): void {
    if (this.#closed) return;
    this.#life = life;
    const before = this.#running ?? Promise.resolve();
    const running = before.then(() => this.#run(life));
    this.#running = running;
  }

  lost(life: Life): void {
    if (this.#life !== life) return;
    this.#life = null;
    this.#behind = null;
    this.#wake?.();
  }

  /** Waits for the handler that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#room.onClosed();
    this.#wake?.();
    await this.#running;
  }

  #over(life: Life): boolean {
    return this.#closed || this.#life !== life;
  }

  /** Never rejects: what fails is tried again while this connection stands. */
  async #run(life: Life): Promise<void> {
    let delays = backoffDelays(TROUBLE, () => 0);
    while (!this.#over(life)) {
      try {
        await this.#make(life);
        delays = backoffDelays(TROUBLE, () => 0);
        await this.#consume(life);
      } catch {
        // No such stream yet, not allowed, or the connection has ended: `behind` is not known, and that is shown.
        this.#behind = null;
        if (!this.#over(life)) await this.#pause(delays.next().value);
      }
    }
  }

  async #make({ manager }: Life): Promise<void> {
    const { AckPolicy, DeliverPolicy } = await import('@nats-io/jetstream');
    const { stream, durable, from, ackWaitMs, batchMax } = this.#ask;
    try {
      await manager.consumers.info(stream, durable);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ConsumerNotFoundError')) throw error;
      await manager.consumers.add(stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        ack_wait: ackWaitMs * 1_000_000,
        max_deliver: -1,
        max_ack_pending: batchMax * BATCHES_OUT_MAX,
        ...(from > 1
          ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
          : { deliver_policy: DeliverPolicy.All }),
      });
    }
  }

  /** Until the connection ends, the consumer is gone, or it is closed. */
  async #consume(life: Life): Promise<void> {
    const { createInbox } = await import('@nats-io/transport-node');
    const mail = new Mail(life.connection, createInbox(life.inboxPrefix));
    try {
      while (!this.#over(life)) {
        let batch = await this.#pull(mail, life, { batch: this.#ask.batchMax, no_wait: true }, AT_ONCE_MS);
        if (batch.length === 0) {
          this.#behind = 0;
          batch = await this.#pull(mail, life, { batch: 1, expires: STAND_MS * 1_000_000 }, STAND_MS + GRACE_MS);
          // Empty too: whether the consumer still is there is asked anew.
          if (batch.length === 0) return;
        }
        const settled = await this.#onBatch(batch.map(({ message }) => message)).then(
          () => true,
          () => false,
        );
        this.#behind = batch.at(-1)?.pending ?? this.#behind;
        for (const { reply } of batch) life.connection.publish(reply, settled ? '+ACK' : '-NAK');
        if (!settled) await this.#pause(AGAIN_MS);
      }
    } finally {
      mail.close();
    }
  }

  /** What came of one request, up to its end: full, told so by the server, or `atMostMs`. Rejects when the consumer is gone. */
  async #pull(
    mail: Mail,
    life: Life,
    request: { readonly batch: number; readonly no_wait?: true; readonly expires?: number },
    atMostMs: DurationMs,
  ): Promise<readonly Given[]> {
    const { stream, durable } = this.#ask;
    const given: Given[] = [];
    await new Promise<void>((resolve, reject) => {
      const end = (failed: Error | null): void => {
        timer.cancel();
        mail.onLetter = null;
        this.#wake = null;
        if (failed === null) resolve();
        else reject(failed);
      };
      const timer = this.#room.clock.timer('fleet consumer pull', atMostMs, () => end(null));
      this.#wake = () => end(null);
      mail.onLetter = (letter) => {
        if (letter.kind === 'message') {
          given.push(letter.given);
          if (given.length >= request.batch) end(null);
        } else end(letter.kind === 'end' ? null : letter.error);
      };
      life.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, JSON.stringify(request), { reply: mail.inbox });
    });
    return given;
  }

  #pause(delayMs: DurationMs): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
      const timer = this.#room.clock.timer('fleet consumer again', delayMs, go);
      this.#wake = go;
    });
  }
}

type Letter =
  | { readonly kind: 'message'; readonly given: Given }
  /** Nothing there, or no more than what came. */
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: Error };

/** The inbox of one consumer; a letter that nobody waits for is given out again by the server when its time to be acknowledged is over. */
class Mail {
  readonly inbox: string;
  onLetter: ((letter: Letter) => void) | null = null;
  readonly #subscription: Subscription;

  constructor(connection: NatsConnection, inbox: string) {
    this.inbox = inbox;
    this.#subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error) {
          this.onLetter?.({ kind: 'failed', error });
          return;
        }
        const { headers, reply, subject, data } = message;
        const code = headers?.code ?? 0;
        if (code !== 0) {
          // 404 nothing there, 408 its time is over; 409 the consumer was deleted or moved, 503 nobody serves it.
          if (code === 404 || code === 408) this.onLetter?.({ kind: 'end' });
          else if (code !== 100) this.onLetter?.({ kind: 'failed', error: new Error(`status ${code}`) });
          return;
        }
        const about = reply === undefined ? null : aboutDelivery(reply);
        if (about === null || reply === undefined) return;
        const { sequence, storedAtMs, delivery, pending } = about;
        const given = { message: { subject, bytes: data, sequence, storedAtMs, delivery }, reply, pending };
        this.onLetter?.({ kind: 'message', given });
      },
    });
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; since 2.10 may begin with domain and account (ADR-15). */
export function aboutDelivery(
  reply: string,
): { readonly sequence: number; readonly storedAtMs: number; readonly delivery: number; readonly pending: number } | null {
  const parts = reply.split('.');
  if (parts[0] !== '$JS' || parts[1] !== 'ACK' || (parts.length !== 9 && parts.length < 11)) return null;
  const [delivered, streamSequence, , time, pending] = parts.slice(parts.length === 9 ? 4 : 6);
  const numbers = [delivered, streamSequence, time, pending].map(Number);
  if (numbers.some((number) => !Number.isFinite(number))) return null;
  return { delivery: numbers[0]!, sequence: numbers[1]!, storedAtMs: Math.floor(numbers[2]! / 1e6), pending: numbers[3]! };
}
