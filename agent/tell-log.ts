/** What the log says of decisions and alarms, each in one line. Called by app.ts. */
import type { Config } from './config/config.ts';
import type { AgentEvents, Decision } from './events.ts';
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
