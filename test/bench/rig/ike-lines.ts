/**
 * The log of a router under crypto debugs, for the measurements: written to a file once and sent or read by everyone alike. The mix is
 * fixed and stated (LOG_MIX); the message that counts stands once in `eventEvery` lines, of a few flows, stamped now.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

export const LOG_MIX =
  'of 20 lines 14 `debug crypto isakmp`, 4 `debug crypto ipsec`, 1 `%LINEPROTO`, 1 `%SEC_LOGIN`; 60 to 180 bytes, with PRI, counter, host name, sequence number and stamp';

const BODIES: readonly string[] = [
  'ISAKMP-PAK: (1007):received packet from 11.1.1.3 dport 500 sport 500 Global (R) QM_IDLE      ',
  'ISAKMP: (1007):set new node 1726408345 to QM_IDLE      ',
  'ISAKMP: (1007):processing HASH payload. message ID = 1726408345',
  'ISAKMP: (1007):processing SA payload. message ID = 1726408345',
  'ISAKMP: (1007):Checking IPSec proposal 1',
  'ISAKMP: (1007):transform 1, ESP_AES ',
  'ISAKMP:    attributes in transform:',
  'ISAKMP:      encaps is 2 (Transport)',
  'ISAKMP:      SA life type in seconds',
  'ISAKMP:      SA life duration (VPI) of  0x0 0x46 0x50 0x0 ',
  'IPSEC(validate_proposal_request): proposal part #1,',
  '  (key eng. msg.) INBOUND local= 213.163.222.7:0, remote= 11.1.1.3:0, local_proxy= 213.163.222.7/255.255.255.255/47/0, remote_proxy= 11.1.1.3/255.255.255.255/47/0,',
  'ISAKMP: (1007):Node 1726408345, Input = IKE_MESG_INTERNAL, IKE_GOT_SPI',
  'ISAKMP: (1007):Old State = IKE_QM_SPI_STARVE  New State = IKE_QM_R_QM2',
  'IPSEC(crypto_ipsec_create_ipsec_sas): Map found Tunnel0-head-0, 65537',
  'IPSEC(create_sa): sa created, (sa) sa_dest= 213.163.222.7, sa_proto= 50, sa_spi= 0xB761863E(3076621886), sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= 2011',
  'ISAKMP: (1007):deleting node 1726408345 error FALSE reason "QM done (await)"',
  'ISAKMP-ERROR: (1007):ignoring request to send delete notify (no ISAKMP sa) src 213.163.222.7 dst 11.1.1.3 for SPI 0xB761863E',
  '%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel12, changed state to up',
  '%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: noc] [Source: 192.0.2.40] [localport: 22] at 10:00:00 UTC Sun Nov 22 2026',
];

/** Source addresses of the flows that the events are about. */
const FLOW_HOSTS = [3, 4, 5, 6];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WRITE_LINES = 20_000;

const two = (value: number): string => String(value).padStart(2, '0');

/** As `service timestamps debug datetime msec` on a router that keeps UTC. */
export function iosStamp(at: Date): string {
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.${String(at.getUTCMilliseconds()).padStart(3, '0')}`;
  return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${time}`;
}

export const eventBody = (host: number, spi: number): string =>
  `%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x${spi.toString(16).toUpperCase()}(${spi}), srcaddr=11.1.1.${host}, input interface=Ethernet0/0`;

/** Without its LF. */
export function ikeLine(index: number, body: string, stamp: string, priority: number): string {
  return `<${priority}>${index}: hub1: ${String(index).padStart(6, '0')}: ${stamp} UTC: ${body}`;
}

/** Debug lines alone, stamped now. */
export const ikeLines = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => ikeLine(index + 1, BODIES[index % BODIES.length]!, iosStamp(new Date()), 191));

export interface LogSize {
  readonly lines: number;
  readonly events: number;
  readonly bytes: number;
}

/** Ends at `lines`, or where `bytesMax` is reached. */
export function writeIkeLog(
  file: string,
  { lines, eventEvery, bytesMax = Number.POSITIVE_INFINITY }: { lines: number; eventEvery: number; bytesMax?: number },
): LogSize {
  const handle = openSync(file, 'w', 0o600);
  const began = Date.now();
  let events = 0;
  let bytes = 0;
  let written = 0;
  while (written < lines && bytes < bytesMax) {
    const piece: string[] = [];
    for (let n = 0; n < WRITE_LINES && written < lines; n += 1, written += 1) {
      const index = written + 1;
      const stamp = iosStamp(new Date(began + Math.floor(written / 100)));
      if (index % eventEvery === 0) {
        const host = FLOW_HOSTS[events % FLOW_HOSTS.length]!;
        piece.push(ikeLine(index, eventBody(host, 0x68842100 + host), stamp, 188));
        events += 1;
      } else piece.push(ikeLine(index, BODIES[written % BODIES.length]!, stamp, 191));
    }
    bytes += writeSync(handle, `${piece.join('\n')}\n`);
  }
  closeSync(handle);
  return { lines: written, events, bytes };
}
