/** Incident ids: 26-character ULIDs, sortable by time. Pure: the caller brings the time and ten random bytes. */
import type { Wall } from './time.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** 48 bits of milliseconds. */
const TIME_END = 2 ** 48;
const TIME_CHARS = 10;
const RANDOM_BYTES = 10;

export type IncidentId = string;

export function ulid(at: Wall, random: Uint8Array): IncidentId {
  let time = Math.max(0, Math.floor(at)) % TIME_END;
  let text = '';
  for (let i = 0; i < TIME_CHARS; i++) {
    const rest = Math.floor(time / 32);
    text = ALPHABET[time - rest * 32]! + text;
    time = rest;
  }
  // Five octets are eight characters.
  let held = 0;
  let bits = 0;
  for (let i = 0; i < RANDOM_BYTES; i++) {
    held = ((held << 8) | (random[i] ?? 0)) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >>> (bits - 5)) & 31]!;
  }
  return text;
}

export const isIncidentId = (text: string): text is IncidentId => PATTERN.test(text);
