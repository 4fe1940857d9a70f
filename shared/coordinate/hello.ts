/**
 * What an agent knows of a peer from its hellos: trouble shows *before* the incident (pair-protocol.md, "Signals").
 * Pure; fed by agent/heartbeat.ts. Offsets are NTP's, of the sample with the smallest delay among the last eight.
 */
import { after, type DurationMs, type Monotonic, type Wall } from '../model/time.ts';
import type { Mode, Role } from '../model/watch.ts';
import { timing } from './timing.ts';

const SAMPLES_MAX = 8;
const LEASE_S_MAX = 86_400;

export type Armed = 'yes' | 'no' | 'unknown';

export interface PeerLink {
  readonly peer: string;
  /** Since when hellos are expected; null: not said, and silence from the start is then nobody's alarm. */
  readonly since: Monotonic | null;
  readonly lastHelloAt: Monotonic | null;
  readonly version: string | null;
  readonly role: string | null;
  readonly mode: string | null;
  readonly armed: Armed;
  /** It has said that debugs are on, and has not said since that they are off: at the stop it can not be said whether they are. */
  readonly mayBeOn: boolean;
  /** When it was to end its debugs, for the last incident of the pair, and has not said since that they are off; null: it owes none. */
  readonly stopDueAt: Monotonic | null;
  /** Until when its debugs may stay on, on our clocks; null: it said no lease. */
  readonly leaseEndsAt: Monotonic | null;
  readonly leaseEndsWall: Wall | null;
  /** Why it is not armed, when it says so: `breaker`. */
  readonly why: string | null;
  readonly cfg: string | null;
  /** The peer's wall clock minus ours, and how far it may be off (half the round trip). `at`: on our clock. */
  readonly samples: readonly { readonly offsetMs: DurationMs; readonly delayMs: DurationMs; readonly at: Monotonic }[];
}

export const newLink = (peer: string, since: Monotonic | null = null): PeerLink => ({
  peer,
  since,
  lastHelloAt: null,
  version: null,
  role: null,
  mode: null,
  armed: 'unknown',
  mayBeOn: false,
  stopDueAt: null,
  leaseEndsAt: null,
  leaseEndsWall: null,
  why: null,
  cfg: null,
  samples: [],
});

/** Our own side of the comparison. */
export interface OurSide {
  /** Absent: not compared. */
  readonly role?: Role;
  readonly mode: Mode;
  readonly armed: Armed;
  readonly cfg: string;
}

export interface Hello {
  readonly keys: Readonly<Record<string, string>>;
  /** IntData2, seconds; 0: no lease. */
  readonly leaseS: number;
  readonly at: Monotonic;
  readonly wall: Wall;
}

const readArmed = (text: string | undefined): Armed => (text === 'yes' || text === 'no' ? text : 'unknown');
const readMs = (text: string | undefined): number | null => (text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null);

export function onHello(link: PeerLink, hello: Hello): PeerLink {
  const { keys } = hello;
  const sample = offsetSample(keys, hello);
  const armed = readArmed(keys['armed']);
  // Its own word, and bounded: nobody leases debugs for longer than a day.
  const leaseMs = Math.min(hello.leaseS, LEASE_S_MAX) * 1_000;
  return {
    peer: link.peer,
    since: link.since,
    lastHelloAt: hello.at,
    version: keys['ver'] ?? null,
    role: keys['role'] ?? null,
    mode: keys['mode'] ?? null,
    armed,
    mayBeOn: armed === 'yes' || (armed === 'unknown' && link.mayBeOn),
    // Before its time the word is of an older reading: a person may have turned on what the stop is to end.
    stopDueAt: armed === 'no' && link.stopDueAt !== null && hello.at >= link.stopDueAt ? null : link.stopDueAt,
    leaseEndsAt: hello.leaseS > 0 ? after(hello.at, leaseMs) : null,
    leaseEndsWall: hello.leaseS > 0 ? ((hello.wall + leaseMs) as Wall) : null,
    why: /^[a-z-]{1,20}$/.test(keys['why'] ?? '') ? keys['why']! : null,
    cfg: keys['cfg'] ?? null,
    samples: sample === null ? link.samples : [...link.samples, sample].slice(-SAMPLES_MAX),
  };
}

/** It has debugs of its own to end by then: until it says that they are off, nobody here knows. */
export const onStopOwed = (link: PeerLink, stopDueAt: Monotonic): PeerLink => ({ ...link, stopDueAt });

/** org: our send time, echoed; rx: when it got there; t: when the answer left. RFC 5905 §8. */
function offsetSample(
  keys: Readonly<Record<string, string>>,
  { at, wall: receivedAt }: Pick<Hello, 'at' | 'wall'>,
): PeerLink['samples'][number] | null {
  const org = readMs(keys['org']);
  const rx = readMs(keys['rx']);
  const t = readMs(keys['t']);
  if (org === null || rx === null || t === null) return null;
  if (t < rx) return null;
  const delayMs = receivedAt - org - (t - rx);
  // A stepped clock or a forged time gives nonsense: no sample is better than a wrong one.
  if (delayMs < 0 || delayMs > timing.messageIntervalMs) return null;
  return { offsetMs: (rx - org + (t - receivedAt)) / 2, delayMs, at };
}

/** Null before the first answered hello. */
export function clockOffset(
  link: PeerLink,
): { readonly offsetMs: DurationMs; readonly uncertaintyMs: DurationMs; readonly roundTripMs: DurationMs } | null {
  const best = bestSample(link);
  const last = link.samples.at(-1);
  return best === null || last === undefined
    ? null
    : { offsetMs: best.offsetMs, uncertaintyMs: best.delayMs / 2, roundTripMs: last.delayMs };
}

