/** What a reader of one log line hands to log-events.ts, which adds place, text and stamp. */
import { canonicalAddress } from '../../../model/address.ts';
import type { LogEvent, LogEventKind } from '../../../model/evidence.ts';
import { parseSpi, type Spi } from '../../../model/flow.ts';

export type Draft = Pick<LogEvent, 'kind' | 'spis' | 'src' | 'dst' | 'peer' | 'ike' | 'detail'>;

export const draft = (kind: LogEventKind, found: Partial<Omit<Draft, 'kind'>> = {}): Draft => ({
  kind,
  spis: [],
  src: null,
  dst: null,
  peer: null,
  ike: null,
  detail: {},
  ...found,
});

/** Canonical; null when the text is none, or a sentence's full stop stands behind it. */
export const addressOf = (text: string | undefined): string | null =>
  text === undefined ? null : canonicalAddress(text.replace(/[.,:]$/, ''));

/** `0x68842105`, `68842105`; [] for anything else. */
export function spiOf(hex: string | undefined): Spi[] {
  const spi = hex === undefined ? null : parseSpi(/^0x/i.test(hex) ? hex : `0x${hex}`);
  return spi === null ? [] : [spi];
}

/** What of it is there: no key with an empty value. */
export function detailOf(parts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value.slice(0, 200)]])),
  );
}
