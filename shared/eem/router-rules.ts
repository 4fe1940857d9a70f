/**
 * Rules of lint on the router around its applets: SNMP, logging, VTY lines. What a bare applet's text does not show is a hint, what a
 * whole configuration lacks a warning. Called by lint.ts.
 */
import { unconditioned } from './action-rules.ts';
import { type EemConfig, priorities, type SnmpHost } from './applet.ts';
import { cliActions, eventOf, isCryptoDebug, isDebugOn, isUndebug, trapActions } from './commands.ts';
import { type Finding, finding, type Level } from './lint-words.ts';

export function routerFindings(config: EemConfig): Finding[] {
  if (config.applets.length === 0 && config.snmpHosts.length === 0 && config.debugs.length === 0) return [];
  return [...missing(config), ...hosts(config), ...communities(config), ...logging(config), ...safety(config)];
}

/** Lines that are absent: of a text that shows none of their kind nothing is known. */
const absent = (config: EemConfig): Level =>
  config.isWhole || config.snmpHosts.length > 0 || config.trapsEnabled !== null || config.manager !== null ? 'warning' : 'hint';

const isFor = ({ types }: SnmpHost): boolean => types.length === 0 || types.includes('event-manager');

function missing(config: EemConfig): Finding[] {
  const found: Finding[] = [];
  const receiving = config.applets.find((applet) => eventOf(applet, 'snmp-notification') !== undefined);
  const sending = config.applets.find((applet) => trapActions(applet).length > 0);
  const level = absent(config);
  if (receiving !== undefined && config.manager?.value !== true)
    found.push(
      finding('snmp-manager-missing', {
        line: config.manager?.line ?? receiving.line,
        applet: receiving.name,
        reason: `without snmp-server manager ${what(config)} takes no traps at all`,
        remedy: 'snmp-server manager, and an ACL before UDP 162',
        level,
      }),
    );
  if (sending === undefined) return found;
  if (config.trapsEnabled?.value !== true)
    found.push(
      finding('traps-not-enabled', {
        line: config.trapsEnabled?.line ?? sending.line,
        applet: sending.name,
        reason: `without snmp-server enable traps event-manager ${what(config)} sends no trap of an applet`,
        remedy: 'snmp-server enable traps event-manager',
        level,
      }),
    );
  if (!config.snmpHosts.some(isFor))
    found.push(
      finding('snmp-host-missing', {
        line: trapActions(sending)[0]!.line,
        applet: sending.name,
        reason: 'nobody is sent the trap: no snmp-server host for event-manager',
        remedy: 'snmp-server host PEER version 2c COMMUNITY event-manager',
        level,
      }),
    );
  return found;
}

const what = ({ hostname }: EemConfig): string => hostname?.slice(0, 63) ?? 'the router';

function hosts({ snmpHosts }: EemConfig): Finding[] {
  const found: Finding[] = [];
  const last = new Map(snmpHosts.map((host) => [keyOf(host), host]));
  for (const host of snmpHosts) {
    const winner = last.get(keyOf(host))!;
    if (winner.line !== host.line)
      found.push(
        finding('snmp-host-overwritten', {
          line: host.line,
          reason: `line ${winner.line} replaces it: one snmp-server host stands for an address and kind, the last one`,
          remedy: 'one line with all the types: … event-manager ipsec syslog',
        }),
      );
    if (host.version === null && isFor(host))
      found.push(
        finding('snmp-v1-default', {
          line: host.line,
          reason: 'no version in it: version 1, which is never acknowledged and which anybody can forge',
          remedy: `snmp-server host ${host.address} version 3 priv USER event-manager, or at least version 2c`,
        }),
      );
  }
  return found;
}

const keyOf = ({ address, vrf, isInform }: SnmpHost): string => `${address} ${vrf ?? ''} ${isInform ? 'informs' : 'traps'}`;

const KNOWN = /^(?:public|private)$/i;

function communities({ snmpHosts, snmpCommunities }: EemConfig): Finding[] {
  const lines = [
    ...snmpHosts
      .filter(({ version, community }) => version !== '3' && KNOWN.test(community))
      .map(({ line, community }) => ({ line, community })),
    ...snmpCommunities.flatMap((one) =>
      one !== null && KNOWN.test(one.value) ? [{ line: one.line, community: one.value }] : [],
    ),
  ];
  return lines.map(({ line, community }) =>
    finding('public-community', {
      line,
      reason: `the community ${community} is the first that anybody tries`,
      remedy: 'a community of your own, or version 3',
    }),
  );
}

function logging(config: EemConfig): Finding[] {
  const { loggingConsole, loggingTrap, loggingHosts, isWhole } = config;
  const isDebugging =
    config.debugs.length > 0 ||
    config.applets.some((applet) => cliActions(applet).some(({ command }) => isDebugOn(command) || isUndebug(command)));
  if (!isDebugging) return [];
  const found: Finding[] = [];
  if (loggingConsole?.value === 'debugging' || (loggingConsole === null && isWhole))
    found.push(
      finding('console-logging', {
        line: loggingConsole?.line ?? 0,
        reason:
          loggingConsole === null
            ? 'no logging console does not stand there, so that debugs go to the console (the default), which can hang the router'
            : 'debugs go to the console, which can hang the router',
        remedy: 'no logging console, or logging console errors',
      }),
    );
  const level = loggingTrap?.value ?? 'informational';
  const isShort = priorities.indexOf(level as (typeof priorities)[number]) < priorities.indexOf('debugging');
  if (isShort && (loggingTrap !== null || loggingHosts.length > 0))
    found.push(
      finding('debugs-not-sent', {
        line: loggingTrap?.line ?? loggingHosts[0]!.line,
        reason: `logging trap is ${level}${loggingTrap === null ? ' (the default)' : ''}: the syslog server gets the message and none of the debugs`,
        remedy: 'logging trap debugging',
      }),
    );
  return found;
}

function safety(config: EemConfig): Finding[] {
  const { applets, debugs, conditions, vtyLines } = config;
  const found: Finding[] = [];
  const typed = debugs.find(({ text }) => isCryptoDebug(text));
  if (typed !== undefined && conditions.length === 0) found.push(unconditioned(typed.line, null));
  const ending = applets.find((applet) => cliActions(applet).some(({ command }) => isUndebug(command)));
  const hasDeadMan = applets.some(
    (applet) => eventOf(applet, 'timer') !== undefined && cliActions(applet).some(({ command }) => isUndebug(command)),
  );
  if (ending !== undefined && !hasDeadMan)
    found.push(
      finding('dead-man-missing', {
        line: ending.line,
        applet: ending.name,
        reason: 'when its event never comes, or the trap is lost, nothing ends the debugs',
        remedy: 'an applet more, with event timer countdown time SECONDS, that does undebug all',
      }),
    );
  const typing = applets.find((applet) => cliActions(applet).length > 0);
  if (typing !== undefined && (vtyLines === null || vtyLines <= 5)) {
    const reason =
      vtyLines === null
        ? 'an applet’s commands need VTY lines, and EEM wants three free; 5 are the default'
        : `${vtyLines} VTY lines in all: an applet wants three of them free, people and an agent have the rest`;
    found.push(
      finding('vty-lines', {
        line: typing.line,
        applet: typing.name,
        reason,
        remedy: 'line vty 0 15 with the settings of the others',
      }),
    );
  }
  return found;
}
