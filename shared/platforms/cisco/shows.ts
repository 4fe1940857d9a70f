/** The shelf of the commands whose output can be read: one line a command. Used by `spitrap parse` and by the analysis, which find the reader of a captured command here. */
import type { Parser } from '../platform.ts';
import { parseClock } from './clock.ts';
import { matchCommand } from './command-words.ts';
import { parseCpu } from './cpu.ts';
import { parseCryptoMaps } from './crypto-map.ts';
import { parseCryptoSessions } from './crypto-session.ts';
import { parseCryptoSockets } from './crypto-sockets.ts';
import { parseDebugConditions } from './debug-condition.ts';
import { parseDebugging } from './debugging.ts';
import { parseDmvpn } from './dmvpn.ts';
import { parseEventTrace } from './event-trace.ts';
import { parseIkev2Sas } from './ikev2-sa.ts';
import { parseIpsecSas } from './ipsec-sa.ts';
import { parseIsakmpSas } from './isakmp-sa.ts';
import { parseNhrp } from './nhrp.ts';
import { parseQfpDrops } from './qfp-drops.ts';
import { parseQfpIpsecDrops } from './qfp-ipsec-drops.ts';
import { parseQfpIpsecSa } from './qfp-ipsec-sa.ts';
import { parseQfpIpsecState } from './qfp-ipsec-state.ts';
import { parseRunningConfig } from './running-config.ts';
import { parseShowLogging } from './show-logging.ts';
import { parseSpiLookup } from './spi-lookup.ts';
import { parseVersion } from './version.ts';

/** `matches`: the words of the command as typed or captured, abbreviations as in Note A (`show crypto isa sa`) and filters (`| include X`, `| section crypto`) understood. */
export interface ShowReader<T = unknown> {
  /** The command in full, without arguments: `show crypto ipsec sa`. */
  readonly name: string;
  readonly matches: (command: string) => boolean;
  readonly parse: Parser<T>;
}

/** `[…]` at the end of a name: further words may follow (`detail`, `peer 192.0.2.1`). */
const reader = <T>(pattern: string, parse: Parser<T>): ShowReader<T> => ({
  name: pattern.replace(/ \[…\]$/, ''),
  matches: (command) => matchCommand(pattern, command) !== null,
  parse,
});

export const shows: readonly ShowReader[] = [
  // Security associations
  reader('show crypto ipsec sa […]', parseIpsecSas),
  reader('show crypto ipsec spi-lookup […]', parseSpiLookup),
  reader('show crypto isakmp sa […]', parseIsakmpSas),
  reader('show crypto ikev2 sa […]', parseIkev2Sas),
  reader('show crypto session […]', parseCryptoSessions),
  reader('show crypto sockets […]', parseCryptoSockets),
  reader('show crypto map […]', parseCryptoMaps),
  reader('show platform hardware qfp active statistics drop […]', parseQfpDrops),
  reader('show platform hardware qfp active feature ipsec datapath drops […]', parseQfpIpsecDrops),
  reader('show platform hardware qfp active feature ipsec sa […]', parseQfpIpsecSa),
  reader('show platform hardware qfp active feature ipsec state', parseQfpIpsecState),
  // Device, NHRP, logs
  reader('show crypto debug-condition', parseDebugConditions),
  reader('show dmvpn […]', parseDmvpn),
  reader('show ip nhrp […]', parseNhrp),
  reader('show ipv6 nhrp […]', parseNhrp),
  reader('show debugging', parseDebugging),
  reader('show logging […]', parseShowLogging),
  reader('show clock […]', parseClock),
  reader('show version […]', parseVersion),
  reader('show processes cpu […]', parseCpu),
  reader('show monitor event-trace crypto […]', parseEventTrace),
  reader('show running-config […]', parseRunningConfig),
  reader('show startup-config […]', parseRunningConfig),
];

/** Null: not on the shelf, or so short that it could be several (`show crypto ipsec s`). */
export function showReaderFor(command: string): ShowReader | null {
  const found = shows.filter((show) => show.matches(command));
  if (found.length < 2) return found[0] ?? null;
  // `show ip nhrp` is in full what `show ipv6 nhrp` is for short. The longest name has the most specific reader.
  const whole = found.filter((show) => matchCommand(`${show.name} […]`, command) === 'exact');
  whole.sort((a, b) => b.name.length - a.name.length);
  return whole[0] ?? null;
}
