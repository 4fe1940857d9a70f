/**
 * `snmp-server …` of one box: what the lines mean, and how `show running-config` prints them. Read and changed by
 * commands/snmp-server.ts, obeyed by box-snmp.ts. IOS "SNMP Support Commands".
 */
import type { ConfigWords } from '../eem/config-words.ts';
import type { AesBits, AuthName } from './usm.ts';

export type SnmpSecurity = 'noauth' | 'auth' | 'priv';

export interface NotificationHost {
  readonly address: string;
  readonly informs: boolean;
  readonly version: '1' | '2c' | '3';
  /** Of version 3. */
  readonly security: SnmpSecurity | null;
  /** Community, or the user of version 3. */
  readonly name: string;
  /** Null: 162. */
  readonly udpPort: number | null;
  /** Empty: all notifications. */
  readonly types: readonly string[];
}

export interface SnmpUser {
  readonly name: string;
  readonly group: string;
  /** Address of the engine that this user is of; null: of this box. */
  readonly remote: string | null;
  readonly auth: { readonly name: AuthName; readonly password: string } | null;
  readonly priv: { readonly name: string; readonly bits: AesBits; readonly password: string } | null;
  /** False: DES, 3DES or an `encrypted` key, with which this box can do nothing. */
  readonly usable: boolean;
}

export interface SnmpConfig {
  communities: Map<string, 'RO' | 'RW'>;
  hosts: NotificationHost[];
  enabledTraps: Set<string>;
  manager: boolean;
  groups: Map<string, SnmpSecurity>;
  users: SnmpUser[];
  /** Hex; null: the one that it was made with. */
  engineId: string | null;
  remoteEngineIds: Map<string, string>;
}

/** Notification types whose name may stand at the end of `snmp-server host`; only event-manager is ever sent. */
const TYPES = ['config', 'config-copy', 'entity', 'event-manager', 'hsrp', 'ipsec', 'isakmp', 'snmp', 'syslog', 'tty'] as const;
const NAME_CHARACTERS_MAX = 64;
const HEX = /^(?:[0-9A-Fa-f]{2}){5,32}$/;

/** As a router leaves the lab's bench: one community to read with, no notifications in either direction. */
export const newSnmpConfig = (): SnmpConfig => ({
  communities: new Map([['public', 'RO']]),
  hosts: [],
  enabledTraps: new Set(),
  manager: false,
  groups: new Map(),
  users: [],
  engineId: null,
  remoteEngineIds: new Map(),
});

/** What follows `snmp-server host`; null: see `words.fault`. */
export function parseHost(words: ConfigWords): NotificationHost | null {
  const address = words.address();
  const informs = !words.optional('traps') && words.optional('informs');
  let version: NotificationHost['version'] = informs ? '2c' : '1';
  let security: SnmpSecurity | null = null;
  if (words.optional('version')) {
    // Version 1 has no informs.
    version = words.keyword(informs ? ['2c', '3'] : ['1', '2c', '3']) ?? version;
    if (version === '3') security = words.keyword(['noauth', 'auth', 'priv']);
  }
  const name = words.text(NAME_CHARACTERS_MAX);
  const udpPort = words.optional('udp-port') ? words.integer(1, 65_535) : null;
  const types: string[] = [];
  while (words.more) {
    const type = words.keyword(TYPES);
    if (type) types.push(type);
  }
  if (words.fault || address === null || name === null) return null;
  return { address, informs, version, security, name, udpPort, types };
}

/** One line a host and kind of notification: the last one stands. */
export function setHost(config: SnmpConfig, host: NotificationHost): void {
  config.hosts = [...config.hosts.filter((other) => !sameHost(other, host)), host];
}

export function removeHost(config: SnmpConfig, host: NotificationHost): void {
  config.hosts = config.hosts.filter((other) => !sameHost(other, host));
}

const sameHost = (a: NotificationHost, b: NotificationHost): boolean => a.address === b.address && a.informs === b.informs;

/** What follows `snmp-server user`: NAME GROUP [remote HOST [udp-port N]] v3 [encrypted] [auth PROTOCOL KEY [priv CIPHER KEY]]. */
export function parseUser(words: ConfigWords): SnmpUser | null {
  const name = words.text(NAME_CHARACTERS_MAX);
  const group = words.text(NAME_CHARACTERS_MAX);
  const remote = words.optional('remote') ? words.address() : null;
  if (remote !== null && words.optional('udp-port')) words.integer(1, 65_535);
  words.keyword(['v3']);
  let usable = !words.optional('encrypted');
  let auth: SnmpUser['auth'] = null;
  let priv: SnmpUser['priv'] = null;
  if (words.optional('auth')) {
    auth = { name: words.keyword(['md5', 'sha']) ?? 'sha', password: words.text(NAME_CHARACTERS_MAX) ?? '' };
    if (words.optional('priv')) {
      const cipher = words.keyword(['aes', '3des', 'des']) ?? 'aes';
      const bits = Number(cipher === 'aes' ? words.keyword(['128', '192', '256']) : 128) as AesBits;
      usable &&= cipher === 'aes';
      priv = {
        name: cipher === 'aes' ? `AES${bits}` : cipher.toUpperCase(),
        bits,
        password: words.text(NAME_CHARACTERS_MAX) ?? '',
      };
    }
  }
  words.end();
  return words.fault || name === null || group === null ? null : { name, group, remote, auth, priv, usable };
}

export const findUser = (config: SnmpConfig, name: string, remote: string | null): SnmpUser | null =>
  config.users.find((user) => user.name === name && user.remote === remote) ?? null;

/** One user a name and engine. */
export function setUser(config: SnmpConfig, user: SnmpUser): void {
  config.users = [...config.users.filter((other) => other.name !== user.name || other.remote !== user.remote), user];
}

export const isEngineId = (text: string): boolean => HEX.test(text);

/** In the order of `show running-config`; users never stand there, as on a router. */
export function snmpLines(config: SnmpConfig): string[] {
  return [
    ...(config.engineId ? [`snmp-server engineID local ${config.engineId}`] : []),
    ...[...config.remoteEngineIds].map(([address, id]) => `snmp-server engineID remote ${address} ${id}`),
    ...[...config.groups].map(([name, security]) => `snmp-server group ${name} v3 ${security} `),
    ...[...config.communities].map(([name, access]) => `snmp-server community ${name} ${access}`),
    ...[...config.enabledTraps].map((type) => `snmp-server enable traps ${type}`),
    ...config.hosts.map(hostLine),
    ...(config.manager ? ['snmp-server manager'] : []),
  ];
}

function hostLine(host: NotificationHost): string {
  const kind = host.informs ? ' informs' : '';
  const version = host.version === '1' ? '' : ` version ${host.version}${host.security ? ` ${host.security}` : ''}`;
  const port = host.udpPort === null ? '' : ` udp-port ${host.udpPort}`;
  const types = host.types.length === 0 ? '' : `  ${host.types.join(' ')}`;
  return `snmp-server host ${host.address}${kind}${version} ${host.name}${port}${types}`;
}
