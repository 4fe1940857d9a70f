/** `show crypto ipsec sa [peer X] [detail]`, laid out as IOS 15 and IOS XE 16 print it. */

import type { BoxCore } from '../box-core.ts';
import { spiBoth } from '../box-time.ts';
import { currentPair, type IpsecPair, type PeerTunnel, shownConnId } from '../sa-model.ts';

export function ipsecSa(core: BoxCore, detail: boolean, peer: string | null): string[] {
  const tunnels = core.sa.shown().filter((tunnel) => peer === null || tunnel.peer === peer);
  if (tunnels.length === 0) return peer === null ? ['', 'No SAs found'] : [];
  const out: string[] = [''];
  let interfaceName = '';
  for (const tunnel of tunnels) {
    if (tunnel.interfaceName !== interfaceName) {
      interfaceName = tunnel.interfaceName;
      if (out.length > 1) out.push('');
      out.push(`interface: ${interfaceName}`);
      out.push(`    Crypto map tag: ${mapTag(tunnel)}, local addr ${core.options.cryptoAddress}`);
    }
    out.push(...ident(core, tunnel, detail));
  }
  return out;
}

function ident(core: BoxCore, tunnel: PeerTunnel, detail: boolean): string[] {
  const local = core.options.cryptoAddress;
  const [mine, theirs] = idents(tunnel, local);
  const current = currentPair(tunnel);
  return [
    '',
    '   protected vrf: (none)',
    `   local  ident (addr/mask/prot/port): ${mine}`,
    `   remote ident (addr/mask/prot/port): ${theirs}`,
    `   current_peer ${tunnel.peer} port ${tunnel.peerPort}`,
    '     PERMIT, flags={origin_is_acl,}',
    `    #pkts encaps: ${tunnel.encaps}, #pkts encrypt: ${tunnel.encaps}, #pkts digest: ${tunnel.encaps}`,
    `    #pkts decaps: ${tunnel.decaps}, #pkts decrypt: ${tunnel.decaps}, #pkts verify: ${tunnel.decaps - tunnel.verifyFailed}`,
    '    #pkts compressed: 0, #pkts decompressed: 0',
    '    #pkts not compressed: 0, #pkts compr. failed: 0',
    '    #pkts not decompressed: 0, #pkts decompress failed: 0',
    ...(detail ? detailedErrors(tunnel) : [`    #send errors ${tunnel.sendErrors}, #recv errors ${tunnel.receiveErrors}`]),
    '',
    `     local crypto endpt.: ${local}, remote crypto endpt.: ${tunnel.peer}`,
    `     plaintext mtu 1458, path mtu 1500, ip mtu 1500, ip mtu idb ${core.outsideInterface}`,
    `     current outbound spi: ${current ? spiBoth(current.outboundSpi) : '0x0(0)'}`,
    '     PFS (Y/N): N, DH group: none',
    '',
    '     inbound esp sas:',
    ...tunnel.pairs.filter((pair) => pair.inboundUp).flatMap((pair) => sa(core, tunnel, pair, 'inbound')),
    '',
    '     inbound ah sas:',
    '',
    '     inbound pcp sas:',
    '',
    '     outbound esp sas:',
    ...tunnel.pairs.filter((pair) => pair.outboundUp).flatMap((pair) => sa(core, tunnel, pair, 'outbound')),
    '',
    '     outbound ah sas:',
    '',
    '     outbound pcp sas:',
  ];
}

const mapTag = (tunnel: PeerTunnel): string => (tunnel.kind === 'crypto-map' ? 'VPN-MAP' : `${tunnel.interfaceName}-head-0`);

/** GRE protects itself between the endpoints, an sVTI anything, a crypto map the networks of its access list. */
function idents(tunnel: PeerTunnel, local: string): [string, string] {
  if (tunnel.kind === 'vti') return ['(0.0.0.0/0.0.0.0/0/0)', '(0.0.0.0/0.0.0.0/0/0)'];
  if (tunnel.protects) return [`(${tunnel.protects[0]}/0/0)`, `(${tunnel.protects[1]}/0/0)`];
  return [`(${local}/255.255.255.255/47/0)`, `(${tunnel.peer}/255.255.255.255/47/0)`];
}

function mode(tunnel: PeerTunnel): string {
  const encapsulation = tunnel.kind === 'vti' || tunnel.kind === 'crypto-map' ? 'Tunnel' : 'Transport';
  return tunnel.peerPort === 500 ? encapsulation : `${encapsulation} UDP-Encaps`;
}

function detailedErrors(tunnel: PeerTunnel): string[] {
  return [
    `    #pkts no sa (send) ${tunnel.sendErrors}, #pkts invalid sa (rcv) ${tunnel.receiveErrors}`,
    '    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 0',
    `    #pkts invalid prot (recv) 0, #pkts verify failed: ${tunnel.verifyFailed}`,
    '    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0',
    '    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0',
    `    ##pkts replay failed (rcv): ${tunnel.replayFailed}`,
    '    #pkts tagged (send): 0, #pkts untagged (rcv): 0',
    '    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0',
    '    #pkts internal err (send): 0, #pkts internal err (recv) 0',
  ];
}

function sa(core: BoxCore, tunnel: PeerTunnel, pair: IpsecPair, way: 'inbound' | 'outbound'): string[] {
  const inbound = way === 'inbound';
  const flowId = inbound ? pair.inboundConnId : pair.outboundConnId;
  const connId = shownConnId(core.isXe, flowId);
  const flow = core.isXe ? `CSR:${flowId}` : `SW:${flowId}`;
  const siblings = core.isXe ? 'FFFFFFFF80000008' : '80000000';
  const left = Math.max(0, pair.lifetimeSeconds - Math.floor((core.clock.monotonic() - pair.createdAt) / 1_000));
  const kilobytes = Math.max(0, Math.floor(inbound ? pair.inboundKilobytes : pair.outboundKilobytes));
  return [
    `      spi: ${spiBoth(inbound ? pair.inboundSpi : pair.outboundSpi)}`,
    '        transform: esp-256-aes esp-sha-hmac ,',
    `        in use settings ={${mode(tunnel)}, }`,
    `        conn id: ${connId}, flow_id: ${flow}, sibling_flags ${siblings}, crypto map: ${mapTag(tunnel)}`,
    `        sa timing: remaining key lifetime (k/sec): (${kilobytes}/${left})`,
    '        IV size: 16 bytes',
    '        replay detection support: Y',
    '        Status: ACTIVE(ACTIVE)',
  ];
}
