/**
 * `spitrap advise -c FILE | --config RUNNING_CONFIG [--peer-config OTHER]`: what a router's configuration means for black holes, and for
 * catching them: shared/advise/. This file gets the configuration, from a file or (agent/check/running-config.ts) from the router, and prints.
 */

import { adviseOn, type Report } from '../../shared/advise/advise.ts';
import type { AgentView } from '../../shared/advise/agent-points.ts';
import type { Advice, Severity } from '../../shared/advise/words.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { openForPerson } from '../check/open-device.ts';
import { readRunningConfig } from '../check/running-config.ts';
import type { Config } from '../config/config.ts';
import { isSyslogListener } from '../config/config.ts';
import type { Audit } from '../device/audit.ts';
import { Cleanup } from '../lifecycle.ts';
import { type Tone, wrapped } from '../status/text-layout.ts';
import { configFrom } from './config-from.ts';
import { type CliContext, exitCodes, paintFor, print, printJson, type Subcommand } from './subcommand.ts';

interface Options {
  /** `-c`: the agent's. */
  readonly agent?: string;
  readonly config?: string;
  readonly peerConfig?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  spitrap advise -c hub.yaml
  spitrap advise --config hub1-confg
  spitrap advise --config hub1-confg --peer-config spoke1-confg
  spitrap advise --config hub1-confg --json
`;

export const adviseCommand: Subcommand = {
  name: 'advise',
  exits: '0 read, whatever was found; 1 the router did not show it; 2 bad usage, or a file that can not be read',
  register(command, perform) {
    command
      .description('what a running configuration means for bad SPIs')
      .option('-c, --agent <file>', 'configuration of an agent: its router is asked, over SSH')
      .option('--config <file>', 'show running-config of a router')
      .option('--peer-config <file>', 'that of the other end: lifetimes are compared')
      .option('--json', 'as JSON: { "peerings": […], "advice": […], … }')
      .addHelpText('after', EXAMPLES)
      .action((options: Options) =>
        perform(async (context) => {
          const { agent: agentFile, config: file, peerConfig } = options;
          if ((agentFile === undefined) === (file === undefined))
            throw new SpitrapError('USAGE', 'give -c FILE (of an agent) or --config FILE (show running-config), one of them');
          // A file that is not there is told before a router is asked.
          const peerText = peerConfig === undefined ? null : readText(peerConfig, context);
          const asked = agentFile === undefined ? null : await askRouter(agentFile, context);
          const report = adviseOn(asked?.text ?? readText(file!, context), peerText, asked?.agent ?? null);
          if (options.json === true) printJson(context, report);
          else print(context, reportText(report, context, asked === null));
          return exitCodes.ok;
        }),
      );
  },
};

async function askRouter(file: string, context: CliContext): Promise<{ readonly text: string; readonly agent: AgentView }> {
  const { config } = configFrom(file, context);
  const cleanup = new Cleanup(context.world.clock);
  let kept: Audit | null = null;
  try {
    // Where it can not be made, the audit file says so in its status.
    await context.world.disk.makeFolder(config.dataDir).catch(() => {});
    const opened = openForPerson(config, context.world, { kept: true }, cleanup);
    kept = opened.audit;
    const { address, port } = config.device;
    if (context.stderr.isTty) context.stderr.write(`asking ${printable(config.device.name)} at ${address} port ${port}\n`);
    const { text, location } = await readRunningConfig(config, opened);
    return { text, agent: viewOf(config, location) };
  } finally {
    await cleanup.stop();
    const lost = kept?.status().lastError ?? null;
    if (lost !== null) context.stderr.write(`what was sent is not in the audit file: ${printable(lost)}\n`);
  }
}

function viewOf(config: Config, location: string | null): AgentView {
  const listens = config.sources.flatMap((source) => (isSyslogListener(source) ? [source.listen.address] : []));
  // Behind a jump host the router sees that one's address; behind a relay its logging host is the relay.
  const isDirect = config.device.jump === null && config.device.match.every((match) => match.kind === 'address');
  const named = listens.filter((address) => address !== '0.0.0.0' && address !== '::');
  const hosts = named.length > 0 ? named : location === null ? null : [location];
  return {
    platform: config.device.platform,
    peers: config.peers,
    hosts: listens.length === 0 || !isDirect ? null : hosts,
    conditions: config.arming.conditions,
    debugs: config.arming.debugs,
  };
}

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
    throw new SpitrapError(
      'USAGE',
      `${printable(file)} is an agent's configuration; give it with -c, or the output of show running-config`,
    );
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

/** `numbered`: lines of a file that the reader has. */
function reportText(report: Report, context: CliContext, numbered: boolean): string {
  const paint = paintFor(context);
  const counts = (['warning', 'unknown', 'note', 'good'] as const).map(
    (severity) => `${report.advice.filter((each) => each.severity === severity).length} ${severity}`,
  );
  return [
    `${printable(report.hostname)}: ${counts.join(', ')}`,
    ...report.advice.flatMap((point) => ['', ...pointText(point, (text) => paint(MARKS[point.severity][1], text), numbered)]),
  ].join('\n');
}

function pointText(
  { word, severity, what, why, source, lines, enter }: Advice,
  paint: (text: string) => string,
  numbered: boolean,
): string[] {
  const [first, ...more] = wrapped(`${word}: ${what}`, `${MARKS[severity][0]} `);
  const left = lines.length - LINES_SHOWN;
  return [
    paint(first!),
    ...more,
    ...wrapped(why, '  '),
    ...wrapped(`Source: ${source}.`, '  '),
    ...lines.slice(0, LINES_SHOWN).flatMap(({ line, text }) => wrapped(text, numbered ? `  line ${line}: ` : '  has: ')),
    ...(left > 0 ? [`  and ${left} more lines`] : []),
    ...enter.flatMap((each) => wrapped(each, '  enter: ')),
  ];
}
