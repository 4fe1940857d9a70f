/** What the log says of decisions and alarms, each in one line. Called by app.ts. */

import { limits } from '../shared/limits.ts';
import type { Monotonic } from '../shared/model/time.ts';
import type { Config } from './config/config.ts';
import type { Coordinator } from './coordinator.ts';
import type { AgentEvents, Decision } from './events.ts';
import type { Torn } from './journal/recover.ts';
import type { Logger } from './log.ts';
import { narrate } from './narrate.ts';

export function tellLog(events: AgentEvents, config: Config, log: Logger): void {
  events.on('decided', (decision) => tell(config, log, decision));
  events.on('alarm-raised', (alarm) =>
    log.error(
      { event: 'alarm', alarm: alarm.id, incident: alarm.incident, remedy: alarm.remedy },
      `ALARM ${alarm.id}: ${alarm.remedy === null ? alarm.text : `${alarm.text.replace(/\.$/, '')}; ${alarm.remedy}`}`,
    ),
  );
  events.on('alarm-cleared', (alarm) =>
    log.info({ event: 'alarm-cleared', alarm: alarm.id, incident: alarm.incident }, `alarm ${alarm.id} is over: ${alarm.text}`),
  );
}

/** One line in the log for each decision that moved something; the rest only when somebody debugs. */
function tell(config: Config, log: Logger, decision: Decision): void {
  const { input, reason, incident, effects, moved } = decision;
  const isNews = moved && input.kind !== 'expire';
  // Thousands a second of a flood move nothing.
  if (!isNews && log.debugs?.() === false) return;
  const fields = { event: reason, input: input.kind, incident, at: input.at, effects: effects.map((effect) => effect.kind) };
  if (isNews) log.info(fields, narrate(config.role, decision));
  else log.debug(fields, narrate(config.role, decision));
}

/** What the start found in the journal. */
export function tellReplay(
  log: Logger,
  found: {
    readonly torn: Torn | null;
    readonly damagedLines: number;
    readonly records: number;
    readonly replayed: ReturnType<Coordinator['replay']>;
    readonly open: number;
  },
): void {
  const { torn, damagedLines, records, replayed, open } = found;
  if (torn !== null || damagedLines > 0)
    log.warn({ event: 'journal-torn', torn, damagedLines }, 'the journal had a torn or damaged end; it was cut and kept aside');
  if (records > 0)
    log.info({ event: 'replayed', ...replayed, open }, `journal replayed: ${replayed.steps} steps, ${open} incidents open`);
}

export function tellReceiveBuffer(log: Logger, bytes: number): void {
  if (bytes < limits.udpReceiveBufferBytes)
    log.info(
      { event: 'receive-buffer', bytes },
      `signals: the kernel gives ${bytes} bytes of receive buffer, ${limits.udpReceiveBufferBytes} were asked for (sysctl net.core.rmem_max)`,
    );
}

export function tellWatching(
  log: Logger,
  { role, mode, device: { name } }: Config,
  about: { readonly engineId: string; readonly signal: string; readonly cfg: string; readonly at: Monotonic },
): void {
  log.info({ event: 'watching', role, mode, device: name, ...about }, `watching ${name} as ${role}, mode ${mode}`);
}
