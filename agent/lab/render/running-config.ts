/** `show running-config`: the box's configuration with its keys and communities, so that redaction has something to do. */
import type { BoxCore, TunnelConfig, TunnelConfigMore } from '../box-core.ts';
import { clockReadingSeconds } from '../box-time.ts';
import { appletLines } from '../eem/applet.ts';
import { LOG_LEVELS } from '../logging.ts';
import { snmpLines } from '../snmp/snmp-config.ts';
import { NTP_SERVER } from './ntp.ts';
import { insideAddress } from './routing.ts';

/** `show startup-config`: nothing is ever changed that the box would not keep. */
export function startupConfig(core: BoxCore): string[] {
  const body = configLines(core);
  const bytes = body.reduce((sum, line) => sum + line.length + 1, 0);
  return [`Using ${bytes} out of 262144 bytes`, '!', ...body, ''];
}

export function runningConfig(core: BoxCore): string[] {
  const body = configLines(core);
  const bytes = body.reduce((sum, line) => sum + line.length + 1, 0);
  return [
    'Building configuration...',
    '',
    `Current configuration : ${bytes} bytes`,
    '!',
    `! Last configuration change at ${clockReadingSeconds(core.bootedAt)}`,
    '!',
    ...body,
    '',
  ];
}

function configLines(core: BoxCore): string[] {
  const { log, config } = core;
  const level = (value: number | null): string => LOG_LEVELS[value ?? 6]!;
  const sequence = log.sequenceNumbers || core.behaviour.sequenceNumbers;
  const tunnel = config.tunnel;
  return [
    core.isXe ? 'version 16.9' : 'version 15.7',
    ...(['debug', 'log'] as const).map((what) =>
      log.stamps[what] === 'none' ? `no service timestamps ${what}` : `service timestamps ${what} ${log.stamps[what]}`,
    ),
    'no service password-encryption',
    ...(sequence ? ['service sequence-numbers'] : []),
    '!',
    `hostname ${config.hostname}`,
    '!',
    'boot-start-marker',
    'boot-end-marker',
    '!',
    ...(log.counting ? ['logging count'] : []),
    log.levels.buffer === null
      ? 'no logging buffered'
      : `logging buffered ${log.bufferBytesMax}${log.levels.buffer === 7 ? '' : ` ${level(log.levels.buffer)}`}`,
    ...(log.rateLimit
      ? [
          `logging rate-limit ${log.rateLimit.debugsToo ? 'all ' : ''}${log.rateLimit.messagesPerSecond}${log.rateLimit.except ? ` except ${log.rateLimit.except}` : ''}`,
        ]
      : []),
    ...(log.levels.console === null
      ? ['no logging console']
      : log.levels.console === 7
        ? []
        : [`logging console ${level(log.levels.console)}`]),
    ...(log.levels.monitor === 7
      ? []
      : [log.levels.monitor === null ? 'no logging monitor' : `logging monitor ${level(log.levels.monitor)}`]),
    ...(core.options.enableSecret === null
      ? []
      : [`enable secret 5 $1$${core.prng.fork('enable').cryptText(4)}$${core.prng.fork('enable2').cryptText(22)}`]),
    '!',
    'aaa new-model',
    '!',
    'no ip domain lookup',
    '!',
    ...(tunnel ? cryptoLines(tunnel) : []),
    `interface ${core.outsideInterface}`,
    ...outsideLines(core),
    '!',
    `interface ${core.isXe ? 'GigabitEthernet2' : 'Ethernet0/1'}`,
    ` ip address ${insideAddress(core)} 255.255.255.0`,
    '!',
    `interface ${core.isXe ? 'GigabitEthernet3' : 'Ethernet0/2'}`,
    ' no ip address',
    ' shutdown',
    '!',
    ...(tunnel ? tunnelLines(core, tunnel) : []),
    `ip route 0.0.0.0 0.0.0.0 ${core.options.cryptoAddress.replace(/\.\d+$/, '.254')}`,
    '!',
    ...(log.levels.trap === 6 ? [] : [log.levels.trap === null ? 'no logging trap' : `logging trap ${level(log.levels.trap)}`]),
    ...(log.host
      ? [`logging host ${log.host.address}${log.host.port === 514 ? '' : ` transport udp port ${log.host.port}`}`]
      : []),
    '!',
    ...[...config.loggingHosts].map((address) => `logging host ${address}`),
    ...snmpLines(core.snmp.config),
    ...[...config.ntpServers].map((address) => `ntp server ${address}`),
    ...(core.behaviour.clockMark === '*' ? [] : [`ntp server ${NTP_SERVER}`]),
    '!',
    'line con 0',
    ' logging synchronous',
    'line aux 0',
    `line vty 0 ${core.options.vtyLines - 1}`,
    ...(core.options.execTimeoutMs === 0 ? [' exec-timeout 0 0'] : []),
    ' transport preferred none',
    ' transport input ssh',
    '!',
    ...eventManagerLines(core),
    'end',
  ];
}

function outsideLines(core: BoxCore): string[] {
  const more = core.config.tunnel?.more;
  const { cryptoAddress } = core.options;
  return [
    ` ip address ${more?.standby?.physical ?? cryptoAddress} 255.255.255.0`,
    ...(more?.standby
      ? [
          ` standby ${more.standby.group} ip ${cryptoAddress}`,
          ` standby ${more.standby.group} priority ${more.standby.priority}`,
          ` standby ${more.standby.group} preempt`,
          ` standby ${more.standby.group} name VPN-HA`,
        ]
      : []),
    ...(more?.kind === 'crypto-map' ? [` crypto map VPN-MAP${more.standby ? ' redundancy VPN-HA' : ''}`] : []),
  ];
}

