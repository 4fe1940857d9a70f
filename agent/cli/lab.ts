/**
 * `spitrap lab`: the main job on an embedded simulated pair, with two real agent processes. The simulation is an island that is loaded
 * here and nowhere else in the program, and only when this subcommand is called. One run is cli/lab/run.ts.
 */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import { type DurationMs, formatDuration, parseDuration } from '../../shared/model/time.ts';
import type { World } from '../ports.ts';
import { wrapped } from '../status/text-layout.ts';
import { OfferingOption } from './completion/words.ts';
import { type Style, widthDefault, widthMax, widthMin } from './lab/lanes.ts';
import { findScenario, type Scenario, scenarios } from './lab/scenarios.ts';
import { type CliContext, exitCodes, print, type Subcommand } from './subcommand.ts';

interface Options {
  readonly delay: string;
  readonly scenario: string;
  readonly json?: boolean;
  readonly list?: boolean;
  readonly out?: string;
  readonly seed?: string;
  readonly loss: string;
  readonly real?: boolean;
  readonly desync?: string;
}

/** stop.delay of the configuration goes no further. */
const DELAY_MS_MAX: DurationMs = 300_000;
const DEFAULT_SCENARIO = 'desync';
const DEFAULT_DESYNC = 'child';
const NAME_COLUMNS = 20;
const SEED_MAX = 2 ** 32 - 1;
const LOSS_PERCENT_MAX = 90;
const FOLDER_BYTES = 4;
/** 128 + the signal's number, as a shell reports it. */
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export const labCommand: Subcommand = {
  name: 'lab',
  exits:
    '0 both boxes quiet, both bundles whole, and all as the scenario asks, 1 something else, 2 bad usage, 128 plus the signal that ended it',
  register(command, perform) {
    command
      .description('the whole job on a simulated pair: two head-ends, two agents, and an SA that breaks')
      .option('--delay <duration>', 'from the message to `undebug all`; 18s in the field', '3s')
      .addOption(scenarioOption())
      .option('--list', 'print the scenarios, a line or two each, and end')
      .option('--loss <percent>', 'of all datagrams between the agents, at random, during the incident', '0')
      .option(
        '--out <dir>',
        'where configurations, logs and bundles go; new or empty (default: a new folder in the temporary one)',
      )
      .option('--seed <number>', 'of the simulation; the same seed gives the same boxes')
      .option('--real', 'a real pair instead: strongSwan gateways in network namespaces (root; docs/linux.md)')
      .option('--desync <how>', 'with --real: child, terminate or crash (default: child)')
      .option('--json', 'end with the result as one line of JSON')
      .addHelpText(
        'after',
        `\n$listed().join('\n')\n\nExamples:\n  spitrap lab\n  spitrap lab --delay 18s --scenario lost-stop\n  spitrap lab --scenario failover --json\n`,
      )
      .action((options: Options) => perform((context) => (options.list === true ? list(context) : lab(options, context))));
  },
};

/** Checked by findScenario, which says what there is. */
const scenarioOption = (): OfferingOption =>
  new OfferingOption(
    '--scenario <name>',
    'what happens; --list tells what there is',
    scenarios.map(({ name }) => name),
  ).default(DEFAULT_SCENARIO);

function listed(): string[] {
  const lines = (one: readonly Scenario[]): string[] =>
    one.flatMap(({ name, story }) => wrapped(story, `  ${name.padEnd(NAME_COLUMNS)} `));
  const isCause = ({ setting }: Scenario): boolean => setting.cause !== undefined;
  return [
    'Scenarios:',
    ...lines(scenarios.filter((one) => !isCause(one))),
    '',
    'Causes, acted by two routers; the diagnosis is held to what was acted:',
    ...lines(scenarios.filter(isCause)),
  ];
}

async function list(context: CliContext): Promise<number> {
  for (const line of listed()) print(context, line);
  return exitCodes.ok;
}

async function lab(options: Options, context: CliContext): Promise<number> {
  const { world, self } = context;
  if (options.real !== true && options.desync !== undefined)
    throw new SpitrapError('USAGE', '--desync is for --real; a simulated pair has --scenario');
  if (options.real === true && (options.scenario !== DEFAULT_SCENARIO || options.seed !== undefined))
    throw new SpitrapError('USAGE', '--scenario and --seed are for the simulated pair; --real has --desync');
  const scenario = findScenario(options.scenario);
  const delayMs = parseDuration(options.delay);
  if (delayMs !== null && scenario.delayMsMax !== null && delayMs > scenario.delayMsMax)
    throw new SpitrapError(
      'USAGE',
      `--delay ${quoted(options.delay)} is longer than ${formatDuration(scenario.delayMsMax)}: Note A's applet would be killed by its maxrun of 20s before it stops anything`,
    );
  if (delayMs === null || delayMs > DELAY_MS_MAX)
    throw new SpitrapError('USAGE', `--delay ${quoted(options.delay)} is no duration up to 5m; write 3s or 500ms`);
  const seed = options.seed === undefined ? drawSeed(world) : wholeNumber('--seed', options.seed, SEED_MAX);
  const lossPercent = wholeNumber('--loss', options.loss, LOSS_PERCENT_MAX);
  const desync =
    options.real === true ? (await import('./lab/real/desyncs.ts')).findDesync(options.desync ?? DEFAULT_DESYNC) : null;
  const folder = await makeFolder(options.out, world);

  const abort = new AbortController();
  let signal: string | null = null;
  void context.stopSignal().then((name) => {
    signal = name;
    abort.abort();
  });
  const screen = { style: styleFor(context), print: (line: string) => print(context, line) };
  const asked = { folder, delayMs, lossPercent, ...self };
  const verdict =
    desync === null
      ? await (await import('./lab/run.ts')).runLab({ ...asked, scenario, seed }, world, screen, abort.signal)
      : await (await import('./lab/real/run.ts')).runRealLab(
          { ...asked, desync, machine: thisMachine() },
          world,
          screen,
          abort.signal,
        );
  if (verdict === null) {
    context.stderr.write(`spitrap: stopped by ${signal ?? 'a signal'}; both agents are gone, their files stay in ${folder}\n`);
    return SIGNAL_CODES[signal ?? ''] ?? exitCodes.failed;
  }
  if (options.json === true) print(context, JSON.stringify(verdict.result));
  return verdict.faults.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function styleFor({ stdout, noColor }: CliContext): Style {
  const columns = stdout.isTty ? (process.stdout.columns ?? widthDefault) : widthDefault;
  return { width: Math.max(widthMin, Math.min(widthMax, columns)), colour: stdout.isTty && !noColor };
}

const thisMachine = () => ({ os: process.platform, userId: process.getuid?.() ?? null });

const drawSeed = ({ random }: World): number => random.bytes(4).readUInt32BE(0);

function wholeNumber(option: string, text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw new SpitrapError('USAGE', `${option} ${quoted(text)} is no whole number from 0 to ${most}`);
  return value;
}

/** Old bundles would be taken for the new ones, and an old journal knows of incidents that this run is not about. */
async function makeFolder(out: string | undefined, { disk, random }: World): Promise<string> {
  const folder = out === undefined ? join(tmpdir(), `spitrap-lab-${random.bytes(FOLDER_BYTES).toString('hex')}`) : resolve(out);
  if ((await disk.list(folder)).length > 0)
    throw new SpitrapError('USAGE', `--out ${quoted(folder)} is not empty; give a new or an empty folder`);
  await disk.makeFolder(folder);
  return folder;
}
