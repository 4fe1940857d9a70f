/**
 * Configuration mode, as far as a person at the lab needs it: host name, logging, stamps, the event manager, SNMP. Lines that a
 * real box takes and this one has no use for (`interface`, `crypto` …) are refused like unknown words.
 */
import { type CommandResult, type CommandSpec, KeywordTree, type Resolution } from '../keyword-tree.ts';
import type { ExecContext } from '../line-state.ts';
import { loggingConfig } from './configure-logging.ts';
import { APPLET_MODE, appletCommands, eventManagerConfig, leaveApplet } from './event-manager.ts';
import { KEYWORD_HELP } from './keyword-help.ts';
import { quiet } from './result.ts';
import { snmpServerConfig } from './snmp-server.ts';

function leave(context: ExecContext): CommandResult {
  const { line, core } = context;
  const result = leaveApplet(context);
  line.configMode = null;
  const by = line.vty === null ? 'console' : `${line.user} on vty${line.vty} (${line.from})`;
  core.log.message(5, 'SYS-5-CONFIG_I', `Configured from console by ${by}`);
  return result;
}

function exit(context: ExecContext): CommandResult {
  if (context.line.configMode === 'config') return leave(context);
  context.line.configMode = 'config';
  return leaveApplet(context);
}

const leaving: readonly CommandSpec<ExecContext>[] = [
  { path: 'end', run: leave },
  { path: 'exit', run: exit },
  { path: 'do LINE' },
];

const configTree = new KeywordTree<ExecContext>(
  [
    ...leaving,
    ...eventManagerConfig,
    ...snmpServerConfig,
    {
      path: 'hostname WORD',
      run: ({ core }, [name]) => {
        if (!/^[A-Za-z][\w-]{0,62}$/.test(name!))
          return { kind: 'output', lines: ['% Hostname contains one or more illegal characters.'] };
        core.config.hostname = name!;
        return quiet;
      },
    },
    ...loggingConfig,
    {
      path: 'line vty <0-15> <0-15>',
      run: ({ line }) => {
        line.configMode = 'config-line';
        return quiet;
      },
    },
  ],
  KEYWORD_HELP,
);

const appletTree = new KeywordTree<ExecContext>([...leaving, ...appletCommands], KEYWORD_HELP);

export const configTreeOf = (mode: string): KeywordTree<ExecContext> => (mode === APPLET_MODE ? appletTree : configTree);

/** What a line means where the user stands. `global`: it is none of the submode's, and ends it, as on a router. */
export function resolveConfig(context: ExecContext, typed: string): { resolution: Resolution<ExecContext>; global: boolean } {
  const global = configTree.resolve(typed, 15);
  if (context.line.configMode !== APPLET_MODE) return { resolution: global, global: false };
  const own = appletTree.resolve(typed, 15);
  if (own.kind === 'run' || (own.kind !== 'invalid' && global.kind !== 'run')) return { resolution: own, global: false };
  return global.kind === 'invalid' ? { resolution: own, global: false } : { resolution: global, global: global.kind === 'run' };
}

export function leaveSubmode(context: ExecContext): void {
  leaveApplet(context);
  context.line.configMode = 'config';
}
