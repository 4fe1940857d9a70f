/**
 * The Engines port in memory: one cluster (`FakeCluster`) that many engines are open to. It can be away, lose acknowledgements (it has the message,
 * the sender is told it failed), hang, and refuse some messages for ever. Streams keep their messages in order; ids are one message within the
 * duplicate window; durable consumers share, and give out again what was not acknowledged.
 */
import { createHash } from 'node:crypto';
import type {
  ConsumeAsk,
  Engine,
  EngineConsumer,
  EngineKeeps,
  EngineMessage,
  EngineOptions,
  EngineState,
  Engines,
} from '../../agent/fleet-ports.ts';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';

interface Stored {
  readonly subject: string;
  readonly bytes: Buffer;
  readonly sequence: number;
  readonly storedAtMs: number;
  readonly messageId: string | null;
}

interface Stream {
  readonly subjects: readonly string[];
  readonly perSubjectMax: number | null;
  readonly messages: Stored[];
  last: number;
  readonly durables: Map<string, Durable>;
}

interface Durable {
  /** First sequence not given out yet. */
  next: number;
  /** Sequences given out and not acknowledged: when they come again, and how often they were given. */
  readonly out: Map<number, { readonly againAtMs: number; readonly delivery: number }>;
}

export const refusedByEngine = (what: string, retryable: boolean): SpitrapError =>
  new SpitrapError('ENGINE_FAILED', what, { retryable, context: { server: 'fake' } });

export class FakeCluster implements Engines {
  readonly streams = new Map<string, Stream>();
  readonly objects = new Map<string, Buffer>();
  readonly opened: FakeEngine[] = [];
  readonly clock: Clock;
  duplicateWindowMs = 120_000;
  /** Answers to publishes that are lost from now on: the message is kept, the sender is told that it failed. */
  loseAcknowledgements = 0;
  /** Nothing is answered any more, nothing is refused. */
  hangs = false;
  /** Null: taken. A text: refused for ever with it. */
  refuse: (subject: string, bytes: Uint8Array) => string | null = () => null;
  #away = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get away(): boolean {
    return this.#away;
  }

  set away(away: boolean) {
    if (away === this.#away) return;
    this.#away = away;
    for (const engine of this.opened) engine.tell();
  }

  open(options: EngineOptions): FakeEngine {
    const engine = new FakeEngine(this, options);
    this.opened.push(engine);
    return engine;
  }

  /** A stream as agents expect it, without `ensure`. */
  make(name: string, subjects: readonly string[], perSubjectMax: number | null = null): void {
    if (!this.streams.has(name)) this.streams.set(name, { subjects, perSubjectMax, messages: [], last: 0, durables: new Map() });
  }

  messagesOf(name: string): readonly Stored[] {
    return this.streams.get(name)?.messages ?? [];
  }

  store(
    subject: string,
    bytes: Uint8Array,
    messageId: string | null,
  ): { readonly sequence: number; readonly duplicate: boolean } {
    const stream = [...this.streams.values()].find(({ subjects }) => subjects.some((pattern) => matches(pattern, subject)));
    if (stream === undefined) throw refusedByEngine(`publish to ${subject}: no such stream`, true);
    const nowMs = this.clock.wall();
    const known =
      messageId === null
        ? undefined
        : stream.messages.findLast(
            (stored) => stored.messageId === messageId && nowMs - stored.storedAtMs <= this.duplicateWindowMs,
          );
    if (known !== undefined) return { sequence: known.sequence, duplicate: true };
    const sequence = ++stream.last;
    stream.messages.push({ subject, bytes: Buffer.from(bytes), sequence, storedAtMs: nowMs, messageId });
    if (stream.perSubjectMax !== null) {
      const same = stream.messages.filter((stored) => stored.subject === subject);
      for (const old of same.slice(0, -stream.perSubjectMax)) stream.messages.splice(stream.messages.indexOf(old), 1);
    }
    for (const engine of this.opened) engine.stir();
    return { sequence, duplicate: false };
  }
}

