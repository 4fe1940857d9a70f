/** Shorthands of the commands shelf for what a command leaves on the terminal. */
import type { CommandResult, CommandSpec } from '../keyword-tree.ts';
import type { ExecContext } from '../line-state.ts';

export type ExecCommand = CommandSpec<ExecContext>;
export type ExecRun = NonNullable<ExecCommand['run']>;

export const print = (lines: readonly string[]): CommandResult => ({ kind: 'output', lines });
export const quiet: CommandResult = { kind: 'output', lines: [] };
