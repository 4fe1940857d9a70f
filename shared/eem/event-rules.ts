/** Rules of lint on what starts an applet: the pattern of a message, the object of a notification. Called by lint.ts. */
import { type Applet, type AppletEvent, runOrder } from './applet.ts';
import { cliActions, isConfigure, isInvalidSpiPattern } from './commands.ts';
import { type Finding, finding } from './lint-words.ts';
import { addressesIn, matchesText } from './pattern.ts';

type SyslogEvent = Extract<AppletEvent, { kind: 'syslog' }>;
type NotificationEvent = Extract<AppletEvent, { kind: 'snmp-notification' }>;

export function eventFindings(applet: Applet): Finding[] {
  return applet.events.flatMap((event) => {
    if (event.kind === 'syslog') return [...pattern(event, applet), ...often(event, applet), ...itself(event, applet)];
    return event.kind === 'snmp-notification' ? [...oid(event, applet), ...narrowed(event, applet)] : [];
  });
}

function pattern(event: SyslogEvent, { name }: Applet): Finding[] {
  const at = { line: event.line, applet: name };
  const found = addressesIn(event.pattern).flatMap((one): Finding[] => {
    const strict = `${one.field || 'srcaddr'}=${one.address.replaceAll('.', '\\.')}([^0-9]|$)`;
    const remedy = `"…${strict}": \\. is a dot, and ([^0-9]|$) ends the address`;
    const start = one.hasOpenStart ? `1${one.address} and whatever else ends in it` : null;
    const also = [one.alsoMatches, start].filter((text) => text !== null).join(' and ');
    if (also !== '')
      return [
        finding('loose-address', {
          ...at,
          reason: `${one.address} in its pattern also matches ${also}: other peers stop the debugs too`,
          remedy,
        }),
      ];
    return one.hasWildDots
      ? [finding('dots-as-wildcards', { ...at, reason: `each dot of ${one.address} in its pattern is any character`, remedy })]
      : [];
  });
  if (!isInvalidSpiPattern(event.pattern)) return found;
  if (addressesIn(event.pattern).length === 0)
    found.push(
      finding('any-peer', {
        ...at,
        reason: 'its pattern names no address: the message of any peer, known or not, starts it',
        remedy: '"…srcaddr=A\\.B\\.C\\.D([^0-9]|$)"',
      }),
    );
  if (/RECVD_PKT_INV_SPI/.test(event.pattern) && !/RECV_PKT/.test(event.pattern) && !/RECVD\?/.test(event.pattern))
    found.push(
      finding('one-spelling', {
        ...at,
        reason: 'the message is also spelled RECV_PKT_INV_SPI, which its pattern does not match',
        remedy: 'CRYPTO-4-RECV(D_PKT|_PKT)_INV_SPI',
      }),
    );
  return found;
}

/** The message comes once a minute at most, whatever happens. */
const MINUTE = 60;

function often(event: SyslogEvent, { name }: Applet): Finding[] {
  if (event.occurs < 2 || !isInvalidSpiPattern(event.pattern)) return [];
  const needed = (event.occurs - 1) * MINUTE;
  const at = { line: event.line, applet: name };
  if (event.periodSeconds !== null && event.periodSeconds < needed) {
    const reason = `${event.occurs} messages within ${event.periodSeconds} s never come: the router logs it once a minute`;
    return [finding('period-too-short', { ...at, reason, remedy: `period ${needed + 30} or more, or occurs 1` })];
  }
  const reason = `it waits for ${event.occurs} messages, ${needed} s after the first at the earliest: the debugs of the fault have rolled over by then`;
  return [finding('occurs-waits', { ...at, reason, remedy: 'occurs 1; a benign rekey then runs it too' })];
}

