/**
 * What Cisco IOS and IOS XE outputs say to the diagnosis: the parsers' values in the words of shared/model/evidence.ts. Called by
 * shared/analyze through `Platform.evidence`. Reads nothing itself: each output has its reader on the shelf (shows.ts).
 */
import type { CaptureFacts, IpsecTable, PlatformEvidence } from '../../model/evidence.ts';
import type { IpsecIdent } from '../../model/sa.ts';
import type { Line, Parser } from '../platform.ts';
import { commandWords, matchCommand } from './command-words.ts';
import { parseIpsecSas } from './ipsec-sa.ts';
import { peersOf } from './scope.ts';

/** One line a command, as on the shelf: the first that matches. */
interface Mapping {
  readonly matches: (command: string) => boolean;
  readonly facts: (output: string, command: string) => CaptureFacts;
}

export const noFacts: CaptureFacts = {
  ipsec: null,
  ike: null,
  spis: null,
  nhrp: null,
  configuration: null,
  uptime: null,
  counters: {},
  events: [],
  unread: [],
};

const mapping = <T>(
  pattern: string,
  parse: Parser<T>,
  map: (value: T, command: string, unread: readonly Line[]) => Partial<CaptureFacts>,
): Mapping => ({
  matches: (command) => matchCommand(pattern, command) !== null,
  facts: (output, command) => {
    const { value, unread } = parse(output);
    return { ...noFacts, unread, ...map(value, command, unread) };
  },
});

const mappings: readonly Mapping[] = [mapping('show crypto ipsec sa […]', parseIpsecSas, ipsecFacts)];

export const evidence: PlatformEvidence = {
  capture: (command, output) => mappings.find((one) => one.matches(command))?.facts(output, command) ?? null,
  log: () => [],
};

/** An output that nothing was read of, though it has lines, is no empty table: it may be a refusal that nobody knows yet. */
function ipsecFacts(idents: readonly IpsecIdent[], command: string, unread: readonly Line[]): Partial<CaptureFacts> {
  if (idents.length === 0 && unread.length > 0) return {};
  return { ipsec: { peers: peersOf(commandWords(command)), idents } satisfies IpsecTable };
}