function cryptoLines(tunnel: TunnelConfig): string[] {
  const key = tunnel.preSharedKey;
  const { more } = tunnel;
  const kind = more?.kind ?? 'dmvpn';
  const dpdMode = more?.dpdMode ?? 'periodic';
  const ike =
    tunnel.ikeVersion === 1
      ? [
          'crypto isakmp policy 10',
          ' encr aes',
          ' authentication pre-share',
          ' group 14',
          ...(tunnel.ikeLifetimeSeconds === 86_400 ? [] : [` lifetime ${tunnel.ikeLifetimeSeconds}`]),
          `crypto isakmp key ${key} address 0.0.0.0        `,
          ...(tunnel.dpdSeconds > 0
            ? [`crypto isakmp keepalive ${tunnel.dpdSeconds}${dpdMode === 'periodic' ? ' periodic' : ''}`]
            : []),
        ]
      : [
          'crypto ikev2 keyring VPN-KEYS',
          ' peer ANY',
          '  address 0.0.0.0 0.0.0.0',
          `  pre-shared-key ${key}`,
          ' !',
          'crypto ikev2 profile VPN-IKEV2',
          ' match identity remote address 0.0.0.0 ',
          ' authentication remote pre-share',
          ' authentication local pre-share',
          ' keyring local VPN-KEYS',
          ...(tunnel.dpdSeconds > 0 ? [` dpd ${tunnel.dpdSeconds} 2 ${dpdMode}`] : []),
        ];
  const v2 = tunnel.ikeVersion === 2;
  return [
    ...(more?.loggingSession ? ['crypto logging session', '!'] : []),
    ...ike,
    ...(more?.invalidSpiRecovery ? ['crypto isakmp invalid-spi-recovery'] : []),
    '!',
    ...(typeof more?.kilobytes === 'number' ? [`crypto ipsec security-association lifetime kilobytes ${more.kilobytes}`] : []),
    ...(tunnel.ipsecLifetimeSeconds === 3_600
      ? []
      : [`crypto ipsec security-association lifetime seconds ${tunnel.ipsecLifetimeSeconds}`, '!']),
    'crypto ipsec transform-set AES256-SHA esp-aes 256 esp-sha-hmac ',
    kind === 'vti' || kind === 'crypto-map' ? ' mode tunnel' : ' mode transport',
    '!',
    ...(kind === 'crypto-map' && more ? cryptoMapLines(more, v2) : profileLines(v2)),
  ];
}

const profileLines = (v2: boolean): string[] => [
  'crypto ipsec profile VPN-PROFILE',
  ' set transform-set AES256-SHA ',
  ...(v2 ? [' set ikev2-profile VPN-IKEV2'] : []),
  '!',
];

const cryptoMapLines = ({ peer }: TunnelConfigMore, v2: boolean): string[] => [
  'crypto map VPN-MAP 10 ipsec-isakmp ',
  ` set peer ${peer}`,
  ' set transform-set AES256-SHA ',
  ...(v2 ? [' set ikev2-profile VPN-IKEV2'] : []),
  ' match address VPN-TRAFFIC',
  '!',
];

/** A GRE or VTI tunnel to one peer. */
const pointToPointLines = (core: BoxCore, tunnel: TunnelConfig, { kind, peer, tunnelKey }: TunnelConfigMore): string[] => [
  'interface Tunnel0',
  ` ip address ${tunnel.tunnelAddress} 255.255.255.0`,
  ' ip mtu 1400',
  ` tunnel source ${core.outsideInterface}`,
  ...(kind === 'vti' ? [' tunnel mode ipsec ipv4'] : []),
  ` tunnel destination ${peer}`,
  ...(kind === 'gre' && tunnelKey !== 0 ? [` tunnel key ${tunnelKey}`] : []),
  ' tunnel protection ipsec profile VPN-PROFILE',
  '!',
];

function tunnelLines(core: BoxCore, tunnel: TunnelConfig): string[] {
  const { more } = tunnel;
  if (more?.kind === 'crypto-map') return [];
  if (more && more.kind !== 'dmvpn') return pointToPointLines(core, tunnel, more);
  return [
    'interface Tunnel0',
    ` ip address ${tunnel.tunnelAddress} 255.255.255.0`,
    ' no ip redirects',
    ' ip mtu 1400',
    ` ip nhrp authentication ${tunnel.nhrpKey}`,
    ...(tunnel.role === 'spoke'
      ? [
          ...tunnel.hubs.flatMap((hub) => [
            ` ip nhrp map ${hub.tunnelAddress} ${hub.nbma}`,
            ` ip nhrp map multicast ${hub.nbma}`,
          ]),
          ' ip nhrp network-id 1',
          ...tunnel.hubs.map((hub) => ` ip nhrp nhs ${hub.tunnelAddress}`),
        ]
      : [' ip nhrp map multicast dynamic', ' ip nhrp network-id 1']),
    ` tunnel source ${core.outsideInterface}`,
    ' tunnel mode gre multipoint',
    ` tunnel key ${more?.tunnelKey ?? 100_000}`,
    ' tunnel protection ipsec profile VPN-PROFILE',
    '!',
  ];
}

function eventManagerLines({ eem }: BoxCore): string[] {
  const lines = [
    ...[...eem.environment].map(([name, value]) => `event manager environment ${name} ${value}`),
    ...(eem.sessionUser === '' ? [] : [`event manager session cli username ${eem.sessionUser}`]),
    ...eem.applets().flatMap(({ applet }) => appletLines(applet)),
  ];
  return lines.length === 0 ? [] : [...lines, '!'];
}
