/**
 * What applets say (shared/eem/import-facts.ts) as a configuration for init's writer: what they do not say is a placeholder from the
 * documentation's addresses (RFC 5737), marked `FILL IN`. Called by import.ts.
 */
import type { ImportedPeer, ImportFacts } from '../../../shared/eem/import-facts.ts';
import { formatEndpoint, plainName } from '../../config/fields.ts';
import { type ConfigFacts, type ImportedText, list, spelled } from '../init/config-text.ts';
import type { AnswerKey, Answers } from '../init/questions.ts';

export type PeerKind = 'eem' | 'spitrap';

export interface ImportOptions {
  readonly peerKind: PeerKind;
  readonly fileName: string;
}

const PLACEHOLDERS = { device: '192.0.2.1', crypto: '192.0.2.10', peer: '198.51.100.10' };
/** Where agents listen: two peers of one address could not be told apart, and the configuration would not load. */
const AGENT_NETS = ['198.51.100', '203.0.113'] as const;
const AGENT_FIRST = 9;
const HOSTS_IN_NET = 254;

/** Files that the configuration names, each with what is to be in it. */
export interface NeededSecret {
  readonly path: string;
  readonly what: string;
}

export function importedConfig(facts: ImportFacts, options: ImportOptions): { config: ConfigFacts; secrets: NeededSecret[] } {
  const { role } = facts;
  if (role === null) throw new Error('import.ts asks for the role before');
  const fillIn: Partial<Record<AnswerKey, string>> = {
    device: 'its management address, where this agent reaches SSH.',
    platform: 'cisco-ios, or cisco-iosxe where it runs IOS XE.',
    logFrom: 'the addresses that its log lines come from.',
    user: 'the login of this agent; its password goes into the file below.',
    ...(facts.cryptoAddresses.length > 0
      ? {}
      : { cryptoAddress: 'the text does not say where its tunnels end: destaddr of its message.' }),
  };
  const name = nameFrom(facts.hostname) ?? role;
  const answers: Answers = {
    role: [role],
    name: [name],
    device: [PLACEHOLDERS.device],
    port: ['22'],
    platform: ['cisco-ios'],
    user: ['spitrap'],
    cryptoAddress: facts.cryptoAddresses.length > 0 ? facts.cryptoAddresses : [PLACEHOLDERS.crypto],
    logFrom: [PLACEHOLDERS.device],
    syslog: ['tcp'],
    listenSyslog: ['0.0.0.0:6514'],
    listenSignals: ['0.0.0.0:10162'],
    peerName: [],
    peerCryptoAddress: [],
    peerSend: [],
    peerFrom: [],
    snmpUser: ['pair'],
    delay: [facts.delaySeconds === null ? '18s' : `${facts.delaySeconds}s`],
  };
  const peers = facts.peers.length > 0 ? facts.peers : [{ address: PLACEHOLDERS.peer, host: null, isHeard: role !== 'hub' }];
  const version = options.peerKind === 'spitrap' ? '3' : (facts.sends?.version ?? '1');
  const imported: ImportedText = {
    fillIn,
    aboutPeers: aboutPeers(facts, options.peerKind),
    peers: peers.flatMap((peer, index) => peerLines(peer, { facts, options, version, index, count: peers.length, own: name })),
    signal: signalLines(facts, options.peerKind, version),
  };
  const keys = version === '3';
  const secrets: NeededSecret[] = [
    { path: 'secrets/device-password', what: 'the login password on the device' },
    ...(keys
      ? [
          { path: 'secrets/pair-auth', what: 'the authentication password of the pair, alike at both ends' },
          { path: 'secrets/pair-priv', what: 'the privacy password of the pair, alike at both ends' },
        ]
      : [{ path: 'secrets/community', what: 'the community of the router’s snmp-server host' }]),
    { path: 'secrets/redaction', what: '32 random characters, alike at both ends' },
  ];
  return {
    config: {
      answers,
      fileName: options.fileName,
      hostKeys: [],
      legacy: false,
      secrets: {
        password: 'secrets/device-password',
        privateKey: null,
        enable: null,
        auth: 'secrets/pair-auth',
        priv: 'secrets/pair-priv',
        redaction: 'secrets/redaction',
      },
      imported,
    },
    secrets,
  };
}

/** Letters, digits, `.`, `_`, `-`, as the configuration takes it; null: it is none. */
function nameFrom(hostname: string | null): string | null {
  return hostname !== null && plainName().safeParse(hostname).success ? hostname : null;
}

interface PeerPlace {
  readonly facts: ImportFacts;
  readonly options: ImportOptions;
  readonly version: '1' | '2c' | '3';
  readonly index: number;
  readonly count: number;
  readonly own: string;
}

