/** `show crypto isakmp sa [detail]` and `show crypto ikev2 sa [detailed]`. */

import type { BoxCore } from '../box-core.ts';
import { hms } from '../box-time.ts';
import type { IkeSa, PeerTunnel } from '../sa-model.ts';

interface Row {
  readonly tunnel: PeerTunnel;
  readonly sa: IkeSa;
}

function rows(core: BoxCore, version: 1 | 2, peer: string | null): Row[] {
  return core.sa
    .shown()
    .filter((tunnel) => peer === null || tunnel.peer === peer)
    .flatMap((tunnel) => tunnel.ike.filter((sa) => sa.version === version).map((sa) => ({ tunnel, sa })));
}

const ageSeconds = (core: BoxCore, sa: IkeSa): number => Math.floor((core.clock.monotonic() - sa.establishedAt) / 1_000);

export function isakmpSa(core: BoxCore): string[] {
  return [
    'IPv4 Crypto ISAKMP SA',
    'dst             src             state          conn-id status',
    ...rows(core, 1, null).map(({ tunnel, sa }) => {
      const local = core.options.cryptoAddress;
      const [destination, source] = sa.initiator ? [tunnel.peer, local] : [local, tunnel.peer];
      const state = sa.deletedAt === null ? 'QM_IDLE' : 'MM_NO_STATE';
      const status = sa.deletedAt === null ? 'ACTIVE' : 'ACTIVE (deleted)';
      return `${destination.padEnd(15)} ${source.padEnd(15)} ${state.padEnd(14)} ${String(sa.connId).padStart(7)} ${status}`;
    }),
    '',
    'IPv6 Crypto ISAKMP SA',
    '',
  ];
}

export function isakmpSaDetail(core: BoxCore): string[] {
  return [
    'Codes: C - IKE configuration mode, D - Dead Peer Detection',
    '       K - Keepalives, N - NAT-traversal',
    '       T - cTCP encapsulation, X - IKE Extended Authentication',
    '       psk - Preshared key, rsig - RSA signature',
    '       renc - RSA encryption',
    'IPv4 Crypto ISAKMP SA',
    '',
    'C-id  Local           Remote          I-VRF  Status Encr Hash   Auth DH Lifetime Cap.',
    '',
    ...rows(core, 1, null).flatMap(({ tunnel, sa }) => {
      const live = sa.deletedAt === null;
      const lifetime = live ? hms(sa.lifetimeSeconds - ageSeconds(core, sa)) : '0       ';
      const capability = `${tunnel.dpdSeconds > 0 ? 'D' : ''}${tunnel.peerPort === 500 ? '' : 'N'}` || ' ';
      const local = core.options.cryptoAddress.padEnd(15);
      return [
        `${String(sa.connId).padEnd(5)} ${local} ${tunnel.peer.padEnd(15)}        ACTIVE aes  sha    psk  14 ${lifetime} ${capability}   `,
        `       Engine-id:Conn-id =  SW:${sa.connId - 1_000}${live ? '' : ' (deleted)'}`,
        '',
      ];
    }),
    'IPv6 Crypto ISAKMP SA',
    '',
  ];
}

/** Prints nothing when there is no SA, as IOS does. */
export function ikev2Sa(core: BoxCore, detailed: boolean, peer: string | null): string[] {
  const found = rows(core, 2, peer);
  if (found.length === 0) return [];
  return [
    ' IPv4 Crypto IKEv2  SA ',
    '',
    ...found.flatMap((row) => [...ikev2Row(core, row, detailed), '']),
    ' IPv6 Crypto IKEv2  SA ',
    '',
  ];
}

function ikev2Row(core: BoxCore, { tunnel, sa }: Row, detailed: boolean): string[] {
  const endpoint = (address: string, port: number): string => `${address}/${port}`.padEnd(21);
  const natted = tunnel.peerPort !== 500;
  const id = sa.connId - 1_000;
  const short = [
    'Tunnel-id Local                 Remote                fvrf/ivrf            Status ',
    `${String(id).padEnd(9)} ${endpoint(core.options.cryptoAddress, natted ? 4_500 : 500)} ${endpoint(tunnel.peer, tunnel.peerPort)} none/none            READY  `,
    '      Encr: AES-CBC, keysize: 256, PRF: SHA512, Hash: SHA512, DH Grp:5, Auth sign: PSK, Auth verify: PSK',
    `      Life/Active Time: ${sa.lifetimeSeconds}/${ageSeconds(core, sa)} sec`,
  ];
  if (!detailed) return short;
  const sent = String(tunnel.ikeMessages);
  const pair = (name: string, left: string, right: string): string =>
    `      ${`Local ${name}:`.padEnd(18)} ${left.padEnd(14)} ${`Remote ${name}:`.padEnd(19)} ${right.padEnd(10)}`;
  return [
    ...short,
    `      CE id: ${1_000 + sa.sessionId}, Session-id: ${sa.sessionId}`,
    '      Status Description: Negotiation done',
    `      Local spi: ${sa.localSpi}       Remote spi: ${sa.remoteSpi}`,
    `      Local id: ${core.options.cryptoAddress}`,
    `      Remote id: ${tunnel.peer}`,
    pair('req msg id', sent, sent),
    pair('next msg id', sent, sent),
    pair('req queued', sent, sent),
    pair('window', '5', '5'),
    `      DPD configured for ${tunnel.dpdSeconds} seconds, retry ${tunnel.dpdSeconds > 0 ? 2 : 0}`,
    '      Fragmentation not  configured.',
    '      Dynamic Route Update: enabled',
    '      Extended Authentication not configured.',
    natted ? '      NAT-T is detected outside' : '      NAT-T is not detected  ',
    '      Cisco Trust Security SGT is disabled',
    `      Initiator of SA : ${sa.initiator ? 'Yes' : 'No'}`,
  ];
}
