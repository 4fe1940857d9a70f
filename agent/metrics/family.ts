/** The contract of the metrics' shelf: a family is data, read off a status at each scrape. Rendered by metrics.ts; docs/metrics.md lists all. */
import type { AgentStatus } from '../status/status.ts';

export interface Sample {
  /** In the order of the family's `labels`. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** `Status`: what it is read off. */
export interface Family<Status = AgentStatus> {
  /** As Prometheus names things: `spitrap_`, base units, `_total` for what only grows. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  readonly labels: readonly string[];
  /** What is not known is left out: a gap says more than a zero. */
  read(status: Status): readonly Sample[];
}

type Reading = number | boolean | null;

const number = (reading: Reading): number | null =>
  typeof reading === 'boolean' ? Number(reading) : reading !== null && Number.isFinite(reading) ? reading : null;

/** One sample without labels. */
export const one = (read: (status: AgentStatus) => Reading): Family['read'] => {
  return (status) => {
    const value = number(read(status));
    return value === null ? [] : [{ labels: [], value }];
  };
};

/** A sample for each of some things. */
export const each = <T>(
  things: (status: AgentStatus) => readonly T[],
  labels: (thing: T) => readonly string[],
  read: (thing: T, status: AgentStatus) => Reading,
): Family['read'] => {
  return (status) =>
    things(status).flatMap((thing) => {
      const value = number(read(thing, status));
      return value === null ? [] : [{ labels: labels(thing), value }];
    });
};

/** One sample for each word that could stand, 1 for the one that does: so that `== 1` and `sum by` work on it. */
export const state = (words: readonly string[], read: (status: AgentStatus) => string): Family['read'] => {
  return (status) => {
    const now = read(status);
    return words.map((word) => ({ labels: [word], value: Number(word === now) }));
  };
};

export const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);
export const moment = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso) / 1_000);
