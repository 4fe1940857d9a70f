/**
 * `snmp-server …` of an export, by version and direction, and the lines that take them off again. IOS "SNMP Support Commands";
 * docs/eem.md has the table. Used by export.ts.
 */
import type { ExportCredentials, OtherEnd, RouterPlan } from './export-plan.ts';

const GROUP = 'spitrap';
const DEFAULT_PORT = 162;

type UserV3 = Extract<ExportCredentials, { readonly version: 3 }>;

const portOf = (port: number): string => (port === DEFAULT_PORT ? '' : ` udp-port ${port}`);
const levelOf = (user: UserV3): string => (user.priv === null ? 'auth' : 'priv');
/** `sha` is SHA-1; the others came with IOS XE. */
const authWord = (protocol: string): string => (protocol === 'sha1' ? 'sha' : `sha-2 ${protocol.replace('sha', '')}`);

export interface SnmpLines {
  readonly enter: readonly string[];
  /** In the order in which IOS lets them go: users before their group and engine. */
  readonly remove: readonly string[];
  readonly notes: readonly string[];
}

export function snmpLines(plan: RouterPlan): SnmpLines {
  const parts = plan.others.map((other) => linesFor(plan, other));
  const groups = new Set(plan.others.flatMap(({ snmp }) => (snmp.version === 3 ? [levelOf(snmp)] : [])));
  const group = [...groups].map((level) => `snmp-server group ${GROUP} v3 ${level}`);
  const enable = [
    ...(plan.detects ? ['snmp-server enable traps event-manager'] : []),
    ...(plan.stopped ? ['snmp-server manager'] : []),
  ];
  const unique = (lines: readonly string[]): string[] => [...new Set(lines)];
  return {
    enter: unique([
      ...enable,
      ...parts.flatMap((part) => part.engines),
      ...group,
      ...parts.flatMap((part) => part.users),
      ...parts.flatMap((part) => part.hosts),
    ]),
    remove: unique([
      ...parts.flatMap((part) => part.hosts).map((line) => `no ${line}`),
      ...parts.flatMap((part) => part.users).map(noUser),
      ...group.map((line) => `no ${line}`),
      ...parts.flatMap((part) => part.engines).map(noEngine),
      ...enable.map((line) => `no ${line}`),
    ]),
    notes: unique(parts.flatMap((part) => part.notes)),
  };
}

/** The passwords are not part of it: `no snmp-server user hub1-spoke1 spitrap v3`. */
const noUser = (line: string): string => `no ${line.replace(/ v3 auth .*$/, ' v3')}`;

/** `no snmp-server engineID remote 198.51.100.9 udp-port 10162`: the id is not part of it. */
const noEngine = (line: string): string => `no ${line.replace(/ (?:<[^>]*>|[0-9A-F]+)$/, '')}`;

function linesFor(plan: RouterPlan, other: OtherEnd) {
  const { snmp } = other;
  const takesAt = plan.detects ? other.takesAt : [];
  if (snmp.version === 3) return usersAndHosts(plan, other, snmp, takesAt);
  const kind = other.informs && snmp.version === '2c' ? ' informs' : '';
  const version = snmp.version === '2c' ? ' version 2c' : '';
  return {
    engines: [],
    users: [],
    hosts: takesAt.map(
      ({ address, port }) => `snmp-server host ${address}${kind}${version} ${snmp.community}${portOf(port)} event-manager`,
    ),
    notes: [`over v${snmp.version} anybody who can spoof an address can send a stop; version 3 where the router has it`],
  };
}

/**
 * Whose engine counts: of a trap the sender's, of an inform the receiver's. So the user is this router's own for traps that it sends
 * and informs that it takes, and one of the other end's engine for informs that it sends and traps that it takes.
 */
function usersAndHosts(plan: RouterPlan, other: OtherEnd, user: UserV3, takesAt: OtherEnd['takesAt']) {
  const sends = takesAt.length > 0;
  const own = (sends && !other.informs) || (plan.stopped && other.informsUs);
  const theirs = (sends && other.informs) || (plan.stopped && !other.informsUs);
  const priv = user.priv === null ? '' : ` priv aes ${user.priv.bits} ${user.priv.key}`;
  const keys = `v3 auth ${authWord(user.auth.protocol)} ${user.auth.key}${priv}`;
  const addresses = new Set([...takesAt.map(({ address }) => address), ...(plan.stopped ? other.sendsFrom : [])]);
  const remote = [...addresses].map((address) => `${address}${portOf(other.enginePort)}`);
  const kind = other.informs ? ' informs' : '';
  return {
    engines: theirs ? remote.map((at) => `snmp-server engineID remote ${at} ${other.engineId}`) : [],
    users: [
      ...(own ? [`snmp-server user ${user.user} ${GROUP} ${keys}`] : []),
      ...(theirs ? remote.map((at) => `snmp-server user ${user.user} ${GROUP} remote ${at} ${keys}`) : []),
    ],
    hosts: takesAt.map(
      ({ address, port }) =>
        `snmp-server host ${address}${kind} version 3 ${levelOf(user)} ${user.user}${portOf(port)} event-manager`,
    ),
    notes: [
      'users of version 3 do not stand in the running configuration: show snmp user has them; a change of the engine id makes them void',
      ...(user.auth.protocol === 'sha1'
        ? []
        : [`auth ${authWord(user.auth.protocol)} is of newer IOS XE alone; elsewhere auth.protocol sha1 at both ends`]),
      ...(sends && !other.informs && other.kind === 'agent'
        ? [`the agent of ${other.name} must know this router's engine (show snmp engineID): engineId at its peer`]
        : []),
    ],
  };
}
