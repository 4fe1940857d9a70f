/** What an agent is and what it watches for: the few words that configuration, detection and the machines share. */
import type { AddressRange } from './address.ts';
import type { DurationMs } from './time.ts';

/** hub opens incidents from its own device's message; spoke joins those its peers signal; both does both. */
export type Role = 'hub' | 'spoke' | 'both';
/** observe: journal what would be done. capture: `show` only. act: everything. */
export type Mode = 'observe' | 'capture' | 'act';

/** Whose lines are this device's: its own sender addresses, or a relay plus the host name in the line. */
export type DeviceMatch =
  | { readonly kind: 'address'; readonly range: AddressRange }
  | { readonly kind: 'relay'; readonly range: AddressRange; readonly hostname: string };

/** first: Note A's. repeat: the same flow seen `count` times within `withinMs` (over 60 s, because the message is rate-limited). */
export type Trigger =
  | { readonly kind: 'first' }
  | { readonly kind: 'repeat'; readonly count: number; readonly withinMs: DurationMs };
