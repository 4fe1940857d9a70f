/**
 * Rules between settings, from pair-protocol.md: what each setting allows and the pair does not. Run by load.ts on whatever
 * settings were good by themselves, so that one run shows every fault.
 */
import { type AddressRange, rangeContains, rangesOverlap } from '../../shared/model/address.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import type { Endpoint } from '../ports.ts';
import { alarmChannelsDiffer, type SpelledAlarmChannel } from './alarm-channels.ts';
import { conditionsStand, remoteArmAuthenticated, stopModeFits } from './arming-fields.ts';
import type { FaultPath } from './faults.ts';
import { formatEndpoint } from './fields.ts';
import { fleetFits } from './fleet-fields.ts';
import { pageGuarded } from './page-fields.ts';
import { peerPagesPinned } from './peer-page-field.ts';
import { peerEnginesDiffer, peersDoNotOverlap, peersTellApart } from './peer-rules.ts';
import type { Spelled, SpelledDevice, SpelledPeer, SpelledSource } from './schema.ts';
import { sourcesFit } from './source-rules.ts';

type Section<K extends 'stop' | 'signal' | 'arming'> = Partial<Omit<Spelled[K], 'values'>>;

/** What of the file was good; the place of a faulty peer or source stays empty, so that indexes hold. */
export interface Parts {
  readonly role?: Spelled['role'];
  readonly device?: SpelledDevice;
  readonly sources?: readonly (SpelledSource | undefined)[];
  readonly peers?: readonly (SpelledPeer | undefined)[];
  readonly alarms?: readonly (SpelledAlarmChannel | undefined)[];
  readonly page?: Spelled['page'];
  readonly fleet?: Spelled['fleet'];
  readonly arm?: Spelled['arm'];
  readonly arming: Section<'arming'>;
  readonly stop: Section<'stop'>;
  readonly signal: Section<'signal'> & { readonly values: Partial<Spelled['signal']['values']> };
}

export interface Findings {
  fault(path: FaultPath, remedy: string): void;
  warn(message: string): void;
  /** How a message names the setting at a path. */
  where(path: FaultPath): string;
}

type Rule = (parts: Parts, findings: Findings) => void;

export function checkRules(parts: Parts, findings: Findings): void {
  for (const rule of rules) rule(parts, findings);
}

const rules: readonly Rule[] = [
  delayFits,
  valuesDiffer,
  deviceLogin,
  sourcesStand,
  sourceNamesDiffer,
  allowedMatch,
  listenersDiffer,
  filesStand,
  sourcesFit,
  peersStand,
  peerPagesPinned,
  peerNamesDiffer,
  peersNotUs,
  peersDoNotOverlap,
  eemReached,
  stopOperatorsUsed,
  v1Unacknowledged,
  peersTellApart,
  peerEnginesDiffer,
  insecureSaid,
  alarmChannelsDiffer,
  platformHasIt,
  stopModeFits,
  conditionsStand,
  remoteArmAuthenticated,
  pageGuarded,
  fleetFits,
];

function delayFits({ stop }: Parts, { fault }: Findings): void {
  if (stop.delay !== undefined && stop.maxDelay !== undefined && stop.delay > stop.maxDelay)
    fault(['stop', 'delay'], 'is longer than stop.maxDelay; the peer would clamp it and stop earlier than this end');
}

function valuesDiffer({ signal: { values } }: Parts, { fault }: Findings): void {
  const seen = new Map<number, string>();
  for (const [phase, value] of Object.entries(values)) {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, phase);
    else
      fault(
        ['signal', 'values', phase],
        `the same value as ${first}; all agreed values differ, or an EEM peer would act on the wrong signal`,
      );
  }
}

/** The one platform whose device can be a host that programs run on. */
const LOCAL_PLATFORM = 'linux-strongswan';

function deviceLogin({ device }: Parts, { fault, warn }: Findings): void {
  if (!device) return;
  if (device.transport === 'local') {
    if (device.platform !== LOCAL_PLATFORM)
      fault(['device', 'transport'], `this host is no ${device.platform}; local is for platform ${LOCAL_PLATFORM} alone`);
    for (const key of ['user', 'password', 'privateKey', 'jump'] as const)
      if (device[key] !== null) fault(['device', key], 'nobody logs in with transport: local; take it out');
    return;
  }
  if (device.user === null) fault(['device', 'user'], 'is missing; give it as user name');
  const ends = [
    { login: device, path: ['device'] },
    ...(device.jump ? [{ login: device.jump, path: ['device', 'jump'] }] : []),
  ] as const;
  for (const { login, path } of ends) {
    const at = path.join('.');
    if (!login.password && !login.privateKey)
      fault(path, 'no way to log in; give password: { file: NAME } or privateKey: { file: NAME }');
    if (login.passphrase && !login.privateKey)
      fault([...path, 'passphrase'], 'a passphrase without a privateKey; remove it, or give the key');
    if (login.hostKey.length === 0)
      warn(
        `${at}.hostKey is empty: every login is refused; run once with --trust-on-first-use, then pin the fingerprint that it prints`,
      );
    for (const key of login.hostKey)
      if (!/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(key))
        warn(`${at}.hostKey ${key} is not the length of a SHA-256 fingerprint and will match no key`);
  }
}

