/**
 * Rows of `show crypto isakmp sa [detail]` or `show crypto ikev2 sa`: how many IKE SAs the device holds, and so whether unscoped
 * commands are harmless. A header without rows, or nothing at all, is 0; a line that carries data and is no row makes the count unknown.
 */
import { canonicalAddress } from '../../model/address.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// IPv4 Crypto ISAKMP SA
//  IPv6 Crypto IKEv2  SA
// dst             src             state          conn-id status
// dst             src             state          conn-id slot status                    older
// C-id  Local           Remote          I-VRF  Status Encr Hash   Auth DH Lifetime Cap.
// Tunnel-id Local                 Remote                fvrf/ivrf            Status
// Codes: C - IKE configuration mode, D - Dead Peer Detection                            the legend of `detail`
//        K - Keepalives, N - NAT-traversal
const HEADING =
  /^\s*(?:IPv[46] Crypto (?:ISAKMP|IKEv2) +SA|dst\s+src\s+state\b.*|C-id\s+Local\b.*|Tunnel-id\s+Local\b.*|Codes: .*|[A-Z] - .*|[a-zA-Z]+ - .*)$/;
// There are no IKEv2 SAs / There are no SAs / No SAs found
const NONE = /^\s*(?:There are no .{0,20}SAs?.{0,20}|No .{0,20}SAs? .{0,20})$/i;

// 100.0.10.2      100.13.220.2    QM_IDLE          29609 ACTIVE
// 100.0.10::2     100.12.82::2    MM_NO_STATE      29189 ACTIVE (deleted)
// 213.163.222.7   11.1.1.3        MM_NO_STATE          0 ACTIVE (deleted)
// 10.1.1.1        10.1.1.2        QM_IDLE              1    0 ACTIVE                     with slot
const ISAKMP = /^\s*(?<a>\S+)\s+(?<b>\S+)\s+(?:[A-Z][A-Z0-9_]+)\s+\d+(?:\s+\d+)?(?:\s+[A-Z]+)?(?:\s+\(deleted\))?$/;
//  dst: 2001:DB8::7                                      IPv6 of some releases: one row over several lines
//  src: 2001:DB8::3
const ISAKMP_V6_DST = /^\s*dst: *(?<a>\S+)$/;
const ISAKMP_V6_MORE = /^\s*(?:src: *\S+|state: *[A-Z0-9_]+ +conn-id: *\d+.*)$/;
// 29609 100.0.10.2      100.13.220.2     RED      ACTIVE aes  sha    psk  16 00:01:47 D
// 1005  10.1.1.2        10.1.1.1                  ACTIVE 3des sha    psk  2  0        D    (deleted)
const DETAIL = /^\s*\d+\s+(?<a>\S+)\s+(?<b>\S+)\s+(?:\S+\s+)?[A-Z][A-Z_]+\s.*$/;
//        Engine-id:Conn-id =  SW:12609
const DETAIL_MORE = /^\s*Engine-id:Conn-id\s*=/;
// 1184      101.0.10.2/500        100.201.33.252/500    none/none            READY
// 2         2001:DB8::1/500                                                              IPv6: endpoints wrap
const IKEV2 = /^\s*\d+\s+(?<a>[0-9A-Fa-f.:]+)\/\d+\s+(?<b>[0-9A-Fa-f.:]+)\/\d+\s+\S+\s+[A-Z][A-Z_-]*(?:\s.*)?$/;
//       Encr: AES-CBC, keysize: 128, PRF: SHA1, Hash: SHA96, DH Grp:16, Auth sign: PSK, Auth verify: PSK
//       Life/Active Time: 86400/735 sec
//       CE id: 0, Session-id: 22
//       Local spi: B10AA51B227B62AB       Remote spi: 98184FF7319BFC85
//       NAT-T is not detected
const IKEV2_MORE =
  /^\s*(?:Encr: |Life\/Active Time: |CE id: |Session-id: |Local (?:spi|id|req|next|window)|Remote (?:id|subnets):|Status Description: |DPD configured |Fragmentation |Dynamic Route Update|Extended Authentication |NAT-T is |Cisco Trust Security |Initiator of SA |Pushed IP address|PEER TYPE|Quantum|Auth verify: |(?:\d{1,3}\.){3}\d{1,3} (?:\d{1,3}\.){3}\d{1,3}$)/;

export const parseSaCount: Parser<number | null> = (output) => {
  let count = 0;
  let known = true;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    if (HEADING.test(line.text) || NONE.test(line.text)) continue;
    if (isRow(line.text)) count += 1;
    else if (!DETAIL_MORE.test(line.text) && !IKEV2_MORE.test(line.text) && !ISAKMP_V6_MORE.test(line.text)) {
      known = false;
      unread.push(line);
    }
  }
  return { value: known ? count : null, unread };
};

function isRow(text: string): boolean {
  const dst = ISAKMP_V6_DST.exec(text)?.groups;
  if (dst) return canonicalAddress(dst['a']!) !== null;
  const row = (IKEV2.exec(text) ?? ISAKMP.exec(text) ?? DETAIL.exec(text))?.groups;
  return row !== undefined && isAddress(row['a']!) && isAddress(row['b']!);
}

/** `100.0.10::2` is what some recorded outputs hold for an IPv6 address (anonymised): a row all the same. */
const isAddress = (text: string): boolean => canonicalAddress(text) !== null || /^[0-9A-Fa-f.:]*::[0-9A-Fa-f.:]*$/.test(text);
