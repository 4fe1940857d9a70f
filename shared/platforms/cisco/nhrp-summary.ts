/** `show ip nhrp summary` and `show ipv6 nhrp summary`: only numbers, told apart by the words above them. Called by nhrp.ts. */
import type { Line } from '../platform.ts';

// IP NHRP cache 0 entries, 0 bytes
// IPv6 NHRP cache 1 entry, 784 bytes
const HEAD = /^\s*IP(?:v6)? NHRP cache (?<entries>\d{1,10}) entr(?:y|ies), (?<bytes>\d{1,15}) bytes$/;
// 0 Remote
// 0 Local
//     0 route
const BLOCK = /^\s*(?<count>\d{1,10}) (?<name>Remote|Local|route)$/;
//     0 static   0 dynamic    0 incomplete
//     0 nhop     0 bfd
//     0 default  0 temporary
//         0 rib (0 H    0 nho)
//         0 bgp
//     0 lfib
const COUNTS = /^\s*(?:\d{1,10} \w{1,20}\s*)(?:\(?\d{1,10} \w{1,20}\)?\s*){0,5}$/;
const COUNT = /(?<count>\d{1,10}) (?<name>\w{1,20})/g;

/** Null: no summary. Keys are `total entries`, `remote static`, `remote route rib`. */
export function nhrpSummary(
  lines: readonly Line[],
): { readonly value: Readonly<Record<string, number>>; readonly unread: Line[] } | null {
  if (!lines.some(({ text }) => HEAD.test(text))) return null;
  const value: Record<string, number> = {};
  const unread: Line[] = [];
  let block = 'total';
  for (const line of lines) {
    const head = HEAD.exec(line.text)?.groups;
    const opens = BLOCK.exec(line.text)?.groups;
    if (head) Object.assign(value, { 'total entries': Number(head['entries']), 'total bytes': Number(head['bytes']) });
    else if (opens) {
      // `route` is the one block inside another; bgp and rib are of it, lfib again of what is around it.
      block = opens['name'] === 'route' ? `${block.split(' ')[0]} route` : opens['name']!.toLowerCase();
      value[`${block} entries`] = Number(opens['count']);
    } else if (COUNTS.test(line.text)) {
      for (const found of line.text.matchAll(COUNT)) {
        const name = found.groups!['name']!;
        if (name === 'lfib') block = block.split(' ')[0]!;
        value[`${block} ${name.toLowerCase()}`] = Number(found.groups!['count']);
      }
    } else unread.push(line);
  }
  return { value, unread };
}
