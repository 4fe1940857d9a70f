/** The objects of clogMessageGenerated, as a router sends them. */
import type { Varbind } from '../../shared/wire/snmp-pdu.ts';

const ENTRY = '1.3.6.1.4.1.9.9.41.1.2.3.1';

export interface ClogFields {
  readonly facility?: string;
  /** clogHistSeverity: syslog's and one more. */
  readonly severity?: number;
  readonly name?: string;
  readonly text?: string;
  readonly index?: number;
}

export function clogVarbinds({
  facility = 'CRYPTO',
  severity = 5,
  name = 'RECVD_PKT_INV_SPI',
  text = "decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3",
  index = 1,
}: ClogFields): Varbind[] {
  const octets = (value: string) => ({ type: 'octets', value: Buffer.from(value, 'latin1') }) as const;
  return [
    { oid: `${ENTRY}.2.${index}`, value: octets(facility) },
    { oid: `${ENTRY}.3.${index}`, value: { type: 'integer', value: severity } },
    { oid: `${ENTRY}.4.${index}`, value: octets(name) },
    { oid: `${ENTRY}.5.${index}`, value: octets(text) },
    { oid: `${ENTRY}.6.${index}`, value: { type: 'time-ticks', value: 4_711 } },
  ];
}
