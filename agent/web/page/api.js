/**
 * What the page asks of its agent, and the token that goes with it: kept for this tab alone (sessionStorage), sent in a header, never in an
 * address. docs/api.md has the requests.
 */

const TOKEN = 'spitrap-token';
/** Arming a device whose AAA takes seconds for each line. */
const ACT_WITHIN_MS = 180_000;
const READ_WITHIN_MS = 15_000;

/** An answer that is no success, or none at all (`status` 0). */
export class AgentError extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** The token is missing or wrong. */
  get asksForToken() {
    return this.status === 401 || this.code === 'wrong-token' || this.code === 'no-token';
  }
}

export class Api {
  /** Reading is not free here: over the network, without a client certificate. */
  readNeedsToken = false;
  /** In case the browser keeps nothing for us. @type {string | null} */
  #token = null;

  get token() {
    try {
      return sessionStorage.getItem(TOKEN) ?? this.#token;
    } catch {
      return this.#token;
    }
  }

  /** @param {string} token */
  keep(token) {
    this.#token = token;
    try {
      sessionStorage.setItem(TOKEN, token);
    } catch {
      // Kept in this page, then: it is asked for again after a reload.
    }
  }

  forget() {
    this.#token = null;
    try {
      sessionStorage.removeItem(TOKEN);
    } catch {
      // Nothing was kept.
    }
  }

  /** @param {string} path @returns {Promise<any>} */
  async get(path) {
    return await (await this.read(path, AbortSignal.timeout(READ_WITHIN_MS))).json();
  }

  /** @param {string} path */
  async text(path) {
    return await (await this.read(path, AbortSignal.timeout(READ_WITHIN_MS))).text();
  }

  /** Rejects with AgentError. @param {string} path @param {AbortSignal} signal @returns {Promise<Response>} */
  async read(path, signal) {
    const answer = await ask(path, { headers: this.#headers(this.readNeedsToken), signal });
    if (answer.ok) return answer;
    const error = await errorOf(answer);
    if (!error.asksForToken) throw error;
    const wasSent = this.readNeedsToken && this.token !== null;
    this.readNeedsToken = true;
    // Given before, in this tab: it was only not known yet that reading wants it, too.
    if (!wasSent && this.token !== null) return await this.read(path, signal);
    throw error;
  }

  /** @param {string} action @param {Record<string, unknown>} body @returns {Promise<any>} */
  async act(action, body) {
    const headers = { ...this.#headers(true), 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(ACT_WITHIN_MS);
    const answer = await ask(`/api/v1/${action}`, { method: 'POST', headers, body: JSON.stringify(body), signal });
    if (answer.ok) return await answer.json();
    throw await errorOf(answer);
  }

  /** @param {boolean} withToken @returns {Record<string, string>} */
  #headers(withToken) {
    const { token } = this;
    return withToken && token !== null ? { authorization: `Bearer ${token}` } : {};
  }
}

/** @param {string} path @param {RequestInit} how */
async function ask(path, how) {
  try {
    return await fetch(path, { ...how, cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new AgentError(
      0,
      late ? 'late' : 'no-answer',
      late ? 'The agent did not answer in time.' : 'The agent does not answer.',
    );
  }
}

/** @param {Response} answer */
async function errorOf(answer) {
  /** @type {any} */
  const body = await answer.json().catch(() => null);
  const code = typeof body?.error?.code === 'string' ? body.error.code : `http-${answer.status}`;
  const message = typeof body?.error?.message === 'string' ? body.error.message : `The agent answered ${answer.status}.`;
  return new AgentError(answer.status, code, message);
}