function itself(event: SyslogEvent, applet: Applet): Finding[] {
  const at = { line: event.line, applet: applet.name };
  const configure = cliActions(applet).find(({ command }) => isConfigure(command));
  const logged = '%SYS-5-CONFIG_I: Configured from console by vty0';
  if (configure !== undefined && matchesText(event.pattern, logged) === true) {
    const reason = `its own ${JSON.stringify(configure.command.slice(0, 40))} logs %SYS-5-CONFIG_I, which its pattern matches: it starts itself without end`;
    return [finding('self-trigger', { ...at, reason, remedy: 'a pattern that its own work does not log' })];
  }
  const own = runOrder(applet).find(
    (action) =>
      action.kind === 'syslog' && matchesText(event.pattern, `%HA_EM-6-LOG: ${applet.name}: ${action.message}`) === true,
  );
  if (own === undefined) return [];
  const reason = `its pattern matches its own message in line ${own.line}. The router does not screen what an applet logs, so this is no loop; whoever searches the log by this pattern counts both`;
  return [finding('self-trigger', { ...at, reason, remedy: 'other words in the message', level: 'hint' })];
}

const ROOT = /^\.?1\.3\.6\.1\.4\.1\.9\.10\.(\d+)\.1\.2\.3\.1\.(\d+)(.*)$/;

function oid(event: NotificationEvent, { name }: Applet): Finding[] {
  const at = { line: event.line, applet: name };
  const wanted = '1.3.6.1.4.1.9.10.91.1.2.3.1.9.';
  const match = ROOT.exec(event.oid);
  if (match === null || !['91', '134'].includes(match[1]!)) {
    const reason = `${event.oid.slice(0, 80)} is no object of an event-manager notification: the trap of an applet never matches`;
    return [finding('oid-wrong', { ...at, reason, remedy: `oid ${wanted}` })];
  }
  const [, root, column, rest] = match;
  const found: Finding[] = [];
  if (column === '09') {
    const reason = 'column 09 is none: 9 is IntData1 (a slip of the note’s print)';
    found.push(finding('oid-wrong', { ...at, reason, remedy: `oid ${wanted}` }));
  } else if (!['9', '10', '11'].includes(column!)) {
    const reason = `column ${column} holds none of the data of an applet’s trap: 9 is IntData1, 10 IntData2, 11 StrData`;
    found.push(finding('oid-wrong', { ...at, reason, remedy: `oid ${wanted}` }));
  } else if (rest !== '.') {
    const reason =
      rest === ''
        ? 'no dot at its end: the notification has one index more, which is another each time'
        : `it names the index ${rest!.replace(/^\./, '')}: the index is another with each trap, so that it matches once at most`;
    found.push(
      finding('oid-index', {
        ...at,
        reason,
        remedy: `oid 1.3.6.1.4.1.9.10.${root}.1.2.3.1.${column}. with a dot at its end, which matches any index`,
      }),
    );
  }
  if (root === '134') {
    const reason =
      'root 134 is the published MIB; the routers of Cisco 116005 send 91, and which release sends which is not known';
    const remedy = 'see it once: debug snmp packets on a test trap; if it does not match, 91 in place of 134';
    found.push(finding('oid-root-134', { ...at, reason, remedy }));
  }
  return found;
}

function narrowed(event: NotificationEvent, { name }: Applet): Finding[] {
  const at = { line: event.line, applet: name };
  const found: Finding[] = [];
  if (event.oidVal === null)
    found.push(
      finding('oid-val-missing', {
        ...at,
        reason: 'any value starts it: each trap of any applet there',
        remedy: 'oid-val "2323232" op eq',
      }),
    );
  else if (event.op !== 'eq') {
    const reason =
      event.op === null
        ? 'no op: how the value is compared is left open'
        : `op ${event.op.slice(0, 10)}: other values start it too, such as those that agents send for hello and done`;
    found.push(finding('op-not-eq', { ...at, reason, remedy: 'op eq' }));
  }
  if (event.sourceAddress === null)
    found.push(
      finding('source-missing', {
        ...at,
        reason: 'no src-ip-address: whoever can send UDP to this router runs it',
        remedy: 'src-ip-address ADDRESS, from which the other end’s trap really comes',
      }),
    );
  return found;
}
