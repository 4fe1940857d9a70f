/** `show crypto ipsec spi-lookup [detail]`: the Active table, and with `detail` the Transient one (a rekey's or a lost SA's SPIs). */
import type { BoxCore } from '../box-core.ts';

const hex8 = (value: number): string => (value >>> 0).toString(16).toUpperCase().padStart(8, '0');

export function spiLookup(core: BoxCore, detail: boolean): string[] {
  const now = core.clock.monotonic();
  const active = core.sa.tunnels.flatMap((tunnel) =>
    tunnel.pairs
      .filter((pair) => pair.inboundUp)
      .map((pair) => {
        const age = Math.floor((now - pair.createdAt) / 1_000);
        return `${hex8(pair.inboundSpi)} ipsec ${core.options.cryptoAddress} type ${hex8(0x40000000 + pair.inboundConnId)} 0 ${tunnel.peer} ${age}`;
      }),
  );
  const transient = core.sa.transient.map(
    (each) => `${hex8(each.spi)} ${hex8(each.handle)} 0 ${Math.floor((now - each.createdAt) / 1_000)}`,
  );
  return [
    '',
    'Active SPI table',
    '     SPI Prot Local Address            Type',
    '  Handle VRF  Remote Address           IDB',
    ...active.map((line) => `  ${line}`),
    ...(detail ? ['', 'Transient SPI table', '     SPI   HANDLE R Time created', ...transient] : []),
  ];
}
