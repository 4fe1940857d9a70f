/**
 * Runs one typed line: splits the output modifier off, resolves the words, judges refusals, runs the command, filters.
 * Used by line.ts for terminals and by box.ts for `console()`.
 */
import { clockReading } from './box-time.ts';
import { leaveSubmode, resolveConfig } from './commands/configure.ts';
import { execTrees } from './commands/index.ts';
import { diskPath } from './disk0.ts';
import { applyFilter, type FilterParse, type LineFilter, parseFilter, splitPipe } from './filters.ts';
import type { CommandResult, Resolution } from './keyword-tree.ts';
import type { ExecContext } from './line-state.ts';
import { invalidInput } from './prompt.ts';

export interface Prepared {
  /** The command in full words, as far as it could be resolved; else as typed. */
  readonly expanded: string;
  /** A `show` or `more`: what stalls and drops in the middle of its output. */
  run(): CommandResult;
}

const output = (...lines: string[]): CommandResult => ({ kind: 'output', lines });

/** Works the line out without doing anything yet, so that the log of commands has it before it takes effect. */
export function prepare(context: ExecContext, typed: string): Prepared {
  const inConfig = context.line.configMode !== null;
  const asDo = inConfig ? /^\s*do\s+/.exec(typed) : null;
  if (inConfig && !asDo) return prepareConfig(context, typed);
  const shift = asDo ? asDo[0].length : 0;
  return prepareExec(context, typed.slice(shift), shift);
}

function prepareConfig(context: ExecContext, typed: string): Prepared {
  if (/^\s*(!.*)?$/.test(typed)) return { expanded: '', run: () => output() };
  const { resolution, global } = resolveConfig(context, typed);
  const expanded = resolution.kind === 'run' ? resolution.expanded : typed.trim();
  return {
    expanded,
    run: () => {
      const refusal = refused(context, expanded);
      if (refusal) return refusal;
      if (global) leaveSubmode(context);
      return runResolved(context, typed, resolution, 0);
    },
  };
}

function prepareExec(context: ExecContext, typed: string, shift: number): Prepared {
  if (/^\s*(!.*)?$/.test(typed)) return { expanded: '', run: () => output() };
  const { command, pipeAt } = splitPipe(typed);
  const resolution = execTrees[context.core.options.platform].resolve(command, context.line.privilege);
  const filter: FilterParse = pipeAt === null ? { kind: 'none' } : parseFilter(typed, pipeAt);
  const words = resolution.kind === 'run' ? resolution.expanded : command.trim();
  const modifier = filter.kind === 'filter' ? ` ${filter.expanded}` : pipeAt === null ? '' : ` ${typed.slice(pipeAt)}`;
  const expanded = words + modifier;
  return {
    expanded,
    run: () => {
      const refusal = refused(context, expanded);
      if (refusal) return refusal;
      if (resolution.kind !== 'run') return runResolved(context, typed, resolution, shift);
      if (pipeAt !== null && !/^(?:show|more)\b/.test(words)) return invalidInput(context, pipeAt + shift);
      switch (filter.kind) {
        case 'incomplete':
          return output('% Incomplete command.', '');
        case 'ambiguous':
          return output(`% Ambiguous command:  "${typed.trim()}"`);
        case 'invalid':
          return invalidInput(context, filter.offset + shift);
        case 'bad-pattern':
          return output('% Failed to compile regular expression.', '');
        default:
      }
      for (const listener of context.core.sa.onShow) listener();
      const result = runResolved(context, typed, resolution, shift);
      const shown =
        filter.kind === 'filter' && result.kind === 'output' ? filtered(context, filter.filter, result.lines) : result;
      return withPreamble(context, words, shown);
    },
  };
}

function runResolved(context: ExecContext, typed: string, resolution: Resolution<ExecContext>, shift: number): CommandResult {
  switch (resolution.kind) {
    case 'run':
      return resolution.run(context, resolution.args, typed);
    case 'ambiguous':
      return output(`% Ambiguous command:  "${typed.trim()}"`);
    case 'incomplete':
      if (/^\s*sh(?:o|ow)?\s*$/i.test(typed)) return output('% Type "show ?" for a list of subcommands');
      return output('% Incomplete command.', '');
    case 'invalid':
      return invalidInput(context, resolution.offset + shift);
  }
}

function refused(context: ExecContext, words: string): CommandResult | null {
  const { behaviour } = context.core;
  if (context.line.vty === null || context.line.authorizationBypass) return null;
  if (behaviour.refuseTerminalSettings && /^terminal (?:length|width)\b/.test(words)) {
    return output('Command authorization failed.', '');
  }
  return behaviour.refuse.some((pattern) => pattern.test(words)) ? output('% Authorization failed.', '') : null;
}

/** `exec prompt timestamp`: before the output of any `show`; the filter does not see it. */
function withPreamble(context: ExecContext, words: string, result: CommandResult): CommandResult {
  const wanted = context.line.promptTimestamp || (context.core.behaviour.promptTimestamp && context.line.vty !== null);
  if (!wanted || result.kind !== 'output' || !words.startsWith('show ')) return result;
  const cpu = context.core.cpu.read();
  const source = context.core.behaviour.clockMark === '' ? 'Time source is NTP' : 'Time source is hardware calendar';
  return {
    kind: 'output',
    lines: [
      `Load for five secs: ${cpu.fiveSeconds}%/${cpu.interrupt}%; one minute: ${cpu.oneMinute}%; five minutes: ${cpu.fiveMinutes}%`,
      `${source}, ${context.core.behaviour.clockMark}${clockReading(context.core.log.wall())}`,
      '',
      ...result.lines,
    ],
  };
}

function filtered(context: ExecContext, filter: LineFilter, lines: readonly string[]): CommandResult {
  if (!('url' in filter)) return { kind: 'output', lines: applyFilter(filter, lines) };
  const name = diskPath(filter.url);
  if (!name) return output(`%Error opening ${filter.url} (No such device)`);
  const text = lines.map((line) => `${line}\n`).join('');
  const append = filter.kind === 'append' || filter.kind === 'tee-append';
  const written = context.core.disk.write(name, text, append, context.core.log.wall());
  const shown = filter.kind === 'tee' || filter.kind === 'tee-append' ? lines : [];
  return output(...shown, ...(written ? [] : [`%Error writing ${filter.url} (No space left on device)`]));
}
