/**
 * The event manager at the terminal: `show event manager …`, and in configuration mode `event manager applet NAME` with what
 * (config-applet)# takes. The applet is registered when its mode is left, by whatever way.
 */
import type { Applet, AppletAction, AppletEvent } from '../eem/applet.ts';
import { parseAction, parseEvent } from '../eem/applet-lines.ts';
import { ConfigWords } from '../eem/config-words.ts';
import type { CommandResult, CommandSpec } from '../keyword-tree.ts';
import { labLimits } from '../lab-limits.ts';
import type { ExecContext } from '../line-state.ts';
import { configFault } from '../prompt.ts';
import { environmentShown, historyEvents, policiesRegistered } from '../render/event-manager.ts';
import { type ExecCommand, print, quiet } from './result.ts';

type ConfigCommand = CommandSpec<ExecContext>;

/** An applet whose mode is open on a line. */
export interface AppletDraft {
  readonly name: string;
  readonly authorizationBypass: boolean;
  event: AppletEvent | null;
  readonly actions: Map<string, AppletAction>;
}

export const APPLET_MODE = 'config-applet';
const LABEL = /^[\w.-]{1,32}$/;

function run({ core }: ExecContext, name: string, rest = ''): CommandResult {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  if (core.eem.run(name, words)) return quiet;
  return print([`EEM policy ${name} not registered with event none Event Detector`]);
}

function setEnvironment({ core: { eem } }: ExecContext, name: string, value: string): CommandResult {
  if (!eem.environment.has(name) && eem.environment.size >= labLimits.eemEnvironment)
    return print([`%EEM: ${labLimits.eemEnvironment} environment variables are the most`]);
  eem.environment.set(name, value);
  return quiet;
}

function removeEnvironment({ core: { eem } }: ExecContext, name: string): CommandResult {
  eem.environment.delete(name);
  return quiet;
}

export const eventManagerExec: readonly ExecCommand[] = [
  { path: 'event manager run WORD', privilege: 15, run: (context, [name]) => run(context, name!) },
  { path: 'event manager run WORD LINE', privilege: 15, run: (context, [name, rest]) => run(context, name!, rest) },
  { path: 'show event manager environment all', privilege: 15, run: ({ core }) => print(environmentShown(core)) },
  { path: 'show event manager policy registered', privilege: 15, run: ({ core }) => print(policiesRegistered(core)) },
  { path: 'show event manager history events', privilege: 15, run: ({ core }) => print(historyEvents(core)) },
];

function open(context: ExecContext, name: string, authorizationBypass: boolean): CommandResult {
  const { line, core } = context;
  const old: Applet | null = core.eem.find(name);
  line.applet = {
    name,
    authorizationBypass: authorizationBypass || (old?.authorizationBypass ?? false),
    event: old?.event ?? null,
    actions: new Map(old?.actions),
  };
  line.configMode = APPLET_MODE;
  return quiet;
}

/** Every way out of (config-applet)# comes through here. */
export function leaveApplet({ line, core }: ExecContext): CommandResult {
  const draft = line.applet;
  line.applet = null;
  if (!draft || core.eem.register(draft)) return quiet;
  return print([`%Error: applet ${draft.name} was not registered: ${labLimits.applets} applets are the most`]);
}

export const eventManagerConfig: readonly ConfigCommand[] = [
  { path: 'event manager applet WORD', run: (context, [name]) => open(context, name!, false) },
  { path: 'event manager applet WORD authorization bypass', run: (context, [name]) => open(context, name!, true) },
  {
    path: 'no event manager applet WORD',
    run: ({ core }, [name]) => (core.eem.unregister(name!) ? quiet : print([`EEM configuration: applet ${name} not found`])),
  },
  {
    path: 'event manager environment WORD LINE',
    run: (context, [name, value]) => setEnvironment(context, name!, value!),
  },
  { path: 'no event manager environment WORD', run: (context, [name]) => removeEnvironment(context, name!) },
  { path: 'no event manager environment WORD LINE', run: (context, [name]) => removeEnvironment(context, name!) },
  {
    path: 'event manager session cli username WORD',
    run: ({ core }, [user]) => {
      core.eem.sessionUser = user!;
      return quiet;
    },
  },
  {
    path: 'no event manager session cli username',
    run: ({ core }) => {
      core.eem.sessionUser = '';
      return quiet;
    },
  },
];

function event(context: ExecContext, rest: string, typed: string): CommandResult {
  const words = new ConfigWords(rest);
  const parsed = parseEvent(words);
  if (parsed === 'bad-pattern') return print(['%EEM: pattern does not compile as a regular expression']);
  if (!parsed || words.fault) return configFault(context, typed, rest, words.fault);
  context.line.applet!.event = parsed;
  return quiet;
}

function action(context: ExecContext, label: string, rest: string, typed: string): CommandResult {
  const { actions } = context.line.applet!;
  if (!LABEL.test(label)) return print([`%EEM: ${JSON.stringify(label.slice(0, 40))} is no label`]);
  const words = new ConfigWords(rest);
  const parsed = parseAction(words);
  if (!parsed || words.fault) return configFault(context, typed, rest, words.fault);
  if (!actions.has(label) && actions.size >= labLimits.appletActions)
    return print([`%EEM: an applet takes ${labLimits.appletActions} actions at most`]);
  actions.set(label, parsed);
  return quiet;
}

function noEvent({ line }: ExecContext): CommandResult {
  line.applet!.event = null;
  return quiet;
}

/** Words that `?` lists; what follows them is one LINE for applet-lines.ts. */
export const appletCommands: readonly ConfigCommand[] = [
  ...['syslog', 'snmp-notification', 'timer', 'none'].flatMap((detector): ConfigCommand[] => [
    {
      path: `event ${detector} LINE`,
      run: (context, [rest], typed) => event(context, `${detector} ${rest}`, typed),
    },
    { path: `no event ${detector}`, run: noEvent },
    { path: `no event ${detector} LINE`, run: noEvent },
  ]),
  { path: 'event none', run: (context, _args, typed) => event(context, 'none', typed) },
  { path: 'action WORD LINE', run: (context, [label, rest], typed) => action(context, label!, rest!, typed) },
  {
    path: 'no action WORD',
    run: ({ line }, [label]) => {
      line.applet!.actions.delete(label!);
      return quiet;
    },
  },
];
