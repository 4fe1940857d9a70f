/** Incident ids: 26-character ULIDs, sortable by time. Pure: the caller brings the time and ten random bytes. */
import type { Wall } from './time.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export type IncidentId = string;

export function ulid(at: Wall, random: Uint8Array): IncidentId {
  let bits = BigInt(Math.max(0, Math.floor(at))) & 0xffffffffffffn;
  for (let i = 0; i < 10; i++) bits = (bits << 8n) | BigInt(random[i] ?? 0);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return text;
}

export const isIncidentId = (text: string): text is IncidentId => PATTERN.test(text);
