/** Outputs and log lines of a router as tests of the analysis need them: its own words, few of them. Written after facts.md §2 and §8. */
export interface SaText {
  readonly spi: number;
  readonly seconds?: number;
  readonly kilobytes?: number;
  readonly connection?: number;
}

export interface IdentText {
  readonly local: string;
  readonly remote: string;
  readonly encaps?: number;
  readonly decaps?: number;
  readonly current?: number;
  readonly inbound?: readonly SaText[];
  readonly outbound?: readonly SaText[];
  readonly localIdent?: string;
  readonly remoteIdent?: string;
  readonly interface?: string;
}

const hex = (spi: number): string => `0x${spi.toString(16).toUpperCase()}(${spi})`;

const saText = ({ spi, seconds = 3_000, kilobytes = 4_607_000, connection = 2_001 }: SaText): string =>
  `      spi: ${hex(spi)}
        transform: esp-256-aes esp-sha-hmac ,
        in use settings ={Tunnel, }
        conn id: ${connection}, flow_id: SW:${connection % 1_000}, sibling_flags 80000040, crypto map: VPN
        sa timing: remaining key lifetime (k/sec): (${kilobytes}/${seconds})
        IV size: 16 bytes
        replay detection support: Y
        Status: ACTIVE(ACTIVE)
`;

export function ipsecSa(...idents: readonly IdentText[]): string {
  return idents
    .map((ident) => {
      const { local, remote, encaps = 0, decaps = 0, current = ident.outbound?.at(-1)?.spi ?? 0 } = ident;
      return `
interface: ${ident.interface ?? 'Ethernet0/0'}
    Crypto map tag: VPN, local addr ${local}

   protected vrf: (none)
   local  ident (addr/mask/prot/port): (${ident.localIdent ?? `${local}/255.255.255.255/47/0`})
   remote ident (addr/mask/prot/port): (${ident.remoteIdent ?? `${remote}/255.255.255.255/47/0`})
   current_peer ${remote} port 500
     PERMIT, flags={origin_is_acl,}
    #pkts encaps: ${encaps}, #pkts encrypt: ${encaps}, #pkts digest: ${encaps}
    #pkts decaps: ${decaps}, #pkts decrypt: ${decaps}, #pkts verify: ${decaps}
    #send errors 0, #recv errors 0

     local crypto endpt.: ${local}, remote crypto endpt.: ${remote}
     path mtu 1500, ip mtu 1500, ip mtu idb Ethernet0/0
     current outbound spi: ${current === 0 ? '0x0(0)' : hex(current)}
     PFS (Y/N): N, DH group: none

     inbound esp sas:
${(ident.inbound ?? []).map(saText).join('')}
     inbound ah sas:

     inbound pcp sas:

     outbound esp sas:
${(ident.outbound ?? []).map(saText).join('')}
     outbound ah sas:

     outbound pcp sas:
`;
    })
    .join('');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Mar 12 18:22:10.706` */
export function stampAt(ms: number, mark = ''): string {
  const at = new Date(ms);
  return `${mark}${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 23)}`;
}

/** `18:22:10.706 UTC Thu Mar 12 2026` */
export function clockAt(ms: number, mark = ''): string {
  const at = new Date(ms);
  return `${mark}${at.toISOString().slice(11, 23)} UTC ${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()} ${at.getUTCFullYear()}\n`;
}

export const invalidSpi = (src: string, dst: string, spi: number): string =>
  `%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${dst}, prot=50, spi=${hex(spi)}, srcaddr=${src}, input interface=Ethernet0/0`;

export const createSa = (dst: string, spi: number): string =>
  `IPSEC(create_sa): sa created, (sa) sa_dest= ${dst}, sa_proto= 50, sa_spi= ${hex(spi)}, sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= 7 sa_lifetime(k/sec)= (4608000/3600)`;

export const deleteSa = (dst: string, spi: number): string =>
  `IPSEC(delete_sa): deleting SA, (sa) sa_dest= ${dst}, sa_proto= 50, sa_spi= ${hex(spi)}, sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= 7`;
