/**
 * `spitrap report ID|DIR [DIR]`: which end lost which SA, and why (docs/report.md). Reads bundles of one or both ends, has them diagnosed
 * by shared/analyze, prints the text, or writes the page or the JSON. Works when no agent runs, on bundles that came by mail too.
 */
import { basename, dirname, join, resolve, sep } from 'node:path';
import { diagnose } from '../../shared/analyze/diagnose.ts';
import { reportJson } from '../../shared/analyze/report/json.ts';
import { reportHtml } from '../../shared/analyze/report/page.ts';
import { reportText } from '../../shared/analyze/report/text.ts';
import type { Diagnosis } from '../../shared/analyze/verdict.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { INCIDENT, writeDurably } from '../evidence/bundle-files.ts';
import { readBundle } from '../evidence/read-bundle.ts';
import { fetchedBundles, pickIncident, storedIncident, storedIncidents } from '../evidence/stored-incidents.ts';
import { wrapped } from '../status/text-layout.ts';
import {
  type CliContext,
  type DataDirOptions,
  dataDirFrom,
  exitCodes,
  paintFor,
  print,
  printJson,
  type Subcommand,
  withDataDir,
} from './subcommand.ts';

interface Options extends DataDirOptions {
  readonly html?: string;
  readonly text?: boolean;
  readonly json?: boolean;
  readonly force?: boolean;
}

const EXAMPLES = `
Examples:
  spitrap report 01HV5T -c hub.yaml
  spitrap report hub/01HV5TK3XQ8M5ZT1C0D9E2F4G6 spoke/01HV5TK3XQ8M5ZT1C0D9E2F4G6
  spitrap report 01HV5T ./spoke-bundle -c hub.yaml --html incident.html
`;

/** An id, or the beginning of one. */
const ID = /^[0-9A-HJKMNP-TV-Z]{4,26}$/i;

export const reportCommand: Subcommand = {
  name: 'report',
  exits:
    '0 made, 1 no such bundle, or one is not whole (the report is made all the same), 2 bad usage, or bundles of two incidents',
  register(command, perform) {
    withDataDir(command)
      .description('which end lost which SA, and why: from the bundles of one or both ends')
      .argument('<bundle>', 'folder of a bundle, or the id of an incident (with -c or --data-dir)')
      .argument('[other]', 'that of the other end')
      .option('--html <file>', 'write it as one page that needs nothing else; - is standard output')
      .option('--text', 'print it in 80 columns (the default)')
      .option('--json', 'print it as JSON (docs/report.md)')
      .option('--force', 'put two bundles together even if they are of two incidents')
      .addHelpText('after', EXAMPLES)
      .action((one: string, other: string | undefined, options: Options) =>
        perform((context) => report(other === undefined ? [one] : [one, other], options, context)),
      );
  },
};

async function report(asked: readonly string[], options: Options, context: CliContext): Promise<number> {
  const { html, text, json } = options;
  if ([html !== undefined, text === true, json === true].filter(Boolean).length > 1)
    throw new SpitrapError('USAGE', 'give one of --html, --text and --json');
  const folders: string[] = [];
  for (const one of asked) folders.push(await folderOf(one, options, context));
  // What the agent has fetched meanwhile; a person who names a folder means that one.
  if (folders.length === 1 && !(await isFolder(asked[0]!, context))) folders.push(...(await otherEndOf(folders[0]!, context)));
  // Before anything is read: what is written must not end in what it was made of.
  if (html !== undefined && html !== '-') refuseInside(html, folders);
  const bundles: BundleText[] = [];
  for (const folder of folders) bundles.push(await readBundle(folder, context.world.disk));
  const [one, other] = bundles;
  if (one && other) expectPair(one, other, folders, options.force === true);
  const diagnosis = diagnose(bundles, platformNamed);
  if (json === true) printJson(context, reportJson(diagnosis));
  else if (html === '-') context.stdout.write(reportHtml(diagnosis, bundles));
  else if (html !== undefined) await writePage(html, diagnosis, bundles, context);
  else
    print(
      context,
      reportText(diagnosis, bundles, (title) => paintFor(context)('strong', title)),
    );
  return bundles.every(({ problems }) => problems.length === 0) ? exitCodes.ok : exitCodes.failed;
}

