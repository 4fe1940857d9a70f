/** `show version`, `show processes cpu`, `show ip interface brief`, `show inventory`: what says which box this is. */

import type { BoxCore } from '../box-core.ts';
import { clockReadingSeconds, uptimeWords } from '../box-time.ts';
import { insideAddress } from './routing.ts';

export function showVersion(core: BoxCore): string[] {
  const { hostname } = core.config;
  const uptime = uptimeWords(core.clock.monotonic() - core.bootedMonotonic);
  const restarted = clockReadingSeconds(core.bootedAt);
  if (core.isXe) {
    return [
      'Cisco IOS XE Software, Version 16.09.04',
      'Cisco IOS Software [Fuji], Virtual XE Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.9.4, RELEASE SOFTWARE (fc2)',
      'Technical Support: http://www.cisco.com/techsupport',
      'Copyright (c) 1986-2019 by Cisco Systems, Inc.',
      'Compiled Thu 22-Aug-19 18:09 by mcpre',
      '',
      '',
      'ROM: IOS-XE ROMMON',
      '',
      `${hostname} uptime is ${uptime}`,
      `Uptime for this control processor is ${uptime}`,
      `System returned to ROM by ${core.bootedBy.rom}`,
      `System restarted at ${restarted}`,
      'System image file is "bootflash:packages.conf"',
      `Last reload reason: ${core.bootedBy.reason}`,
      '',
      'cisco CSR1000V (VXE) processor (revision VXE) with 2392579K/3075K bytes of memory.',
      `Processor board ID ${boardId(core)}`,
      '3 Gigabit Ethernet interfaces',
      '32768K bytes of non-volatile configuration memory.',
      '3985132K bytes of physical memory.',
      '7774207K bytes of virtual hard disk at bootflash:.',
      '',
      'Configuration register is 0x2102',
      '',
    ];
  }
  return [
    'Cisco IOS Software, Linux Software (I86BI_LINUX-ADVENTERPRISEK9-M), Version 15.7(3)M2, RELEASE SOFTWARE (fc2)',
    'Technical Support: http://www.cisco.com/techsupport',
    'Copyright (c) 1986-2018 by Cisco Systems, Inc.',
    'Compiled Wed 28-Mar-18 11:18 by prod_rel_team',
    '',
    'ROM: Bootstrap program is Linux',
    '',
    `${hostname} uptime is ${uptime}`,
    `System returned to ROM by ${core.bootedBy.rom}`,
    `System restarted at ${restarted}`,
    'System image file is "disk0:i86bi-linux-adventerprisek9-mz.157-3.M2"',
    'Last reload type: Normal Reload',
    `Last reload reason: ${core.bootedBy.reason}`,
    '',
    'Linux Unix (Intel-x86) processor with 124822K bytes of memory.',
    `Processor board ID ${boardId(core)}`,
    '4 Ethernet interfaces',
    '1 Virtual Private Network (VPN) Module',
    '256K bytes of NVRAM.',
    '',
    'Configuration register is 0x0',
    '',
  ];
}

export const boardId = (core: BoxCore): string =>
  core.isXe ? `9${core.prng.fork('board').hex(10)}` : String(core.prng.fork('board').between(2_048_001, 2_048_900));

const PROCESSES: readonly [number, string][] = [
  [1, 'Chunk Manager'],
  [2, 'Load Meter'],
  [5, 'Check heaps'],
  [6, 'Pool Manager'],
  [27, 'EEM ED Syslog'],
  [58, 'Per-Second Jobs'],
  [96, 'IP Input'],
  [141, 'Crypto IKMP'],
  [142, 'IPSEC key engine'],
  [143, 'Crypto IKEv2'],
  [187, 'NHRP'],
  [211, 'Logger'],
  [264, 'SSH Process'],
];

/** `show processes cpu sorted`: under a debug flood the logger leads, then IKE. */
const BUSIEST_FIRST = [...PROCESSES].sort(([, a], [, b]) => rank(a) - rank(b));

function rank(name: string): number {
  if (name === 'Logger') return 0;
  return name === 'Crypto IKMP' ? 1 : 2;
}

export function processesCpu(core: BoxCore, sorted: boolean): string[] {
  const cpu = core.cpu.read();
  const prng = core.prng.fork('processes');
  const upSeconds = (core.clock.monotonic() - core.bootedMonotonic) / 1_000;
  const percent = (value: number): string => `${value.toFixed(2)}%`;
  return [
    `CPU utilization for five seconds: ${cpu.fiveSeconds}%/${cpu.interrupt}%; one minute: ${cpu.oneMinute}%; five minutes: ${cpu.fiveMinutes}%`,
    ' PID Runtime(ms)     Invoked      uSecs   5Sec   1Min   5Min TTY Process ',
    ...(sorted ? BUSIEST_FIRST : PROCESSES).map(([pid, name]) => {
      const runtime = Math.floor((upSeconds * prng.between(1, 900)) / 1_000);
      const invoked = Math.floor((upSeconds * prng.between(20, 9_000)) / 1_000) + 1;
      const share = name === 'Logger' ? 0.55 : name === 'Crypto IKMP' ? 0.2 : 0.01;
      const shares = [cpu.fiveSeconds, cpu.oneMinute, cpu.fiveMinutes].map((load) =>
        percent(load > 50 ? load * share : load * share * 0.2),
      );
      return `${String(pid).padStart(4)} ${String(runtime).padStart(11)} ${String(invoked).padStart(11)} ${String(Math.floor((runtime * 1000) / invoked)).padStart(10)} ${shares.map((each) => each.padStart(6)).join(' ')}   0 ${name.padEnd(16)} `;
    }),
  ];
}

export function ipInterfaceBrief(core: BoxCore): string[] {
  const row = (name: string, address: string, method: string, status: string, protocol: string): string =>
    `${name.padEnd(26)} ${address.padEnd(15)} YES ${method.padEnd(6)} ${status.padEnd(21)} ${protocol.padEnd(8)}`;
  const [second, third] = core.isXe ? ['GigabitEthernet2', 'GigabitEthernet3'] : ['Ethernet0/1', 'Ethernet0/2'];
  return [
    'Interface                  IP-Address      OK? Method Status                Protocol',
    row(core.outsideInterface, core.options.cryptoAddress, 'NVRAM', 'up', 'up'),
    row(second!, insideAddress(core), 'NVRAM', 'up', 'up'),
    row(third!, 'unassigned', 'NVRAM', 'administratively down', 'down'),
    ...(core.config.tunnel ? [row('Tunnel0', core.config.tunnel.tunnelAddress, 'NVRAM', 'up', 'up')] : []),
  ];
}

export function showInventory(core: BoxCore): string[] {
  const [name, description, pid] = core.isXe
    ? ['Chassis', 'Cisco CSR1000V Chassis', 'CSR1000V']
    : ['chassis', 'Linux Unix chassis', 'IOL'];
  return [`NAME: "${name}", DESCR: "${description}"`, `PID: ${pid!.padEnd(18)}, VID: V00  , SN: ${boardId(core)}`, ''];
}
