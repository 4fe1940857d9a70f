/**
 * The Engines port over NATS with JetStream (@nats-io 3.4; nats-server 2.9 and later), wired by world.ts. One connection at a time, made anew by
 * ourselves for ever: the library's own reconnecting keeps what it was given in memory while it is away, and tells nobody why it is. Here whoever
 * asks while nothing is connected is told so at once, and what was under way when a connection ended is rejected with it.
 */
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { type Backoff, backoffDelays } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { subjectToken } from '../../shared/fleet/record.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type {
  ConsumeAsk,
  Engine,
  EngineConsumer,
  EngineKeeps,
  EngineMessage,
  EngineOptions,
  EngineState,
  Engines,
} from '../fleet-ports.ts';
import type { Random } from '../ports.ts';
import { NatsConsumer } from './nats-consumer.ts';
import { engineFailed, whyOf } from './nats-errors.ts';
import { ensureKept } from './nats-keeps.ts';
import { getObject, putObject } from './nats-objects.ts';

/** Until one server has shown itself and let us in. */
const CONNECT_MS: DurationMs = 5_000;
/** For one acknowledgement; a server that syncs to a slow disk has some. */
export const ANSWER_MS: DurationMs = 10_000;
/** A connection over which nothing comes back for two of these is given up: a router that drops it says nothing. */
const PING_EVERY_MS: DurationMs = 20_000;
/** What close() waits for what was written to leave. */
const CLOSE_MS: DurationMs = 2_000;
const AGAIN: Backoff = { firstMs: 500, factor: 2, mostMs: 30_000, jitter: 0.5 };
/** A connection that held so long was a good one: the next is tried soon. */
const HELD_MS: DurationMs = 30_000;

/** One connection, from its login to its end. */
export interface Life {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly inboxPrefix: string;
}

export const natsEngines = (clock: Clock, random: Random): Engines => ({
  open: (options) => new NatsEngine(options, clock, random),
});

class NatsEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #servers: string;
  readonly #handlers: ((state: EngineState) => void)[] = [];
  readonly #consumers = new Set<NatsConsumer>();
  readonly #waiters = new Set<() => void>();
  #state: EngineState = { connected: false, server: null, why: 'not connected yet' };
  #life: Life | null = null;
  #closed = false;

  constructor(options: EngineOptions, clock: Clock, random: Random) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#servers = options.servers.map(hostOf).join(', ');
    void this.#connectForEver();
  }

  state(): EngineState {
    return this.#state;
  }

  onState(handler: (state: EngineState) => void): void {
    this.#handlers.push(handler);
  }

  async publish(
    subject: string,
    bytes: Uint8Array,
    messageId: string | null,
  ): Promise<{ readonly sequence: number; readonly duplicate: boolean }> {
    const { seq, duplicate } = await this.#ask(`publish to ${subject}`, ({ jetstream }) =>
      jetstream.publish(subject, bytes, { timeout: ANSWER_MS, ...(messageId === null ? {} : { msgID: messageId }) }),
    );
    return { sequence: seq, duplicate };
  }

  putObject(
    bucket: string,
    name: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly bytes: number; readonly sha256: string }> {
    return this.#ask(`put ${name} into ${bucket}`, (life) =>
      putObject(life, { bucket, name, modifiedAt: new Date(this.#clock.wall()).toISOString() }, chunks),
    );
  }

  getObject(
    bucket: string,
    name: string,
  ): Promise<{ readonly bytes: number; readonly chunks: AsyncIterable<Uint8Array> } | null> {
    return this.#ask(`get ${name} of ${bucket}`, (life) => getObject(life, bucket, name));
  }

  ensure(wanted: EngineKeeps): Promise<readonly string[]> {
    return this.#ask('make streams', (life) => ensureKept(life, wanted));
  }

  streamState(
    stream: string,
  ): Promise<{ readonly messages: number; readonly bytes: number; readonly first: number; readonly last: number } | null> {
    return this.#ask(`look at ${stream}`, async ({ manager }) => {
      try {
        const { state } = await manager.streams.info(stream);
        return { messages: state.messages, bytes: state.bytes, first: state.first_seq, last: state.last_seq };
      } catch (error) {
        if (error instanceof Error && error.name === 'StreamNotFoundError') return null;
        throw error;
      }
    });
  }

  consume(ask: ConsumeAsk, onBatch: (batch: readonly EngineMessage[]) => Promise<void>): EngineConsumer {
    const consumer = new NatsConsumer(ask, onBatch, {
      clock: this.#clock,
      onClosed: () => void this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    if (this.#life !== null) consumer.begin(this.#life);
    return consumer;
  }

  async forget(stream: string, durable: string): Promise<void> {
    await this.#ask(`forget ${durable} of ${stream}`, async ({ manager }) => {
      try {
        await manager.consumers.delete(stream, durable);
      } catch (error) {
        if (!(error instanceof Error && /^(ConsumerNotFound|StreamNotFound)Error$/.test(error.name))) throw error;
      }
    });
  }

  /** Comes within CLOSE_MS, whatever the server does. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const life = this.#life;
    this.#life = null;
    for (const wake of [...this.#waiters]) wake();
    const done = (async () => {
      await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
      if (life === null) return;
      await life.connection.flush().catch(() => {});
      await life.connection.close();
    })().catch(() => {});
    await new Promise<void>((resolve) => {
      const timer = this.#clock.timer('fleet engine close', CLOSE_MS, resolve);
      void done.then(() => {
        timer.cancel();
        resolve();
      });
    });
    // To nobody: whoever closes it knows.
    this.#state = { connected: false, server: null, why: 'closed' };
  }

  async #ask<T>(what: string, act: (life: Life) => Promise<T>): Promise<T> {
    const life = this.#life;
    if (life === null) {
      const why = this.#closed ? 'closed' : (this.#state.why ?? 'not connected');
      throw new SpitrapError('ENGINE_FAILED', `${what}: not connected to ${this.#servers}: ${why}`, {
        retryable: true,
        context: { server: null },
      });
    }
    try {
      return await act(life);
    } catch (error) {
      throw engineFailed(what, error, life.connection.getServer());
    }
  }

  async #connectForEver(): Promise<void> {
    let delays = backoffDelays(AGAIN, () => this.#random.uniform());
    while (!this.#closed) {
      try {
        const life = await this.#connect();
        if (this.#closed) return void life.connection.close().catch(() => {});
        const since = this.#clock.monotonic();
        await this.#live(life);
        if (this.#clock.monotonic() - since >= HELD_MS) delays = backoffDelays(AGAIN, () => this.#random.uniform());
      } catch (error) {
        this.#tell({ connected: false, server: null, why: `${this.#servers}: ${whyOf(error)}` });
      }
      if (!this.#closed) await this.#pause(delays.next().value);
    }
  }

  /** Each of the servers is tried once. */
  async #connect(): Promise<Life> {
    const { connect, credsAuthenticator } = await import('@nats-io/transport-node');
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
    const { servers, name, tls, login } = this.#options;
    const wantsTls = tls !== null || servers.some((server) => /^tls:/i.test(server));
    // Of one's own: an account can be held to it, and then hears nobody else's answers.
    const inboxPrefix = `_INBOX.${subjectToken(name)}`;
    const options: ConnectionOptions = {
      servers: servers.map(hostOf),
      name,
      inboxPrefix,
      reconnect: false,
      timeout: CONNECT_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: 2,
      noAsyncTraces: true,
      ignoreClusterUpdates: true,
      ...(wantsTls
        ? {
            tls: {
              ...(tls?.ca ? { ca: tls.ca } : {}),
              ...(tls?.certificate ? { cert: tls.certificate } : {}),
              ...(tls?.key ? { key: tls.key } : {}),
            },
          }
        : {}),
      ...(login.kind === 'user' ? { user: login.user, pass: login.password } : {}),
      ...(login.kind === 'token' ? { token: login.token } : {}),
      ...(login.kind === 'creds' ? { authenticator: credsAuthenticator(new TextEncoder().encode(login.creds)) } : {}),
    };
    const connection = await connect(options);
    return {
      connection,
      jetstream: jetstream(connection, { timeout: ANSWER_MS }),
      manager: await jetstreamManager(connection, { timeout: ANSWER_MS, checkAPI: false }),
      inboxPrefix,
    };
  }

  async #live(life: Life): Promise<void> {
    const { connection } = life;
    this.#life = life;
    const server = connection.getServer();
    this.#tell({ connected: true, server, why: null });
    for (const consumer of this.#consumers) consumer.begin(life);
    const ended = await connection.closed();
    if (this.#life === life) this.#life = null;
    for (const consumer of this.#consumers) consumer.lost(life);
    this.#tell({
      connected: false,
      server: null,
      why: `${server}: ${ended instanceof Error ? whyOf(ended) : 'the connection was lost'}`,
    });
  }

  /** A night away is one thing to say, however often it was tried. */
  #tell(state: EngineState): void {
    const { connected, server, why } = this.#state;
    this.#state = state;
    if (state.connected === connected && state.server === server && state.why === why) return;
    for (const handler of this.#handlers) handler(state);
  }

  #pause(delayMs: DurationMs): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel();
        this.#waiters.delete(go);
        resolve();
      };
      const timer = this.#clock.timer('fleet engine connects', delayMs, go);
      this.#waiters.add(go);
    });
  }
}

/** `host:port` alone: a name and password in a URL are not said anywhere. */
export function hostOf(server: string): string {
  const rest = server
    .trim()
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/[/?#].*$/s, '');
  const host = rest.slice(rest.lastIndexOf('@') + 1);
  return /:\d+$/.test(host) && (host.startsWith('[') || host.indexOf(':') === host.lastIndexOf(':')) ? host : `${host}:4222`;
}
