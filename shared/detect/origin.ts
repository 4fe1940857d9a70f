/**
 * Whose line is it (pair-protocol.md, "What counts as the event")? A line is the device's own by its sender's address, or by relay
 * plus host name. Used by gate.ts for candidates and by the coordinator for the evidence ring ("lines of its own device only").
 */
import { limits } from '../limits.ts';
import { canonicalAddress, rangeContains } from '../model/address.ts';
import type { DeviceMatch } from '../model/watch.ts';
import { parseSyslog, type SyslogHeader } from '../wire/syslog.ts';
import { lineText } from './line-text.ts';

type Names = Pick<SyslogHeader, 'hostname' | 'relayHostname'>;

export function isOwnLine(match: readonly DeviceMatch[], from: string, names: Names): boolean {
  return match.some((rule) => {
    if (!rangeContains(rule.range, from)) return false;
    return rule.kind === 'address' || sameHost(rule.hostname, names.hostname) || sameHost(rule.hostname, names.relayHostname);
  });
}

/** Names without regard to case, addresses as addresses. A short name is not its long form: two devices may share it. */
function sameHost(wanted: string, seen: string | null): boolean {
  if (seen === null) return false;
  if (wanted.toLowerCase() === seen.toLowerCase()) return true;
  const address = canonicalAddress(wanted);
  return address !== null && address === canonicalAddress(seen);
}

/** `all`: every line from this sender is the device's. `none`: none can be. `by-line`: a relay's, each line must be looked at. */
export function chunkOwnership(match: readonly DeviceMatch[], from: string): 'all' | 'none' | 'by-line' {
  const rules = match.filter((rule) => rangeContains(rule.range, from));
  if (rules.some((rule) => rule.kind === 'address')) return 'all';
  return rules.length > 0 ? 'by-line' : 'none';
}

export interface OwnLines {
  /** The device's lines, as they came; the same Buffer when all of them are. */
  readonly bytes: Buffer;
  readonly dropped: number;
}

/** No host name stands further to the right than this, whatever relay headers are in front. */
const HEADER_BYTES_MAX = 1_024;
const LF = 10;

/**
 * The device's own lines of a relay's chunk. A line without any header goes where the line before it went: it is the wrapped rest
 * of that one; the first of a chunk is nobody's.
 */
export function ownLines(match: readonly DeviceMatch[], from: string, bytes: Buffer): OwnLines {
  const pieces: Buffer[] = [];
  let dropped = 0;
  let own = false;
  let runStart = -1;
  for (let at = 0; at < bytes.length; ) {
    const lf = bytes.indexOf(LF, at);
    const end = lf === -1 ? bytes.length : lf + 1;
    const header = parseSyslog(lineText(bytes.subarray(at, Math.min(end, at + Math.min(HEADER_BYTES_MAX, limits.lineBytesMax)))));
    if (hasHeader(header)) own = isOwnLine(match, from, header);
    if (own && runStart === -1) runStart = at;
    if (!own) {
      dropped++;
      if (runStart !== -1) pieces.push(bytes.subarray(runStart, at));
      runStart = -1;
    }
    at = end;
  }
  if (runStart === 0) return { bytes, dropped };
  if (runStart !== -1) pieces.push(bytes.subarray(runStart));
  return { bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), dropped };
}

const hasHeader = (header: SyslogHeader): boolean =>
  (header.pri ?? header.stamp ?? header.mnemonic ?? header.hostname ?? header.relayHostname) !== null;
