/** `spitrap disarm`: what the agent armed goes off, verified, then its conditions (pair-protocol.md, "Arming"). */
import { printable } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import { wrapped } from '../status/text-layout.ts';
import { peerLines, whoAmI } from './arm.ts';
import { type DataDirOptions, dataDirFrom, exitCodes, print, printJson, type Subcommand, withDataDir } from './subcommand.ts';

type Options = DataDirOptions & { readonly pair?: boolean; readonly json?: boolean };

/** The bound of the stop, and the conditions after it. */
const ANSWER_WITHIN_MS = 110_000;

export const disarmCommand: Subcommand = {
  name: 'disarm',
  exits:
    '0 verified off (with --pair: and every peer told), 1 not verified or a peer not told, 2 bad usage or configuration, 3 no agent runs there',
  register(command, perform) {
    withDataDir(command)
      .description('turn off what the agent armed, verified; it does not arm again by itself')
      .option('--pair', 'the peers too (each acts on it only with arming.allowRemoteArm)')
      .option('--json', 'the answer as JSON')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap disarm -c hub.yaml\n  spitrap disarm -c hub.yaml --pair\n\nWith an incident on its way both ends stop now. Debugs that somebody else has\nturned on stay on: undebug all on the router ends those.\n',
      )
      .action((options: Options) =>
        perform(async (context) => {
          const change = { pair: options.pair === true, leaseMs: null, who: whoAmI() };
          const dataDir = await dataDirFrom(options, context);
          const answer = await callControl(dataDir, { request: 'disarm', change }, context.world.clock, ANSWER_WITHIN_MS);
          const isOff = answer.state === 'disarmed';
          if (options.json === true) printJson(context, answer);
          else
            print(
              context,
              [
                ...wrapped(
                  isOff
                    ? answer.was === 'disarmed'
                      ? 'disarmed: nothing of this agent was on'
                      : `disarmed: ${printable(answer.said, 300)}`
                    : `NOT verified off yet: ${printable(answer.said, 300)}; see spitrap status`,
                  '',
                ),
                ...(answer.conditions.length > 0
                  ? wrapped(`conditions left on the router: ${answer.conditions.join(', ')}`, '  ')
                  : []),
                ...peerLines(answer),
              ].join('\n'),
            );
          return isOff && answer.peers.every((peer) => peer.told) ? exitCodes.ok : exitCodes.failed;
        }),
      );
  },
};
