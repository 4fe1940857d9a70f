/** What stands before the cursor, and the caret that points at a word which no command has there. Used by line.ts, exec.ts and commands. */
import type { ConfigFault } from './eem/config-words.ts';
import type { CommandResult } from './keyword-tree.ts';
import type { ExecContext } from './line-state.ts';

/** The host name is cut to 20 characters in the configuration modes. */
const CONFIG_HOST_CHARACTERS = 20;

export const promptOf = (context: ExecContext): string => {
  const host = context.core.config.hostname;
  if (context.line.configMode) return `${host.slice(0, CONFIG_HOST_CHARACTERS)}(${context.line.configMode})#`;
  return `${host}${context.line.privilege === 15 ? '#' : '>'}`;
};

/** `offset`: of the wrong character in the typed line. */
export const invalidInput = (context: ExecContext, offset: number): CommandResult => ({
  kind: 'output',
  lines: [`${' '.repeat(promptOf(context).length + offset)}^`, "% Invalid input detected at '^' marker.", ''],
});

/** The answer to a fault in `rest`, the end of the typed line. */
export function configFault(context: ExecContext, typed: string, rest: string, fault: ConfigFault | null): CommandResult {
  switch (fault?.kind) {
    case 'invalid':
      return invalidInput(context, Math.max(0, typed.trimEnd().length - rest.length + fault.offset));
    case 'ambiguous':
      return { kind: 'output', lines: [`% Ambiguous command:  "${typed.trim()}"`] };
    default:
      return { kind: 'output', lines: ['% Incomplete command.', ''] };
  }
}
