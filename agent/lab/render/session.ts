/** `show crypto session [remote X] [detail]`. */

import type { BoxCore } from '../box-core.ts';
import { hms, shortAge } from '../box-time.ts';
import { currentPair, type PeerTunnel } from '../sa-model.ts';

export function cryptoSession(core: BoxCore, detail: boolean, peer: string | null): string[] {
  const tunnels = core.sa.shown().filter((tunnel) => peer === null || tunnel.peer === peer);
  return [
    'Crypto session current status',
    '',
    ...(detail
      ? [
          'Code: C - IKE Configuration mode, D - Dead Peer Detection     ',
          'K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     ',
          'X - IKE Extended Authentication, F - IKE Fragmentation',
          ...(core.isXe ? ['R - IKE Auto Reconnect, U - IKE Dynamic Route Update', 'S - SIP VPN'] : ['R - IKE Auto Reconnect']),
          '',
        ]
      : []),
    ...tunnels.flatMap((tunnel) => [...session(core, tunnel, detail), '']),
  ];
}

function session(core: BoxCore, tunnel: PeerTunnel, detail: boolean): string[] {
  const local = core.options.cryptoAddress;
  const live = core.sa.liveIke(tunnel);
  const pair = currentPair(tunnel) ?? tunnel.pairs[0];
  const count = tunnel.pairs.reduce((sum, each) => sum + Number(each.inboundUp) + Number(each.outboundUp), 0);
  const now = core.clock.monotonic();
  const status = pair ? (live ? 'UP-ACTIVE     ' : 'UP-NO-IKE') : 'DOWN';
  const flow = `  IPSEC FLOW: permit ${flowWords(tunnel, local)} `;
  const port = tunnel.peerPort;
  const sas = `        Active SAs: ${count}, origin: crypto map`;
  const ike = (state: string): string =>
    `  IKEv${tunnel.ikeVersion} SA: local ${local}/${port === 500 ? 500 : 4_500} remote ${tunnel.peer}/${port} ${state} `;
  if (!detail) {
    return [
      `Interface: ${tunnel.interfaceName}`,
      `Session status: ${status}`,
      `Peer: ${tunnel.peer} port ${port} `,
      ...(live ? [`  Session ID: ${live.version === 2 ? live.sessionId : 0}  `, ike('Active')] : []),
      flow,
      sas,
    ];
  }
  const left = pair ? Math.max(0, pair.lifetimeSeconds - Math.floor((now - pair.createdAt) / 1_000)) : 0;
  const kilobytes = (value: number | undefined): number => Math.max(0, Math.floor(value ?? 0));
  return [
    `Interface: ${tunnel.interfaceName}`,
    ...(pair ? [`Uptime: ${shortAge(now - tunnel.upSince)}`] : []),
    `Session status: ${status}`,
    `Peer: ${tunnel.peer} port ${port} fvrf: (none) ivrf: (none)`,
    `      Phase1_id: ${live ? tunnel.peer : '(none)'}`,
    '      Desc: (none)',
    ...(live
      ? [
          `  Session ID: ${live.version === 2 ? live.sessionId : 0}  `,
          ike('Active'),
          `          Capabilities:${capabilities(tunnel)} connid:${live.version === 2 ? live.connId - 1_000 : live.connId} lifetime:${hms(live.lifetimeSeconds - (now - live.establishedAt) / 1_000)}`,
        ]
      : []),
    flow,
    sas,
    `        Inbound:  #pkts dec'ed ${tunnel.decaps} drop ${tunnel.receiveErrors} life (KB/Sec) ${kilobytes(pair?.inboundKilobytes)}/${left}`,
    `        Outbound: #pkts enc'ed ${tunnel.encaps} drop ${tunnel.sendErrors} life (KB/Sec) ${kilobytes(pair?.outboundKilobytes)}/${left}`,
  ];
}

function flowWords(tunnel: PeerTunnel, local: string): string {
  if (tunnel.kind === 'vti') return 'ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0';
  if (tunnel.protects) return `ip ${tunnel.protects[0]} ${tunnel.protects[1]}`;
  return `47 host ${local} host ${tunnel.peer}`;
}

const capabilities = (tunnel: PeerTunnel): string =>
  `${tunnel.dpdSeconds > 0 ? 'D' : ''}${tunnel.peerPort === 500 ? '' : 'N'}` || '(none)';
