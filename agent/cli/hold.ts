/** `spitrap hold`: no new incident acts until it is taken off (pair-protocol.md, "Roles, modes, peers"). */
import { SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import type { HoldChange } from '../control/protocol.ts';
import { type DataDirOptions, dataDirFrom, durationFrom, exitCodes, print, type Subcommand, withDataDir } from './subcommand.ts';

type Options = DataDirOptions & { readonly for?: string; readonly off?: boolean };

export const holdCommand: Subcommand = {
  name: 'hold',
  register(command, perform) {
    withDataDir(command)
      .description('let no new incident act; stops already undertaken go on')
      .option('--for <duration>', 'take it off by itself after this long (2h, 30m)')
      .option('--off', 'take it off now')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap hold -c hub.yaml --for 2h\n  spitrap hold -c hub.yaml --off\n\nWhile the agent is down: a file HOLD in its dataDir does the same from its\nnext start.\n',
      )
      .action((options: Options) =>
        perform(async (context) => {
          const change = changeFrom(options);
          const hold = await callControl(dataDirFrom(options, context), { request: 'hold', change }, context.world.clock);
          const until = hold.until === null ? 'until taken off (spitrap hold --off)' : `until ${printable(hold.until, 40)}`;
          const still = change.on ? '' : `; by ${printable(hold.by ?? 'another hand', 40)}, which must be undone there`;
          print(context, hold.on ? `on hold ${until}: no new incident acts${still}` : 'not on hold: incidents act as configured');
          return exitCodes.ok;
        }),
      );
  },
};

function changeFrom(options: Options): HoldChange {
  if (options.off && options.for !== undefined) throw new SpitrapError('USAGE', 'either --for or --off, not both');
  if (options.off) return { on: false };
  return { on: true, forMs: options.for === undefined ? null : durationFrom('--for', options.for) };
}
