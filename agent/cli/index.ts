/** The subcommands shelf: one line a subcommand. `lab` imports its island dynamically. */
import { ackCommand } from './ack.ts';
import { commandsCommand } from './commands.ts';
import { completionCommand } from './completion.ts';
import { holdCommand } from './hold.ts';
import { incidentsCommand } from './incidents.ts';
import { initCommand } from './init.ts';
import { labCommand } from './lab.ts';
import { runCommand } from './run.ts';
import { statusCommand } from './status.ts';
import type { Subcommand } from './subcommand.ts';

export const subcommands: readonly Subcommand[] = [
  initCommand,
  runCommand,
  statusCommand,
  incidentsCommand,
  holdCommand,
  ackCommand,
  commandsCommand,
  labCommand,
  completionCommand,
];
