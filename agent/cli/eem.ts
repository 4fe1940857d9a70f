/**
 * `spitrap eem …`: the language of the router's own event manager. One file a subcommand in eem/, one line in `parts`; what they know of
 * the language is in shared/eem/.
 */
import type { Command } from 'commander';
import { exportPart } from './eem/export.ts';
import type { Subcommand } from './subcommand.ts';

/** Adds one subcommand with its options and examples to the group. */
export type EemPart = (group: Command, perform: Parameters<Subcommand['register']>[1]) => void;

const parts: readonly EemPart[] = [exportPart];

export const eemCommand: Subcommand = {
  name: 'eem',
  exits: '0 done, 1 failed or, of lint, warnings found, 2 bad usage',
  register(command, perform) {
    command.description('event-manager applets of routers');
    for (const add of parts) add(command, perform);
  },
};
