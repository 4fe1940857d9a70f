/**
 * `snmp-server …` in configuration mode and `show snmp …`: who is told of notifications, in which version and with whose keys, and
 * whether they are sent and taken at all.
 */
import { ConfigWords } from '../eem/config-words.ts';
import type { CommandResult, CommandSpec } from '../keyword-tree.ts';
import { labLimits } from '../lab-limits.ts';
import type { ExecContext } from '../line-state.ts';
import { configFault } from '../prompt.ts';
import { isEngineId, parseHost, parseUser, removeHost, type SnmpConfig, setHost, setUser } from '../snmp/snmp-config.ts';
import { type ExecCommand, print, quiet } from './result.ts';

type ConfigCommand = CommandSpec<ExecContext>;
type ConfigRun = NonNullable<ConfigCommand['run']>;

const change =
  (apply: (config: SnmpConfig, args: readonly string[]) => void): ConfigRun =>
  ({ core }, args) => {
    apply(core.snmp.config, args);
    return quiet;
  };

const host =
  (apply: typeof setHost): ConfigRun =>
  (context, [rest], typed) => {
    const words = new ConfigWords(rest!);
    const parsed = parseHost(words);
    if (!parsed) return configFault(context, typed, rest!, words.fault);
    const { config } = context.core.snmp;
    if (apply === setHost && config.hosts.length >= labLimits.snmpHosts)
      return print([`%SNMP: ${labLimits.snmpHosts} hosts are the most`]);
    apply(config, parsed);
    return quiet;
  };

function user(context: ExecContext, rest: string, typed: string): CommandResult {
  const words = new ConfigWords(rest);
  const parsed = parseUser(words);
  if (!parsed) return configFault(context, typed, rest, words.fault);
  const { config } = context.core.snmp;
  if (config.users.length >= labLimits.snmpUsers) return print([`%SNMP: ${labLimits.snmpUsers} users are the most`]);
  setUser(config, parsed);
  return quiet;
}

/** Of every engine: what follows the name is not looked at. */
function removeUsers(config: SnmpConfig, name: string): void {
  config.users = config.users.filter((other) => other.name !== name);
}

const engineId =
  (apply: (config: SnmpConfig, args: readonly string[]) => void): ConfigRun =>
  ({ core }, args) => {
    if (!isEngineId(args.at(-1)!)) return print(['% Invalid engineID: five to thirty-two octets in hexadecimal']);
    apply(core.snmp.config, args);
    return quiet;
  };

/** Types whose traps can be enabled; `event-manager` is the one that this box has something to say in. */
const TRAP_TYPES = ['config', 'event-manager', 'syslog'];

export const snmpServerConfig: readonly ConfigCommand[] = [
  ...TRAP_TYPES.flatMap((type): ConfigCommand[] => [
    { path: `snmp-server enable traps ${type}`, run: change((config) => config.enabledTraps.add(type)) },
    { path: `no snmp-server enable traps ${type}`, run: change((config) => config.enabledTraps.delete(type)) },
  ]),
  {
    path: 'snmp-server manager',
    run: change((config) => {
      config.manager = true;
    }),
  },
  {
    path: 'no snmp-server manager',
    run: change((config) => {
      config.manager = false;
    }),
  },
  { path: 'snmp-server host LINE', run: host(setHost) },
  { path: 'no snmp-server host LINE', run: host(removeHost) },
  ...(['RO', 'RW'] as const).map(
    (access): ConfigCommand => ({
      path: `snmp-server community WORD ${access.toLowerCase()}`,
      run: change((config, [name]) => config.communities.set(name!, access)),
    }),
  ),
  { path: 'snmp-server community WORD', run: change((config, [name]) => config.communities.set(name!, 'RO')) },
  { path: 'no snmp-server community WORD', run: change((config, [name]) => config.communities.delete(name!)) },
  ...(['noauth', 'auth', 'priv'] as const).map(
    (security): ConfigCommand => ({
      path: `snmp-server group WORD v3 ${security}`,
      run: change((config, [name]) => config.groups.set(name!, security)),
    }),
  ),
  ...['', ' noauth', ' auth', ' priv'].map(
    (security): ConfigCommand => ({
      path: `no snmp-server group WORD v3${security}`,
      run: change((config, [name]) => config.groups.delete(name!)),
    }),
  ),
  { path: 'snmp-server user LINE', run: (context, [rest], typed) => user(context, rest!, typed) },
  { path: 'no snmp-server user WORD', run: change((config, [name]) => removeUsers(config, name!)) },
  { path: 'no snmp-server user WORD LINE', run: change((config, [name]) => removeUsers(config, name!)) },
  {
    path: 'snmp-server engineid local WORD',
    run: engineId((config, [id]) => {
      config.engineId = id!.toUpperCase();
    }),
  },
  // The port of the engine is not kept: one engine an address is all that the lab has.
  ...['', 'udp-port <1-65535> '].map(
    (port): ConfigCommand => ({
      path: `snmp-server engineid remote A.B.C.D ${port}WORD`,
      run: engineId((config, args) => config.remoteEngineIds.set(args[0]!, args.at(-1)!.toUpperCase())),
    }),
  ),
  ...['', ' udp-port <1-65535>'].map(
    (port): ConfigCommand => ({
      path: `no snmp-server engineid remote A.B.C.D${port}`,
      run: change((config, [address]) => config.remoteEngineIds.delete(address!)),
    }),
  ),
];

export const snmpServerShow: readonly ExecCommand[] = [
  {
    path: 'show snmp user',
    privilege: 15,
    run: ({ core }) =>
      print(
        core.snmp.config.users.flatMap(({ name, group, remote, auth, priv }) => [
          '',
          `User name: ${name}`,
          `Engine ID: ${remote === null ? core.snmp.v3.engineId : (core.snmp.config.remoteEngineIds.get(remote) ?? 'unknown')}`,
          'storage-type: nonvolatile\t active',
          `Authentication Protocol: ${auth?.name.toUpperCase() ?? 'None'}`,
          `Privacy Protocol: ${priv?.name ?? 'None'}`,
          `Group-name: ${group}`,
        ]),
      ),
  },
  {
    path: 'show snmp engineid',
    privilege: 15,
    run: ({ core }) =>
      print([
        `Local SNMP engineID: ${core.snmp.v3.engineId}`,
        'Remote Engine ID          IP-addr    Port',
        ...[...core.snmp.config.remoteEngineIds].map(([address, id]) => `${id.padEnd(26)}${address.padEnd(11)}162`),
      ]),
  },
  {
    path: 'show snmp host',
    privilege: 15,
    run: ({ core }) =>
      print(
        core.snmp.config.hosts.flatMap((each) => [
          `Notification host: ${each.address}\tudp-port: ${each.udpPort ?? 162}\ttype: ${each.informs ? 'inform' : 'trap'}`,
          `user: ${each.name}\tsecurity model: ${each.version === '3' ? `v3 ${each.security}` : `v${each.version}`}`,
          '',
        ]),
      ),
  },
];
