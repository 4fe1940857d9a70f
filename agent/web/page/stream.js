/**
 * The agent's events as they come (docs/api.md, GET /api/v1/events): server-sent events, read with fetch so that a token can go with the
 * request. Connects again by itself, later each time; a stream that says nothing for too long is taken for dead.
 */
import { AgentError } from './api.js';

/** A status comes every five seconds; two missed, and the stream is gone. */
const SILENCE_MS = 12_000;
const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** An event larger than this is none of the agent's. */
const EVENT_CHARACTERS_MAX = 4_000_000;

/**
 * @typedef {{ kind: 'connecting' } | { kind: 'live' } | { kind: 'lost', why: AgentError, retryAt: number } | { kind: 'token', why: AgentError }} LinkState
 */

/** Server-sent events out of text in pieces (WHATWG HTML, 9.2.6). Comments and what has no data are left out. */
export class EventParser {
  #rest = '';

  /**
   * @param {string} piece
   * @returns {{ event: string, data: string }[]}
   */
  feed(piece) {
    const blocks = (this.#rest + piece).replaceAll('\r\n', '\n').split('\n\n');
    this.#rest = blocks.pop() ?? '';
    if (this.#rest.length > EVENT_CHARACTERS_MAX)
      throw new AgentError(0, 'bad-stream', 'The agent sent an event that is too large.');
    return blocks.flatMap((block) => {
      let event = 'message';
      /** @type {string[]} */
      const data = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
      }
      return data.length === 0 ? [] : [{ event, data: data.join('\n') }];
    });
  }
}

export class EventStream {
  #api;
  #onEvent;
  #onState;
  #failures = 0;
  /** Ends the wait before the next attempt. */
  #hurry = () => {};
  #lastBytesAt = 0;
  /** @type {AbortController | null} */
  #open = null;

  /**
   * @param {import('./api.js').Api} api
   * @param {(event: string, data: any) => void} onEvent
   * @param {(state: LinkState) => void} onState
   */
  constructor(api, onEvent, onState) {
    this.#api = api;
    this.#onEvent = onEvent;
    this.#onState = onState;
  }

  /** Never returns. */
  async run() {
    for (;;) {
      this.#onState({ kind: 'connecting' });
      const why = await this.#follow();
      if (why.asksForToken) this.#onState({ kind: 'token', why });
      else {
        const wait = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)] ?? 0;
        // Many browsers that lost the same agent do not all come back at once.
        const waitMs = wait * (0.8 + Math.random() * 0.4);
        this.#failures += 1;
        this.#onState({ kind: 'lost', why, retryAt: Date.now() + waitMs });
        const timer = setTimeout(() => this.#hurry(), waitMs);
        await this.#wait();
        clearTimeout(timer);
        continue;
      }
      await this.#wait();
    }
  }

  /** A token was given, the network is back, the page is looked at again: do not wait any longer, nor for a stream that is dead. */
  hurry() {
    this.#failures = 0;
    if (Date.now() - this.#lastBytesAt > SILENCE_MS / 2) this.#open?.abort();
    this.#hurry();
  }

  #wait() {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#hurry = resolve;
      })
    );
  }

  /** Until it ends; why it did. */
  async #follow() {
    const open = new AbortController();
    this.#open = open;
    this.#lastBytesAt = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - this.#lastBytesAt > SILENCE_MS) open.abort();
    }, 1_000);
    try {
      const answer = await this.#api.read('/api/v1/events', open.signal);
      const type = answer.headers.get('content-type') ?? '';
      if (answer.body === null || !type.startsWith('text/event-stream'))
        return new AgentError(answer.status, 'bad-stream', 'What answers there is not this page’s agent.');
      await this.#readAll(answer.body);
      return new AgentError(0, 'ended', 'The agent ended the connection.');
    } catch (error) {
      if (error instanceof AgentError) return error;
      return open.signal.aborted
        ? new AgentError(0, 'silent', 'The agent says nothing any more.')
        : new AgentError(0, 'broken', 'The connection to the agent broke.');
    } finally {
      clearInterval(watch);
    }
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async #readAll(body) {
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let isLive = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#lastBytesAt = Date.now();
      for (const { event, data } of parser.feed(decoder.decode(value, { stream: true }))) {
        this.#onEvent(event, JSON.parse(data));
        if (isLive) continue;
        isLive = true;
        this.#failures = 0;
        this.#onState({ kind: 'live' });
      }
    }
  }
}
