/** Opens the index of a fleet for subcommands that only look: works while no `spitrap fleet` runs, and beside those that do. */
import type { Command } from 'commander';
import { SpitrapError } from '../../../shared/errors.ts';
import { printable, quoted } from '../../../shared/model/printable.ts';
import type { FleetIndex } from '../../fleet/index/fleet-index.ts';
import type { CliContext } from '../subcommand.ts';

export const DEFAULT_CONFIG = '/etc/spitrap/fleet.yaml';

export interface FleetOptions {
  readonly config?: string;
  readonly folder?: string;
  readonly json?: boolean;
}

/** Every one of them. `fleet -c FILE top` says which, too. */
export const withFolder = (command: Command): Command =>
  command
    .option('-c, --config <file>', `configuration of the fleet process (default: ${DEFAULT_CONFIG})`)
    .option('--folder <dir>', 'its folder, where the configuration can not be read')
    .option('--json', 'as JSON (docs/fleet.md)');

/** What stands before the word counts where nothing stands behind it. */
export function optionsOf<T extends FleetOptions>(command: Command): T {
  return { ...command.parent?.opts<T>(), ...command.opts<T>() } as T;
}

/** @throws SpitrapError as agent/fleet/config.ts does */
export async function folderFrom(options: FleetOptions, context: CliContext): Promise<string> {
  if (options.folder !== undefined) return options.folder;
  const { loadFleetFolder } = await import('../../fleet/config.ts');
  return loadFleetFolder(options.config ?? DEFAULT_CONFIG, context.host);
}

/** Rejects with NOT_RUNNING when no fleet process ever ran on the folder, INDEX_UNREADABLE, INDEX_FAILED. */
export async function looking<T>(
  options: FleetOptions,
  context: CliContext,
  look: (index: FleetIndex) => Promise<T> | T,
): Promise<T> {
  const folder = await folderFrom(options, context);
  const { disk, clock, random } = context.world;
  const { indexFolder } = await import('../../fleet/config.ts');
  const index = indexFolder(folder);
  if ((await disk.stat(index)) === null) {
    if (options.folder !== undefined && (await disk.stat(folder)) === null)
      throw new SpitrapError('USAGE', `--folder ${quoted(folder, 300)}: there is no such folder`);
    throw new SpitrapError('NOT_RUNNING', `no index in ${printable(folder, 300)}: no spitrap fleet has run on it yet`);
  }
  const { openFleetIndex } = await import('../../fleet/index/open-index.ts');
  const opened = await openFleetIndex({ folder: index, clock, disk, random });
  try {
    return await look(opened);
  } finally {
    await opened.close();
  }
}
