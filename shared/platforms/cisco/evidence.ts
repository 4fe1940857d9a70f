/**
 * What Cisco IOS and IOS XE outputs say to the diagnosis: the parsers' values in the words of shared/model/evidence.ts. Called by
 * shared/analyze through `Platform.evidence`. Reads nothing itself: each output has its reader on the shelf (shows.ts).
 */
import { type CaptureFacts, noFacts, type PlatformEvidence } from '../../model/evidence.ts';
import type { Parser } from '../platform.ts';
import { matchCommand } from './command-words.ts';
import { parseCryptoSessions } from './crypto-session.ts';
import { configurationFacts, dmvpnFacts, loggingFacts, nhrpFacts, traceFacts, versionFacts } from './device-evidence.ts';
import { parseDmvpn } from './dmvpn.ts';
import { parseEventTrace } from './event-trace.ts';
import { parseIkev2Sas } from './ikev2-sa.ts';
import { parseIpsecSas } from './ipsec-sa.ts';
import { parseIsakmpSas } from './isakmp-sa.ts';
import { readLogEvents } from './log-events/log-events.ts';
import { parseNhrp } from './nhrp.ts';
import { parseQfpDrops } from './qfp-drops.ts';
import { parseQfpIpsecDrops } from './qfp-ipsec-drops.ts';
import { parseRunningConfig } from './running-config.ts';
import {
  type About,
  ikev2Facts,
  ipsecFacts,
  isakmpFacts,
  qfpFacts,
  qfpIpsecFacts,
  sessionFacts,
  spiFacts,
} from './sa-evidence.ts';
import { parseShowLogging } from './show-logging.ts';
import { parseSpiLookup } from './spi-lookup.ts';
import { parseVersion } from './version.ts';

/** One line a command, as on the shelf: the first that matches. */
interface Mapping {
  readonly pattern: string;
  readonly facts: (output: string, command: string) => CaptureFacts;
}

/** `isEmpty`: of a value that was read out of nothing. */
const mapping = <T>(
  pattern: string,
  parse: Parser<T>,
  map: (value: T, about: About) => Partial<CaptureFacts>,
  isEmpty: (value: T) => boolean = () => false,
): Mapping => ({
  pattern,
  facts: (output, command) => {
    const { value, unread } = parse(output);
    return { ...noFacts, unread, ...map(value, { command, read: unread.length === 0 || !isEmpty(value) }) };
  },
});

const isNone = (list: readonly unknown[]): boolean => list.length === 0;

const mappings: readonly Mapping[] = [
  // Security associations
  mapping('show crypto ipsec sa […]', parseIpsecSas, ipsecFacts, isNone),
  mapping('show crypto ipsec spi-lookup […]', parseSpiLookup, spiFacts),
  mapping('show crypto isakmp sa […]', parseIsakmpSas, isakmpFacts, isNone),
  mapping('show crypto ikev2 sa […]', parseIkev2Sas, ikev2Facts, isNone),
  mapping('show crypto session […]', parseCryptoSessions, sessionFacts, isNone),
  mapping('show platform hardware qfp active statistics drop […]', parseQfpDrops, qfpFacts),
  mapping('show platform hardware qfp active feature ipsec datapath drops […]', parseQfpIpsecDrops, qfpIpsecFacts),
  // Device, NHRP, logs
  mapping('show dmvpn […]', parseDmvpn, dmvpnFacts),
  mapping('show ip nhrp […]', parseNhrp, nhrpFacts, ({ entries }) => isNone(entries)),
  mapping('show ipv6 nhrp […]', parseNhrp, nhrpFacts, ({ entries }) => isNone(entries)),
  mapping('show version […]', parseVersion, versionFacts),
  mapping('show logging […]', parseShowLogging, loggingFacts),
  mapping('show monitor event-trace crypto […]', parseEventTrace, traceFacts),
  mapping('show running-config […]', parseRunningConfig, configurationFacts),
];

export const evidence: PlatformEvidence = {
  capture: (command, output) =>
    mappings.find(({ pattern }) => matchCommand(pattern, command) !== null)?.facts(output, command) ?? null,
  log: readLogEvents,
};
