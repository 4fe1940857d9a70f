/** `spitrap capture`: an incident that a person asks for. It captures, and turns nothing off. */
import { SpitrapError } from '../../shared/errors.ts';
import { callControl } from '../control/control-client.ts';
import { WHO_CHARS_MAX } from '../control/protocol.ts';
import { wrapped } from '../status/text-layout.ts';
import { whoAmI } from './arm.ts';
import { type DataDirOptions, dataDirFrom, exitCodes, print, printJson, type Subcommand, withDataDir } from './subcommand.ts';

type Options = DataDirOptions & { readonly pair?: boolean; readonly who?: string; readonly json?: boolean };

export const captureCommand: Subcommand = {
  name: 'capture',
  exits: '0 begun, 1 refused, 2 bad usage or configuration, 3 no agent runs there',
  register(command, perform) {
    withDataDir(command)
      .description('capture now: a bundle of the device as it is, debugs left alone')
      .option('--pair', 'the peers capture too, under the same id')
      .option('--who <name>', 'for the journal, instead of your user name (64 characters at most)')
      .option('--json', 'the answer as JSON')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap capture -c hub.yaml\n  spitrap capture -c hub.yaml --pair --who "jo, ticket 4711"\n\nRefused on hold, in mode observe, while an incident is open, and more often than\nbudgets.incidentsPerHour. A message meanwhile stops both ends as ever.\n',
      )
      .action((options: Options) =>
        perform(async (context) => {
          const who = options.who ?? whoAmI();
          if (who === '' || who.length > WHO_CHARS_MAX)
            throw new SpitrapError('USAGE', `--who has 1 to ${WHO_CHARS_MAX} characters`);
          const change = { pair: options.pair === true, who };
          const answer = await callControl(
            await dataDirFrom(options, context),
            { request: 'capture', change },
            context.world.clock,
          );
          if (options.json === true) printJson(context, answer);
          else {
            const lines = [
              `capturing: incident ${answer.incident}`,
              ...(answer.peers.length > 0 ? wrapped(`told ${answer.peers.join(', ')}`, '  ') : []),
              ...wrapped(`spitrap incidents show ${answer.incident} when it is sealed, half a minute from now`, '  '),
            ];
            print(context, lines.join('\n'));
          }
          return exitCodes.ok;
        }),
      );
  },
};
