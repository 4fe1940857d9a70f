/**
 * `spitrap eem …`: the language of the router's own event manager. One file a subcommand in eem/, one line in `parts`; what they know of
 * the language is in shared/eem/.
 */
import type { Command } from 'commander';
import { exportPart } from './eem/export.ts';
import { importPart } from './eem/import.ts';
import { lintPart } from './eem/lint.ts';
import type { Subcommand } from './subcommand.ts';

/** Adds one subcommand with its options and examples to the group. */
export type EemPart = (group: Command, perform: Parameters<Subcommand['register']>[1]) => void;

const parts: readonly EemPart[] = [exportPart, lintPart, importPart];

const EXAMPLES = `
Examples:
  spitrap eem lint hub-running-config.txt
  spitrap eem import hub-running-config.txt -o hub.yaml
  spitrap eem export -c hub.yaml --explain
`;

export const eemCommand: Subcommand = {
  name: 'eem',
  exits: '0 done (lint: no warning), 1 failed (lint: warnings found), 2 bad usage or a file that can not be read',
  register(command, perform) {
    command.description('event-manager applets of routers').addHelpText('after', EXAMPLES);
    for (const add of parts) add(command, perform);
  },
};
