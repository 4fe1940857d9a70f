/**
 * The port to the distributed engine (NATS with JetStream): what agent/publish/ and agent/fleet/ ask of it. Its adapter is agent/net/nats.ts; tests
 * of rooms have one in memory (test/support/fake-engine.ts). Nothing on an incident's path knows of it.
 */
import type { DurationMs } from '../shared/model/time.ts';

export interface EngineOptions {
  /** `nats://host:4222`, `tls://host:4222`. */
  readonly servers: readonly string[];
  /** Shown to the server's operator. */
  readonly name: string;
  readonly tls: { readonly ca: string | null; readonly certificate: string | null; readonly key: string | null } | null;
  readonly login:
    | { readonly kind: 'none' }
    | { readonly kind: 'user'; readonly user: string; readonly password: string }
    | { readonly kind: 'token'; readonly token: string }
    /** Text of a `.creds` file: JWT and nkey seed. */
    | { readonly kind: 'creds'; readonly creds: string };
}

export interface Engines {
  /** Comes at once: connects, and connects again, by itself for ever. */
  open(options: EngineOptions): Engine;
}

export type EngineState = { readonly connected: boolean; readonly server: string | null; readonly why: string | null };

export interface Engine {
  state(): EngineState;
  /** At each change, and only then; not for our own `close`. */
  onState(handler: (state: EngineState) => void): void;
  /** Settles when the stream has it on its disk. Rejects with SpitrapError ENGINE_FAILED: away, no such stream, not allowed, too slow. */
  publish(
    subject: string,
    bytes: Uint8Array,
    messageId: string | null,
  ): Promise<{ readonly sequence: number; readonly duplicate: boolean }>;
  /** Replaces what has this name. Chunks as they come; rejects as publish. */
  putObject(
    bucket: string,
    name: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** Null: there is none. The chunks reject when what came is not what was put. */
  getObject(bucket: string, name: string): Promise<{ readonly bytes: number; readonly chunks: AsyncIterable<Uint8Array> } | null>;
  /** Makes what is absent, and changes nothing that is there; says what is otherwise than asked. */
  ensure(wanted: EngineKeeps): Promise<readonly string[]>;
  /** Number of messages and bytes, first and last sequence; null: no such stream. */
  streamState(
    stream: string,
  ): Promise<{ readonly messages: number; readonly bytes: number; readonly first: number; readonly last: number } | null>;
  /**
   * A durable consumer: several that consume under one name share the messages; what one did not acknowledge in time another gets.
   * Goes on by itself over lost connections, until closed. `from`: sequence of the stream at which a new one begins.
   */
  consume(ask: ConsumeAsk, onBatch: (batch: readonly EngineMessage[]) => Promise<void>): EngineConsumer;
  /** Of a durable consumer that is not wanted any more. Absent is fine. */
  forget(stream: string, durable: string): Promise<void>;
  close(): Promise<void>;
}

export interface ConsumeAsk {
  readonly stream: string;
  readonly durable: string;
  readonly from: number;
  readonly batchMax: number;
  readonly ackWaitMs: DurationMs;
}

export interface EngineMessage {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly sequence: number;
  /** When the engine took it, ms since 1970. */
  readonly storedAtMs: number;
  /** How often it was given out; 1: the first time. */
  readonly delivery: number;
}

export interface EngineConsumer {
  /** Messages not given out yet, as of the last batch; null: not known. */
  behind(): number | null;
  /** A batch whose handler settled is acknowledged; one whose handler rejected comes again. */
  close(): Promise<void>;
}

export interface EngineKeeps {
  readonly streams: readonly {
    readonly name: string;
    readonly subjects: readonly string[];
    readonly perSubjectMax: number | null;
    readonly bytesMax: number;
    readonly ageMaxMs: DurationMs | null;
    readonly duplicateWindowMs: DurationMs;
    readonly replicas: number;
  }[];
  readonly buckets: readonly {
    readonly name: string;
    readonly bytesMax: number;
    readonly ageMaxMs: DurationMs | null;
    readonly replicas: number;
  }[];
}
