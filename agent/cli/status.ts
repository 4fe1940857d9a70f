/** `spitrap status`: asks the running agent over its control socket. */
import { callControl } from '../control/control-client.ts';
import { statusText } from '../status/status-text.ts';
import {
  type DataDirOptions,
  dataDirFrom,
  exitCodes,
  paintFor,
  print,
  printJson,
  type Subcommand,
  withDataDir,
} from './subcommand.ts';

export const statusCommand: Subcommand = {
  name: 'status',
  register(command, perform) {
    withDataDir(command)
      .description('what the agent sees, holds and is worried about')
      .option('--json', 'the whole status as JSON (agent/status/status.ts)')
      .addHelpText('after', '\nExamples:\n  spitrap status -c hub.yaml\n  spitrap status --data-dir /var/lib/spitrap --json\n')
      .action((options: DataDirOptions & { json?: boolean }) =>
        perform(async (context) => {
          const status = await callControl(dataDirFrom(options, context), { request: 'status' }, context.world.clock);
          if (options.json) printJson(context, status);
          else print(context, statusText(status, paintFor(context)));
          return exitCodes.ok;
        }),
      );
  },
};
