/** The kernel's own tables: `ip -s xfrm state list nokeys`, `ip xfrm policy list`, `/proc/net/xfrm_stat`. Empty where ESP is done in userland (kernel-libipsec). */
import { canonicalAddress } from '../../model/address.ts';
import { parseSpi, type Spi } from '../../model/flow.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

export interface XfrmState {
  readonly src: string;
  readonly dst: string;
  readonly spi: Spi;
  readonly proto: string;
  /** `lifetime current`: packets so far; null: not shown. */
  readonly packets: number | null;
}

// src 198.51.100.2 dst 198.51.100.1
const HEAD = /^src (?<src>\S+) dst (?<dst>\S+)$/;
//         proto esp spi 0xc4b5a3f1(3300238321) reqid 1(0x00000001) mode tunnel
//         proto esp spi 0xc4b5a3f1 reqid 1 mode tunnel                                     without -s
const PROTO = /^\s+proto (?<proto>\w+) spi (?<spi>0x[0-9a-f]{1,8})(?:\(\d+\))? /i;
//           1260(bytes), 15(packets)
const USE = /^\s+\d+\(bytes\), (?<packets>\d+)\(packets\)$/;
//         lifetime current:
const CURRENT = /^\s+lifetime current:$/;
//         replay-window 0 seq 0x00000000 flag af-unspec (0x00100000)       and everything else under a head
const DETAIL = /^\s/;

export const parseXfrmState: Parser<XfrmState[]> = (output) => {
  const states: XfrmState[] = [];
  const unread: Line[] = [];
  let head: { src: string; dst: string } | null = null;
  let isCurrent = false;
  for (const line of dataLines(output)) {
    const start = HEAD.exec(line.text)?.groups;
    if (start) {
      const [src, dst] = [canonicalAddress(start['src']!), canonicalAddress(start['dst']!)];
      head = src === null || dst === null ? null : { src, dst };
      if (head === null) unread.push(line);
      isCurrent = false;
      continue;
    }
    const proto = PROTO.exec(line.text)?.groups;
    const use = USE.exec(line.text)?.groups;
    const last = states.at(-1);
    if (proto && head !== null) states.push({ ...head, spi: parseSpi(proto['spi']!)!, proto: proto['proto']!, packets: null });
    else if (use && isCurrent && last !== undefined) states[states.length - 1] = { ...last, packets: Number(use['packets']) };
    else if (!DETAIL.test(line.text)) unread.push(line);
    isCurrent = CURRENT.test(line.text);
  }
  return { value: states, unread };
};

export interface XfrmPolicy {
  readonly src: string;
  readonly dst: string;
  readonly direction: string;
  readonly templates: readonly { readonly src: string; readonly dst: string }[];
}

// src 203.0.113.1/32 dst 203.0.113.129/32
//         dir out priority 367231 ptype main
const POLICY = /^src (?<src>\S+) dst (?<dst>\S+)(?: .*)?$/;
const DIRECTION = /^\s+(?:dir|socket) (?<dir>\w+)\b/;
//         tmpl src 198.51.100.1 dst 198.51.100.2
const TEMPLATE = /^\s+tmpl src (?<src>\S+) dst (?<dst>\S+)$/;

export const parseXfrmPolicy: Parser<XfrmPolicy[]> = (output) => {
  const policies: XfrmPolicy[] = [];
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const head = POLICY.exec(line.text)?.groups;
    const last = policies.at(-1);
    if (head) {
      policies.push({ src: head['src']!, dst: head['dst']!, direction: '', templates: [] });
      continue;
    }
    const direction = DIRECTION.exec(line.text)?.groups;
    const template = TEMPLATE.exec(line.text)?.groups;
    if (last === undefined || !DETAIL.test(line.text)) unread.push(line);
    else if (direction && last.direction === '') policies[policies.length - 1] = { ...last, direction: direction['dir']! };
    else if (template)
      policies[policies.length - 1] = {
        ...last,
        templates: [...last.templates, { src: template['src']!, dst: template['dst']! }],
      };
  }
  return { value: policies, unread };
};

// XfrmInNoStates                 0
const COUNTER = /^(?<name>[A-Za-z]\w{1,60})\s+(?<count>\d{1,20})$/;

/** Of this network namespace, since its start. `XfrmInNoStates`: packets without an SA; always 0 with kernel-libipsec. */
export const parseXfrmStat: Parser<Readonly<Record<string, number>>> = (output) => {
  const value: Record<string, number> = {};
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = COUNTER.exec(line.text)?.groups;
    if (found) value[found['name']!] = Number(found['count']);
    else unread.push(line);
  }
  return { value, unread };
};
