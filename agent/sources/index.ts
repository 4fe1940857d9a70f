/** The shelf of sources: one line a kind. The coordinator opens `sourceKinds[config.kind]` for each configured source. */
import { syslogTcp, syslogUdp } from './syslog-listener.ts';
import { terminalMonitor } from './terminal-monitor.ts';

export const sourceKinds = {
  'syslog-udp': syslogUdp,
  'syslog-tcp': syslogTcp,
  'terminal-monitor': terminalMonitor,
} as const;
