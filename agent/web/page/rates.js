/**
 * Counters as rates: two readings of each counter are compared over the last minute. Pure; fed with each status by page.js.
 */

const WINDOW_MS = 60_000;
/** At two statuses a second, a minute's worth. */
const READINGS_MAX = 120;
/** Less apart, and one line more or less would look like a storm. */
const SPAN_MIN_MS = 900;

export class Rates {
  /** @type {{ at: number, counters: Map<string, number> }[]} */
  #readings = [];
  /** Another one, and the counters began again. */
  #run = '';

  /**
   * @param {string} run what tells one run of the agent from the next
   * @param {number} at milliseconds, of the agent's clock
   * @param {Map<string, number>} counters
   */
  feed(run, at, counters) {
    const last = this.#readings[this.#readings.length - 1];
    if (run !== this.#run || (last !== undefined && at < last.at)) this.#readings = [];
    this.#run = run;
    if (last !== undefined && at === last.at && this.#readings.length > 0) return;
    this.#readings.push({ at, counters });
    while (this.#readings.length > READINGS_MAX || (this.#readings.length > 2 && at - this.#readings[0].at > WINDOW_MS))
      this.#readings.shift();
  }

  /**
   * Per second over the last minute, or since this page looks when that is shorter; null: not known yet.
   * @param {string} counter
   * @returns {number | null}
   */
  of(counter) {
    const last = this.#readings[this.#readings.length - 1];
    const first = this.#readings[0];
    if (last === undefined || first === undefined || last.at - first.at < SPAN_MIN_MS) return null;
    const now = last.counters.get(counter);
    if (now === undefined) return null;
    // A counter that was not there yet is one that had counted nothing: refusals appear with their first one.
    const gained = now - (first.counters.get(counter) ?? 0);
    return gained < 0 ? null : (gained * 1_000) / (last.at - first.at);
  }
}

/**
 * What of a status is shown as a rate.
 * @param {any} status AgentStatus
 * @returns {Map<string, number>}
 */
export function countersOf(status) {
  const counters = new Map();
  for (const source of status.sources) {
    counters.set(`lines ${source.name}`, source.lines);
    counters.set(`refused ${source.name}`, source.refused);
  }
  for (const [reason, number] of Object.entries(status.refusals)) counters.set(`refusal ${reason}`, number);
  for (const [bound, number] of Object.entries(status.drops)) counters.set(`drop ${bound}`, number);
  return counters;
}
