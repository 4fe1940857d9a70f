/**
 * What a router's applets say that an agent beside it must know: role, addresses, value, delay, SNMP. `null` and empty lists: the text does
 * not say, a person must. Called by agent/cli/eem/import.ts.
 */
import { canonicalAddress } from '../model/address.ts';
import { type Applet, type EemConfig, runOrder, type SnmpHost } from './applet.ts';
import { cliActions, eventOf, isInvalidSpiPattern, isUndebug, trapActions } from './commands.ts';
import { addressesIn } from './pattern.ts';

export type ImportRole = 'hub' | 'spoke' | 'both';

export interface ImportedPeer {
  /** Canonical. */
  readonly address: string;
  /** Where the router sends its traps for this peer; null: no `snmp-server host` that fits. */
  readonly host: SnmpHost | null;
  /** Its traps are waited for. */
  readonly isHeard: boolean;
}

export interface ImportFacts {
  /** Null: neither a trap is sent nor waited for. */
  readonly role: ImportRole | null;
  readonly hostname: string | null;
  readonly peerHostname: string | null;
  readonly cryptoAddresses: readonly string[];
  readonly peers: readonly ImportedPeer[];
  readonly delaySeconds: number | null;
  readonly stopValue: number | null;
  readonly op: 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
  readonly root: 91 | 134;
  /** How the two ends speak: of the end that sends, if it is in the text. */
  readonly sends: SnmpHost | null;
}

const OPS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const;
const INT_MAX = 2 ** 31 - 1;

/** `own` is the router beside the agent, `other` the far end if it was given. */
export function importFacts(own: EemConfig, other: EemConfig | null, asked: ImportRole | null): ImportFacts {
  const hub = own.applets.filter((applet) => trapActions(applet).length > 0);
  const spoke = own.applets.filter((applet) => eventOf(applet, 'snmp-notification') !== undefined);
  const role = asked ?? roleOf(hub, spoke, own);
  const waiting = [own, ...(other === null ? [] : [other])].flatMap(({ applets }) =>
    applets.flatMap((applet) => eventOf(applet, 'snmp-notification') ?? []),
  );
  const notification = spoke.map((applet) => eventOf(applet, 'snmp-notification')!)[0];
  const stop = [...hub, ...(other?.applets ?? [])].flatMap(trapActions).map(({ intData1 }) => numberIn(intData1));
  const op = OPS.find((one) => one === notification?.op) ?? 'eq';
  return {
    role,
    hostname: own.hostname,
    peerHostname: other?.hostname ?? null,
    cryptoAddresses: cryptoAddressesOf(own, other),
    peers: peersOf(own, other, hub, spoke),
    delaySeconds: [own, ...(other === null ? [] : [other])].flatMap(({ applets }) => applets.flatMap(delayOf))[0] ?? null,
    stopValue: numberIn(notification?.oidVal ?? null) ?? stop.find((value) => value !== null) ?? null,
    op,
    root: waiting.some(({ oid }) => /^\.?1\.3\.6\.1\.4\.1\.9\.10\.134\./.test(oid)) ? 134 : 91,
    sends: hostsOf(hub.length > 0 ? own : (other ?? own))[0] ?? hostsOf(own)[0] ?? null,
  };
}

function roleOf(hub: readonly Applet[], spoke: readonly Applet[], { applets }: EemConfig): ImportRole | null {
  if (hub.length > 0) return spoke.length > 0 ? 'both' : 'hub';
  if (spoke.length > 0) return 'spoke';
  return applets.some((applet) => isInvalidSpiPattern(eventOf(applet, 'syslog')?.pattern ?? '')) ? 'hub' : null;
}

const hostsOf = ({ snmpHosts }: EemConfig): SnmpHost[] =>
  snmpHosts.filter(({ types }) => types.length === 0 || types.includes('event-manager'));

const patternAddresses = ({ applets }: EemConfig): string[] =>
  applets.flatMap((applet) => {
    const pattern = eventOf(applet, 'syslog')?.pattern ?? '';
    return isInvalidSpiPattern(pattern)
      ? addressesIn(pattern).flatMap(({ field, address }) => (field === 'destaddr' ? [] : [address]))
      : [];
  });

const sources = ({ applets }: EemConfig): string[] =>
  applets.flatMap((applet) => eventOf(applet, 'snmp-notification')?.sourceAddress ?? []);

/** Canonical, each once; what is no address is left out. */
const distinct = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.flatMap((address) => canonicalAddress(address) ?? [])),
];

const firstOf = (...lists: readonly (readonly string[])[]): string[] => lists.map(distinct).find((list) => list.length > 0) ?? [];

/** Its own tunnels end where its crypto interfaces are, else where the other end says that it is. */
function cryptoAddressesOf(own: EemConfig, other: EemConfig | null): string[] {
  const crypto = own.interfaces.filter(({ isCrypto }) => isCrypto).flatMap(({ addresses }) => addresses);
  if (other === null) return distinct(crypto);
  return firstOf(
    crypto,
    patternAddresses(other),
    sources(other),
    hostsOf(other).map(({ address }) => address),
  );
}

function peersOf(own: EemConfig, other: EemConfig | null, hub: readonly Applet[], spoke: readonly Applet[]): ImportedPeer[] {
  const hosts = hostsOf(own);
  const heard = distinct(sources(own));
  const named = distinct([...patternAddresses(own), ...heard]);
  const there = other?.interfaces.filter(({ isCrypto }) => isCrypto).flatMap(({ addresses }) => addresses) ?? [];
  const addresses =
    named.length > 0
      ? named
      : firstOf(
          hosts.map(({ address }) => address),
          there,
          own.tunnelPeers,
        );
  return addresses.map((address) => ({
    address,
    host:
      hosts.findLast((host) => canonicalAddress(host.address) === address) ??
      (addresses.length === 1 && hub.length > 0 ? (hosts.at(-1) ?? null) : null),
    isHeard: heard.includes(address) || (heard.length === 0 && spoke.length > 0),
  }));
}

/** What it waits before the debugs end. */
function delayOf(applet: Applet): number[] {
  const run = runOrder(applet);
  const off = cliActions(applet).find(({ command }) => isUndebug(command));
  if (off === undefined || eventOf(applet, 'syslog') === undefined) return [];
  const waits = run.slice(0, run.indexOf(off)).map((action) => (action.kind === 'wait' ? (action.seconds ?? 0) : 0));
  const seconds = waits.reduce((sum, one) => sum + one, 0);
  return seconds > 0 && seconds <= 300 ? [seconds] : [];
}

function numberIn(text: string | null): number | null {
  if (text === null || !/^-?\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value > INT_MAX || value < -INT_MAX - 1 ? null : value;
}
