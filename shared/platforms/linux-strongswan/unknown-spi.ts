/**
 * Log lines of a Linux gateway that name an ESP packet without an SA: the kernel's audit event, and charon's two lines at `esp = 2` (level
 * 1 shows nothing). Called for each line by agent/intake.ts through the platform; pure, the caller keeps the state.
 */
import { canonicalAddress } from '../../model/address.ts';
import { type Flow, parseSpi } from '../../model/flow.ts';
import type { UnknownSpiState } from '../platform.ts';
import { readCharonLine } from './charon-line.ts';

// audit: type=1415 audit(1790000000.123:77): op=SA-notfound src=198.51.100.2 dst=198.51.100.1 spi=3061914384(0xb6811b10) seqno=3
const AUDIT =
  /\bop=SA-notfound src=(?<src>[0-9a-fA-F.:]{2,45}) dst=(?<dst>[0-9a-fA-F.:]{2,45}) spi=\d{1,10}\((?<spi>0x[0-9a-fA-F]{1,8})\)/;
// 02[NET] received packet: from 198.51.100.2[4500] to 198.51.100.1[4500]
const RECEIVED = /^received packet: from (?<src>[0-9a-fA-F.:]{2,45})\[\d+\] to (?<dst>[0-9a-fA-F.:]{2,45})\[\d+\]/;
// 06[ESP] parsed ESP header with SPI b6811b10 [seq 5]
const PARSED = /^parsed ESP header with SPI (?<spi>[0-9a-f]{8}) \[seq \d+\]/;
// 06[ESP] inbound ESP packet does not belong to an installed SA
const UNKNOWN = /^inbound ESP packet does not belong to an installed SA/;

/** What all of them hold: bytes to search for, before a line is looked at. */
export const unknownSpiAnchors: readonly string[] = ['op=SA-notfound', '[ESP] ', '[NET] received packet'];

export const noUnknownSpi: UnknownSpiState = { ends: null, spis: {} };

/** Threads of charon: 16 by default. */
const THREADS_MAX = 64;

export function readUnknownSpi(
  state: UnknownSpiState,
  text: string,
): { readonly state: UnknownSpiState; readonly flow: Flow | null } {
  const charon = readCharonLine(text);
  if (charon === null) {
    const audit = AUDIT.exec(text)?.groups;
    return { state, flow: audit ? flowOf(audit['src']!, audit['dst']!, audit['spi']!) : null };
  }
  const { thread, group, words } = charon;
  const received = group === 'NET' ? RECEIVED.exec(words)?.groups : undefined;
  if (received) return { state: { ...state, ends: { src: received['src']!, dst: received['dst']! } }, flow: null };
  if (group !== 'ESP') return { state, flow: null };
  const parsed = PARSED.exec(words)?.groups;
  if (parsed && state.ends !== null) {
    const spis = Object.keys(state.spis).length >= THREADS_MAX ? {} : state.spis;
    const heard = { ...state.ends, spi: `0x${parsed['spi']!}` };
    return { state: { ...state, spis: { ...spis, [thread]: heard } }, flow: null };
  }
  if (!UNKNOWN.test(words)) return { state, flow: null };
  const { [thread]: heard, ...spis } = state.spis;
  return { state: { ...state, spis }, flow: heard === undefined ? null : flowOf(heard.src, heard.dst, heard.spi) };
}

function flowOf(source: string, destination: string, text: string): Flow | null {
  const [src, dst, spi] = [canonicalAddress(source), canonicalAddress(destination), parseSpi(text)];
  return src === null || dst === null || spi === null ? null : { src, dst, spi };
}
