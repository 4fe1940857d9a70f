/** To which peers was a captured command limited? `show crypto ipsec sa peer 11.1.1.3 detail`, `… remote X`, `… | include X`. Used by evidence.ts: what is absent from a limited table may exist. */
import { canonicalAddress } from '../../model/address.ts';

const SCOPES = new Set(['peer', 'remote', 'nbma', 'local']);

/** Canonical; null: not limited. `words` without the filter (command-words.ts). */
export function peersOf(words: readonly string[]): readonly string[] | null {
  const peers = words.flatMap((word, index) => (SCOPES.has(words[index - 1] ?? '') ? (canonicalAddress(word) ?? []) : []));
  return peers.length === 0 ? null : peers;
}

// show crypto isakmp sa detail | include 11.1.1.3
const INCLUDE = /\|\s*i(?:n|nc|ncl|nclu|nclud|nclude)?\s+(\S+)\s*$/i;

/** The address that a filter lets through; null: no filter, or one for something else. */
export function includedAddress(command: string): string | null {
  const word = INCLUDE.exec(command.slice(0, 300))?.[1];
  return word === undefined ? null : canonicalAddress(word);
}

/** Is its output filtered at all? Then what is not in it may exist. */
export const isFiltered = (command: string): boolean => command.includes('|');
