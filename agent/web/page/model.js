/**
 * What the page knows, and since when. Times are the agent's: its clock at the last status, and what has passed here since.
 */
import { instant } from './format.js';
import { countersOf, Rates } from './rates.js';

/** A status comes every five seconds. */
const STALE_AFTER_MS = 7_500;
/** An agent that restarts is back sooner, and nobody is startled. */
const STALE_WHEN_LOST_MS = 3_000;
const STEPS_MAX = 400;
const INCIDENTS_FOLLOWED_MAX = 8;

/** @typedef {{ at: string, text: string, reason: string }} Step */

export class Model {
  /** AgentStatus. @type {any} */
  status = null;
  /** Of the agent that this page came from. */
  version = '';
  /** @type {import('./stream.js').LinkState} */
  link = { kind: 'connecting' };
  rates = new Rates();
  /** As /api/v1/incidents lists them; null: not asked yet. @type {any[] | null} */
  past = null;
  /** Why they could not be had. @type {string | null} */
  pastError = null;
  /** Of each incident that ran while this page looked. @type {Map<string, Step[]>} */
  steps = new Map();
  /** Of past ones whose steps were asked for: the steps, or why there are none. @type {Map<string, Step[] | string>} */
  read = new Map();
  #receivedAt = 0;

  /** @param {any} status */
  take(status) {
    if (status === null || typeof status !== 'object' || typeof status.version !== 'string') throw new TypeError('no status');
    const at = instant(status.at) ?? 0;
    this.rates.feed(`${status.startedAt} ${status.pid}`, at, countersOf(status));
    this.status = status;
    this.version ||= status.version;
    this.#receivedAt = Date.now();
  }

  /** A step of an incident; one that is known already is not told twice. @param {string} incident @param {Step} step */
  step(incident, step) {
    const steps = this.steps.get(incident) ?? [];
    if (steps.some((one) => one.at === step.at && one.reason === step.reason && one.text === step.text)) return;
    steps.push(step);
    steps.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
    if (steps.length > STEPS_MAX) steps.shift();
    this.steps.set(incident, steps);
    const [oldest] = this.steps.keys();
    if (this.steps.size > INCIDENTS_FOLLOWED_MAX && oldest !== undefined) this.steps.delete(oldest);
  }

  get ageMs() {
    return this.status === null ? 0 : Math.max(0, Date.now() - this.#receivedAt);
  }

  get isStale() {
    const { ageMs } = this;
    return ageMs > STALE_AFTER_MS || (ageMs > STALE_WHEN_LOST_MS && this.link.kind === 'lost');
  }

  /** The agent's clock, in milliseconds since 1970. It stands still while nothing is heard: what counts down must not seem known. */
  get now() {
    const at = instant(this.status?.at);
    return at === null ? Date.now() : at + Math.min(this.ageMs, STALE_AFTER_MS);
  }
}
