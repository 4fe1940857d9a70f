/** The alarm channels shelf: one line a channel. Its keys stand in agent/config/schema.ts, its page is docs/alarms.md. */
import type { AlarmChannelConfig } from '../config/config.ts';
import type { AlarmChannel, ChannelPorts } from './channel.ts';
import { openCommand } from './command.ts';
import { openSyslog } from './syslog.ts';
import { openWebhook } from './webhook.ts';

/** Opens nothing on the outside yet: a receiver that is down is the lane's business. */
export function openChannel(config: AlarmChannelConfig, ports: ChannelPorts): AlarmChannel {
  switch (config.kind) {
    case 'webhook':
      return openWebhook(config, ports);
    case 'syslog':
      return openSyslog(config, ports);
    case 'command':
      return openCommand(config, ports);
  }
}
