/**
 * What Cisco IOS and IOS XE outputs say to the diagnosis: the parsers' values in the words of shared/model/evidence.ts. Called by
 * shared/analyze through `Platform.evidence`. Reads nothing itself: each output has its reader on the shelf (shows.ts).
 */

import type { CryptoSession } from '../../model/crypto-session.ts';
import type { DeviceVersion } from '../../model/device-version.ts';
import type { EventTrace } from '../../model/event-trace.ts';
import type {
  CaptureFacts,
  CryptoConfiguration,
  IkeSaRow,
  LogEvent,
  NhrpPeer,
  PlatformEvidence,
  Uptime,
} from '../../model/evidence.ts';
import { type Ikev2Sa, type IsakmpSa, ikev2IsUp, isakmpIsUp } from '../../model/ike.ts';
import type { Dmvpn, NhrpCache } from '../../model/nhrp.ts';
import type { QfpDrops, QfpIpsecDrop } from '../../model/qfp.ts';
import type { IpsecIdent } from '../../model/sa.ts';
import type { ShownLogging } from '../../model/shown-logging.ts';
import type { SpiTables } from '../../model/spi-tables.ts';
import type { Parser } from '../platform.ts';
import { commandWords, matchCommand } from './command-words.ts';
import { parseCryptoSessions } from './crypto-session.ts';
import { configurationFacts, dmvpnFacts, loggingFacts, nhrpFacts, traceFacts, versionFacts } from './device-evidence.ts';
import { parseDmvpn, parseDmvpn } from './dmvpn.ts';
import { parseEventTrace, parseEventTrace } from './event-trace.ts';
import { parseIkev2Sas } from './ikev2-sa.ts';
import { parseIpsecSas } from './ipsec-sa.ts';
import { parseIsakmpSas } from './isakmp-sa.ts';
import { readLogEvents } from './log-events/log-events.ts';
import { parseNhrp, parseNhrp } from './nhrp.ts';
import { parseQfpDrops } from './qfp-drops.ts';
import { parseQfpIpsecDrops } from './qfp-ipsec-drops.ts';
import { parseRunningConfig, parseRunningConfig } from './running-config.ts';
import { includedAddress, isFiltered, peersOf } from './scope.ts';
import { parseShowLogging } from './show-logging.ts';
import { parseSpiLookup } from './spi-lookup.ts';
import { parseVersion } from './version.ts';

/** Reads all lines of a log at once (log-events.ts). */
type ReadLog = (lines: readonly string[]) => readonly LogEvent[];

