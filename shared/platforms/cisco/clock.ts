/** `show clock`: the device's own clock, in its own zone. Shape: DeviceClock in ../platform.ts. */
import type { DeviceClock, Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// 18:56:04.554 EST Mon Oct 17 2016
// *18:57:38.347 UTC Mon Oct 19 2015          never set
// .04:37:54.849 UTC Thu Aug 7 2025           set, not in sync
// 10:02:11 mdt Fri Jan 2 2026                no milliseconds; zones such as UTC+07:30
const CLOCK =
  /^\s*(?<mark>[*.]?)(?<h>\d{1,2}):(?<m>\d{2}):(?<s>\d{2})(?:\.(?<fraction>\d{1,6}))? (?<zone>[A-Za-z][\w+:-]{0,15}) (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) +(?<day>\d{1,2}) (?<year>\d{4})$/;

// Time source is NTP
// Time source is hardware calendar           `show clock detail`
// Summer time starts 02:00:00 EST Sun Mar 8 2026
const DETAIL = /^\s*(?:Time source is|Summer time (?:starts|ends)|No time source)\b/;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const parseClock: Parser<DeviceClock | null> = (output) => {
  let value: DeviceClock | null = null;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const reading = readClock(line.text);
    if (reading !== null && value === null) value = reading;
    else if (!DETAIL.test(line.text)) unread.push(line);
  }
  return { value, unread };
};

function readClock(text: string): DeviceClock | null {
  const found = CLOCK.exec(text)?.groups;
  if (!found) return null;
  const month = MONTHS.indexOf(found['month']!);
  const [hours, minutes, seconds, day] = [found['h'], found['m'], found['s'], found['day']].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const year = Number(found['year']);
  // 60: a leap second is legal, an hour 24 is not.
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60 || day < 1 || day > 31) return null;
  const milliseconds = Number((found['fraction'] ?? '0').padEnd(3, '0').slice(0, 3));
  return {
    text: text.trim().replace(/^[*.]/, ''),
    localMs: Date.UTC(year, month, day, hours, minutes, seconds, milliseconds),
    zone: found['zone']!,
    year,
    mark: found['mark'] as DeviceClock['mark'],
  };
}
