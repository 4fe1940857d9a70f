/** Counters and SAs of the data plane of IOS XE routers (QFP), as `show platform hardware qfp active …` tells them. Filled by the platforms' parsers, read by the analysis. All counts are since the last clearing. `line`: place in the command's output, from 1. */
import type { Spi } from './flow.ts';

/** `… statistics drop` */
export interface QfpDrops {
  /** As printed: `Tue Mar 21 00:00:15 2023`; null when not shown. */
  readonly clearedAt: string | null;
  readonly drops: readonly QfpDrop[];
}

export interface QfpDrop {
  readonly line: number;
  /** `IpsecInput`, `Ipv4NoAdj`. */
  readonly name: string;
  readonly packets: number;
  /** Bytes; null in the layout of `history`. */
  readonly octets: number | null;
  /** `history`: packets within `1-Min`, `5-Min`, `30-Min`; null in the other layout. */
  readonly recent: Readonly<Record<string, number>> | null;
}

/** `… feature ipsec datapath drops all` */
export interface QfpIpsecDrop {
  readonly line: number;
  readonly type: number;
  /** `IN_US_V4_PKT_SA_NOT_FOUND_SPI` */
  readonly name: string;
  readonly packets: number;
}

/** `… feature ipsec sa N` */
export interface QfpIpsecSa {
  readonly line: number;
  readonly saId: number | null;
  readonly spi: Spi | null;
  /** Canonical. */
  readonly local: string | null;
  readonly remote: string | null;
  /** `Details below`: `valid` to `Yes`, `direction` to `Ingress`. */
  readonly flags: Readonly<Record<string, string>>;
  /** All fields as printed, by their printed names without double blanks: `pal sa id` to `443`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** `… feature ipsec state` */
export interface QfpIpsecState {
  readonly line: number;
  /** Aggregate; null when not shown. */
  readonly licenceKilobitsPerSecond: number | null;
  readonly messages: readonly {
    readonly line: number;
    readonly type: string;
    readonly request: number;
    readonly replyOk: number;
    readonly replyError: number;
  }[];
}
