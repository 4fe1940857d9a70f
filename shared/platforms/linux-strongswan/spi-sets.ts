/**
 * `nft list table inet spitrap`: ESP that came in, by (source, destination, SPI), with its packets. Elements leave the set five minutes
 * after their last packet. The table is the administrator's (docs/linux.md); read by agent/sources/spi-watch.ts through the platform.
 */
import { canonicalAddress } from '../../model/address.ts';
import { type Flow, parseSpi } from '../../model/flow.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

export interface SeenFlow {
  readonly flow: Flow;
  /** Since it stands in the set. */
  readonly packets: number;
}

//   set udp4 {
const SET = /^\s+set (?:esp|udp)[46] \{$/;
//   elements = { 198.51.100.2 . 198.51.100.1 . 0xb6811b10 counter packets 2 bytes 328 expires 4m58s996ms,
//                198.51.100.3 . 198.51.100.1 . 0xc0ffee01 counter packets 7 bytes 1148 timeout 5m expires 4m2s }
//   elements = { 198.51.100.2 . 198.51.100.1 . 3061914384 counter packets 2 bytes 328 expires 1m }       raw ESP: decimal
const ELEMENT =
  /(?<src>[0-9a-fA-F.:]{2,45}) \. (?<dst>[0-9a-fA-F.:]{2,45}) \. (?<spi>0x[0-9a-fA-F]{1,8}|\d{1,10})(?: \S+ \S+)*? counter packets (?<packets>\d{1,19}) bytes \d+/g;
const OTHER =
  /^\s*(?:table inet spitrap \{|typeof .*|type .*|size \d+(?: .*)?|flags .*|timeout .*|gc-interval .*|\}|chain .*|update @.*|meta .*|ip6? .*|udp .*|policy .*|type filter .*|comment .*)$/;

/** Null: there is no such table in it. */
export const parseSpiSets: Parser<readonly SeenFlow[] | null> = (output) => {
  const seen: SeenFlow[] = [];
  const unread: Line[] = [];
  let isTable = false;
  for (const line of dataLines(output)) {
    if (SET.test(line.text)) isTable = true;
    const elements = [...line.text.matchAll(ELEMENT)];
    for (const { groups } of elements) {
      const flow = flowOf(groups!);
      if (flow === null) unread.push(line);
      else seen.push({ flow, packets: Number(groups!['packets']) });
    }
    if (elements.length === 0 && !SET.test(line.text) && !OTHER.test(line.text)) unread.push(line);
  }
  return { value: isTable ? seen : null, unread };
};

function flowOf(found: Record<string, string>): Flow | null {
  const [src, dst] = [canonicalAddress(found['src']!), canonicalAddress(found['dst']!)];
  const text = found['spi']!;
  const spi = text.startsWith('0x') ? parseSpi(text) : Number(text) <= 0xffffffff ? Number(text) : null;
  return src === null || dst === null || spi === null ? null : { src, dst, spi };
}
