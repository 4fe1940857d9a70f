/**
 * What is said over dataDir/control.sock: one JSON object a line, a request and its answer. The coordinator implements
 * ControlHandlers; control-socket.ts serves it, control-client.ts asks. docs/cli.md explains the requests.
 */
import { type ErrorCode, errorCodes, SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import type { AgentStatus, AlarmStatus, HoldStatus, IncidentSummary } from '../status/status.ts';

export interface ControlHandlers {
  status(): AgentStatus;
  /** `who`: for the journal. */
  hold(change: HoldChange, who?: string): Promise<HoldStatus>;
  /** Live ones and those remembered, newest first. Sealed bundles are read from disk by the command line. */
  incidents(): Promise<readonly IncidentSummary[]>;
  /** Rejects with INCIDENT_UNKNOWN. */
  incident(id: string): Promise<IncidentSummary>;
  /** Rejects with USAGE when no alarm has that id. */
  ack(alarm: string, who?: string): Promise<AlarmStatus>;
  /** Answers when it is armed, a pre-flight and a dozen lines later. Rejects with ARM_REFUSED. */
  arm(change: ArmChange): Promise<ArmAnswer>;
  /** Answers when debugs are verified off and conditions gone, or after the bound. */
  disarm(change: ArmChange): Promise<ArmAnswer>;
  /** Rejects with why the configuration is refused; the agent goes on by the old one. `who`: for log and journal. */
  reload(who: string): Promise<ReloadAnswer>;
  /** Answers when it is begun. Rejects with CAPTURE_REFUSED. */
  capture(change: CaptureChange): Promise<CaptureAnswer>;
  /** Answers when every peer has, or after some seconds. */
  test(): Promise<PairTestAnswer>;
}

/** Changes in words, without values: `stop.delay`, `peers: spoke2 added`. */
export interface ReloadAnswer {
  readonly changed: readonly string[];
  /** Taken over when no incident is open any more. */
  readonly waits: readonly string[];
  /** Of the configuration that was read. */
  readonly warnings: readonly string[];
}

/** `pair`: the peers too. `leaseMs` null: the configured lease. `who`: for the journal. */
export interface ArmChange {
  readonly pair: boolean;
  readonly leaseMs: number | null;
  readonly who: string;
}

export interface ArmAnswer {
  readonly state: 'disarmed' | 'checking' | 'arming' | 'armed' | 'disarming';
  /** Before it was asked: `arm` on what was armed renews it, `disarm` on what was disarmed changes nothing. */
  readonly was: ArmAnswer['state'];
  readonly debugs: readonly string[];
  /** On the device: ours, or those that had to stay. */
  readonly conditions: readonly string[];
  readonly warnings: readonly string[];
  readonly leaseLeftMs: number | null;
  /** Of the on-box applet; null: there is none. */
  readonly deadManS: number | null;
  /** What last happened, in words. */
  readonly said: string;
  readonly peers: readonly PeerAnswer[];
}

/** A peer that was told; whether it acts on it is its own affair (`arming.allowRemoteArm`), and shows in its next hello. */
export interface PeerAnswer {
  readonly peer: string;
  readonly told: boolean;
  readonly detail: string;
}

/** `pair`: of the spitrap peers too. */
export interface CaptureChange {
  readonly pair: boolean;
  readonly who: string;
}

export interface CaptureAnswer {
  /** Its bundle is sealed half a minute later, or when the captures have ended. */
  readonly incident: string;
  /** Whom it was told; whether they were reached stands in the incident. */
  readonly peers: readonly string[];
}

/** What a hello to each peer came to, just now. Nothing was started at a peer. */
export interface PairTestAnswer {
  readonly peers: readonly PeerTest[];
}

export interface PeerTest {
  readonly peer: string;
  readonly kind: 'spitrap' | 'eem';
  /** Its agent said hello in answer. */
  readonly answered: boolean;
  /** In words: why not, or what is wrong between the two ends; empty: all is well. */
  readonly detail: string;
  readonly paths: readonly PathTest[];
  /** Of that hello and its answer, agent to agent; null: none came. */
  readonly roundTripMs: number | null;
  /** How far its wall clock is ahead of ours. */
  readonly offsetMs: number | null;
  readonly version: string | null;
  readonly mode: string | null;
  /** Whether both ends have the same agreed values and timing. */
  readonly cfg: 'agrees' | 'differs' | 'unknown';
  /** What it knows of its device's debugs. */
  readonly armed: 'yes' | 'no' | 'unknown';
}

export interface PathTest {
  readonly endpoint: string;
  readonly acknowledged: boolean;
  /** Of the notification alone; null: not acknowledged. */
  readonly roundTripMs: number | null;
  readonly detail: string;
}

/** `forMs` null: until taken off. */
export type HoldChange = { readonly on: true; readonly forMs: number | null } | { readonly on: false };

export type ControlRequest =
  | { readonly request: 'identify' }
  | { readonly request: 'status' }
  | { readonly request: 'hold'; readonly change: HoldChange; readonly who?: string }
  | { readonly request: 'incidents' }
  | { readonly request: 'incident'; readonly id: string }
  | { readonly request: 'ack'; readonly alarm: string; readonly who?: string }
  | { readonly request: 'arm' | 'disarm'; readonly change: ArmChange }
  | { readonly request: 'reload'; readonly who: string }
  | { readonly request: 'capture'; readonly change: CaptureChange }
  | { readonly request: 'test' };

export interface ControlAnswers {
  readonly identify: { readonly pid: number };
  readonly status: AgentStatus;
  readonly hold: HoldStatus;
  readonly incidents: readonly IncidentSummary[];
  readonly incident: IncidentSummary;
  readonly ack: AlarmStatus;
  readonly arm: ArmAnswer;
  readonly disarm: ArmAnswer;
  readonly reload: ReloadAnswer;
  readonly capture: CaptureAnswer;
  readonly test: PairTestAnswer;
}

export type ControlReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: ErrorCode; readonly message: string } };

