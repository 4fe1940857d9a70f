/** `spitrap arm`: debugs on, through the pre-flight, under a lease (pair-protocol.md, "Arming"). */
import { userInfo } from 'node:os';
import { timing } from '../../shared/coordinate/timing.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { type DurationMs, formatDuration } from '../../shared/model/time.ts';
import { callControl } from '../control/control-client.ts';
import type { ArmAnswer } from '../control/protocol.ts';
import { wrapped } from '../status/text-layout.ts';
import {
  type CliContext,
  type DataDirOptions,
  dataDirFrom,
  durationFrom,
  exitCodes,
  print,
  printJson,
  type Subcommand,
  withDataDir,
} from './subcommand.ts';

type Options = DataDirOptions & { readonly pair?: boolean; readonly lease?: string; readonly json?: boolean };

/** A pre-flight, conditions and debugs on a device whose AAA takes seconds for each line. */
const ANSWER_WITHIN_MS = 170_000;

export const armCommand: Subcommand = {
  name: 'arm',
  exits:
    '0 armed (with --pair: and every peer told), 1 refused or a peer not told, 2 bad usage or configuration, 3 no agent runs there',
  register(command, perform) {
    withDataDir(command)
      .description('turn the debugs on, through the pre-flight; renews what is armed')
      .option('--pair', 'the peers too (each acts on it only with arming.allowRemoteArm)')
      .option('--lease <duration>', 'a shorter lease than arming.lease (3m or more)')
      .option('--json', 'the answer as JSON')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap arm -c hub.yaml\n  spitrap arm -c hub.yaml --pair --lease 5m\n\nRefused? The answer names what the router lacks, and the lines to enter there.\nWhat is armed already goes on, and its maxDebug counts from now.\n',
      )
      .action((options: Options) =>
        perform(async (context) => {
          const leaseMs = options.lease === undefined ? null : leaseFrom(options.lease);
          const change = { pair: options.pair === true, leaseMs, who: whoAmI() };
          const dataDir = await dataDirFrom(options, context);
          const answer = await callControl(dataDir, { request: 'arm', change }, context.world.clock, ANSWER_WITHIN_MS);
          return report(context, answer, options.json === true);
        }),
      );
  },
};

/** Shorter ones would end between two hellos of a peer that is well; the agent would take the least, and nobody would have asked for that. */
function leaseFrom(text: string): DurationMs {
  const leaseMs = durationFrom('--lease', text);
  if (leaseMs >= timing.leaseMinMs) return leaseMs;
  throw new SpitrapError('USAGE', `--lease ${quoted(text)} is too short; write ${formatDuration(timing.leaseMinMs)} or more`);
}

function report(context: CliContext, answer: ArmAnswer, json: boolean): number {
  const isWhole = answer.state === 'armed' && answer.peers.every((peer) => peer.told);
  if (json) printJson(context, answer);
  else
    print(
      context,
      [
        ...(answer.was === 'armed' ? ['armed already: it goes on, and maxDebug counts from now'] : []),
        ...wrapped(`armed: ${answer.debugs.map((text) => printable(text, 60)).join(', ')}`, ''),
        ...wrapped(answer.conditions.length === 0 ? 'for every peer' : `for ${answer.conditions.join(', ')}`, '  '),
        ...wrapped(`lease ${formatDuration(answer.leaseLeftMs ?? 0)}, renewed while sessions, CPU and peers are well`, '  '),
        ...wrapped(
          answer.deadManS === null
            ? 'no dead-man on the router: were this agent and its host gone, nothing would turn them off (arming.deadMan)'
            : `dead-man on the router: undebug all in ${formatDuration(answer.deadManS * 1_000)} without us`,
          '  ',
        ),
        ...answer.warnings.flatMap((warning) => wrapped(`warning: ${printable(warning, 600)}`, '  ')),
        ...peerLines(answer),
      ].join('\n'),
    );
  return isWhole ? exitCodes.ok : exitCodes.failed;
}

export const peerLines = ({ peers }: ArmAnswer): string[] =>
  peers.flatMap(({ peer, told, detail }) =>
    wrapped(
      told ? `${peer} was told; its next hello says whether it acts on it` : `${peer} was NOT told: ${printable(detail, 300)}`,
      '  ',
    ),
  );

/** For the journal: who typed it, on this host. */
export function whoAmI(): string {
  try {
    return printable(userInfo().username, 40);
  } catch (error) {
    // A uid without a name (a container).
    if (error instanceof SpitrapError) throw error;
    return `uid ${quoted(String(process.getuid?.() ?? '?'), 20)}`;
  }
}
