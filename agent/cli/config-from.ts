/** `-c FILE` as a Config, for the subcommands that cannot do without. Apart from subcommand.ts: what judges a configuration is slow to load. */
import { SpitrapError } from '../../shared/errors.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { CliContext } from './subcommand.ts';

/** @throws SpitrapError as load.ts does, USAGE without a file. */
export function configFrom(file: string | undefined, context: CliContext): LoadedConfig {
  if (file === undefined) throw new SpitrapError('USAGE', 'which agent? Give its configuration: -c FILE');
  return loadConfig(file, context.host);
}