function sourcesStand({ role, sources }: Parts, { fault, warn }: Findings): void {
  if (sources?.length !== 0) return;
  if (role === 'hub' || role === 'both')
    fault(
      ['sources'],
      `a ${role === 'hub' ? 'hub' : 'device'} without a source never sees its message; add { kind: syslog-tcp, listen: "0.0.0.0:6514" }`,
    );
  if (role === 'spoke') warn('sources is empty: incidents are joined, and the bundle holds no device log');
}

function sourceNamesDiffer({ sources = [] }: Parts, { fault }: Findings): void {
  for (const index of duplicates(sources.map((source) => source?.name ?? null)))
    fault(['sources', index, 'name'], 'another source has this name; names differ');
  const monitors = sources.flatMap((source, index) => (source?.kind === 'terminal-monitor' ? [index] : []));
  for (const index of monitors.slice(1))
    fault(['sources', index, 'kind'], 'one terminal monitor is enough: each takes a VTY line of the device');
}

/** A sender that is allowed and matches nothing: its lines would all be counted as foreign. The usual cause is a relay. */
function allowedMatch({ device, sources = [] }: Parts, { fault, warn }: Findings): void {
  if (!device) return;
  const ours = device.match === null ? [hostRange(device.address)] : device.match.map((match) => match.range);
  sources.forEach((source, index) => {
    if (!source || !('allow' in source) || !source.allow) return;
    const strange = source.allow.filter((allowed) => !ours.some((range) => rangesOverlap(range, allowed)));
    const remedy = `no sender here is in device.match, so no line could be this device's; for a relay add { relay: ${strange[0]?.text}, hostname: NAME } to device.match`;
    if (strange.length === source.allow.length) fault(['sources', index, 'allow'], remedy);
    else
      for (const range of strange)
        warn(`sources[${index}].allow: ${range.text} is not in device.match; its lines are counted as foreign`);
  });
}

/** What a platform has not, it can not be asked for. */
function platformHasIt({ device, sources = [], arming }: Parts, { fault }: Findings): void {
  const platform = device === undefined ? null : platformNamed(device.platform);
  if (platform === null) return;
  sources.forEach((source, index) => {
    if (source?.kind === 'spi-watch' && platform.spiWatch === undefined)
      fault(['sources', index, 'kind'], `${platform.name} counts no ESP by flow; its log says it: give a syslog source`);
  });
  if (arming.deadMan === true && platform.arming.absent?.includes('dead-man') === true)
    fault(['arming', 'deadMan'], `there is none on ${platform.name}: were the agent gone, its debugs would stay on; take it out`);
}

function listenersDiffer({ sources = [], signal }: Parts, { fault }: Findings): void {
  const taken: { readonly transport: 'udp' | 'tcp'; readonly listen: Endpoint; readonly where: string }[] = [];
  const listeners = sources.flatMap((source, index) =>
    source && 'listen' in source
      ? [
          {
            transport: source.kind === 'syslog-udp' || source.kind === 'snmp-trap' ? ('udp' as const) : ('tcp' as const),
            listen: source.listen,
            path: ['sources', index, 'listen'],
          },
        ]
      : [],
  );
  if (signal.listen) listeners.unshift({ transport: 'udp', listen: signal.listen, path: ['signal', 'listen'] });
  for (const { transport, listen, path } of listeners) {
    const clash = taken.find((other) => other.transport === transport && collide(other.listen, listen));
    if (clash)
      fault(path, `${transport} ${formatEndpoint(listen)} is already taken by ${clash.where}; give it a port of its own`);
    taken.push({ transport, listen, where: path[0] === 'signal' ? 'signal.listen' : `sources[${path[1]}].listen` });
  }
}

/** A file's lines are known by the relay that wrote it and the host name in each: without an entry for it none is the device's. */
function filesStand({ device, sources = [] }: Parts, { fault }: Findings): void {
  const seen = new Map<string, number>();
  sources.forEach((source, index) => {
    if (source?.kind !== 'file') return;
    const first = seen.get(source.path);
    if (first !== undefined) fault(['sources', index, 'path'], `sources[${first}] reads it already`);
    else seen.set(source.path, index);
    const known = device?.match?.some((match) => rangeContains(match.range, source.relay)) ?? false;
    if (device && !known)
      fault(
        ['sources', index, 'path'],
        `no line of it could be this device's: add { relay: ${source.relay}, hostname: NAME } to device.match, NAME as the file's lines spell the device's name or address`,
      );
  });
}