const HOLD_MS_MAX = 30 * 24 * 3_600_000;
/** For the journal: a name, and why. */
export const WHO_CHARS_MAX = 64;
const LEASE_MS_MAX = 24 * 3_600_000;
const ID = /^[\w-]{1,64}$/;

/** A line as a request, or why it is none. Never throws; extra keys are ignored, since a newer client may send them. */
export function parseRequest(line: string): ControlRequest | SpitrapError {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refused('the request is not JSON');
  }
  if (typeof value !== 'object' || value === null) return refused('the request is not an object');
  const { request, change, id, alarm, who: asker } = value as Record<string, unknown>;
  // An older client does not say.
  const by = typeof asker === 'string' && asker.length <= WHO_CHARS_MAX ? { who: asker } : {};
  switch (request) {
    case 'identify':
    case 'status':
    case 'incidents':
    case 'test':
      return { request };
    case 'hold': {
      const parsed = parseHold(change);
      return parsed ? { request, change: parsed, ...by } : refused('hold needs change: { on: true, forMs } or { on: false }');
    }
    case 'reload':
      return { request, who: by.who ?? 'control socket' };
    case 'incident':
      return typeof id === 'string' && ID.test(id) ? { request, id } : refused('incident needs an id');
    case 'ack':
      return typeof alarm === 'string' && ID.test(alarm) ? { request, alarm, ...by } : refused('ack needs the id of an alarm');
    case 'capture': {
      const parsed = parseCapture(change);
      return parsed ? { request, change: parsed } : refused('capture needs change: { pair, who }');
    }
    case 'arm':
    case 'disarm': {
      const parsed = parseArm(change);
      return parsed ? { request, change: parsed } : refused(`${request} needs change: { pair, leaseMs, who }`);
    }
    default:
      return refused(`unknown request ${printable(JSON.stringify(request) ?? 'undefined', 60)}`);
  }
}

const refused = (why: string): SpitrapError => new SpitrapError('CONTROL_FAILED', `${why}; nothing was done`);

function parseHold(change: unknown): HoldChange | null {
  if (typeof change !== 'object' || change === null) return null;
  const { on, forMs } = change as Record<string, unknown>;
  if (on === false) return { on };
  if (on !== true) return null;
  if (forMs === null || forMs === undefined) return { on, forMs: null };
  return typeof forMs === 'number' && forMs > 0 && forMs <= HOLD_MS_MAX ? { on, forMs } : null;
}

function parseCapture(change: unknown): CaptureChange | null {
  if (typeof change !== 'object' || change === null) return null;
  const { pair, who } = change as Record<string, unknown>;
  const isGood = typeof pair === 'boolean' && typeof who === 'string' && who.length <= WHO_CHARS_MAX;
  return isGood ? { pair, who } : null;
}

function parseArm(change: unknown): ArmChange | null {
  if (typeof change !== 'object' || change === null) return null;
  const { pair, leaseMs, who } = change as Record<string, unknown>;
  if (typeof pair !== 'boolean' || typeof who !== 'string' || who.length > WHO_CHARS_MAX) return null;
  if (leaseMs === null || leaseMs === undefined) return { pair, leaseMs: null, who };
  return typeof leaseMs === 'number' && leaseMs > 0 && leaseMs <= LEASE_MS_MAX ? { pair, leaseMs, who } : null;
}

/** The reply line of the other end; garbage becomes CONTROL_FAILED. */
export function parseReply(line: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new SpitrapError('CONTROL_FAILED', 'the agent answered something that is not JSON; is it another version?');
  }
  const reply = value as Partial<{ ok: unknown; result: unknown; error: { code?: unknown; message?: unknown } }> | null;
  if (reply?.ok === true) return reply.result;
  const code = errorCodes.find((known) => known === reply?.error?.code) ?? 'CONTROL_FAILED';
  throw new SpitrapError(code, printable(String(reply?.error?.message ?? 'the agent refused the request'), 2_000));
}
