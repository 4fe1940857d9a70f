/** `swanctl --list-conns`: the connections that charon has loaded. Shape: ViciConnection. Read for the diagnosis: who has DPD. */
import { canonicalAddress } from '../../model/address.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

export interface ViciConnection {
  readonly line: number;
  readonly name: string;
  readonly version: 1 | 2 | null;
  /** 0: none. */
  readonly dpdSeconds: number;
  /** Canonical; names and ranges are left out. */
  readonly remotes: readonly string[];
  readonly children: readonly { readonly name: string; readonly rekeySeconds: number | null }[];
}

// peer: IKEv2, no reauthentication, rekeying every 14400s, dpd delay 30s
// peer: IKEv1, reauthentication every 14400s
// any: IKEv1/2, no reauthentication, no rekeying
const HEAD = /^(?<name>[^\s:][^:]{0,120}): IKEv(?<version>1\/2|1|2), .*?(?:, dpd delay (?<dpd>\d+)s)?$/;
//   remote: 198.51.100.2
const REMOTE = /^ {2}remote: (?<addresses>\S.*)$/;
//   net: TUNNEL, rekeying every 3600s, dpd action is none
//   net: TUNNEL-in-UDP, rekeying every 3600s or 1000000 bytes
const CHILD = /^ {2}(?<name>[^\s:][^:]{0,120}): (?:TUNNEL|TRANSPORT|BEET|PASS|DROP)\b(?:.*?rekeying every (?<rekey>\d+)s)?/;
//   local:  198.51.100.1                                  local pre-shared key authentication:
//     id: hub.example.net                                 remote  203.0.113.129/32
const OTHER = /^ {2,}\S/;

export const parseConnections: Parser<readonly ViciConnection[]> = (output) => {
  const value: ViciConnection[] = [];
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const head = HEAD.exec(line.text)?.groups;
    const remote = REMOTE.exec(line.text)?.groups;
    const child = CHILD.exec(line.text)?.groups;
    const last = value.at(-1);
    if (head)
      value.push({
        line: line.number,
        name: head['name']!,
        version: head['version'] === '1' ? 1 : head['version'] === '2' ? 2 : null,
        dpdSeconds: Number(head['dpd'] ?? 0),
        remotes: [],
        children: [],
      });
    else if (last === undefined || !OTHER.test(line.text)) unread.push(line);
    else if (remote) {
      const remotes = remote['addresses']!.split(/[ ,]+/).flatMap((address) => canonicalAddress(address) ?? []);
      value[value.length - 1] = { ...last, remotes: [...last.remotes, ...remotes] };
    } else if (child) {
      const rekeySeconds = child['rekey'] === undefined ? null : Number(child['rekey']);
      value[value.length - 1] = { ...last, children: [...last.children, { name: child['name']!, rekeySeconds }] };
    }
  }
  return { value, unread };
};