const noFacts: CaptureFacts = {
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

/** `read`: of the output; false when it has lines and nothing was read of them, which is no empty table: a refusal that nobody knows yet. */
interface About {
  readonly command: string;
  readonly read: boolean;
  readonly log: ReadLog;
}
type Facts<T> = (value: T, about: About) => Partial<CaptureFacts>;

interface Mapping {
  readonly pattern: string;
  readonly facts: (output: string, command: string, log: ReadLog) => CaptureFacts;
}

const mapping = <T>(pattern: string, parse: Parser<T>, isEmpty: (value: T) => boolean, map: Facts<T>): Mapping => ({
  pattern,
  facts: (output, command, log) => {
    const { value, unread } = parse(output);
    const read = !isEmpty(value) || unread.length === 0;
    return { ...noFacts, unread, ...map(value, { command, read, log }) };
  },
});

const isNone = (list: readonly unknown[]): boolean => list.length === 0;

/** The first that matches: of two the one with more words. */
const mappings: readonly Mapping[] = [
  mapping('show crypto ipsec spi-lookup […]', parseSpiLookup, ({ active, transient }) => !active && !transient, spiFacts),
  mapping('show crypto ipsec sa […]', parseIpsecSas, isNone, ipsecFacts),
  mapping('show crypto isakmp sa […]', parseIsakmpSas, isNone, isakmpFacts),
  mapping('show crypto ikev2 sa […]', parseIkev2Sas, isNone, ikev2Facts),
  mapping('show crypto session […]', parseCryptoSessions, isNone, sessionFacts),
  mapping('show dmvpn […]', parseDmvpn, ({ tunnels }) => isNone(tunnels), dmvpnFacts),
  mapping('show ip nhrp […]', parseNhrp, ({ entries }) => isNone(entries), nhrpFacts),
  mapping('show ipv6 nhrp […]', parseNhrp, ({ entries }) => isNone(entries), nhrpFacts),
  mapping('show version […]', parseVersion, () => false, versionFacts),
  mapping('show running-config […]', parseRunningConfig, () => false, configurationFacts),
  mapping(
    'show startup-config […]',
    parseRunningConfig,
    () => false,
    () => ({}),
  ),
  mapping('show platform hardware qfp active statistics drop […]', parseQfpDrops, () => false, qfpFacts),
  mapping('show platform hardware qfp active feature ipsec datapath drops […]', parseQfpIpsecDrops, isNone, qfpIpsecFacts),
  mapping('show monitor event-trace crypto […]', parseEventTrace, () => false, traceFacts),
  mapping('show logging […]', parseShowLogging, () => false, loggingFacts),
];

export const ciscoEvidence = (log: ReadLog): PlatformEvidence => ({
  capture: (command, output) => {
    const found = mappings.find(({ pattern }) => matchCommand(pattern, command) !== null);
    return found?.facts(output, command, log) ?? null;
  },
  log,
});

/** A table that goes through a filter shows a part of each block. */
function ipsecFacts(idents: readonly IpsecIdent[], { command, read }: About): Partial<CaptureFacts> {
  return read && !isFiltered(command) ? { ipsec: { peers: peersOf(commandWords(command)), idents } } : {};
}

function spiFacts({ active, transient }: SpiTables, { command, read }: About): Partial<CaptureFacts> {
  return read && !isFiltered(command) && (active || transient) ? { spis: { active, transient } } : {};
}

/** A row stands in one line with both ends: a filter for an address limits the table to that peer. */
function isakmpFacts(sas: readonly IsakmpSa[], { command, read }: About): Partial<CaptureFacts> {
  const peer = includedAddress(command);
  if (!read || (isFiltered(command) && peer === null)) return {};
  return { ike: { version: 1, peers: peer === null ? null : [peer], sas: sas.map(isakmpRow) } };
}

function isakmpRow(sa: IsakmpSa): IkeSaRow {
  const isUp = isakmpIsUp(sa);
  return {
    line: sa.line,
    // The short table names who answered and who began: which of them is this device is told by its addresses (IkeSaRow).
    local: sa.local ?? sa.dst,
    remote: sa.remote ?? sa.src,
    state: sa.state ?? (isUp ? (sa.status ?? 'ACTIVE') : (sa.status ?? 'not negotiated')),
    established: isUp,
    deleted: sa.deleted,
    connectionId: String(sa.connectionId),
    ageSeconds: null,
    remainingSeconds: sa.lifetimeSeconds,
    dpdSeconds: null,
  };
}

function ikev2Facts(sas: readonly Ikev2Sa[], { command, read }: About): Partial<CaptureFacts> {
  if (!read || isFiltered(command)) return {};
  return { ike: { version: 2, peers: peersOf(commandWords(command)), sas: sas.map(ikev2Row) } };
}

function ikev2Row(sa: Ikev2Sa): IkeSaRow {
  const { lifetimeSeconds, activeSeconds } = sa;
  return {
    line: sa.line,
    local: sa.local,
    remote: sa.remote,
    state: sa.status,
    established: ikev2IsUp(sa),
    deleted: sa.status === 'DELETE',
    connectionId: String(sa.tunnelId),
    ageSeconds: activeSeconds,
    remainingSeconds: lifetimeSeconds === null || activeSeconds === null ? null : Math.max(0, lifetimeSeconds - activeSeconds),
    dpdSeconds: sa.dpdSeconds,
  };
}

/** IKE as sessions show it: what is left where the tables of IKE are missing. A session without any has no IKE SA of either version. */
function sessionFacts(sessions: readonly CryptoSession[], { command, read }: About): Partial<CaptureFacts> {
  const peers = peersOf(commandWords(command));
  if (!read || isFiltered(command) || sessions.length === 0) return {};
  const sas = sessions.flatMap(({ ikeSas }) => ikeSas);
  const isTwo = sas.some(({ version }) => version === 2);
  const rows = sas.filter(({ version }) => (version === 2) === isTwo);
  return {
    ike: {
      version: isTwo ? 2 : 1,
      peers,
      sas: rows.map(
        (sa): IkeSaRow => ({
          line: sa.line,
          local: sa.local,
          remote: sa.remote,
          state: sa.status ?? 'not shown',
          established: sa.status === 'Active',
          deleted: false,
          connectionId: sa.connectionId === null ? null : String(sa.connectionId),
          ageSeconds: null,
          remainingSeconds: sa.lifetimeSeconds,
          dpdSeconds: null,
        }),
      ),
    },
  };
}

function dmvpnFacts({ tunnels }: Dmvpn, { read }: About): Partial<CaptureFacts> {
  if (!read) return {};
  const rows = tunnels.flatMap(({ peers }) =>
    peers.map(({ line, nbma, tunnel, state }): NhrpPeer => ({ line, nbma, tunnelAddress: tunnel, state })),
  );
  return { nhrp: rows };
}

function nhrpFacts({ entries }: NhrpCache, { read }: About): Partial<CaptureFacts> {
  if (!read) return {};
  return {
    nhrp: entries.map(
      ({ line, nbma, target, type }): NhrpPeer => ({
        line,
        nbma,
        tunnelAddress: target.replace(/\/\d{1,3}$/, ''),
        state: type,
      }),
    ),
  };
}

/** Of the processor that runs: after a switchover the system's own uptime goes on. */
function versionFacts({ uptime, processorUptime, reloadReason, returnedBy }: DeviceVersion): Partial<CaptureFacts> {
  const shown =
    processorUptime !== null && uptime !== null && processorUptime.seconds < uptime.seconds ? processorUptime : uptime;
  if (shown === null) return {};
  const { line, seconds, resolutionSeconds } = shown;
  return { uptime: { line, seconds, resolutionSeconds, reason: reloadReason ?? returnedBy } satisfies Uptime };
}

function configurationFacts(configuration: CryptoConfiguration): Partial<CaptureFacts> {
  const { dpd, invalidSpiRecovery, lifetimeSeconds, lifetimeKilobytes, peerings } = configuration;
  const says = dpd ?? invalidSpiRecovery ?? lifetimeSeconds ?? lifetimeKilobytes;
  return says === null && peerings.length === 0 ? {} : { configuration };
}

function qfpFacts({ drops }: QfpDrops): Partial<CaptureFacts> {
  return { counters: Object.fromEntries(drops.map(({ name, packets }) => [name, packets])) };
}

function qfpIpsecFacts(drops: readonly QfpIpsecDrop[]): Partial<CaptureFacts> {
  return { counters: Object.fromEntries(drops.map(({ name, packets }) => [name, packets])) };
}

function traceFacts({ entries }: EventTrace): Partial<CaptureFacts> {
  return { events: traceEvents(entries) };
}

/** The buffer: lines with their place in the output. */
function loggingFacts({ lines }: ShownLogging, { log }: About): Partial<CaptureFacts> {
  const events = log(lines.map(({ text }) => text)).map(
    (event): LogEvent => ({
      ...event,
      line: lines[event.line - 1]?.number ?? event.line,
    }),
  );
  return { events };
}
