/**
 * `show logging [| include …]`, header and buffer. Shape: ShownLogging in ../../model/shown-logging.ts. What counts as header, and which
 * lines are unread, is logging.ts's; this file reads the header's numbers. Lines below `Log Buffer` are anybody's text: never read as header.
 */
import type { LogDestination, LogHost, ShownLogging } from '../../model/shown-logging.ts';
import type { Parser } from '../platform.ts';
import { parseLogCounters } from './log-counters.ts';
import { LOG_LEVELS, parseLogging } from './logging.ts';

type Building<T> = { -readonly [K in keyof T]: T[K] };

//     Console logging: level debugging, 9789 messages logged, xml disabled,
//     Buffer logging:  disabled, xml disabled,
//     Trap logging: level informational, 478 message lines logged
const DESTINATION =
  /^\s*(?<which>Console|Monitor|Buffer|Trap) logging: +(?:level (?<level>[a-z]+)|disabled)(?:, (?<logged>\d{1,20}) message(?:s| lines) logged)?(?:, xml (?<xml>enabled|disabled))?,?$/;
//                      filtering disabled
//                     filtering enabled (0 messages logged)
const FILTERING = /^\s*filtering (?<state>enabled|disabled)(?: \(\d+ messages logged\))?$/;
//         Logging to 192.168.1.3  (tcp port 1514, audit disabled,
//         Logging to 10.50.1.9 (Mgmt-vrf) (udp port 514, audit disabled,
//         Logging to syslog.example.net, 12 message lines logged            12.x
const HOST =
  /^\s*Logging to (?<host>[A-Za-z0-9][\w.:-]{0,127}?),?(?:\s+\((?<vrf>[\w.-]{1,64})\))?\s+(?:\((?<transport>[a-z]{2,8}) port (?<port>\d{1,5}),|(?<logged>\d{1,20}) message lines logged)/;
//         Logging to 10.90.3.38 (global) (udp port 514, audit disabled, link up)
//               link down),
//               link up),
const LINK = /\blink (?<state>up|down)\)/;
//               787 message lines logged,
//               0 message lines rate-limited,
//               0 message lines dropped-by-MD,
const COUNT = /^\s*(?<count>\d{1,20}) message lines (?<what>logged|rate-limited|dropped-by-MD),?$/;
// Log Buffer (4096 bytes):
const BUFFER = /^\s*Log Buffer \((?<bytes>\d{1,12}) bytes\):\s*$/;
const HOSTS_MAX = 64;

export const parseShowLogging: Parser<ShownLogging> = (output) => {
  const { value: buffer, unread } = parseLogging(output);
  const all = output.split('\n').map((raw) => raw.trimEnd());
  const end = all.findIndex((text) => BUFFER.test(text));
  const destinations: Record<string, Building<LogDestination>> = {};
  const hosts: Building<LogHost>[] = [];
  const counters = parseLogCounters(output).value;
  const header = end >= 0 ? all.slice(0, end) : counters === null ? [] : all;
  let last: Building<LogDestination> | null = null;
  for (const text of header) {
    const found = DESTINATION.exec(text)?.groups;
    if (found) {
      last = destinationOf(found);
      if (last !== null) destinations[found['which']!] ??= last;
    } else if (!readHost(text, hosts)) {
      const filtering = FILTERING.exec(text)?.groups?.['state'];
      if (filtering !== undefined && last !== null && hosts.length === 0) last.filtering = filtering === 'enabled';
    }
  }
  const of = (which: string): LogDestination | null => destinations[which] ?? null;
  return {
    value: {
      counters,
      console: of('Console'),
      monitor: of('Monitor'),
      buffer: of('Buffer'),
      trap: of('Trap'),
      hosts,
      bufferBytes: end < 0 ? null : Number(BUFFER.exec(all[end]!)!.groups!['bytes']),
      lines: numbered(buffer.lines, all),
    },
    unread,
  };
};

function destinationOf(found: Readonly<Record<string, string | undefined>>): Building<LogDestination> | null {
  const level = found['level'] === undefined ? -1 : LOG_LEVELS.indexOf(found['level']);
  if (level < 0 && found['level'] !== undefined) return null;
  return {
    level,
    logged: numberOr(found['logged']),
    xml: found['xml'] === undefined ? null : found['xml'] === 'enabled',
    filtering: null,
  };
}

function readHost(text: string, hosts: Building<LogHost>[]): boolean {
  const found = HOST.exec(text)?.groups;
  if (found && hosts.length < HOSTS_MAX) {
    hosts.push({
      host: found['host']!,
      transport: found['transport'] ?? null,
      port: numberOr(found['port']),
      vrf: found['vrf'] ?? null,
      linkUp: null,
      logged: numberOr(found['logged']),
      rateLimited: null,
      droppedByDiscriminator: null,
    });
  }
  const host = hosts.at(-1);
  if (host === undefined) return false;
  const link = LINK.exec(text)?.groups?.['state'];
  if (link !== undefined) host.linkUp = link === 'up';
  const count = COUNT.exec(text)?.groups;
  const field = { logged: 'logged', 'rate-limited': 'rateLimited', 'dropped-by-MD': 'droppedByDiscriminator' } as const;
  if (count) host[field[count['what'] as keyof typeof field]] = Number(count['count']);
  return found !== undefined || link !== undefined || count !== undefined;
}

/** The lines of the buffer stand in order at the end of the output: their places are found from behind. */
function numbered(lines: readonly string[], all: readonly string[]): { number: number; text: string }[] {
  const found: { number: number; text: string }[] = [];
  let at = all.length - 1;
  for (let i = lines.length - 1; i >= 0; i--) {
    while (at >= 0 && all[at] !== lines[i]) at--;
    found.push({ number: at + 1, text: lines[i]! });
    at--;
  }
  return found.reverse();
}

const numberOr = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits));
