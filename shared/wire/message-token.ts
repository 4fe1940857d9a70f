/**
 * `%FACILITY-SEVERITY-MNEMONIC`, the token that names a Cisco system message (Cisco IOS System Message Guide, "Message
 * Structure"). Used by wire/syslog.ts and detect/glued.ts. Facilities may hold hyphens (`SYSMGR-STANDBY`), mnemonics do not.
 */
import { isDigit, isLetter } from './ascii.ts';

export interface MessageToken {
  /** Position of the `%`, and the position behind the mnemonic. */
  readonly start: number;
  readonly end: number;
  readonly facilityName: string;
  /** 0..7. */
  readonly severity: number;
  readonly mnemonic: string;
}

const HYPHEN = 45;
const isNameChar = (code: number): boolean => isLetter(code) || isDigit(code) || code === 95;

/** A token whose `%` stands exactly at `at`. */
export function readToken(text: string, at: number): MessageToken | null {
  if (text[at] !== '%' || !isLetter(text.charCodeAt(at + 1))) return null;
  let p = at + 1;
  while (isNameChar(text.charCodeAt(p)) || (text.charCodeAt(p) === HYPHEN && !isSeverityAt(text, p))) p++;
  if (!isSeverityAt(text, p)) return null;
  const facilityName = text.slice(at + 1, p);
  const nameStart = p + 3;
  let end = nameStart;
  while (isNameChar(text.charCodeAt(end))) end++;
  if (end === nameStart) return null;
  return { start: at, end, facilityName, severity: text.charCodeAt(p + 1) - 48, mnemonic: text.slice(nameStart, end) };
}

function isSeverityAt(text: string, at: number): boolean {
  const digit = text.charCodeAt(at + 1);
  return text.charCodeAt(at) === HYPHEN && digit >= 48 && digit <= 55 && text.charCodeAt(at + 2) === HYPHEN;
}

/** The first token at or after `from`. Linear: no token character is a `%`, so no character is looked at from two starts. */
export function findToken(text: string, from: number): MessageToken | null {
  for (let at = text.indexOf('%', from); at !== -1; at = text.indexOf('%', at + 1)) {
    const token = readToken(text, at);
    if (token !== null) return token;
  }
  return null;
}
