/** `spitrap ack ALARM`: a person has seen the alarm and taken it over; attempts that only repeat it end. */
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import { wrapped } from '../status/text-layout.ts';
import { type DataDirOptions, dataDirFrom, exitCodes, print, type Subcommand, withDataDir } from './subcommand.ts';

export const ackCommand: Subcommand = {
  name: 'ack',
  register(command, perform) {
    withDataDir(command)
      .description('acknowledge an alarm: you have seen it and act yourself')
      .argument('<alarm>', 'its id, as spitrap status shows it')
      .addHelpText('after', '\nExample:\n  spitrap ack a3 -c hub.yaml\n')
      .action((alarm: string, options: DataDirOptions) =>
        perform(async (context) => {
          if (!/^[\w-]{1,64}$/.test(alarm))
            throw new SpitrapError('USAGE', `${quoted(alarm)} is no alarm id; spitrap status lists them`);
          const acknowledged = await callControl(dataDirFrom(options, context), { request: 'ack', alarm }, context.world.clock);
          print(context, wrapped(`${acknowledged.id} acknowledged: ${quoted(acknowledged.text, 600)}`, '').join('\n'));
          return exitCodes.ok;
        }),
      );
  },
};
