/**
 * argv to exit code: builds the commander program from the shelf, prints an error as one line (`spitrap: CODE: message`), chooses the
 * code. Called by bin/spitrap.ts with the real world, by tests with their own.
 */
import { Command, CommanderError } from 'commander';
import { asSpitrapError, type ErrorCode, type SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import { wrapped } from '../status/text-layout.ts';
import { type ShelvedSubcommand, subcommands } from './index.ts';
import { type CliContext, exitCodes, type Subcommand, usualExits } from './subcommand.ts';

const EXAMPLES = `
Examples:
  spitrap lab                         see the main job on a simulated pair
  spitrap init --role hub             write a configuration
  spitrap check -c hub.yaml           try everything that it names
  spitrap run -c hub.yaml             run the agent beside a head-end
  spitrap status -c hub.yaml          what it sees, and what it is worried about
  spitrap incidents list -c hub.yaml  what happened

Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 no agent runs
there (or one already does). Every error code: docs/errors.md.
`;

/** `argv` without node and script. Never rejects. */
export async function main(argv: readonly string[], context: CliContext): Promise<number> {
  let code: number = exitCodes.ok;
  const perform = async (work: (context: CliContext) => Promise<number>): Promise<void> => {
    code = await work(context);
  };
  try {
    const program = await buildProgram(context, perform, neededFor(argv));
    await program.parseAsync(asked(argv), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return report(error, argv.includes('--debug'), context);
  }
}

/** The one that is asked for; for help, completion and what is no subcommand at all: every one. */
function neededFor(argv: readonly string[]): readonly ShelvedSubcommand[] {
  const word = argv.find((each) => !each.startsWith('-'));
  const one = subcommands.find(({ name }) => name === word);
  return one === undefined || one.ofAll === true ? subcommands : [one];
}

export async function buildProgram(
  context: CliContext,
  perform: Parameters<Subcommand['register']>[1],
  needed = subcommands,
): Promise<Command> {
  const program = new Command('spitrap')
    .description('Stops both ends’ debugs in sync when an IPsec pair falls out of sync, and keeps the evidence.')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--debug', 'with an error: its stack and its causes')
    .addHelpText('after', EXAMPLES);
  for (const { name, register, exits } of await Promise.all(needed.map((each) => each.load()))) {
    const command = configured(program.command(name), context);
    register(command, perform);
    command.addHelpText('afterAll', wrapped(`${exits ?? usualExits}.`, 'Exit codes: ').join('\n'));
  }
  for (const command of withInner(program)) configured(command, context);
  return program;
}

const withInner = (command: Command): Command[] => [command, ...command.commands.flatMap(withInner)];

/** `help signal send` is `signal send --help`; before a word that is no command there is no help of anything else either. */
function asked(argv: readonly string[]): string[] {
  const [first, next] = argv;
  const words = first === 'help' && next !== undefined && !next.startsWith('-') ? [...argv.slice(1), '--help'] : [...argv];
  const known = ['help', ...subcommands.map(({ name }) => name)];
  const [word] = words;
  return word === undefined || word.startsWith('-') || known.includes(word) ? words : [word];
}

/** `signal send`, as it is typed after the program's own name. */
function typed(command: Command): string {
  const inside = command.parent === null ? '' : typed(command.parent);
  return `${inside} ${command.name()}`.trim();
}

function configured(command: Command, { stdout, stderr }: CliContext): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ helpWidth: 80, showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // One line, as all our errors: `error: required option …` becomes `spitrap: USAGE: …`.
      outputError: (text, write) => write(`spitrap: USAGE: ${oneLine(text)}\nTry ${typed(command)} --help.\n`),
    });
}

const oneLine = (text: string): string =>
  printable(
    text
      .replace(/^error: /, '')
      .trim()
      .replace(/\s*\n\s*/g, ' '),
    300,
  );

const CODES: Partial<Record<ErrorCode, number>> = {
  CONFIG_INVALID: exitCodes.usage,
  CONFIG_UNREADABLE: exitCodes.usage,
  SECRET_UNREADABLE: exitCodes.usage,
  USAGE: exitCodes.usage,
  NOT_RUNNING: exitCodes.notRunning,
  ALREADY_RUNNING: exitCodes.notRunning,
};

/** A chain of causes ends somewhere; one that runs in a ring must too. */
const CAUSES_MAX = 10;

/** Its own stack and those of its causes, outermost first. INTERNAL is a wrapping of ours: what it wraps says where the bug is. */
function stacks(error: SpitrapError): string[] {
  const found: string[] = [];
  let at: unknown = error.code === 'INTERNAL' && error.cause instanceof Error ? error.cause : error;
  for (; at instanceof Error && found.length < CAUSES_MAX; at = at.cause)
    found.push(`${found.length === 0 ? '' : 'caused by: '}${shown(at.stack ?? at.message)}`);
  if (at !== undefined && !(at instanceof Error)) found.push(`caused by: ${printable(String(at), 2_000)}`);
  return found;
}

const shown = (stack: string): string =>
  stack
    .split('\n')
    .map((line) => printable(line, 2_000))
    .join('\n');

/** The one line on stderr; CONFIG_INVALID lists its faults under it. Texts from outside were escaped where they entered the message. */
export function report(thrown: unknown, debug: boolean, { stderr }: Pick<CliContext, 'stderr'>): number {
  const error = asSpitrapError(thrown);
  const lines = error.message.split('\n').map((line) => printable(line, 2_000));
  stderr.write(`spitrap: ${error.code}: ${lines.join('\n')}\n`);
  if (debug) stderr.write(`${stacks(error).join('\n')}\n`);
  else if (error.code === 'INTERNAL')
    stderr.write('This is a bug of spitrap. Please report it with the output of the same command with --debug.\n');
  return CODES[error.code] ?? exitCodes.failed;
}
