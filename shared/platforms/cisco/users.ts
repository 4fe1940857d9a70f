/** `show users`, for `spitrap check`: from which address the device sees our own session. Shape: string or null (not shown, or a name). */
import { canonicalAddress } from '../../model/address.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

//     Line       User       Host(s)              Idle       Location
const HEAD = /^\s*(?:Line\s+User\s|Interface\s+User\s)/;
// *  2 vty 0     spitrap    idle                 00:00:00 198.51.100.1            *: our own line
//    3 vty 1     anna       hub1                 00:01:12 noc.example.net
// *  0 con 0                idle                 00:00:00
// * 66 vty 0     spitrap    idle                 1d02h    2001:db8::9
const LINE =
  /^\s{0,4}(?<own>\*)?\s*\d{1,5} (?:vty|con|aux|tty)\s+[\d/]{1,7}\s.*?\s(?:\d{1,3}:\d{2}:\d{2}|\d+[ywdh]\d+[wdhm]|never)(?:\s+(?<from>\S{1,64}))?$/;
// Vi1          r1                 PPPoE        -        10.0.0.2        another table, of no use here
const OTHER = /^\s*(?:Vi|Vp|Vt|Se|Di)[\w./]*\s/;

export const parseOwnLocation: Parser<string | null> = (output) => {
  let value: string | null = null;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = LINE.exec(line.text)?.groups;
    if (found?.['own'] !== undefined) value ??= canonicalAddress(found['from'] ?? '');
    else if (!found && !HEAD.test(line.text) && !OTHER.test(line.text)) unread.push(line);
  }
  return { value, unread };
};
