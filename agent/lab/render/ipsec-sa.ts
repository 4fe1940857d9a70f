/** `show crypto ipsec sa [peer X] [detail]`, laid out as IOS 15 and IOS XE 16 print it. */

import type { BoxCore } from '../box-core.ts';
import { spiBoth } from '../box-time.ts';
import { type IpsecPair, type PeerTunnel, shownConnId } from '../sa-model.ts';

export function ipsecSa(core: BoxCore, detail: boolean, peer: string | null): string[] {
  const tunnels = core.sa.tunnels.filter((tunnel) => peer === null || tunnel.peer === peer);
  if (tunnels.length === 0) return peer === null ? ['', 'No SAs found'] : [];
  const out: string[] = [''];
  let interfaceName = '';
  for (const tunnel of tunnels) {
    if (tunnel.interfaceName !== interfaceName) {
      interfaceName = tunnel.interfaceName;
      if (out.length > 1) out.push('');
      out.push(`interface: ${interfaceName}`);
      out.push(`    Crypto map tag: ${interfaceName}-head-0, local addr ${core.options.cryptoAddress}`);
    }
    out.push(...ident(core, tunnel, detail));
  }
  return out;
}

function ident(core: BoxCore, tunnel: PeerTunnel, detail: boolean): string[] {
  const local = core.options.cryptoAddress;
  const host = (address: string): string => `(${address}/255.255.255.255/47/0)`;
  const current = tunnel.pairs[0];
  return [
    '',
    '   protected vrf: (none)',
    `   local  ident (addr/mask/prot/port): ${host(local)}`,
    `   remote ident (addr/mask/prot/port): ${host(tunnel.peer)}`,
    `   current_peer ${tunnel.peer} port 500`,
    '     PERMIT, flags={origin_is_acl,}',
    `    #pkts encaps: ${tunnel.encaps}, #pkts encrypt: ${tunnel.encaps}, #pkts digest: ${tunnel.encaps}`,
    `    #pkts decaps: ${tunnel.decaps}, #pkts decrypt: ${tunnel.decaps}, #pkts verify: ${tunnel.decaps}`,
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
    ...tunnel.pairs.flatMap((pair) => sa(core, tunnel, pair, 'inbound')),
    '',
    '     inbound ah sas:',
    '',
    '     inbound pcp sas:',
    '',
    '     outbound esp sas:',
    ...tunnel.pairs.flatMap((pair) => sa(core, tunnel, pair, 'outbound')),
    '',
    '     outbound ah sas:',
    '',
    '     outbound pcp sas:',
  ];
}

function detailedErrors(tunnel: PeerTunnel): string[] {
  return [
    `    #pkts no sa (send) ${tunnel.sendErrors}, #pkts invalid sa (rcv) ${tunnel.receiveErrors}`,
    '    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 0',
    '    #pkts invalid prot (recv) 0, #pkts verify failed: 0',
    '    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0',
    '    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0',
    '    ##pkts replay failed (rcv): 0',
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
    '        in use settings ={Transport, }',
    `        conn id: ${connId}, flow_id: ${flow}, sibling_flags ${siblings}, crypto map: ${tunnel.interfaceName}-head-0`,
    `        sa timing: remaining key lifetime (k/sec): (${kilobytes}/${left})`,
    '        IV size: 16 bytes',
    '        replay detection support: Y',
    '        Status: ACTIVE(ACTIVE)',
  ];
}