function peerLines(peer: ImportedPeer, place: PeerPlace): string[] {
  const { facts, options, version, index, count, own } = place;
  const isEem = options.peerKind === 'eem';
  const role = facts.role === 'hub' ? 'spoke' : facts.role === 'spoke' ? 'hub' : 'peer';
  const given = count === 1 ? nameFrom(facts.peerHostname) : null;
  const name = given !== null && given !== own ? given : `${role}${index + 1}`;
  const fillAddress =
    facts.peers.length === 0 ? ['  # FILL IN: its tunnel address: srcaddr of the message. The text names no peer.'] : [];
  return [
    `- name: ${spelled(name)}`,
    `  kind: ${options.peerKind}`,
    ...fillAddress,
    `  cryptoAddresses: ${list([peer.address])}`,
    ...(isEem ? eemPaths(peer, facts) : spitrapPaths(index)),
    ...snmpLines(facts, options.peerKind, version),
  ];
}

function spitrapPaths(index: number): string[] {
  const at = AGENT_FIRST - 1 + index;
  const net = AGENT_NETS[Math.floor(at / HOSTS_IN_NET) % AGENT_NETS.length]!;
  return [
    '  # FILL IN: where the agent beside that router listens. The text knows routers alone.',
    `  send: ["${net}.${(at % HOSTS_IN_NET) + 1}:10162"]`,
  ];
}

function eemPaths(peer: ImportedPeer, { role, op, root }: ImportFacts): string[] {
  const { host, address, isHeard } = peer;
  const target = host === null || !isPlainAddress(host.address) ? address : host.address;
  const sends =
    role === 'spoke'
      ? []
      : [
          ...(host === null ? ['  # FILL IN: no snmp-server host names it; the tunnel address is a guess.'] : []),
          `  send: ["${formatEndpoint({ address: target, port: host?.port ?? 162 })}"]`,
        ];
  const hears = role !== 'hub' || isHeard ? [`  from: ${list([address])}`, ...(op === 'eq' ? [] : [`  op: ${op}`])] : [];
  return [...sends, ...hears, ...(root === 91 || role === 'spoke' ? [] : ['  root: 134'])];
}

const isPlainAddress = (text: string): boolean => /^[\d.]+$|:/.test(text);

function snmpLines({ sends }: ImportFacts, kind: PeerKind, version: '1' | '2c' | '3'): string[] {
  if (version !== '3')
    return [
      ...(sends?.isInform === true && version === '2c' ? ['  notify: inform'] : []),
      `  snmp: { version: ${version}, community: { file: secrets/community } }`,
    ];
  const isOurs = kind === 'spitrap';
  const user = isOurs || sends === null ? 'pair' : sends.community;
  return [
    ...(isOurs || sends?.isInform !== true ? [] : ['  notify: inform']),
    ...(isOurs ? [] : ['  # FILL IN: as snmp-server user says on the router (show snmp user); of its traps engineId too.']),
    '  snmp:',
    '    version: 3',
    `    user: ${spelled(user)}`,
    `    auth: { protocol: ${isOurs ? 'sha256' : 'sha1'}, key: { file: secrets/pair-auth } }`,
    '    priv: { protocol: aes, key: { file: secrets/pair-priv } }',
  ];
}

function aboutPeers({ sends }: ImportFacts, kind: PeerKind): string[] {
  if (kind === 'spitrap')
    return [
      'The other end, with an agent too. cryptoAddresses are its tunnels’ (srcaddr of',
      'the message), send its agent’s, never the same field. Version 3, both keys:',
      'without them anyone could stop your debugs.',
    ];
  return [
    'The other end: a router with its applet (docs/eem.md). It has the stop alone.',
    'Its src-ip-address, or its snmp-server host, must become this agent’s address.',
    ...(sends?.version === '3' ? [] : ['A community can be read and forged; version 3 can not.']),
  ];
}

const PHASES: readonly (readonly [name: string, value: number])[] = [
  ['hello', 2_323_230],
  ['alert', 2_323_231],
  ['done', 2_323_233],
  ['arm', 2_323_234],
  ['disarm', 2_323_235],
];

function signalLines({ stopValue, role }: ImportFacts, kind: PeerKind, version: '1' | '2c' | '3'): string[] {
  const lines: string[] = [];
  if (version !== '3') lines.push('# Of a community of version 1 or 2c.', 'allowInsecure: true');
  if (kind === 'eem' && role !== 'hub') lines.push('# The applet there runs again with each message.', 'eemWindow: 15m');
  if (stopValue !== null && stopValue !== 2_323_232) {
    // Two phases with one value would be a stop by hello: the one that is in the way gives way.
    const moved = PHASES.flatMap(([name, value]) => (value === stopValue ? [`${name}: ${value + 1_000}`] : []));
    lines.push(`values: { ${[`stop: ${stopValue}`, ...moved].join(', ')} }`);
  }
  return lines;
}
