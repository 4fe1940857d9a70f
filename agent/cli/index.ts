/** The subcommands shelf: one line a subcommand. `lab` imports its island dynamically. */
import { ackCommand } from './ack.ts';
import { adviseCommand } from './advise.ts';
import { alarmsCommand } from './alarms.ts';
import { armCommand } from './arm.ts';
import { captureCommand } from './capture.ts';
import { checkCommand } from './check.ts';
import { commandsCommand } from './commands.ts';
import { completionCommand } from './completion.ts';
import { detectCommand } from './detect.ts';
import { disarmCommand } from './disarm.ts';
import { eemCommand } from './eem.ts';
import { holdCommand } from './hold.ts';
import { incidentsCommand } from './incidents.ts';
import { initCommand } from './init.ts';
import { labCommand } from './lab.ts';
import { parseCommand } from './parse.ts';
import { reloadCommand } from './reload.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { signalCommand } from './signal.ts';
import { statusCommand } from './status.ts';
import type { Subcommand } from './subcommand.ts';
import { supportCommand } from './support.ts';
import { testCommand } from './test.ts';

export const subcommands: readonly Subcommand[] = [
  initCommand,
  checkCommand,
  runCommand,
  statusCommand,
  signalCommand,
  incidentsCommand,
  reportCommand,
  armCommand,
  disarmCommand,
  holdCommand,
  reloadCommand,
  captureCommand,
  testCommand,
  ackCommand,
  alarmsCommand,
  commandsCommand,
  detectCommand,
  parseCommand,
  adviseCommand,
  eemCommand,
  supportCommand,
  labCommand,
  completionCommand,
];
