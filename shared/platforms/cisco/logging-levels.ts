/**
 * `show logging`, its header alone: to whom the device logs, and from which level on. Shape: LoggingLevels in ../../model/arming.ts
 * (without `rateLimited`, which only the configuration tells). The lines behind `Log Buffer` are never looked at: anybody writes those.
 */
import type { LoggingLevels } from '../../model/arming.ts';
import type { Line, Parser } from '../platform.ts';
import { LOG_LEVELS } from './logging.ts';
import { dataLines } from './output-lines.ts';

//     Console logging: disabled
//     Console logging: level debugging, 9789 messages logged, xml disabled,
//     Buffer logging:  level debugging, 481 messages logged, xml disabled,
//     Trap logging: level informational, 478 message lines logged
const LEVEL = /^\s*(?<which>Console|Monitor|Buffer|Trap) logging: +(?:level (?<level>[a-z]+)|(?<disabled>disabled))\b/;
//         Logging to 192.168.1.3  (tcp port 1514, audit disabled,
//         Logging to 2001:db8::9  (udp port 514, audit disabled,
//         Logging to syslog.example.net, 12 message lines logged          12.x
const HOST = /^\s*Logging to (?<host>[A-Za-z0-9][\w.:-]{0,127}?)(?=[\s,(]|$)/;
// Log Buffer (4096 bytes):
const BUFFER = /^\s*Log Buffer \(\d+ bytes\):/;
const HOSTS_MAX = 16;

export const parseLoggingLevels: Parser<Omit<LoggingLevels, 'rateLimited'>> = (output) => {
  const levels: Record<string, number> = {};
  const hosts: string[] = [];
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    if (BUFFER.test(line.text)) break;
    const level = LEVEL.exec(line.text)?.groups;
    const host = HOST.exec(line.text)?.groups?.['host'];
    if (level) {
      const number = level['disabled'] === undefined ? LOG_LEVELS.indexOf(level['level']!) : -1;
      if (number < 0 && level['disabled'] === undefined) unread.push(line);
      // The header's own stands first.
      else levels[level['which']!] ??= number;
    } else if (host !== undefined && hosts.length < HOSTS_MAX && !hosts.includes(host)) hosts.push(host);
  }
  const of = (which: string): number | null => levels[which] ?? null;
  return {
    value: { console: of('Console'), monitor: of('Monitor'), buffer: of('Buffer'), trap: of('Trap'), hosts },
    unread,
  };
};
