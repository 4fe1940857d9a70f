/** `spitrap hold`: no new incident acts until it is taken off (pair-protocol.md, "Roles, modes, peers"). */
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import type { HoldChange } from '../control/protocol.ts';
import { time } from '../status/text-layout.ts';
import { whoAmI } from './arm.ts';
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
        '\nExamples:\n  spitrap hold -c hub.yaml --for 2h\n  spitrap hold -c hub.yaml --off\n\nDebugs that the agent armed are turned off, unless an incident has its stop\nahead, which ends them.\n\nWhile the agent is down: a file HOLD in its dataDir does the same from its\nnext start.\n',
      )
      .action((options: Options) =>
        perform(async (context) => {
          const change = changeFrom(options);
          const dataDir = await dataDirFrom(options, context);
          const hold = await callControl(dataDir, { request: 'hold', change, who: whoAmI() }, context.world.clock).catch(
            (error: unknown) => {
              throw isSpitrapError(error, 'NOT_RUNNING') && change.on ? holdNextStart(error, dataDir) : error;
            },
          );
          const until = hold.until === null ? 'until taken off (spitrap hold --off)' : `until ${time(hold.until)}`;
          const still = change.on ? '' : `; by ${printable(hold.by ?? 'another hand', 40)}, which must be undone there`;
          print(
            context,
            hold.on
              ? `on hold ${until}: no new incident acts, and what this agent armed is turned off${still}`
              : 'not on hold: incidents act as configured',
          );
          return exitCodes.ok;
        }),
      );
  },
};

/** Who holds an agent that is down wants it held when somebody starts it. */
const holdNextStart = (error: SpitrapError, dataDir: string): SpitrapError =>
  new SpitrapError('NOT_RUNNING', `${error.message}, or hold it from its start on: touch ${printable(`${dataDir}/HOLD`, 300)}`, {
    cause: error,
  });

function changeFrom(options: Options): HoldChange {
  if (options.off && options.for !== undefined) throw new SpitrapError('USAGE', 'either --for or --off, not both');
  if (options.off) return { on: false };
  return { on: true, forMs: options.for === undefined ? null : durationFrom('--for', options.for) };
}
