/** `spitrap fleet show ID`: one incident of the fleet with its ends, its report made of the bundles of the object store, or a bundle saved. */
import { resolve } from 'node:path';
import { SpitrapError } from '../../../shared/errors.ts';
import type { FleetIncident } from '../../../shared/fleet/view.ts';
import { printable, quoted } from '../../../shared/model/printable.ts';
import { writeDurably } from '../../evidence/bundle-files.ts';
import { BundleDesk, endKey } from '../../fleet/bundle-desk.ts';
import { loadFleetConfig, reportsFolder } from '../../fleet/config.ts';
import { bounded } from '../../lifecycle.ts';
import { type CliContext, exitCodes, paintFor, print, printJson } from '../subcommand.ts';
import { connected } from './engine.ts';
import { showText } from './fleet-text.ts';
import { DEFAULT_CONFIG, type FleetOptions, looking } from './look.ts';

export interface ShowOptions extends FleetOptions {
  readonly report?: boolean;
  readonly html?: string;
  readonly bundle?: string;
  readonly end?: string;
}

const CLOSE_MS = 3_000;
const PREFIX_SHOWN = 8;

export async function show(id: string, options: ShowOptions, context: CliContext): Promise<number> {
  const ways = [options.report === true, options.html !== undefined, options.bundle !== undefined].filter(Boolean).length;
  if (ways > 1) throw new SpitrapError('USAGE', 'give one of --report, --html and --bundle');
  const incident = await looking(options, context, (index) => {
    const found = index.show(id.toUpperCase());
    if (found !== null) return found;
    const begin = index.matching(id.toUpperCase(), PREFIX_SHOWN);
    throw new SpitrapError(
      'INCIDENT_UNKNOWN',
      begin.length > 0
        ? `several incidents begin with ${quoted(id, 40)}: ${begin.join(', ')}${begin.length < PREFIX_SHOWN ? '' : ' …'}; give more of the id`
        : `no incident ${quoted(id, 40)} is known here; spitrap fleet incidents lists them`,
    );
  });
  if (ways > 0) return withDesk(options, context, (desk) => evidence(incident, options, desk, context));
  if (options.json) printJson(context, incident);
  else print(context, showText(incident, paintFor(context)));
  return exitCodes.ok;
}

async function evidence(incident: FleetIncident, options: ShowOptions, desk: BundleDesk, context: CliContext): Promise<number> {
  const { disk } = context.world;
  if (options.bundle !== undefined) {
    const { bytes, chunks } = await desk.bundle(incident, endKey(endOf(incident, options.end)));
    const path = await newFile('--bundle', options.bundle, context);
    try {
      await writeDurably(path, chunks, disk);
    } catch (error) {
      // What came is not what was told of: nothing of it stays under the name that was asked for.
      await disk.remove(path).catch(() => {});
      throw error;
    }
    print(context, `${printable(path, 500)} (${Math.ceil(bytes / 1024)} KiB)`);
    return exitCodes.ok;
  }
  const { files, without } = await desk.report(incident);
  for (const one of without) context.stderr.write(`spitrap: warning: ${one}\n`);
  if (options.html !== undefined) {
    const path = await newFile('--html', options.html, context);
    const bytes = await writeDurably(path, [await disk.readFile(files.html)], disk);
    print(context, `${printable(path, 500)} (${Math.ceil(bytes / 1024)} KiB)`);
  } else print(context, (await disk.readFile(options.json ? files.json : files.text)).toString('utf8'));
  return without.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** @throws SpitrapError USAGE, INCIDENT_UNKNOWN */
function endOf({ ends, id }: FleetIncident, asked: string | undefined) {
  const telling = ends.filter(({ bundle }) => bundle !== null);
  const wanted = telling.filter(({ device, role }) => asked === undefined || asked === device || asked === role);
  const [one, another] = wanted;
  if (one === undefined)
    throw new SpitrapError(
      'INCIDENT_UNKNOWN',
      `no ${asked === undefined ? '' : `${quoted(asked, 80)} with a `}bundle of ${id} is in the object store (yet)`,
    );
  if (another !== undefined)
    throw new SpitrapError(
      'USAGE',
      `which end? --end ${telling
        .slice(0, PREFIX_SHOWN)
        .map(({ device }) => printable(device, 60))
        .join(' or --end ')}`,
    );
  return one;
}

/** What is there already is somebody's. @throws SpitrapError USAGE */
async function newFile(option: string, file: string, { world }: CliContext): Promise<string> {
  const path = resolve(file);
  const found = await world.disk.stat(path);
  if (found !== null)
    throw new SpitrapError(
      'USAGE',
      `${option} ${quoted(file, 200)}: there is ${found.folder ? 'a folder' : 'a file'} of that name already`,
    );
  return path;
}

async function withDesk(options: ShowOptions, context: CliContext, work: (desk: BundleDesk) => Promise<number>): Promise<number> {
  const { config, warnings } = loadFleetConfig(options.config ?? DEFAULT_CONFIG, context.host);
  for (const warning of warnings) context.stderr.write(`spitrap: warning: ${warning}\n`);
  const { world } = context;
  const engine = world.engines.open(config.engine);
  try {
    await connected(engine, context);
    return await work(new BundleDesk({ world, engine, folder: reportsFolder(options.folder ?? config.folder) }));
  } finally {
    await bounded(engine.close(), CLOSE_MS, world.clock, 'close engine');
  }
}