/** The one that the page's report is of, too. */
async function otherEndOf(folder: string, { world }: CliContext): Promise<readonly string[]> {
  const incident = await storedIncident(folder, world.disk);
  return incident === null ? [] : (await fetchedBundles(incident, folder, world.disk)).slice(0, 1);
}

const isFolder = async (asked: string, { world }: CliContext): Promise<boolean> =>
  (await world.disk.stat(asked))?.folder === true;

/** A folder that is there is meant before an id of the same letters. @throws SpitrapError INCIDENT_UNKNOWN, USAGE. */
async function folderOf(asked: string, options: Options, context: CliContext): Promise<string> {
  const { disk } = context.world;
  if ((await isFolder(asked, context)) || asked.includes(sep) || !ID.test(asked)) return resolve(asked);
  if (options.config === undefined && options.dataDir === undefined)
    throw new SpitrapError(
      'USAGE',
      `there is no folder ${quoted(asked)}; if it is the id of an incident, name its agent: -c FILE or --data-dir DIR`,
    );
  const stored = pickIncident(await storedIncidents(await dataDirFrom(options, context), disk), asked);
  return resolve(stored.folder);
}

/** @throws SpitrapError USAGE. */
function expectPair(one: BundleText, other: BundleText, folders: readonly string[], force: boolean): void {
  const [a, b] = [one.incident, other.incident];
  const same = a.role === b.role && a.device.name === b.device.name && a.device.address === b.device.address;
  if (folders[0] === folders[1] || (same && a.id === b.id))
    throw new SpitrapError(
      'USAGE',
      `both bundles are of ${quoted(a.device.name)}, incident ${printable(a.id)}: give one of them, or that of the other end`,
    );
  const ids = new Set([a.id, ...a.aliases]);
  if (force || [b.id, ...b.aliases].some((id) => ids.has(id))) return;
  throw new SpitrapError(
    'USAGE',
    `two incidents: ${printable(one.name)} is ${printable(a.id)} (${printable(a.opened.at)}), ${printable(other.name)} is ${printable(b.id)} (${printable(b.opened.at)}); give bundles of one, or --force`,
  );
}

/** @throws SpitrapError USAGE: a sealed bundle with a file more is a damaged one. */
function refuseInside(file: string, folders: readonly string[]): void {
  const path = resolve(file);
  const inside = folders.find((folder) => path === folder || path.startsWith(`${folder}${sep}`));
  if (inside !== undefined)
    throw new SpitrapError('USAGE', `--html ${quoted(file, 200)} is inside the bundle ${quoted(inside, 200)}, which is sealed`);
}

/** @throws SpitrapError USAGE, DISK_FAILED. */
async function writePage(file: string, diagnosis: Diagnosis, bundles: readonly BundleText[], context: CliContext): Promise<void> {
  const { disk } = context.world;
  const path = resolve(file);
  const found = await disk.stat(path);
  if (found?.folder)
    throw new SpitrapError('USAGE', `--html ${quoted(file, 200)} is a folder; give a file, such as ${join(file, 'report.html')}`);
  // A folder above it that holds a bundle is one too, whichever was asked for.
  if ((await disk.stat(join(dirname(path), INCIDENT))) !== null && basename(path) !== INCIDENT)
    throw new SpitrapError('USAGE', `--html ${quoted(file, 200)} is inside a bundle, which is sealed`);
  const bytes = await writeDurably(path, [Buffer.from(reportHtml(diagnosis, bundles))], disk);
  print(context, wrapped(printable(diagnosis.verdict.sentence, 500), '').join('\n'));
  print(context, `${printable(path, 500)} (${Math.ceil(bytes / 1024)} KiB)`);
}
