/**
 * The SPIs that a device takes packets for, as `show crypto ipsec spi-lookup [detail]` tells them. Filled by the platforms' parsers, read by
 * the analysis. An SPI in the Transient table was known lately; it may stand in the Active table too, so that alone proves nothing (facts.md §6).
 * `line`: place in the command's output, from 1.
 */
import type { Spi } from './flow.ts';

export interface SpiTables {
  /** Null: the output shows no such table. */
  readonly active: readonly ActiveSpi[] | null;
  readonly transient: readonly TransientSpi[] | null;
}

export interface ActiveSpi {
  readonly line: number;
  readonly spi: Spi;
  /** `ipsec`, `esp`. */
  readonly protocol: string;
  /** Canonical. */
  readonly local: string | null;
  readonly remote: string | null;
  readonly type: string | null;
  /** Hex digits, as printed: the same in both tables. */
  readonly handle: string | null;
  readonly vrf: number | null;
  readonly idb: number | null;
}

export interface TransientSpi {
  readonly line: number;
  readonly spi: Spi;
  readonly handle: string;
  /** The column `R`, which no document explains. */
  readonly r: number;
  /** As printed; neither its unit nor its origin is documented, so it orders entries of one output at most. */
  readonly timeCreated: number;
}
