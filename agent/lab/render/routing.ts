/** `show ip route`, `show crypto map`, `show crypto isakmp policy`, `ping`: what a person looks at when a tunnel is in doubt. */
import type { BoxCore } from '../box-core.ts';

/** Of the second interface: the users behind the box. */
export const insideAddress = (core: BoxCore): string => (core.config.tunnel?.role === 'spoke' ? '192.168.20.1' : '192.168.10.1');

const networkOf = (address: string): string => address.replace(/\.\d+$/, '.0');

/** Classful, as IOS groups its table. */
function majorNetwork(address: string): { readonly network: string; readonly bits: number } {
  const octets = address.split('.');
  const first = Number(octets[0]);
  if (first < 128) return { network: `${octets[0]}.0.0.0`, bits: 8 };
  if (first < 192) return { network: `${octets[0]}.${octets[1]}.0.0`, bits: 16 };
  return { network: networkOf(address), bits: 24 };
}

export function ipRoute(core: BoxCore): string[] {
  const inside = core.isXe ? 'GigabitEthernet2' : 'Ethernet0/1';
  const connected: [string, string][] = [
    [core.options.cryptoAddress, core.outsideInterface],
    [insideAddress(core), inside],
    ...(core.config.tunnel ? [[core.config.tunnel.tunnelAddress, 'Tunnel0'] as [string, string]] : []),
  ];
  const gateway = core.options.cryptoAddress.replace(/\.\d+$/, '.254');
  return [
    'Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP',
    '       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area ',
    '       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2',
    '       E1 - OSPF external type 1, E2 - OSPF external type 2',
    '       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2',
    '       ia - IS-IS inter area, * - candidate default, U - per-user static route',
    '       o - ODR, P - periodic downloaded static route, H - NHRP, l - LISP',
    '       a - application route',
    '       + - replicated route, % - next hop override, p - overrides from PfR',
    '',
    `Gateway of last resort is ${gateway} to network 0.0.0.0`,
    '',
    `S*    0.0.0.0/0 [1/0] via ${gateway}`,
    ...connected
      .map(([address, name]) => ({ address, name, major: majorNetwork(address) }))
      .sort((a, b) => Number.parseInt(a.address, 10) - Number.parseInt(b.address, 10))
      .flatMap(({ address, name, major }) => [
        `      ${major.network}/${major.bits} is variably subnetted, 2 subnets, 2 masks`,
        `C        ${networkOf(address)}/24 is directly connected, ${name}`,
        `L        ${address}/32 is directly connected, ${name}`,
      ]),
  ];
}

export function cryptoMap(core: BoxCore): string[] {
  if (!core.config.tunnel) return ['No crypto maps found.'];
  const { more, ipsecLifetimeSeconds } = core.config.tunnel;
  if (more?.kind === 'crypto-map') {
    return [
      'Crypto Map IPv4 "VPN-MAP" 10 ipsec-isakmp',
      `        Peer = ${more.peer}`,
      '        Extended IP access list VPN-TRAFFIC',
      `        Current peer: ${more.peer}`,
      `        Security association lifetime: ${more.kilobytes ?? 4_608_000} kilobytes/${ipsecLifetimeSeconds} seconds`,
      '        Responder-Only (Y/N): N',
      '        PFS (Y/N): N',
      '        Mixed-mode : Disabled',
      '        Transform sets={ ',
      '                AES256-SHA:  { esp-256-aes esp-sha-hmac  } , ',
      '        }',
      '        Interfaces using crypto map VPN-MAP:',
      `                ${core.outsideInterface}`,
    ];
  }
  return [
    `        Interfaces using crypto map NiStTeSt1:`,
    '',
    'Crypto Map IPv4 "Tunnel0-head-0" 65536 ipsec-isakmp',
    '        Profile name: VPN-PROFILE',
    `        Security association lifetime: 4608000 kilobytes/${core.config.tunnel.ipsecLifetimeSeconds} seconds`,
    '        Responder-Only (Y/N): N',
    '        PFS (Y/N): N',
    '        Mixed-mode : Disabled',
    '        Transform sets={ ',
    '                AES256-SHA:  { esp-256-aes esp-sha-hmac  } , ',
    '        }',
    '        Interfaces using crypto map Tunnel0-head-0:',
    '                Tunnel0',
  ];
}

export function isakmpPolicy(core: BoxCore): string[] {
  const tunnel = core.config.tunnel;
  if (tunnel?.ikeVersion !== 1) return ['', 'Global IKE policy', ''];
  return [
    '',
    'Global IKE policy',
    'Protection suite of priority 10',
    '        encryption algorithm:   AES - Advanced Encryption Standard (128 bit keys).',
    '        hash algorithm:         Secure Hash Standard',
    '        authentication method:  Pre-Shared Key',
    '        Diffie-Hellman group:   #14 (2048 bit)',
    `        lifetime:               ${tunnel.ikeLifetimeSeconds} seconds, no volume limit`,
  ];
}

/** The peers' outside addresses answer always, their tunnel addresses only while the SAs agree. */
export function ping(core: BoxCore, target: string): string[] {
  const own = [core.options.cryptoAddress, core.config.tunnel?.tunnelAddress];
  const outside = core.sa.tunnels.some((tunnel) => tunnel.peer === target);
  const inside = core.sa.tunnels.some(
    (tunnel) => tunnel.peerTunnelAddress === target && tunnel.pairs.length > 0 && tunnel.carries(),
  );
  const answers = own.includes(target) || outside || inside;
  return [
    'Type escape sequence to abort.',
    `Sending 5, 100-byte ICMP Echos to ${target}, timeout is 2 seconds:`,
    answers ? '!!!!!' : '.....',
    answers ? 'Success rate is 100 percent (5/5), round-trip min/avg/max = 1/2/4 ms' : 'Success rate is 0 percent (0/5)',
  ];
}
