/** Moments and holes as incident.json spells them (shared/bundle/incident-file.ts). Called by bundle.ts and whoever fills in its facts. */
import type { FileHole, FileMoment } from '../../shared/bundle/incident-file.ts';
import type { Hole } from './holes.ts';
import type { Moment } from './window.ts';

/** Beyond year 275760 or not a number, no ISO date exists: a broken clock must not keep an incident from being written. */
const isoOf = (wallMs: number): string =>
  Math.abs(wallMs) <= 8.64e15 ? new Date(wallMs).toISOString() : new Date(0).toISOString();

export const fileMoment = (at: Moment): FileMoment => ({
  at: isoOf(at.wall),
  monotonicMs: Math.round(at.monotonic * 1_000) / 1_000,
  bootId: at.bootId,
});

export const fileHole = (one: Hole): FileHole => ({ ...one, from: fileMoment(one.from), to: one.to && fileMoment(one.to) });
