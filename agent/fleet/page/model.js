/** What a fleet's page knows, and since when. Kept by fleet.js, read by all that draws. */
import { viewOf } from './view.js';

/** It is asked for every five seconds. */
const STALE_AFTER_MS = 17_500;

/** @typedef {{ kind: 'connecting' | 'live' | 'token' } | { kind: 'lost', why: string }} LinkState */
/** One thing that was asked for: there, on its way (null), or why not. @typedef {{ of: string, data: any, error: string | null }} Asked */

export class Model {
  /** As /api/v1/overview. @type {any} */
  overview = null;
  /** @type {import('./view.js').View} */
  view = viewOf('');
  /** @type {LinkState} */
  link = { kind: 'connecting' };
  /** The group that is looked at, with its members so far. @type {Asked | null} */
  group = null;
  /** @type {Asked | null} */
  incident = null;
  /** Incidents further back than the overview has, and where they go on. @type {{ incidents: any[], next: string | null, error: string | null, isAsking: boolean } | null} */
  older = null;
  #receivedAt = 0;

  /** @param {any} overview */
  take(overview) {
    if (overview === null || typeof overview !== 'object' || !Array.isArray(overview.groups)) throw new TypeError('no overview');
    this.overview = overview;
    this.#receivedAt = Date.now();
    this.link = { kind: 'live' };
  }

  get ageMs() {
    return this.overview === null ? 0 : Math.max(0, Date.now() - this.#receivedAt);
  }

  get isStale() {
    return (
      this.overview !== null && (this.ageMs > STALE_AFTER_MS || (this.link.kind === 'lost' && this.ageMs > STALE_AFTER_MS / 2))
    );
  }

  /** The clock of the process that answers, in milliseconds since 1970; it stands still while nothing is heard. */
  get now() {
    const at = this.overview === null ? Number.NaN : Date.parse(this.overview.at);
    return Number.isNaN(at) ? Date.now() : at + Math.min(this.ageMs, STALE_AFTER_MS);
  }
}