/** Port 0 is a different port each time. A wildcard socket takes the port of every address; `[::]` that of IPv4 too. */
function collide(a: Endpoint, b: Endpoint): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  if (a.address === b.address || a.address === '::' || b.address === '::') return true;
  const wildcard = a.address === '0.0.0.0' ? b : b.address === '0.0.0.0' ? a : null;
  return wildcard !== null && !wildcard.address.includes(':');
}

function peersStand({ peers }: Parts, { fault }: Findings): void {
  if (peers?.length === 0) fault(['peers'], 'at least one peer: the other end of the tunnel');
  peers?.forEach((peer, index) => {
    if (!peer) return;
    if (peer.kind === 'spitrap' && peer.send.length === 0)
      fault(['peers', index, 'send'], 'where its agent listens is missing; give send: ["198.51.100.9:10162"]');
    if (peer.kind === 'eem' && peer.send.length === 0 && !peer.from)
      fault(['peers', index, 'from'], 'where its traps come from is missing; give from: [198.51.100.9]');
  });
}

function peerNamesDiffer({ peers = [] }: Parts, { fault }: Findings): void {
  for (const index of duplicates(peers.map((peer) => peer?.name ?? null)))
    fault(['peers', index, 'name'], 'another peer has this name; names differ');
}

function peersNotUs({ device, peers = [] }: Parts, { fault }: Findings): void {
  if (!device) return;
  for (const [index, peer] of peers.entries()) {
    for (const [item, range] of (peer?.cryptoAddresses ?? []).entries()) {
      const own = device.cryptoAddresses.find((ours) => ours.bits <= range.bits && rangesOverlap(ours, range));
      if (own)
        fault(
          ['peers', index, 'cryptoAddresses', item],
          `the device's own (device.cryptoAddresses has ${own.text}); give the other end's tunnel address`,
        );
    }
  }
}

/** What a router runs on its own: at a hub it is told the stop, at a spoke it tells it. */
function eemReached({ role, peers = [] }: Parts, { fault, warn, where }: Findings): void {
  peers.forEach((peer, index) => {
    if (peer?.kind !== 'eem' || peer.send.length > 0) return;
    if (role === 'hub')
      fault(
        ['peers', index, 'send'],
        'where the router takes the stop is missing: a hub only tells an eem peer; give send: ["198.51.100.9:162"]',
      );
    if (role === 'both')
      warn(`${where(['peers', index, 'send'])} is empty: ${peer.name} may stop us, and is not told when our own device reports`);
  });
}

/** With `ge`, the done of an agent would match the stop (pair-protocol.md, "Signals"). */
function stopOperatorsUsed({ role, peers = [] }: Parts, { fault }: Findings): void {
  peers.forEach((peer, index) => {
    if (!peer || peer.op === 'eq') return;
    if (peer.kind === 'spitrap')
      fault(['peers', index, 'op'], 'an agent says which signal it sends: only the bare stop of an eem peer is compared so');
    else if (role === 'hub') fault(['peers', index, 'op'], 'a hub takes no stop, so there is nothing to compare; take it out');
  });
}

/** v1 has no InformRequest (RFC 1157), so nobody would ever learn whether an alert or a stop arrived. */
function v1Unacknowledged({ peers = [] }: Parts, { fault }: Findings): void {
  peers.forEach((peer, index) => {
    if (peer?.snmp.version !== 1) return;
    if (peer.kind === 'spitrap')
      fault(
        ['peers', index, 'snmp', 'version'],
        'SNMPv1 has no informs, and agents acknowledge each other’s signals: use 3 (or 2c); 1 is for peers of kind eem',
      );
    else if (peer.notify === 'inform')
      fault(['peers', index, 'notify'], 'SNMPv1 has no informs: write trap, or version 2c or 3 above');
  });
}

/** `from`, else the addresses in `send`. */
export function senders(peer: SpelledPeer): readonly AddressRange[] {
  return peer.from ?? peer.send.map(({ address }) => hostRange(address));
}

function insecureSaid({ signal, peers = [] }: Parts, { fault, warn, where }: Findings): void {
  peers.forEach((peer, index) => {
    if (peer && peer.snmp.version !== 3 && signal.allowInsecure === false)
      fault(
        ['peers', index, 'snmp', 'version'],
        `v${peer.snmp.version} can be spoofed by anyone; use version 3, or say so with signal.allowInsecure: true`,
      );
    if (peer?.snmp.version === 3 && peer.snmp.priv === null)
      warn(`${where(['peers', index, 'snmp'])} has no priv: signals are authenticated, and readable on the wire`);
  });
}

export function hostRange(address: string): AddressRange {
  const family = address.includes(':') ? 6 : 4;
  return { text: address, family, bits: family === 6 ? 128 : 32, base: address };
}

/** Indexes of the second and later holders of a name. */
function duplicates(names: readonly (string | null)[]): number[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    if (name === null || !seen.has(name)) {
      if (name !== null) seen.add(name);
      return [];
    }
    return [index];
  });
}
