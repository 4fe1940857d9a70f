/** What the CLI commands of an applet do, as far as lint and import must tell. Used by the rules and by import. */
import { type Action, type Applet, runOrder } from './applet.ts';

export type CliAction = Extract<Action, { kind: 'cli' }>;
export type TrapAction = Extract<Action, { kind: 'snmp-trap' }>;

export const cliActions = (applet: Applet): CliAction[] => runOrder(applet).filter((action) => action.kind === 'cli');
export const trapActions = (applet: Applet): TrapAction[] => runOrder(applet).filter((action) => action.kind === 'snmp-trap');

const said = (command: string): string => command.trim().toLowerCase().replace(/\s+/g, ' ');

export const isShow = (command: string): boolean => /^(?:do )?sh(?:o|ow)? /.test(said(command));
export const isEnable = (command: string): boolean => /^en(?:a|ab|abl|able)?$/.test(said(command));
/** `undebug all`, `no debug all`, with their abbreviations. */
export const isUndebugAll = (command: string): boolean =>
  /^(?:do )?(?:u|un|und|unde|undeb|undebu|undebug|no debug|no deb) al?l?$/.test(said(command));
export const isUndebug = (command: string): boolean =>
  isUndebugAll(command) || /^(?:do )?(?:undebug|no debug) /.test(said(command));
export const isDebugOn = (command: string): boolean => /^(?:do )?deb(?:u|ug)? /.test(said(command)) && !isCondition(command);
export const isCryptoDebug = (command: string): boolean =>
  isDebugOn(command) && /^(?:do )?deb(?:u|ug)? cry(?:pto)? /.test(said(command));
export const isCondition = (command: string): boolean => /^(?:do )?debug crypto condition /.test(said(command));
export const clearsConditions = (command: string): boolean =>
  /^(?:do )?(?:no debug crypto condition|undebug crypto condition|debug crypto condition reset)\b/.test(said(command));
export const isConfigure = (command: string): boolean => /^conf/.test(said(command));
/** Appends to a file: `| append disk0:x`, `| tee /append disk0:x`. */
export const appends = (command: string): boolean => /\|\s*(?:append|tee\s+\/append)\s/i.test(command);
export const overwrites = (command: string): boolean => /\|\s*(?:redirect|tee)\s+(?!\/append)/i.test(command);

export const eventOf = <K extends Applet['events'][number]['kind']>(
  { events }: Applet,
  kind: K,
): Extract<Applet['events'][number], { kind: K }> | undefined =>
  events.find((event): event is Extract<Applet['events'][number], { kind: K }> => event.kind === kind);

/** Its pattern is there for the invalid-SPI message, in either spelling. */
export const isInvalidSpiPattern = (pattern: string): boolean => /INV_?SPI|RECV[D(]?.{0,12}_PKT/i.test(pattern);
