/**
 * A signal: what two agents say to each other, as pair-protocol.md "Signals" has it, between the notification's
 * IntData1, IntData2 and StrData and the words the machines use. Pure; the SNMP around it is event-manager.ts and snmp-message.ts.
 */
import type { IncidentId } from '../model/ulid.ts';
import { isIncidentId } from '../model/ulid.ts';

export const phases = ['hello', 'alert', 'stop', 'done', 'arm', 'disarm'] as const;
export type Phase = (typeof phases)[number];

/** The agreed IntData1 of each phase; all different. */
export type AgreedValues = Readonly<Record<Phase, number>>;

export const defaultValues: AgreedValues = {
  hello: 2323230,
  alert: 2323231,
  stop: 2323232,
  done: 2323233,
  arm: 2323234,
  disarm: 2323235,
};

/** StrData of a spitrap peer: `1 <phase> <incident-id> key=value …`; hello has `-` for the id. */
export interface SignalText {
  readonly phase: Phase;
  readonly incident: IncidentId | null;
  /** Known and unknown keys alike, in order; receivers ignore what they do not know. */
  readonly keys: Readonly<Record<string, string>>;
}

const STR_DATA_BYTES_MAX = 255;
const KEY = /^[a-z][a-z0-9]{0,15}$/;
/** No space, no control character, no `=` at the front: a value can never look like another key. */
const VALUE = /^[\x21-\x7e]{0,120}$/;

/** ASCII, at most 255 octets: keys that do not fit are dropped from the right. */
export function encodeSignalText(text: SignalText): string {
  const head = `1 ${text.phase} ${text.incident ?? '-'}`;
  let whole = head;
  for (const [key, value] of Object.entries(text.keys)) {
    if (!KEY.test(key) || !VALUE.test(value)) continue;
    const longer = `${whole} ${key}=${value}`;
    if (longer.length > STR_DATA_BYTES_MAX) break;
    whole = longer;
  }
  return whole;
}

/**
 * `foreign`: empty, or not of our form at all: an EEM peer or any other sender, legal for a stop.
 * `malformed`: claims to be ours (starts with `1 `) and is not: refused and counted.
 */
export type DecodedText =
  | { readonly kind: 'signal'; readonly text: SignalText }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed'; readonly why: string };

export function decodeSignalText(strData: string): DecodedText {
  if (!strData.startsWith('1 ')) return { kind: 'foreign' };
  if (strData.length > STR_DATA_BYTES_MAX)
    return { kind: 'malformed', why: `StrData of ${strData.length} octets, at most ${STR_DATA_BYTES_MAX}` };
  const [, phase, id, ...pairs] = strData.split(' ');
  if (!phase || !(phases as readonly string[]).includes(phase)) return { kind: 'malformed', why: 'unknown phase in StrData' };
  const incident = id === '-' ? null : (id ?? '');
  if (incident !== null && !isIncidentId(incident)) return { kind: 'malformed', why: 'incident id is not a ULID' };
  if (incident === null && phase !== 'hello' && phase !== 'arm' && phase !== 'disarm')
    return { kind: 'malformed', why: `${phase} without an incident id` };
  const keys: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    const key = pair.slice(0, cut);
    const value = pair.slice(cut + 1);
    // An unreadable pair is dropped, the rest stands: a newer peer may know forms that we do not.
    if (cut > 0 && KEY.test(key) && VALUE.test(value) && !(key in keys)) keys[key] = value;
  }
  return { kind: 'signal', text: { phase: phase as Phase, incident, keys } };
}

/** Bits of done's IntData2. */
export const doneBits = { sent: 1, verified: 2, captured: 4, sealed: 8, alarm: 16 } as const;
