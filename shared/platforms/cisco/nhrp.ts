/** `show ip nhrp [nbma X] [summary]` and `show ipv6 nhrp`: who is behind which NBMA address. Shape: NhrpCache in ../../model/nhrp.ts. */
import { canonicalAddress } from '../../model/address.ts';
import type { NhrpCache, NhrpEntry } from '../../model/nhrp.ts';
import type { Line, Parser } from '../platform.ts';
import { AGE, ageSeconds } from './age.ts';
import { nhrpSummary } from './nhrp-summary.ts';
import { dataLines } from './output-lines.ts';

type Building = { -readonly [K in keyof NhrpEntry]: NhrpEntry[K] };

// 100.0.0.2/32 via 100.0.0.2
// 10.0.0.9/32                                                                  incomplete
// 10.0.0.2/32 via 10.0.0.2, Tunnel0 created 01:20:10, expire 00:39:52          12.4: all on one line
// FD00:192::1101/128 via FD00:192::1101
const ENTRY =
  /^\s*(?<target>[0-9A-Fa-f:.]{2,45}\/\d{1,3})(?: \(\S{1,64}\))?(?: via (?<via>[0-9A-Fa-f:.]{2,45}))?(?:, (?<rest>\S.{0,200}))?$/;
//    Tunnel100 created 00:00:32, expire 00:02:27
//    Tunnel100 created 10w2d, never expire
const LIFE = new RegExp(
  `^\\s*(?<name>[A-Za-z][\\w./-]{0,63}) created (?<created>${AGE}), (?:(?<never>never expire)|expire (?<expire>${AGE}))$`,
);
//    Type: dynamic, Flags: router nhop rib
//    Type: static, Flags:
//    Type: incomplete, Flags: negative
const TYPE = /^\s*Type: (?<type>[a-z]{1,20}), Flags:(?<flags>(?: [\w()-]{1,30}){0,16})$/;
//    NBMA address: 103.1.1.1
const NBMA = /^\s*NBMA address: (?<nbma>\S{2,64})$/;
//     (Claimed NBMA address: 192.168.5.2)
const CLAIMED = /^\s*\(Claimed NBMA address: (?<nbma>\S{2,64})\)$/;
//     (no-socket)
const NO_SOCKET = /^\s*\(no-socket\)$/;
//    Group: HUB
const GROUP = /^\s*Group: (?<group>\S{1,64})$/;
//    Cache hits: 12   /   Requester: 10.0.0.3 Request ID: 5   /   Preference: 255
// Metadata Exchange Framework:
//  Type  State
//  1     Reset
//  MEF ext data:0x0
const KNOWN =
  /^\s*(?:Cache hits: \d|Requester: \S|Preference: \d|Client \w|Metadata Exchange Framework:$|Type\s+State$|\d{1,3}\s+[A-Z][a-z]{1,20}$|MEF ext data:0x)/;
// There are no NHRP entries   /   % No NHRP entry for 10.0.0.9
const NOTHING = /^\s*%? ?(?:There are no NHRP|No NHRP|No entr)/i;

export const parseNhrp: Parser<NhrpCache> = (output) => {
  const lines = dataLines(output);
  const summary = nhrpSummary(lines);
  if (summary !== null) return { value: { entries: [], summary: summary.value }, unread: summary.unread };
  const entries: Building[] = [];
  const unread: Line[] = [];
  for (const line of lines) {
    const head = ENTRY.exec(line.text)?.groups;
    if (head) {
      const entry = newEntry(line.number, head['target']!, head['via'] === undefined ? null : canonicalAddress(head['via']));
      entries.push(entry);
      if (head['rest'] !== undefined && !readLife(head['rest'], entry)) unread.push(line);
    } else if (!readEntry(line.text, entries.at(-1)) && !KNOWN.test(line.text) && !NOTHING.test(line.text)) unread.push(line);
  }
  return { value: { entries, summary: null }, unread };
};

function readEntry(text: string, entry: Building | undefined): boolean {
  if (entry === undefined) return false;
  if (readLife(text, entry)) return true;
  const type = TYPE.exec(text)?.groups;
  if (type) {
    entry.type = type['type']!;
    entry.flags = type['flags']!.split(' ').filter((flag) => flag !== '');
    return true;
  }
  const nbma = NBMA.exec(text)?.groups?.['nbma'];
  if (nbma !== undefined) {
    entry.nbma = canonicalAddress(nbma);
    return entry.nbma !== null;
  }
  const claimed = CLAIMED.exec(text)?.groups?.['nbma'];
  if (claimed !== undefined) entry.claimedNbma = canonicalAddress(claimed);
  const group = GROUP.exec(text)?.groups?.['group'];
  if (group !== undefined) entry.group = group;
  const isClosed = NO_SOCKET.test(text);
  if (isClosed) entry.socket = false;
  return isClosed || claimed !== undefined || group !== undefined;
}

function readLife(text: string, entry: Building): boolean {
  const life = LIFE.exec(text)?.groups;
  if (!life) return false;
  entry.interface = life['name']!;
  entry.createdSeconds = ageSeconds(life['created']!);
  entry.neverExpires = life['never'] !== undefined;
  entry.expiresSeconds = life['expire'] === undefined ? null : ageSeconds(life['expire']);
  return true;
}

const newEntry = (line: number, target: string, via: string | null): Building => ({
  line,
  target,
  via,
  interface: null,
  createdSeconds: null,
  expiresSeconds: null,
  neverExpires: false,
  type: null,
  flags: [],
  nbma: null,
  claimedNbma: null,
  socket: true,
  group: null,
});
