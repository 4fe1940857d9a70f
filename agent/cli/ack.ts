/**
 * `spitrap ack [ALARM…]`: a person has seen an alarm and taken it over; attempts and repeats that only call for one end. Without an alarm
 * it lists those that stand: nobody knows their ids by heart.
 */
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import type { AlarmStatus } from '../status/status.ts';
import { alarmLines } from '../status/status-text.ts';
import { wrapped } from '../status/text-layout.ts';
import { whoAmI } from './arm.ts';
import {
  type CliContext,
  type DataDirOptions,
  dataDirFrom,
  exitCodes,
  paintFor,
  print,
  type Subcommand,
  withDataDir,
} from './subcommand.ts';

type Options = DataDirOptions & { readonly all?: boolean };

export const ackCommand: Subcommand = {
  name: 'ack',
  register(command, perform) {
    withDataDir(command)
      .description('acknowledge alarms: you have seen them and act yourself; without an id, those that stand')
      .argument('[alarm...]', 'their ids, as spitrap status shows them')
      .option('--all', 'every alarm that stands now')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap ack -c hub.yaml\n  spitrap ack a3 -c hub.yaml\n  spitrap ack --all -c hub.yaml\n',
      )
      .action((ids: readonly string[], options: Options) => perform((context) => acknowledge(ids, options, context)));
  },
};

async function acknowledge(ids: readonly string[], options: Options, context: CliContext): Promise<number> {
  for (const id of ids)
    if (!/^[\w-]{1,64}$/.test(id)) throw new SpitrapError('USAGE', `${quoted(id)} is no alarm id; spitrap status lists them`);
  if (options.all && ids.length > 0) throw new SpitrapError('USAGE', 'either --all or the ids of alarms, not both');
  const dataDir = await dataDirFrom(options, context);
  if (ids.length > 0) {
    for (const id of new Set(ids))
      say(await callControl(dataDir, { request: 'ack', alarm: id, who: whoAmI() }, context.world.clock), context);
    return exitCodes.ok;
  }
  const { alarms } = await callControl(dataDir, { request: 'status' }, context.world.clock);
  const open = alarms.filter((alarm) => !alarm.acknowledged);
  if (options.all) await acknowledgeAll(open, dataDir, context);
  else list(alarms, open, context, options);
  return exitCodes.ok;
}

async function acknowledgeAll(open: readonly AlarmStatus[], dataDir: string, context: CliContext): Promise<void> {
  if (open.length === 0) print(context, 'no alarm stands that nobody has acknowledged');
  for (const { id } of open) {
    try {
      say(await callControl(dataDir, { request: 'ack', alarm: id, who: whoAmI() }, context.world.clock), context);
    } catch (error) {
      // Over since it was listed: nothing is left to acknowledge.
      if (!isSpitrapError(error, 'USAGE')) throw error;
      print(context, `${printable(id, 64)} is over meanwhile`);
    }
  }
}

function list(
  alarms: readonly AlarmStatus[],
  open: readonly AlarmStatus[],
  context: CliContext,
  { config, dataDir }: DataDirOptions,
): void {
  if (alarms.length === 0) print(context, 'no alarm stands');
  else print(context, alarmLines(alarms, paintFor(context)).join('\n'));
  if (open.length === 0) return;
  // To be pasted: with the agent that was asked.
  const which = printable(dataDir === undefined ? `-c ${config}` : `--data-dir ${dataDir}`, 300);
  print(
    context,
    `\nTo take one over:  spitrap ack ${printable(open[0]!.id, 64)} ${which}\nAll of them:       spitrap ack --all ${which}`,
  );
}

const say = (alarm: AlarmStatus, context: CliContext): void =>
  print(context, wrapped(`${alarm.id} acknowledged: ${quoted(alarm.text, 600)}`, '').join('\n'));
