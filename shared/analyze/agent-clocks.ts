/**
 * The wall clock of each end's agent against the axis, which is end 0's. Told by hellos (RFC 5905's offset, in incident.json), by one host's
 * monotonic clock, or bounded by the signals of the incident itself. Called by build-case.ts. Pure.
 */
import type { BundleText } from '../bundle/bundle-text.ts';
import type { FileMoment, IncidentFile } from '../bundle/incident-file.ts';
import type { End } from './case.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export type AgentClock = End['agentClock'];

/** Two clocks of hosts drift apart by so much between a hello and the incident, at most. */
const DRIFT_PER_MS = 1e-4;
/** Moments are written in whole milliseconds, twice each. */
const ROUNDING_MS = 2;
/** Between a datagram's arrival and its being read on a busy host. */
const SIGNAL_SLACK_MS = 50;

export const wallOf = (moment: FileMoment): number => Date.parse(moment.at);

/** One entry a bundle. Null: nothing is known, and what its agent dates can be compared with nothing of the other end. */
export function agentClocks(bundles: readonly BundleText[]): readonly AgentClock[] {
  return bundles.map((bundle, index) => {
    const axis = bundles[0];
    if (index === 0 || axis === undefined) return { offsetMs: 0, uncertaintyMs: 0 };
    const span = offsetOf(axis.incident, bundle.incident);
    return span === null ? null : { offsetMs: (span.fromMs + span.toMs) / 2, uncertaintyMs: (span.toMs - span.fromMs) / 2 };
  });
}

/** `other`'s clock minus `axis`'s lies in it. */
function offsetOf(axis: IncidentFile, other: IncidentFile): Span | null {
  const sameHost = bySameHost(axis, other);
  if (sameHost !== null) return sameHost;
  const bySignals = intersection([...signalSpans(axis, other), ...signalSpans(other, axis).map(negated)]);
  const byHellos = intersection([...helloSpans(axis, other), ...helloSpans(other, axis).map(negated)]);
  if (byHellos === null || bySignals === null) return byHellos ?? bySignals;
  // A clock that was stepped after its last hello: the signals are of the incident itself.
  return intersection([byHellos, bySignals]) ?? bySignals;
}

const negated = ({ fromMs, toMs }: Span): Span => ({ fromMs: -toMs, toMs: -fromMs });

/** Null: none, or they contradict each other. */
function intersection(spans: readonly Span[]): Span | null {
  if (spans.length === 0) return null;
  const fromMs = Math.max(...spans.map((span) => span.fromMs));
  const toMs = Math.min(...spans.map((span) => span.toMs));
  return fromMs <= toMs ? { fromMs, toMs } : null;
}

/** Both agents under one kernel: one monotonic clock, to which both wall clocks are known. */
function bySameHost(axis: IncidentFile, other: IncidentFile): Span | null {
  if (axis.opened.bootId !== other.opened.bootId || axis.opened.bootId === '') return null;
  const offset = wallOf(other.opened) - other.opened.monotonicMs - (wallOf(axis.opened) - axis.opened.monotonicMs);
  return Number.isFinite(offset) ? { fromMs: offset - ROUNDING_MS, toMs: offset + ROUNDING_MS } : null;
}

/** What the hellos of `ours` say of its only spitrap peer, or of the one that calls itself as the other end's device. */
function helloSpans(ours: IncidentFile, theirs: IncidentFile): Span[] {
  const peers = ours.peers.filter((peer) => peer.clock !== null);
  const named = peers.filter((peer) => peer.name === theirs.device.name || peer.name === theirs.device.hostname);
  const [peer, ...more] = named.length > 0 ? named : peers;
  if (peer?.clock == null || more.length > 0) return [];
  const { offsetMs, uncertaintyMs, read } = peer.clock;
  const ageMs = Math.abs(wallOf(ours.opened) - wallOf(read));
  const halfMs = uncertaintyMs + ROUNDING_MS + (Number.isFinite(ageMs) ? ageMs * DRIFT_PER_MS : 0);
  return Number.isFinite(offsetMs + halfMs) ? [{ fromMs: offsetMs - halfMs, toMs: offsetMs + halfMs }] : [];
}

/** A signal arrives after it was sent for the first time and, if it was acknowledged, before its answer came back. */
function signalSpans(sender: IncidentFile, receiver: IncidentFile): Span[] {
  return sender.signals.flatMap((sent): Span[] => {
    if (sent.direction !== 'sent') return [];
    const got = receiver.signals.find(
      (one) => one.direction === 'received' && one.phase === sent.phase && one.text !== null && one.text === sent.text,
    );
    if (got === undefined || !sent.acknowledged) return [];
    const arrived = wallOf(got.first);
    const span = {
      fromMs: arrived - wallOf(sent.last) - SIGNAL_SLACK_MS,
      toMs: arrived - wallOf(sent.first) + SIGNAL_SLACK_MS,
    };
    return Number.isFinite(span.fromMs + span.toMs) ? [span] : [];
  });
}
