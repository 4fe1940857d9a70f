/** IOS XE's drop counters (Note B): `show platform hardware qfp active statistics drop` and `… feature ipsec datapath drops all`. */
import type { BoxCore } from '../box-core.ts';

const RULE = '-'.repeat(73);

export function qfpStatisticsDrop(core: BoxCore): string[] {
  const row = (name: string, packets: number, octets: number): string =>
    `${name.padEnd(36)}${String(packets).padStart(13)}${String(octets).padStart(24)}  `;
  const { unknownSpiPackets, unknownSpiOctets } = core.sa;
  const background = core.bootedAt % 97;
  return [
    'Last clearing of QFP drops statistics : never',
    '',
    RULE,
    'Global Drop Stats                         Packets                  Octets  ',
    RULE,
    row('Disabled', 12 + background, (12 + background) * 82),
    ...(unknownSpiPackets > 0 ? [row('IpsecInput', unknownSpiPackets, unknownSpiOctets)] : []),
    row('Ipv4NoAdj', 3, 246),
    row('UnconfiguredIpv6Fia', 41 + background, (41 + background) * 90),
    '',
  ];
}

/** Drop types by number, as the datapath names them. */
const DROP_TYPES: readonly [number, string][] = [
  [1, 'IN_V4_PKT_HIT_INVALID_SA'],
  [2, 'IN_CLEAR_US_V4_PSTATE_SB_FAILED'],
  [3, 'IN_US_V4_PKT_FOUND_IPSEC_NOT_ENABLED'],
  [4, 'IN_US_V4_PKT_SA_NOT_FOUND_SPI'],
  [5, 'IN_TUNNEL_US_V4_PKT_IPSEC_NO_KEEP'],
  [6, 'IN_TRANS_CL_V4_PKT_FAILED_POLICY'],
  [7, 'IN_TRANS_V4_IPSEC_PKT_NOT_FOUND_SPI'],
  [8, 'IN_US_CL_V4_PKT_FAILED_POLICY'],
  [9, 'IN_V6_PKT_HIT_INVALID_SA'],
  [10, 'IN_CLEAR_US_V6_PSTATE_SB_FAILED'],
  [11, 'IN_US_V6_PKT_FOUND_IPSEC_NOT_ENABLED'],
  [12, 'IN_US_V6_PKT_SA_NOT_FOUND_SPI'],
  [13, 'IN_TUNNEL_US_V6_PKT_IPSEC_NOT_KEEP'],
  [14, 'IN_TRANS_V6_PKT_FAILED_POLICY'],
  [15, 'IN_US_CL_V6_PKT_FAILED_POLICY'],
  [17, 'IN_CPP_FAIL_NOTIF_SA_SOFT_EXPIRY'],
  [18, 'IN_CD_SW_IPSEC_HARD_EXPIRY'],
  [19, 'IN_CD_SW_IPSEC_ANTI_REPLAY_FAIL'],
  [20, 'IN_UNEXP_CD_SW_IPSEC_EXCEPTION'],
  [32, 'OUT_V4_PKT_HIT_INVALID_SA'],
  [33, 'OUT_V4_PKT_HIT_IKE_START_SP'],
  [35, 'OUT_V4_PKT_HIT_DENY_DROP_SP'],
  [44, 'OUT_CD_SW_IPSEC_HARD_EXPIRY'],
  [62, 'IN_CD_SW_IPSEC_MAC_EXCEPTION'],
  [68, 'CD_SW_IPSEC_PKT_HIT_INVALID_SA'],
  [111, 'OUT_IPV4_SA_NOT_FOUND'],
  [112, 'OUT_IPV6_SA_NOT_FOUND'],
];

export function qfpIpsecDrops(core: BoxCore): string[] {
  const rule = '-'.repeat(72);
  return [
    rule,
    'Drop Type  Name                                     Packets',
    rule,
    ...DROP_TYPES.map(([number, name]) => {
      const count = number === 4 ? core.sa.unknownSpiPackets : 0;
      return `${String(number).padStart(9)}  ${name.padEnd(42)}${String(count).padStart(19)}`;
    }),
    '',
  ];
}
