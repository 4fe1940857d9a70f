/**
 * `spitrap parse COMMAND [FILE|-]` and `spitrap parse log [FILE|-]`: what the readers of the diagnosis make of one output, or of a log, as
 * JSON, and which lines they did not understand. Nothing is sent anywhere. The readers: shared/platforms/cisco/shows.ts, Platform.evidence.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { type ShowReader, showReaderFor, shows } from '../../shared/platforms/cisco/shows.ts';
import { platformNamed, platformNames } from '../../shared/platforms/index.ts';
import type { Line, Platform } from '../../shared/platforms/platform.ts';
import { type CliContext, exitCodes, print, type Subcommand } from './subcommand.ts';

interface Options {
  readonly platform: string;
  readonly list?: boolean;
}

interface Parsed {
  readonly reader: string;
  readonly value: unknown;
  readonly unread: readonly Line[];
}

const HELP = `
The command is matched as IOS takes it: abbreviations, filters behind a |, a
prompt in front. "log": lines of a log, with any header, as events.

Examples:
  spitrap parse "show crypto ipsec sa detail" hub.txt
  spitrap parse "sh cry isa sa" < commands/03-first-show-crypto-isakmp-sa.txt
  spitrap parse log device.log | jq '.value[] | select(.kind == "sa-deleted")'
  spitrap parse --list
`;

const LOG = 'log';
/** Lines named in the message about them; all are in the JSON. */
const UNREAD_NAMED = 3;

export const parseCommand: Subcommand = {
  name: 'parse',
  exits: '0 read to its last line, 1 a line was not understood (all is printed), or the file can not be read, 2 bad usage',
  register(command, perform) {
    command
      .description('an output of a router, or its log, as JSON')
      .argument('[command]', 'show …, as it was typed; or: log')
      .argument('[file]', 'its output; - (the default, when piped): standard input')
      .option('--platform <name>', `of ${platformNames.join(', ')}`, 'cisco-ios')
      .option('--list', 'what can be read, a line each')
      .addHelpText('after', HELP)
      .action((typed: string | undefined, file: string | undefined, options: Options) =>
        perform((context) => parse(typed, file, options, context)),
      );
  },
};

async function parse(
  typed: string | undefined,
  file: string | undefined,
  options: Options,
  context: CliContext,
): Promise<number> {
  const platform = platformNamed(options.platform);
  if (platform === null)
    throw new SpitrapError('USAGE', `no platform ${quoted(options.platform)}; there are ${platformNames.join(', ')}`);
  const readable = readersOf(platform);
  if (options.list === true) {
    print(context, [...readable.map(({ name }) => name), LOG].join('\n'));
    return exitCodes.ok;
  }
  if (typed === undefined)
    throw new SpitrapError('USAGE', 'which command? spitrap parse "show clock" FILE; spitrap parse --list');
  // Found before the file is read: a wrong word is told at once.
  const read = typed.trim() === LOG ? logReader(platform) : commandReader(typed, readable);
  const { reader, value, unread } = read(await inputOf(file, context));
  const told = { command: typed, platform: platform.name, reader, value, unread };
  print(context, JSON.stringify(told, spisInHex, 2));
  if (unread.length > 0) throw notUnderstood(reader, unread);
  return exitCodes.ok;
}

/** The shelf is Cisco's; of other platforms only the log can be read. */
const readersOf = ({ name }: Platform): readonly ShowReader[] => (name.startsWith('cisco-') ? shows : []);

function commandReader(typed: string, readable: readonly ShowReader[]): (text: string) => Parsed {
  const found = readable.length === 0 ? null : showReaderFor(typed);
  if (found === null) {
    const names = [...readable.map(({ name }) => name), LOG].join(', ');
    throw new SpitrapError('USAGE', `no reader for ${quoted(typed)}, or several; there are: ${names}`);
  }
  return (text) => ({ reader: found.name, ...found.parse(withoutHead(text)) });
}

/** A file of a bundle begins with what the agent says of the command: blank lines in its place, so that lines keep their numbers. */
const withoutHead = (text: string): string =>
  text.replace(/^# command .*\n(?:# .*\n)*(?=\r?\n)/, (head) => '\n'.repeat(head.split('\n').length - 1));

/** Lines that say nothing are no fault of a log's. */
const logReader =
  (platform: Platform) =>
  (text: string): Parsed => ({ reader: LOG, value: platform.evidence.log(text.split('\n')), unread: [] });

/** House rule: an SPI is printed as `0x%08x`. */
function spisInHex(key: string, value: unknown): unknown {
  if (typeof value === 'number' && /spi$/i.test(key)) return formatSpi(value);
  if (key === 'spis' && Array.isArray(value))
    return value.map((spi: unknown) => (typeof spi === 'number' ? formatSpi(spi) : spi));
  return value;
}

function notUnderstood(reader: string, unread: readonly Line[]): SpitrapError {
  const named = unread.slice(0, UNREAD_NAMED).map(({ number, text }) => `line ${number} ${quoted(text)}`);
  const more = unread.length > UNREAD_NAMED ? ` and ${unread.length - UNREAD_NAMED} more` : '';
  return new SpitrapError('LINES_UNREAD', `${reader}: not understood: ${named.join(', ')}${more}`);
}

/** @throws SpitrapError USAGE, FILE_UNREADABLE. */
async function inputOf(file: string | undefined, { host, stdin }: CliContext): Promise<string> {
  if (file === undefined && stdin.isTty)
    throw new SpitrapError('USAGE', 'which file? spitrap parse COMMAND FILE, or … | spitrap parse COMMAND');
  if (file === undefined || file === '-') return pipedText(stdin);
  try {
    return host.readFile(file, limits.parseInputBytesMax);
  } catch (error) {
    const errno = (error as { code?: unknown }).code;
    const why = errno === 'ENOENT' ? 'no such file' : error instanceof Error ? error.message : String(error);
    throw new SpitrapError('FILE_UNREADABLE', `cannot read ${printable(file, 200)}: ${printable(why)}`);
  }
}

async function pipedText(stdin: CliContext['stdin']): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of stdin.pieces()) {
      bytes += piece.length;
      if (bytes > limits.parseInputBytesMax) break;
      pieces.push(piece);
    }
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new SpitrapError('FILE_UNREADABLE', `cannot read standard input: ${printable(errno)}`);
  }
  if (bytes > limits.parseInputBytesMax)
    throw new SpitrapError('FILE_UNREADABLE', `standard input has more than ${limits.parseInputBytesMax} bytes`);
  return Buffer.concat(pieces).toString('utf8');
}
