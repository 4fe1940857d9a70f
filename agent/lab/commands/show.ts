/** `show` commands that are not crypto: clock, logging, version, CPU, configuration, debugging, DMVPN, drops. */
import { clockReading } from '../box-time.ts';
import type { ExecContext } from '../line-state.ts';
import { showDebugging } from '../render/debugging.ts';
import { dmvpn, ipNhrp } from '../render/dmvpn.ts';
import { showLogging } from '../render/logging.ts';
import { memoryStatistics, processesMemory } from '../render/memory.ts';
import { ntpStatus } from '../render/ntp.ts';
import { qfpIpsecDrops, qfpStatisticsDrop } from '../render/qfp.ts';
import { ipRoute } from '../render/routing.ts';
import { runningConfig, startupConfig } from '../render/running-config.ts';
import { ipInterfaceBrief, processesCpu, showInventory, showVersion } from '../render/system.ts';
import { type ExecCommand, type ExecRun, print } from './result.ts';

const show =
  (render: (core: ExecContext['core']) => string[]): ExecRun =>
  (context) =>
    print(render(context.core));

export const showCommands: readonly ExecCommand[] = [
  { path: 'show clock', run: show((core) => [`${core.behaviour.clockMark}${clockReading(core.log.wall())}`]) },
  {
    path: 'show clock detail',
    run: show((core) => [
      `${core.behaviour.clockMark}${clockReading(core.log.wall())}`,
      core.behaviour.clockMark === '' ? 'Time source is NTP' : 'Time source is hardware calendar',
    ]),
  },
  { path: 'show logging', run: show(showLogging) },
  { path: 'show version', run: show(showVersion) },
  { path: 'show inventory', run: show(showInventory) },
  { path: 'show processes cpu', run: show((core) => processesCpu(core, false)) },
  { path: 'show processes cpu sorted', run: show((core) => processesCpu(core, true)) },
  { path: 'show processes memory', run: show(processesMemory) },
  { path: 'show processes memory sorted', run: show(processesMemory) },
  { path: 'show memory statistics', run: show(memoryStatistics) },
  { path: 'show ntp status', run: show(ntpStatus) },
  { path: 'show ip interface brief', run: show(ipInterfaceBrief) },
  { path: 'show running-config', privilege: 15, run: show(runningConfig) },
  { path: 'show startup-config', privilege: 15, run: show(startupConfig) },
  { path: 'show ip route', run: show(ipRoute) },
  { path: 'show debugging', run: show(showDebugging) },
  { path: 'show dmvpn', run: show((core) => dmvpn(core, false)) },
  { path: 'show dmvpn detail', run: show((core) => dmvpn(core, true)) },
  { path: 'show ip nhrp', run: show((core) => ipNhrp(core, null)) },
  { path: 'show ip nhrp nbma A.B.C.D', run: (context, [nbma]) => print(ipNhrp(context.core, nbma!)) },
  {
    path: 'show platform hardware qfp active statistics drop',
    privilege: 15,
    platform: 'cisco-iosxe',
    run: show(qfpStatisticsDrop),
  },
  {
    path: 'show platform hardware qfp active feature ipsec datapath drops',
    privilege: 15,
    platform: 'cisco-iosxe',
    run: show(qfpIpsecDrops),
  },
  {
    path: 'show platform hardware qfp active feature ipsec datapath drops all',
    privilege: 15,
    platform: 'cisco-iosxe',
    run: show(qfpIpsecDrops),
  },
];
