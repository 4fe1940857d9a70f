/** `show crypto ipsec spi-lookup [detail]`: the SPIs that the device takes packets for, and those that it knew lately. Shape: SpiTables in ../../model/spi-tables.ts. A table that is not shown is null, one without rows is empty. */
import { canonicalAddress } from '../../model/address.ts';
import type { ActiveSpi, SpiTables, TransientSpi } from '../../model/spi-tables.ts';
import type { Line, Parser } from '../platform.ts';
import { count, type Groups, known, type LineRule, readLines } from './line-rules.ts';

type Building = { -readonly [K in keyof ActiveSpi]: ActiveSpi[K] };

interface Place {
  active: Building[] | null;
  transient: TransientSpi[] | null;
}

export const parseSpiLookup: Parser<SpiTables> = (output) => {
  const value: Place = { active: null, transient: null };
  const unread = readLines(output, rules, value);
  return { value, unread };
};

const rules: readonly LineRule<Place>[] = [
  // Active SPI table
  [
    /^Active SPI table$/i,
    (_, at) => {
      at.active ??= [];
    },
  ],
  // Transient SPI table
  [
    /^Transient SPI table$/i,
    (_, at) => {
      at.transient ??= [];
    },
  ],
  //      SPI Prot Local Address            Type
  //   Handle VRF  Remote Address           IDB
  //      SPI   HANDLE R Time created
  [/^(?:SPI +Prot +Local Address|Handle +VRF +Remote Address|SPI +HANDLE +R +Time created)(?: +[\w ]{1,40})?$/i, known],
  //   3A4AAE22 ipsec 192.0.2.1 type 40003352 0 198.51.100.1 566              on one line
  //   3A4AAE22 ipsec 192.0.2.1                type                           on two, as the heading
  //   40003352 0     198.51.100.1             566
  [
    /^(?<spi>[0-9A-F]{1,8}) +(?<protocol>[a-z]{2,10}) +(?<local>[^\s/]{1,60})(?: +(?<type>[\w-]{1,20}))?(?: +(?<handle>[0-9A-F]{1,16}) +(?<vrf>\d{1,10}) +(?<remote>[^\s/]{1,60}) +(?<idb>\d{1,10}))?$/i,
    readActive,
  ],
  [/^(?<handle>[0-9A-F]{1,16}) +(?<vrf>\d{1,10}) +(?<remote>[^\s/]{1,60}) +(?<idb>\d{1,10})$/i, readSecondLine],
  // 3A4AAE22 40003352 0 566
  [
    /^(?<spi>[0-9A-F]{1,8}) +(?<handle>[0-9A-F]{1,16}) +(?<r>\d{1,10}) +(?<created>\d{1,15})$/i,
    ({ spi, handle, r, created }, at, line) => {
      at.transient ??= [];
      const entry = { spi: Number.parseInt(spi!, 16) >>> 0, handle: handle!, r: Number(r), timeCreated: Number(created) };
      at.transient.push({ line: line.number, ...entry });
    },
  ],
];

function readActive(groups: Groups, at: Place, line: Line): false | undefined {
  const entry: Building = {
    line: line.number,
    spi: Number.parseInt(groups['spi']!, 16) >>> 0,
    protocol: groups['protocol']!,
    local: canonicalAddress(groups['local']!),
    remote: null,
    type: groups['type'] ?? null,
    handle: null,
    vrf: null,
    idb: null,
  };
  if (entry.local === null) return false;
  at.active ??= [];
  at.active.push(entry);
  return groups['handle'] === undefined ? undefined : setSecondHalf(entry, groups);
}

/** The third column is an address here and a number in the Transient table: what is no address is a row of that one. */
function readSecondLine(groups: Groups, at: Place): false | undefined {
  const entry = at.active?.at(-1);
  if (entry === undefined || entry.handle !== null || canonicalAddress(groups['remote']!) === null) return false;
  return setSecondHalf(entry, groups);
}

function setSecondHalf(entry: Building, { handle, vrf, remote, idb }: Groups): false | undefined {
  entry.handle = handle!;
  entry.vrf = count(vrf);
  entry.remote = canonicalAddress(remote!);
  entry.idb = count(idb);
  return entry.remote === null ? false : undefined;
}
