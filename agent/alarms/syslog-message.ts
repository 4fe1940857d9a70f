/**
 * An alarm as one syslog message: RFC 5424, or RFC 3164 for old relays. ASCII alone (what else a text holds is escaped), one line,
 * bounded as the RFCs ask receivers to take (1,024 and 2,048 octets). Called by syslog.ts. Pure.
 */
import { escapedAscii } from './ascii-text.ts';
import { lineOf, type Notice } from './notice.ts';

export type SyslogFormat = 'rfc5424' | 'rfc3164';

/** RFC 5424 table 1. */
const FACILITIES: Readonly<Record<string, number>> = { user: 1, daemon: 3, auth: 4, syslog: 5, cron: 9 };
const facilityCode = (name: string): number => FACILITIES[name] ?? 16 + Number(name.replace('local', ''));

/** RFC 5424 table 2: critical 2, warning 4, notice 5. */
export function syslogSeverity({ status, alarm, test }: Notice): number {
  if (test || status === 'cleared' || status === 'acknowledged') return 5;
  return alarm.severity === 'critical' ? 2 : 4;
}

/** RFC 3164 §4.1 (1,024), RFC 5424 §6.1 (2,048 SHOULD be taken). */
const BYTES_MAX: Readonly<Record<SyslogFormat, number>> = { rfc3164: 1_024, rfc5424: 2_048 };

export function syslogMessage(notice: Notice, format: SyslogFormat, facility: string): Buffer {
  const priority = facilityCode(facility) * 8 + syslogSeverity(notice);
  const { host } = notice.agent;
  const head =
    format === 'rfc5424'
      ? // No structured data: its names would need an enterprise number of our own (RFC 5424 §7.2.2).
        `<${priority}>1 ${notice.at} ${word(host, 255)} spitrap - ${notice.status} - `
      : `<${priority}>${localTime(notice.at)} ${word(host.split('.')[0]!, 255)} spitrap: `;
  const room = BYTES_MAX[format] - head.length;
  return Buffer.from(head + shortened(notice, room), 'latin1');
}

/** Escaping makes longer: then the text gives way a second time. */
function shortened(notice: Notice, room: number): string {
  const escapedText = {
    ...notice.alarm,
    text: escapedAscii(notice.alarm.text),
    remedy: notice.alarm.remedy && escapedAscii(notice.alarm.remedy),
  };
  return escapedAscii(lineOf({ ...notice, alarm: escapedText }, room)).slice(0, room);
}

/** PRINTUSASCII (RFC 5424 §6): no spaces, nothing else; `-` when nothing is left. */
const word = (text: string, charactersMax: number): string => text.replace(/[^\x21-\x7e]/g, '').slice(0, charactersMax) || '-';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Mar 12 18:22:10`, of this host's zone: RFC 3164 §4.1.2 has no other. */
function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${MONTHS[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
