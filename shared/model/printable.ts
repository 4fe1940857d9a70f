/**
 * Text from the network or from a file, made harmless for a terminal, a log and a page (pair-protocol.md, "Trust": log lines are
 * attacker-written text). Control characters, C1 controls, bidirectional overrides and line separators become `\xNN` or `\u{…}`.
 */

//   ESC ] 0 ; title BEL    would rename the operator's window; U+202E would turn a command around on the screen
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** One line, at most `charactersMax` characters; a cut ends in `…`. */
export function printable(text: string, charactersMax = 200): string {
  const bounded = text.length > charactersMax ? `${text.slice(0, Math.max(0, charactersMax - 1))}…` : text;
  return bounded.replace(UNPRINTABLE, escaped).replace(LONE_SURROGATE, '\ufffd');
}

/** The same in double quotes, as messages quote what came back. */
export const quoted = (text: string, charactersMax = 80): string => `"${printable(text, charactersMax)}"`;

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