export class FakeEngine implements Engine {
  readonly options: EngineOptions;
  readonly #cluster: FakeCluster;
  readonly #handlers: ((state: EngineState) => void)[] = [];
  readonly #consumers = new Set<FakeConsumer>();
  closed = false;
  /** How often something was published, acknowledged or not. */
  published = 0;

  constructor(cluster: FakeCluster, options: EngineOptions) {
    this.#cluster = cluster;
    this.options = options;
  }

  state(): EngineState {
    if (this.closed) return { connected: false, server: null, why: 'closed' };
    return this.#cluster.away
      ? { connected: false, server: null, why: 'fake: connection refused' }
      : { connected: true, server: 'fake', why: null };
  }

  onState(handler: (state: EngineState) => void): void {
    this.#handlers.push(handler);
  }

  tell(): void {
    for (const handler of this.#handlers) handler(this.state());
    this.stir();
  }

  stir(): void {
    for (const consumer of this.#consumers) consumer.stir();
  }

  async publish(
    subject: string,
    bytes: Uint8Array,
    messageId: string | null,
  ): Promise<{ readonly sequence: number; readonly duplicate: boolean }> {
    this.published++;
    await this.#reach(`publish to ${subject}`);
    const refusal = this.#cluster.refuse(subject, bytes);
    if (refusal !== null) throw refusedByEngine(`publish to ${subject}: ${refusal}`, false);
    const taken = this.#cluster.store(subject, bytes, messageId);
    if (this.#cluster.loseAcknowledgements > 0) {
      this.#cluster.loseAcknowledgements--;
      throw refusedByEngine(`publish to ${subject}: no answer in time`, true);
    }
    return taken;
  }

  async putObject(
    bucket: string,
    name: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly bytes: number; readonly sha256: string }> {
    await this.#reach(`put ${name}`);
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) {
      await this.#reach(`put ${name}`);
      parts.push(Buffer.from(chunk));
    }
    const whole = Buffer.concat(parts);
    this.#cluster.objects.set(`${bucket}/${name}`, whole);
    return { bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') };
  }

  async getObject(
    bucket: string,
    name: string,
  ): Promise<{ readonly bytes: number; readonly chunks: AsyncIterable<Uint8Array> } | null> {
    await this.#reach(`get ${name}`);
    const whole = this.#cluster.objects.get(`${bucket}/${name}`);
    if (whole === undefined) return null;
    return { bytes: whole.length, chunks: inPieces(whole) };
  }

  async ensure(wanted: EngineKeeps): Promise<readonly string[]> {
    await this.#reach('make streams');
    for (const { name, subjects, perSubjectMax } of wanted.streams) this.#cluster.make(name, subjects, perSubjectMax);
    return [];
  }

  async streamState(
    stream: string,
  ): Promise<{ readonly messages: number; readonly bytes: number; readonly first: number; readonly last: number } | null> {
    await this.#reach(`look at ${stream}`);
    const found = this.#cluster.streams.get(stream);
    if (found === undefined) return null;
    const { messages, last } = found;
    const bytes = messages.reduce((sum, stored) => sum + stored.bytes.length, 0);
    return { messages: messages.length, bytes, first: messages[0]?.sequence ?? last + 1, last };
  }

  consume(ask: ConsumeAsk, onBatch: (batch: readonly EngineMessage[]) => Promise<void>): EngineConsumer {
    const consumer = new FakeConsumer(this.#cluster, this, ask, onBatch, () => void this.#consumers.delete(consumer));
    this.#consumers.add(consumer);
    consumer.stir();
    return consumer;
  }

  async forget(stream: string, durable: string): Promise<void> {
    await this.#reach(`forget ${durable}`);
    this.#cluster.streams.get(stream)?.durables.delete(durable);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
  }

  async #reach(what: string): Promise<void> {
    if (this.#cluster.hangs) await new Promise(() => {});
    await Promise.resolve();
    if (this.closed || this.#cluster.away) throw refusedByEngine(`${what}: not connected`, true);
  }
}

class FakeConsumer implements EngineConsumer {
  readonly #cluster: FakeCluster;
  readonly #engine: FakeEngine;
  readonly #ask: ConsumeAsk;
  readonly #onBatch: (batch: readonly EngineMessage[]) => Promise<void>;
  readonly #onClosed: () => void;
  #behind: number | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(
    cluster: FakeCluster,
    engine: FakeEngine,
    ask: ConsumeAsk,
    onBatch: (batch: readonly EngineMessage[]) => Promise<void>,
    onClosed: () => void,
  ) {
    this.#cluster = cluster;
    this.#engine = engine;
    this.#ask = ask;
    this.#onBatch = onBatch;
    this.#onClosed = onClosed;
  }

  behind(): number | null {
    return this.#behind;
  }

  stir(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClosed();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await Promise.resolve();
      if (!this.#engine.state().connected || this.#cluster.hangs) {
        this.#behind = null;
        return;
      }
      const batch = this.#take();
      if (batch.length === 0) {
        if (this.#behind !== null || this.#durable() !== null) this.#behind = 0;
        continue;
      }
      this.#again = true;
      try {
        await this.#onBatch(batch);
        for (const { sequence } of batch) this.#durable()?.out.delete(sequence);
      } catch {
        for (const { sequence, delivery } of batch) this.#durable()?.out.set(sequence, { againAtMs: 0, delivery });
        await this.#cluster.clock.sleep('fake engine nak', 1_000);
      }
    }
  }

  #durable(): Durable | null {
    const stream = this.#cluster.streams.get(this.#ask.stream);
    if (stream === undefined) return null;
    const known = stream.durables.get(this.#ask.durable);
    if (known !== undefined) return known;
    const made: Durable = { next: this.#ask.from, out: new Map() };
    stream.durables.set(this.#ask.durable, made);
    return made;
  }

  #take(): EngineMessage[] {
    const durable = this.#durable();
    const stream = this.#cluster.streams.get(this.#ask.stream);
    if (durable === null || stream === undefined) return [];
    const nowMs = this.#cluster.clock.monotonic();
    const due = [...durable.out].filter(([, { againAtMs }]) => againAtMs <= nowMs).map(([sequence]) => sequence);
    const fresh = stream.messages.filter(({ sequence }) => sequence >= durable.next).map(({ sequence }) => sequence);
    const chosen = [...due, ...fresh].slice(0, this.#ask.batchMax);
    const given: EngineMessage[] = [];
    for (const sequence of chosen) {
      const stored = stream.messages.find((message) => message.sequence === sequence);
      const delivery = (durable.out.get(sequence)?.delivery ?? 0) + 1;
      durable.next = Math.max(durable.next, sequence + 1);
      if (stored === undefined) {
        durable.out.delete(sequence);
        continue;
      }
      durable.out.set(sequence, { againAtMs: nowMs + this.#ask.ackWaitMs, delivery });
      const { subject, bytes, storedAtMs } = stored;
      given.push({ subject, bytes, sequence, storedAtMs, delivery });
    }
    this.#behind = fresh.length + due.length - chosen.length;
    if (durable.out.size > 0) this.#cluster.clock.timer('fake engine ack wait', this.#ask.ackWaitMs, () => this.stir());
    return given;
  }
}

/** `*` is one token, `>` the rest. */
function matches(pattern: string, subject: string): boolean {
  const [wanted, found] = [pattern.split('.'), subject.split('.')];
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return found.length > index;
    if (found[index] === undefined || (token !== '*' && token !== found[index])) return false;
  }
  return wanted.length === found.length;
}

async function* inPieces(whole: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += 65_536) yield whole.subarray(at, at + 65_536);
}