/** The one with the shortest round trip, the newest of several: what an incident's file keeps. */
export function bestSample({ samples }: Pick<PeerLink, 'samples'>): PeerLink['samples'][number] | null {
  let best: PeerLink['samples'][number] | null = null;
  for (const sample of samples) if (best === null || sample.delayMs <= best.delayMs) best = sample;
  return best;
}

export interface Trouble {
  readonly key: string;
  readonly text: string;
  /** What a person types, and where; absent: nothing to type. */
  readonly remedy?: string;
}

/** A dead path shows before the incident needs it; with debugs on at the other end a person must look there. */
function silence(
  link: PeerLink,
  silentMs: DurationMs,
  mode: Mode,
  hand: { readonly where: string; readonly stopCommand: string } | null,
): Trouble {
  const seconds = Math.round(silentMs / 1_000);
  const key = `peer-silent:${link.peer}`;
  // Its severity goes by whether there is a remedy (alarms/severity.ts).
  const unheard = `${link.peer} has not been heard for ${seconds} s`;
  const look =
    hand === null
      ? null
      : `log in to the device of ${link.peer} (${hand.where}) and look: show debugging; if crypto debugs are on, type: ${hand.stopCommand}`;
  // Silent for as long as this agent runs: what it had on when both went away nobody remembers, and in mode act that may be debugs.
  if (link.lastHelloAt === null && mode === 'act' && look !== null)
    return {
      key,
      text: `${unheard}, since this agent started: no signal may reach it, and whether debugs are on there is not known`,
      remedy: look,
    };
  if (!link.mayBeOn && link.stopDueAt !== null && look !== null)
    return {
      key,
      text: `${unheard}, and has not said that the stop of its last incident is done: whether debugs are on there is not known`,
      remedy: look,
    };
  if (!link.mayBeOn) return { key, text: `${unheard}: no signal may reach it` };
  const lease =
    link.leaseEndsWall === null ? '' : `; by its lease they end at ${new Date(link.leaseEndsWall).toISOString().slice(0, 19)}Z`;
  const text = `${link.peer} had debugs on and has not been heard for ${seconds} s${lease}`;
  if (hand === null) return { key, text };
  return { key, text, remedy: `log in to the device of ${link.peer} (${hand.where}) and type: ${hand.stopCommand}` };
}

/** A hub takes no alert and no stop, a spoke opens nothing: null when what either end opens is joined by the other. */
function rolesClash(ours: Role, theirs: string | null): string | null {
  if (ours === 'spoke' && theirs === 'spoke') return 'nobody opens an incident; one end is hub, or both are both';
  if (ours !== 'spoke' && theirs === 'hub') return 'it takes no alert and no stop from us; make it spoke, or both';
  if (ours === 'hub' && theirs === 'both') return 'we take none of its alerts and stops; make us both, or it spoke';
  return null;
}

/** What is wrong between the ends now, by a key each; an empty list clears all. */
export function linkTroubles(
  link: PeerLink,
  ours: OurSide,
  at: Monotonic,
  helloMs: DurationMs,
  hand: { readonly where: string; readonly stopCommand: string } | null = null,
): Trouble[] {
  const troubles: Trouble[] = [];
  const heardAt = link.lastHelloAt ?? link.since;
  const silentMs = heardAt === null ? 0 : at - heardAt;
  if (silentMs > helloMs * timing.missingHellosMax) return [silence(link, silentMs, ours.mode, hand)];
  if (link.lastHelloAt === null) return troubles;
  if (link.cfg !== null && link.cfg !== ours.cfg) {
    troubles.push({
      key: `cfg-differs:${link.peer}`,
      text: `${link.peer} has other agreed values, delay or stop mode than we (its cfg ${link.cfg}, ours ${ours.cfg}): compare signal.values and stop in both files`,
    });
  }
  if (link.mode !== null && link.mode !== ours.mode) {
    troubles.push({
      key: `mode-differs:${link.peer}`,
      text: `${link.peer} runs in mode ${link.mode}, we in mode ${ours.mode}: only two agents in mode act stop both ends`,
      remedy: 'set the same mode in both files and start that agent anew; on purpose, for a while: spitrap ack',
    });
  }
  const clash = ours.role === undefined ? null : rolesClash(ours.role, link.role);
  if (clash !== null)
    troubles.push({
      key: `roles-clash:${link.peer}`,
      text: `${link.peer} is of role ${link.role}, we of role ${ours.role}: ${clash}`,
    });
  if (link.armed !== 'unknown' && ours.armed !== 'unknown' && link.armed !== ours.armed) {
    const [on, off] = link.armed === 'yes' ? [link.peer, 'our device'] : ['our device', link.peer];
    // Nobody's may be those of an agent that lost its dataDir: nothing but a person ends them.
    const there = link.armed === 'yes' ? `the device of ${link.peer} (${hand?.where})` : 'our device';
    const offAt = hand === null ? `off at ${on}` : `log in to ${there} and type: ${hand.stopCommand}`;
    const why = link.armed === 'no' && link.why !== null ? ` (there: ${link.why})` : '';
    troubles.push({
      key: `half-armed:${link.peer}`,
      text: `half-armed: debugs are on at ${on} and off at ${off}${why}`,
      remedy: `for evidence of both ends, turn them on at ${off} too (spitrap arm there); if nobody needs them, ${offAt}`,
    });
  }
  return troubles;
}
