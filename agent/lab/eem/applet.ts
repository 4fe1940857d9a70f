/**
 * One EEM applet as it was configured: its event, its actions, and how `show running-config` prints them. Made by
 * applet-lines.ts, registered by eem-engine.ts, run by applet-run.ts. IOS "Embedded Event Manager Command Reference".
 */
import { type Statement, statementText } from './statement.ts';

export type Comparison = 'gt' | 'ge' | 'eq' | 'ne' | 'lt' | 'le';

interface AnyEvent {
  /** Null: the default, 20 s. */
  readonly maxrunMs: number | null;
  /** Events within so long of one that started it do not; null: each does. */
  readonly ratelimitMs: number | null;
}

export interface SyslogEvent extends AnyEvent {
  readonly kind: 'syslog';
  readonly pattern: string;
  readonly occurs: number;
  /** Null: without end. */
  readonly periodMs: number | null;
  /** Null: messages of every severity. */
  readonly priority: number | null;
}

export interface SnmpNotificationEvent extends AnyEvent {
  readonly kind: 'snmp-notification';
  /** As typed, the note's closing dot included. */
  readonly oid: string;
  readonly oidVal: string;
  readonly op: Comparison;
  readonly sourceAddress: string | null;
}

/** `countdown`: once, from when it is registered; `watchdog`: again and again. */
export interface TimerEvent extends AnyEvent {
  readonly kind: 'timer countdown' | 'timer watchdog';
  readonly name: string | null;
  readonly timeMs: number;
}

/** `event manager run NAME` alone starts it. */
export interface NoneEvent extends AnyEvent {
  readonly kind: 'none';
}

export type AppletEvent = SyslogEvent | SnmpNotificationEvent | TimerEvent | NoneEvent;

export type AppletAction =
  /** `pattern`: what is waited for instead of the prompt, such as the question that the next command answers. */
  | { readonly kind: 'cli'; readonly command: string; readonly pattern: string | null }
  | { readonly kind: 'syslog'; readonly priority: number | null; readonly message: string }
  | { readonly kind: 'wait'; readonly seconds: number }
  | {
      readonly kind: 'snmp-trap';
      readonly intData1: number | null;
      readonly intData2: number | null;
      readonly strData: string | null;
    }
  | Statement;

export interface Applet {
  readonly name: string;
  /** `authorization bypass` (EEM 3.1): AAA is not asked about its commands. */
  readonly authorizationBypass: boolean;
  readonly event: AppletEvent | null;
  readonly actions: ReadonlyMap<string, AppletAction>;
}

export const DEFAULT_MAXRUN_MS = 20_000;
export const PRIORITIES = [
  'emergencies',
  'alerts',
  'critical',
  'errors',
  'warnings',
  'notifications',
  'informational',
  'debugging',
] as const;

/** The order in which IOS runs them: labels compare as strings, so that 10 stands before 2 and 8.1 after 8. */
export const inRunOrder = ({ actions }: Applet): readonly (readonly [label: string, action: AppletAction])[] =>
  [...actions].sort(([a], [b]) => (a < b ? -1 : 1));

export function appletLines(applet: Applet): string[] {
  const width = Math.max(0, ...[...applet.actions.keys()].map((label) => label.length));
  return [
    `event manager applet ${applet.name}${applet.authorizationBypass ? ' authorization bypass' : ''}`,
    ...(applet.event ? [` event ${eventText(applet.event)}`] : []),
    ...inRunOrder(applet).map(([label, action]) => ` action ${label.padEnd(width)} ${actionText(action)}`),
  ];
}

const seconds = (ms: number): string => (ms % 1_000 === 0 ? String(ms / 1_000) : (ms / 1_000).toFixed(3));
const quoted = (text: string): string => `"${text}"`;

function eventText(event: AppletEvent): string {
  const limit = event.ratelimitMs === null ? '' : ` ratelimit ${seconds(event.ratelimitMs)}`;
  const maxrun = `${event.maxrunMs === null ? '' : ` maxrun ${seconds(event.maxrunMs)}`}${limit}`;
  switch (event.kind) {
    case 'syslog': {
      const occurs = event.occurs === 1 ? '' : `occurs ${event.occurs} `;
      const period = event.periodMs === null ? '' : ` period ${seconds(event.periodMs)}`;
      const priority = event.priority === null ? '' : `priority ${PRIORITIES[event.priority]} `;
      return `syslog ${occurs}${priority}pattern ${quoted(event.pattern)}${period}${maxrun}`;
    }
    case 'snmp-notification': {
      const source = event.sourceAddress === null ? '' : ` src-ip-address ${event.sourceAddress}`;
      return `snmp-notification oid ${event.oid} oid-val ${quoted(event.oidVal)} op ${event.op}${source}${maxrun}`;
    }
    case 'timer countdown':
    case 'timer watchdog':
      return `${event.kind}${event.name === null ? '' : ` name ${event.name}`} time ${seconds(event.timeMs)}${maxrun}`;
    case 'none':
      return `none${maxrun}`;
  }
}

/** `cli command "undebug all"`: also what the log of runs says was done. */
export function actionText(action: AppletAction): string {
  switch (action.kind) {
    case 'cli':
      return `cli command ${quoted(action.command)}${action.pattern === null ? '' : ` pattern ${quoted(action.pattern)}`}`;
    case 'syslog':
      return `syslog ${action.priority === null ? '' : `priority ${PRIORITIES[action.priority]} `}msg ${quoted(action.message)}`;
    case 'wait':
      return `wait ${action.seconds}`;
    case 'snmp-trap': {
      const one = action.intData1 === null ? '' : ` intdata1 ${action.intData1}`;
      const two = action.intData2 === null ? '' : ` intdata2 ${action.intData2}`;
      return `snmp-trap${one}${two}${action.strData === null ? '' : ` strdata ${quoted(action.strData)}`}`;
    }
    default:
      return statementText(action);
  }
}
