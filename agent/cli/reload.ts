/** `spitrap reload`: the running agent reads its configuration anew, as at SIGHUP, and says what it has taken over. */
import { printable } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import type { ReloadAnswer } from '../control/protocol.ts';
import { type DataDirOptions, dataDirFrom, exitCodes, print, type Subcommand, withDataDir } from './subcommand.ts';

export const reloadCommand: Subcommand = {
  name: 'reload',
  exits: '0 taken over, 1 refused, 2 bad usage or configuration, 3 no agent runs there',
  register(command, perform) {
    withDataDir(command)
      .description('let a running agent read its configuration anew; sessions and incidents go on')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap reload -c hub.yaml\n\nThe agent reads the file that it was started with. All or nothing: where a\nsetting needs a restart (docs/operations.md has the table), or the file is at\nfault, nothing changes and an alarm says why. An incident that is open keeps\nthe rules that it began with.\n',
      )
      .action((options: DataDirOptions) =>
        perform(async (context) => {
          const dataDir = await dataDirFrom(options, context);
          const answer = await callControl(dataDir, { request: 'reload', who: 'command' }, context.world.clock);
          for (const warning of answer.warnings) context.stderr.write(`spitrap: warning: ${printable(warning, 600)}\n`);
          print(context, reloadText(answer));
          return exitCodes.ok;
        }),
      );
  },
};

export function reloadText({ changed, waits }: ReloadAnswer): string {
  const lines = [
    ...changed.map((change) => `taken over: ${printable(change, 600)}`),
    ...waits.map((change) => `waits until no incident is open: ${printable(change, 600)}`),
  ];
  return lines.length === 0 ? 'nothing has changed' : lines.join('\n');
}
