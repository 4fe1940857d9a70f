/** `show event manager …`: the registered applets and what they ran. IOS "Embedded Event Manager Command Reference". */
import type { Wall } from '../../../shared/model/time.ts';
import type { BoxCore } from '../box-core.ts';
import { clockReading } from '../box-time.ts';
import type { AppletRunRecord } from '../contract.ts';
import { type Applet, type AppletEvent, appletLines, DEFAULT_MAXRUN_MS } from '../eem/applet.ts';

/** Rows that the history keeps: `event manager history size events`, 10 unless configured. */
const HISTORY_ROWS = 10;

/** `Thu Mar 12 18:22:10 2026`. */
function eventTime(at: Wall): string {
  const [clock = '', , weekday, month, day, year] = clockReading(at).split(' ');
  return `${weekday} ${month} ${String(day).padStart(2)} ${clock.slice(0, 8)} ${year}`;
}

export function policiesRegistered(core: BoxCore): string[] {
  return [
    'No.  Class     Type    Event Type          Trap  Time Registered           Name',
    ...core.eem
      .applets()
      .flatMap(({ applet, registeredAt }, index) => [
        `${String(index + 1).padEnd(5)}applet    user    ${(applet.event?.kind ?? 'none').padEnd(20)}Off   ${eventTime(registeredAt)}  ${applet.name}`,
        ...(applet.event ? [` ${criteria(applet.event)}`] : []),
        ` maxrun ${((applet.event?.maxrunMs ?? DEFAULT_MAXRUN_MS) / 1_000).toFixed(3)}`,
        ...actionsOf(applet),
        '',
      ]),
  ];
}

function criteria(event: AppletEvent): string {
  switch (event.kind) {
    case 'syslog':
      return `${event.occurs === 1 ? '' : `occurs ${event.occurs} `}pattern {${event.pattern}}${event.periodMs === null ? '' : ` period ${(event.periodMs / 1_000).toFixed(3)}`}`;
    case 'snmp-notification':
      return `oid {${event.oid}} oid-val {${event.oidVal}} op {${event.op}}${event.sourceAddress === null ? '' : ` src-ip-address {${event.sourceAddress}}`}`;
    case 'timer countdown':
    case 'timer watchdog':
      return `${event.name === null ? '' : `name ${event.name} `}time ${(event.timeMs / 1_000).toFixed(3)}`;
    case 'none':
      return 'sync {yes}';
  }
}

export const environmentShown = ({ eem }: BoxCore): string[] => [
  'No.  Name                          Value',
  ...[...eem.environment].map(([name, value], index) => `${String(index + 1).padEnd(5)}${name.padEnd(30)}${value}`),
];

const actionsOf = (applet: Applet): string[] => appletLines(applet).filter((line) => line.startsWith(' action '));

export function historyEvents(core: BoxCore): string[] {
  const runs = core.eem.runs.slice(-HISTORY_ROWS);
  return [
    'No.  Job Id Proc Status   Time of Event             Event Type        Name',
    ...runs.map(
      (run, index) =>
        `${String(index + 1).padEnd(5)}${String(run.job).padEnd(7)}Actv ${status(run).padEnd(9)}${eventTime(run.triggeredWall).padEnd(26)}${run.event.padEnd(18)}applet: ${run.applet}`,
    ),
    ...(core.eem.dropped === 0 ? [] : ['', `${core.eem.dropped} events were dropped: no thread and no place in the queue`]),
  ];
}

function status({ startedAt, ended }: AppletRunRecord): string {
  if (ended) return ended.how === 'done' ? 'success' : ended.how === 'maxrun' ? 'abort' : 'failure';
  return startedAt === null ? 'pend' : 'active';
}
