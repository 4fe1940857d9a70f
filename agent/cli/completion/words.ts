/** What can be typed after `spitrap`: subcommands, options and what they take, read from the commander program. For the scripts of completion.ts. */
import { type Argument, type Command, Option } from 'commander';

/** `file`, `folder`: a path. `words`: one of these. `text`: anything, nothing is offered. */
export type ValueWords =
  | { readonly kind: 'file' | 'folder' | 'text' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export interface OptionWords {
  /** `-c` and `--config`, or one of the two. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Null: a switch. */
  readonly value: ValueWords | null;
}

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  readonly arguments: readonly ValueWords[];
  readonly commands: readonly CommandWords[];
}

/** Its words are offered by the shell; the command checks them itself, and its help lists them elsewhere. */
export class OfferingOption extends Option {
  readonly offers: readonly string[];

  constructor(flags: string, description: string, offers: readonly string[]) {
    super(flags, description);
    this.offers = offers;
  }
}

/** The command and all below it. Hidden ones and hidden options are left out; `--help` is everywhere, `--debug` too. */
export function wordsOf(command: Command, inherited: readonly Option[] = []): CommandWords {
  const own = command.options.filter((option) => !option.hidden);
  const version = (option: Option): boolean => option.long === '--version';
  const passedOn = [...inherited, ...own.filter((option) => command.parent === null && !version(option))];
  const commands = command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => sub.name() !== 'help')
    .map((sub) => wordsOf(sub, passedOn));
  return {
    name: command.name(),
    description: plain(command.description()),
    options: [
      ...[...own, ...ofDefault(command), ...inherited].map(optionWords),
      { flags: ['-h', '--help'], description: 'print help', value: null },
    ],
    arguments: command.registeredArguments.map(argumentWords),
    commands:
      command.parent === null
        ? [
            ...commands,
            { name: 'help', description: 'print help of a command', options: [], arguments: [named(commands)], commands: [] },
          ]
        : commands,
  };
}

/** `spitrap incidents -c FILE` is `incidents list -c FILE`. Commander tells nobody but its own help which command is the default. */
function ofDefault(command: Command): readonly Option[] {
  const { _defaultCommandName: name } = command as Command & { readonly _defaultCommandName?: string | null };
  return command.commands.find((sub) => sub.name() === name)?.options ?? [];
}

const named = (commands: readonly CommandWords[]): ValueWords => ({ kind: 'words', words: commands.map(({ name }) => name) });

function optionWords(option: Option): OptionWords {
  const takes = option.required || option.optional;
  const offered = option instanceof OfferingOption ? option.offers : option.argChoices;
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: plain(option.description),
    value: takes ? valueWords(/<([^>]+)>|\[([^\]]+)\]/.exec(option.flags)?.[0] ?? '', offered) : null,
  };
}

const argumentWords = (argument: Argument): ValueWords => valueWords(argument.name(), argument.argChoices);

/** `<file>`, `<dir>`: the name that the help shows says what is meant. */
function valueWords(shown: string, choices: readonly string[] | undefined): ValueWords {
  if (choices !== undefined) return { kind: 'words', words: choices };
  const name = shown.replace(/[<>[\].]/g, '').toLowerCase();
  if (/file/.test(name)) return { kind: 'file' };
  return { kind: /^dir|folder/.test(name) ? 'folder' : 'text' };
}

/** One line without what a shell's quotes would make of it. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/['"`\\$[\]:]/g, '');
