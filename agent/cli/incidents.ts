/** `spitrap incidents [list | show ID]`: what happened, read from dataDir, whether or not the agent runs. */
import type { Command } from 'commander';
import { SpitrapError } from '../../shared/errors.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { pickIncident, storedIncidents, storedVerdicts } from '../evidence/stored-incidents.ts';
import { verifyBundle } from '../evidence/verify.ts';
import { wrapped } from '../status/text-layout.ts';
import { incidentListText, incidentText } from './incident-text.ts';
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

type Options = DataDirOptions & { readonly json?: boolean };

const EXAMPLES =
  '\nExamples:\n  spitrap incidents list -c hub.yaml\n  spitrap incidents show 01HV5T -c hub.yaml\n  spitrap incidents show 01HV5T --data-dir /var/lib/spitrap --json\n';

export const incidentsCommand: Subcommand = {
  name: 'incidents',
  exits: '0 done, 1 no such incident, or its bundle is not whole, 2 bad usage or configuration',
  register(command, perform) {
    command.description('what happened, from disk: works when the agent is down').addHelpText('after', EXAMPLES);
    shared(command.command('list', { isDefault: true }), 'all incidents, newest first').action((options: Options) =>
      perform((context) => list(options, context)),
    );
    shared(command.command('show'), 'one incident, and whether its bundle is whole')
      .argument('<id>', 'its id, or the beginning of it')
      .action((id: string, options: Options) => perform((context) => show(id, options, context)));
  },
};

function shared(command: Command, description: string): Command {
  return withDataDir(command)
    .description(description)
    .option('--json', 'as JSON (docs/bundle.md)')
    .addHelpText('after', EXAMPLES);
}

async function list(options: Options, context: CliContext): Promise<number> {
  const dataDir = await dataDirFrom(options, context);
  const isThere = await dataDirIsThere(dataDir, options, context);
  const incidents = await storedIncidents(dataDir, context.world.disk);
  if (options.json)
    printJson(
      context,
      incidents.map(({ id, folder, state, why, incident }) => ({
        id,
        folder,
        state,
        why,
        opened: incident?.opened.at ?? null,
        flows: incident?.flows ?? null,
        off: incident?.stop.off ?? null,
        outcome: incident?.outcome ?? null,
      })),
    );
  else if (!isThere) print(context, wrapped(`no incidents: no agent has run on ${printable(dataDir, 400)} yet`, '').join('\n'));
  else print(context, incidentListText(incidents, paintFor(context)));
  return exitCodes.ok;
}

/** A folder that was mistyped has no incidents either, and that would be the wrong answer. @throws SpitrapError USAGE. */
async function dataDirIsThere(dataDir: string, options: Options, { world }: CliContext): Promise<boolean> {
  if ((await world.disk.stat(dataDir)) !== null) return true;
  if (options.dataDir !== undefined)
    throw new SpitrapError('USAGE', `--data-dir ${quoted(dataDir, 300)}: there is no such folder`);
  return false;
}

/** Exit 1 when the bundle is not whole. */
async function show(id: string, options: Options, context: CliContext): Promise<number> {
  const dataDir = await dataDirFrom(options, context);
  await dataDirIsThere(dataDir, options, context);
  const stored = pickIncident(await storedIncidents(dataDir, context.world.disk), id);
  if (stored.incident === null) {
    if (options.json) printJson(context, { ...stored, whole: false });
    else print(context, incidentListText([stored], paintFor(context)));
    return stored.state === 'open' ? exitCodes.ok : exitCodes.failed;
  }
  const { whole, problems } = await verifyBundle(stored.folder, context.world.disk);
  const later = await storedVerdicts(stored.folder, context.world.disk);
  if (options.json) printJson(context, { folder: stored.folder, whole, problems, incident: stored.incident, verdicts: later });
  else print(context, incidentText(stored.incident, stored.folder, problems, paintFor(context), later));
  return whole ? exitCodes.ok : exitCodes.failed;
}
