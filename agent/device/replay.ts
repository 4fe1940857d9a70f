/**
 * Plays a transcript (transcript.ts) as a ShellTransport: what came is delivered, byte by byte or as recorded, as soon as what was sent
 * before it has been sent again. For tests and for looking at a recorded session with today's dialogue. No clock: order is all.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { Shell, ShellTransport } from '../ports.ts';
import type { TranscriptEvent } from './transcript.ts';

export function replayShells(events: readonly TranscriptEvent[], delivery: 'bytes' | 'recorded'): ShellTransport {
  return { open: async () => new ReplayedShell(events, delivery) };
}

class ReplayedShell implements Shell {
  readonly hostKeyFingerprint = 'SHA256:replayed';
  readonly #events: readonly TranscriptEvent[];
  readonly #delivery: 'bytes' | 'recorded';
  #next = 0;
  /** Of the `sent` event at #next, what is still to be sent. */
  #expected: string | null = null;
  #onData: (bytes: Buffer) => void = () => {};
  #onClose: ((reason: SpitrapError | null) => void)[] = [];
  #over: { readonly reason: SpitrapError | null } | null = null;

  constructor(events: readonly TranscriptEvent[], delivery: 'bytes' | 'recorded') {
    this.#events = events;
    this.#delivery = delivery;
  }

  onData(handler: (bytes: Buffer) => void): void {
    this.#onData = handler;
    queueMicrotask(() => this.#play());
  }

  onClose(handler: (reason: SpitrapError | null) => void): void {
    if (this.#over === null) this.#onClose.push(handler);
    else handler(this.#over.reason);
  }

  /** Something else than was recorded ends the session: the dialogue has changed. */
  write(text: string): void {
    if (this.#over !== null) return;
    const expected = this.#expected ?? '';
    if (!expected.startsWith(text)) {
      const what = `the transcript goes on with ${quoted(expected)}, sent was ${quoted(text)}`;
      this.#end(new SpitrapError('SSH_CLOSED', what));
      return;
    }
    this.#expected = expected.slice(text.length);
    if (this.#expected !== '') return;
    this.#expected = null;
    this.#next += 1;
    queueMicrotask(() => this.#play());
  }

  async close(): Promise<void> {
    this.#end(null);
  }

  #play(): void {
    while (this.#over === null && this.#expected === null) {
      const event = this.#events[this.#next];
      if (event === undefined) return;
      if (event.kind === 'sent') {
        this.#expected = event.text;
        return;
      }
      this.#next += 1;
      if (event.kind === 'came') this.#deliver(Buffer.from(event.text, 'latin1'));
      else
        this.#end(
          event.text === ''
            ? null
            : new SpitrapError('SSH_CLOSED', `the transcript ends with ${quoted(event.text)}`, { retryable: true }),
        );
    }
  }

  #deliver(bytes: Buffer): void {
    if (this.#delivery === 'recorded') this.#onData(bytes);
    else for (const byte of bytes) this.#onData(Buffer.from([byte]));
  }

  #end(reason: SpitrapError | null): void {
    if (this.#over !== null) return;
    this.#over = { reason };
    for (const listener of this.#onClose.splice(0)) listener(reason);
  }
}
