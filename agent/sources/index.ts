/** The shelf of sources: one line a kind. The coordinator opens `sourceKinds[config.kind]` for each configured source. */
import { assertNever } from '../../shared/errors.ts';
import type { SourceConfig } from '../config/config.ts';
import type { SessionOpener } from '../device/pool.ts';
import { naming } from '../net/listen-refused.ts';
import type { Endpoint } from '../ports.ts';
import { fileTail } from './file-tail.ts';
import type { Closable, SourceContext } from './source.ts';
import { syslogTcp, syslogUdp } from './syslog-listener.ts';
import { terminalMonitor } from './terminal-monitor.ts';

export const sourceKinds = {
  'syslog-udp': syslogUdp,
  'syslog-tcp': syslogTcp,
  'terminal-monitor': terminalMonitor,
  file: fileTail,
} as const;

export interface OpenSource extends Closable {
  /** Where it listens; null when it listens nowhere. */
  readonly local: Endpoint | null;
  /** For whoever turns debugs on: of a terminal monitor (terminal-monitor.ts). */
  readonly lookAgain?: () => Promise<void>;
}

/** Opens a configured source by its kind. */
export async function openSource(config: SourceConfig, context: SourceContext<SessionOpener>): Promise<OpenSource> {
  switch (config.kind) {
    case 'syslog-udp':
    case 'syslog-tcp':
      return sourceKinds[config.kind].open(config.name, config, context).catch(naming(`source ${config.name}`));
    case 'terminal-monitor': {
      const opened = await terminalMonitor.open(config.name, config, context);
      return { local: null, close: () => opened.close(), lookAgain: () => opened.lookAgain() };
    }
    case 'file': {
      const opened = await fileTail.open(config.name, config, context);
      return { local: null, close: () => opened.close() };
    }
    default:
      return assertNever(config);
  }
}
