/** `spitrap eem import FILE [FILE]`: a router's applets to the configuration of an agent beside it, and what is left of them as comments. */
import { basename, dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import { type ImportRole, importFacts } from '../../../shared/eem/import-facts.ts';
import { lint } from '../../../shared/eem/lint.ts';
import { SpitrapError } from '../../../shared/errors.ts';
import { printable, quoted } from '../../../shared/model/printable.ts';
import { loadConfigText } from '../../config/load.ts';
import { wrapped } from '../../status/text-layout.ts';
import type { EemPart } from '../eem.ts';
import { configText } from '../init/config-text.ts';
import { hostWith, writeWhole } from '../init/files.ts';
import { roles } from '../init/questions.ts';
import { type CliContext, exitCodes } from '../subcommand.ts';
import { importedConfig, type NeededSecret, type PeerKind } from './import-config.ts';
import { remainsText } from './import-remains.ts';
import { countOf } from './lint-text.ts';
import { readEemFiles } from './read-files.ts';

interface Options {
  readonly role?: ImportRole;
  readonly peerKind: PeerKind;
  readonly out: string;
  readonly force?: boolean;
}

const HELP = `
The first file is the router beside the agent, a second one the other end: it
tells addresses that the first does not. What no text says is marked FILL IN.

Examples:
  spitrap eem import hub-running-config.txt -o hub.yaml
  spitrap eem import spoke.txt hub.txt --peer-kind spitrap -o spoke.yaml
`;

export const importPart: EemPart = (group, perform) => {
  group
    .command('import')
    .description('applets to the configuration of an agent, in mode observe')
    .argument('<file...>', 'a running configuration or applets alone; - is standard input')
    .addOption(new Option('--role <role>', 'of this end (default: what the applets do)').choices(roles))
    .addOption(new Option('--peer-kind <kind>', 'what the other end is').choices(['eem', 'spitrap']).default('eem'))
    .option('-o, --out <file>', 'where it is written; - is stdout', '-')
    .option('--force', 'write over a configuration that is there')
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => perform((context) => importApplets(names, options, context)));
};

async function importApplets(names: readonly string[], options: Options, context: CliContext): Promise<number> {
  const out = options.out === '-' ? null : resolve(options.out);
  if (out !== null) await mayWrite(out, options, context);
  const files = lint(await readEemFiles(names, context));
  const facts = importFacts(files[0]!.config, files[1]?.config ?? null, options.role ?? null);
  if (facts.role === null)
    throw new SpitrapError(
      'USAGE',
      `${printable(files[0]!.name, 200)}: no applet in it sends or takes a trap, so that the role of this end is not known; give --role hub, spoke or both`,
    );
  const fileName = out === null ? 'FILE' : basename(out);
  const { config, secrets } = importedConfig(facts, { peerKind: options.peerKind, fileName });
  const text = `${configText(config)}${remainsText(files)}`;
  const warnings = judged(text, out ?? resolve('stdout.yaml'), secrets, context);
  if (out === null) context.stdout.write(text);
  else await writeWhole({ path: out, text }, context.world.disk, context.world.random);
  const found = files.reduce((sum, { findings }) => sum + countOf(findings, 'warning'), 0);
  for (const line of closing(text, { options, secrets, warnings, found })) context.stderr.write(`${line}\n`);
  return exitCodes.ok;
}

async function mayWrite(out: string, options: Options, { world }: CliContext): Promise<void> {
  const found = await world.disk.stat(out);
  if (found?.folder) throw new SpitrapError('USAGE', `${quoted(out, 300)} is a folder; give a file: -o FILE`);
  if (found !== null && options.force !== true)
    throw new SpitrapError('USAGE', `${quoted(out, 300)} is there already; give another with -o, or write over it with --force`);
}

/** By the program's own reading, with its secrets as they will be. @throws SpitrapError CONFIG_INVALID. */
function judged(text: string, file: string, secrets: readonly NeededSecret[], { host }: CliContext): readonly string[] {
  const planned = secrets.map(({ path }) => ({ path: join(dirname(file), path), text: 'to-be-filled-in\n' }));
  return loadConfigText(text, file, hostWith(planned, host)).warnings;
}

interface Closing {
  readonly options: Options;
  readonly secrets: readonly NeededSecret[];
  readonly warnings: readonly string[];
  readonly found: number;
}

function closing(text: string, { options, secrets, warnings, found }: Closing): string[] {
  const open = text.split('\n').filter((line) => line.includes('# FILL IN:')).length;
  const name = options.out === '-' ? 'the configuration' : printable(options.out, 300);
  return [
    ...(options.out === '-' ? [] : wrapped(`${name} is written, in mode observe.`, '')),
    ...warnings.flatMap((warning) => wrapped(warning, '! ')),
    ...wrapped(`Fill in what is marked FILL IN (${open} places), and make these files beside it, 0600:`, ''),
    ...secrets.flatMap(({ path, what }) => wrapped(`${path}: ${what}`, '  ')),
    ...(found === 0 ? [] : wrapped(`${found} warnings of lint stand at its end.`, '')),
    ...(options.out === '-' ? [] : wrapped(`Then: spitrap check -c ${name} --offline`, '')),
  ];
}
