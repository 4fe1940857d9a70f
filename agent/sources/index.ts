/** The shelf of sources: one line a kind. The coordinator opens `sourceKinds[config.kind]` for each configured source. */
import { assertNever, SpitrapError } from '../../shared/errors.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import type { SessionOpener } from '../device/pool.ts';
import type { SnmpEngine } from '../net/engine.ts';
import { naming } from '../net/listen-refused.ts';
import type { Notification } from '../net/signalling.ts';
import type { Endpoint } from '../ports.ts';
import { eemHistory } from './eem-history.ts';
import { fileTail } from './file-tail.ts';
import { type PolledDevice, qfpDrops } from './qfp-drops.ts';
import { snmpCounter } from './snmp-counter.ts';
import { snmpTrap } from './snmp-trap.ts';
import type { Closable, SourceContext } from './source.ts';
import { spiWatch } from './spi-watch.ts';
import { syslogTcp, syslogUdp } from './syslog-listener.ts';
import { syslogTls } from './syslog-tls.ts';
import { terminalMonitor } from './terminal-monitor.ts';

export const sourceKinds = {
  'syslog-udp': syslogUdp,
  'syslog-tcp': syslogTcp,
  'syslog-tls': syslogTls,
  'snmp-trap': snmpTrap,
  'qfp-drops': qfpDrops,
  'snmp-counter': snmpCounter,
  'eem-history': eemHistory,
  'terminal-monitor': terminalMonitor,
  'spi-watch': spiWatch,
  file: fileTail,
} as const;

export interface OpenSource extends Closable {
  /** Where it listens; null when it listens nowhere. */
  readonly local: Endpoint | null;
  /** For whoever turns debugs on: of a terminal monitor (terminal-monitor.ts). */
  readonly lookAgain?: () => Promise<void>;
}

export interface OpenContext extends SourceContext<SessionOpener & PolledDevice> {
  readonly config: Pick<Config, 'mode' | 'peers' | 'signal'>;
  readonly engine: SnmpEngine;
  /** What a peer's router would have told us. */
  readonly onSignal: (notification: Notification) => void;
}

/** Opens a configured source by its kind. */
export async function openSource(config: SourceConfig, context: OpenContext): Promise<OpenSource> {
  const { name } = config;
  switch (config.kind) {
    case 'syslog-udp':
    case 'syslog-tcp':
      return sourceKinds[config.kind].open(name, config, context).catch(naming(`source ${name}`));
    case 'syslog-tls':
      return syslogTls.open(name, config, context).catch(naming(`source ${name}`));
    case 'snmp-trap':
      return snmpTrap.open(name, config, context).catch(naming(`source ${name}`));
    case 'terminal-monitor': {
      const opened = await terminalMonitor.open(name, config, context);
      return { local: null, close: () => opened.close(), lookAgain: () => opened.lookAgain() };
    }
    case 'spi-watch':
      return listensNowhere(await spiWatch.open(name, config, context));
    case 'file':
      return listensNowhere(await fileTail.open(name, config, context));
    case 'qfp-drops':
      return listensNowhere(await qfpDrops.open(name, config, context, { asksDevice: context.config.mode !== 'observe' }));
    case 'snmp-counter':
      return listensNowhere(await snmpCounter.open(name, config, context));
    case 'eem-history': {
      const { peers, signal } = context.config;
      const peer = peers.find((known) => known.name === config.peer);
      if (peer === undefined) throw new SpitrapError('CONFIG_INVALID', `source ${name}: no peer is called ${config.peer}`);
      const parts = { peer, stopValue: signal.values.stop, eemWindowMs: signal.eemWindowMs };
      return listensNowhere(await eemHistory.open(name, config, { ...context, ...parts }));
    }
    default:
      return assertNever(config);
  }
}

const listensNowhere = (opened: Closable): OpenSource => ({ local: null, close: () => opened.close() });
