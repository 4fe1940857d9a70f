/**
 * `spitrap advise --config RUNNING_CONFIG [--peer-config OTHER]`: what a router's configuration means for black holes, and for catching
 * them: shared/advise/. This file reads the files and prints. Nothing is sent anywhere.
 */
import { adviseOn, type Report } from '../../shared/advise/advise.ts';
import type { Advice, Severity } from '../../shared/advise/words.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { type Tone, wrapped } from '../status/text-layout.ts';
import { type CliContext, exitCodes, paintFor, print, printJson, type Subcommand } from './subcommand.ts';

interface Options {
  readonly config: string;
  readonly peerConfig?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  spitrap advise --config hub1-confg
  spitrap advise --config hub1-confg --peer-config spoke1-confg
  spitrap advise --config hub1-confg --json
`;

export const adviseCommand: Subcommand = {
  name: 'advise',
  exits: '0 read, whatever was found; 2 bad usage, or a file that can not be read',
  register(command, perform) {
    command
      .description('what a running configuration means for bad SPIs')
      .requiredOption('--config <file>', 'show running-config of a router')
      .option('--peer-config <file>', 'that of the other end: lifetimes are compared')
      .option('--json', 'as JSON: { "hostname": …, "peerings": […], "advice": […] }')
      .addHelpText('after', EXAMPLES)
      .action((options: Options) =>
        perform(async (context) => {
          const report = adviseOn(
            readText(options.config, context),
            options.peerConfig === undefined ? null : readText(options.peerConfig, context),
          );
          if (options.json === true) printJson(context, report);
          else print(context, reportText(report, context));
          return exitCodes.ok;
        }),
      );
  },
};

/** What a session keeps of one command bounds a file of its output too. */
function readText(file: string, { host }: CliContext): string {
  let text: string;
  try {
    text = host.readFile(file, limits.commandOutputBytesMax);
  } catch (error) {
    const errno = (error as { code?: unknown }).code;
    const why = errno === 'ENOENT' ? 'no such file' : error instanceof Error ? error.message : String(error);
    throw new SpitrapError(
      'CONFIG_UNREADABLE',
      `can not read ${printable(file)}: ${printable(why)}; give the output of show running-config`,
    );
  }
  // Of every other subcommand --config is the agent's.
  if (/^role:/m.test(text) && /^device:/m.test(text))
    throw new SpitrapError('USAGE', `${printable(file)} is an agent's configuration; give the output of show running-config`);
  return text;
}

const MARKS: Readonly<Record<Severity, readonly [mark: string, tone: Tone]>> = {
  warning: ['!', 'warn'],
  unknown: ['?', 'quiet'],
  note: ['-', 'plain'],
  good: ['✓', 'good'],
};
/** A word that rests on many lines shows the first. */
const LINES_SHOWN = 6;

function reportText(report: Report, context: CliContext): string {
  const paint = paintFor(context);
  const counts = (['warning', 'unknown', 'note', 'good'] as const).map(
    (severity) => `${report.advice.filter((each) => each.severity === severity).length} ${severity}`,
  );
  return [
    `${printable(report.hostname)}: ${counts.join(', ')}`,
    ...report.advice.flatMap((point) => ['', ...pointText(point, (text) => paint(MARKS[point.severity][1], text))]),
  ].join('\n');
}

function pointText({ word, severity, what, why, source, lines, enter }: Advice, paint: (text: string) => string): string[] {
  const [first, ...more] = wrapped(`${word}: ${what}`, `${MARKS[severity][0]} `);
  const left = lines.length - LINES_SHOWN;
  return [
    paint(first!),
    ...more,
    ...wrapped(why, '  '),
    ...wrapped(`Source: ${source}.`, '  '),
    ...lines.slice(0, LINES_SHOWN).flatMap(({ line, text }) => wrapped(text, `  line ${line}: `)),
    ...(left > 0 ? [`  and ${left} more lines`] : []),
    ...enter.flatMap((each) => wrapped(each, '  enter: ')),
  ];
}
