/** `show crypto sockets`, `show dmvpn [detail]`, `show ip nhrp [nbma X]`: the tunnel side of the SAs. */

import type { BoxCore } from '../box-core.ts';
import { hms, shortAge } from '../box-time.ts';
import type { PeerTunnel } from '../sa-model.ts';
import { cryptoSession } from './session.ts';

const shortName = (interfaceName: string): string => interfaceName.replace('Tunnel', 'Tu');

export function cryptoSockets(core: BoxCore): string[] {
  const local = core.options.cryptoAddress;
  const ident = (address: string): string => `(${address}/255.255.255.255/0/47)`;
  const tunnels = core.sa.shown().filter((tunnel) => tunnel.kind !== 'crypto-map');
  const interfaces = [...new Set(tunnels.map((tunnel) => tunnel.interfaceName))];
  return [
    '',
    `Number of Crypto Socket connections ${tunnels.length}`,
    '',
    ...tunnels.flatMap((tunnel) => [
      `   ${shortName(tunnel.interfaceName)} Peers (local/remote): ${local}/${tunnel.peer} `,
      `       Local Ident  (addr/mask/port/prot): ${ident(local)}`,
      `       Remote Ident (addr/mask/port/prot): ${ident(tunnel.peer)}`,
      '       IPSec Profile: "VPN-PROFILE"',
      `       Socket State: ${tunnel.pairs.length > 0 ? 'Open' : 'Closed'}`,
      '       Client: "TUNNEL SEC" (Client State: Active)',
    ]),
    '',
    'Crypto Sockets in Listen state:',
    ...interfaces.map((name) => `Client: "TUNNEL SEC" Profile: "VPN-PROFILE" Map-name: "${name}-head-0"`),
    '',
  ];
}

const LEGEND = (xe: boolean): string[] => [
  'Legend: Attrb --> S - Static, D - Dynamic, I - Incomplete',
  '        N - NATed, L - Local, X - No Socket',
  `        T1 - Route Installed, T2 - Nexthop-override${xe ? ', B - BGP' : ''}`,
  `        C - CTS Capable${xe ? ', I2 - Temporary' : ''}`,
  '        # Ent --> Number of NHRP entries with same NBMA peer',
  '        NHS Status: E --> Expecting Replies, R --> Responding, W --> Waiting',
  '        UpDn Time --> Up or Down Time for a Tunnel',
  '==========================================================================',
  '',
];

const TABLE = [
  ' # Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb',
  ' ----- --------------- --------------- ----- -------- -----',
];

function peerRow(core: BoxCore, tunnel: PeerTunnel): string {
  const state = tunnel.pairs.length === 0 ? 'IKE' : tunnel.nhrpUp ? 'UP' : 'NHRP';
  const upDown = shortAge(core.clock.monotonic() - tunnel.upSince);
  const attribute = tunnel.role === 'hub' ? 'D' : 'S';
  return `     1 ${tunnel.peer.padEnd(15)} ${tunnel.peerTunnelAddress.padStart(15)} ${state.padStart(5)} ${upDown.padStart(8)} ${attribute.padStart(5)}`;
}

export function dmvpn(core: BoxCore, detail: boolean): string[] {
  const out = [...(core.isXe ? [] : ['']), ...LEGEND(core.isXe)];
  const clouds = core.sa.shown().filter((tunnel) => tunnel.kind === 'dmvpn');
  for (const name of new Set(clouds.map((tunnel) => tunnel.interfaceName))) {
    const tunnels = clouds.filter((tunnel) => tunnel.interfaceName === name);
    const role = tunnels[0]!.role === 'hub' ? 'Hub' : 'Spoke';
    if (detail) {
      out.push(
        `Interface ${name} is up/up, Addr. is ${tunnels[0]!.localTunnelAddress}, VRF "" `,
        `   Tunnel Src./Dest. addr: ${core.options.cryptoAddress}/MGRE, Tunnel VRF ""`,
        '   Protocol/Transport: "multi-GRE/IP", Protect "VPN-PROFILE" ',
        '   Interface State Control: Disabled',
        '   nhrp event-publisher : Disabled',
      );
      if (role === 'Spoke') out.push('', 'IPv4 NHS:', `${tunnels[0]!.peerTunnelAddress}  RE priority = 0 cluster = 0`);
      out.push(`Type:${role}, Total NBMA Peers (v4/v6): ${tunnels.length}`, '');
    } else out.push(`Interface: ${name}, IPv4 NHRP Details `, `Type:${role}, NHRP Peers:${tunnels.length}, `, '');
    out.push(...(detail ? [`${TABLE[0]!}    Target Network`, `${TABLE[1]!} -----------------`] : TABLE));
    for (const tunnel of tunnels) {
      out.push(peerRow(core, tunnel) + (detail ? `${`${tunnel.peerTunnelAddress}/32`.padStart(18)}` : ''));
    }
    out.push('');
  }
  if (!detail) return out;
  const sessions = cryptoSession(core, true, null).filter(
    (line) => !/^Crypto session current status$|^Code: |^[KXRS] - /.test(line),
  );
  return [...out, 'Crypto Session Details: ', '-'.repeat(80), ...sessions, 'Pending DMVPN Sessions:', ''];
}

export function ipNhrp(core: BoxCore, nbma: string | null): string[] {
  return core.sa
    .shown()
    .filter((tunnel) => tunnel.kind === 'dmvpn' && (tunnel.nhrpUp || tunnel.role === 'spoke'))
    .filter((tunnel) => nbma === null || tunnel.peer === nbma)
    .flatMap((tunnel) => {
      const ageMs = core.clock.monotonic() - tunnel.upSince;
      const created = shortAge(ageMs);
      const dynamic = tunnel.role === 'hub';
      // Registrations are refreshed every third of the two hours that they are held.
      const expire = dynamic ? `expire ${hms(7_200 - (Math.floor(ageMs / 1_000) % 2_400))}` : 'never expire ';
      return [
        `${tunnel.peerTunnelAddress}/32 via ${tunnel.peerTunnelAddress}`,
        `   ${tunnel.interfaceName} created ${created}, ${expire}`,
        dynamic ? '   Type: dynamic, Flags: router nhop rib' : '   Type: static, Flags: ',
        `   NBMA address: ${tunnel.peer} `,
      ];
    });
}
