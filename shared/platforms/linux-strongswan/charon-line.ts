/**
 * Where charon's own words begin in a line of a log. Identities that strangers send, before anybody has authenticated them, stand in
 * charon's lines as they came: what reads such a line must look at its beginning. Used by charon-log.ts, unknown-spi.ts, debug-levels.ts.
 */

export interface CharonLine {
  /** `06`: charon's lines of one packet come from one thread. */
  readonly thread: string;
  /** `IKE`, `ESP`, `CFG`. */
  readonly group: string;
  readonly words: string;
}

// 2026-11-22T08:38:06.123 09[CFG] vici client 17 connected
// Nov 22 08:38:06 hub1 charon-systemd[812]: 13[IKE] <peer|1> sending DPD request           another log of charon's, with ike_name
const MARK = /(?:^|[\s:])(?<thread>\d\d)\[(?<group>[A-Z]{3})\] (?:<[^<>\s]{1,120}> )?/;

/** By the first mark in the line. Null: it is not charon's. */
export function readCharonLine(text: string): CharonLine | null {
  const found = MARK.exec(text);
  if (found === null) return null;
  return { thread: found.groups!['thread']!, group: found.groups!['group']!, words: text.slice(found.index + found[0].length) };
}
