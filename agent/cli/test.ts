/** `spitrap test`: a hello to each peer on every path, and what came back. Starts nothing at the other end. */
import { printable } from '../../shared/model/printable.ts';
import { callControl } from '../control/control-client.ts';
import type { PathTest, PeerTest } from '../control/protocol.ts';
import { wrapped } from '../status/text-layout.ts';
import { type DataDirOptions, dataDirFrom, exitCodes, print, printJson, type Subcommand, withDataDir } from './subcommand.ts';

type Options = DataDirOptions & { readonly json?: boolean };

/** The agent waits three and a half seconds for its peers. */
const ANSWER_WITHIN_MS = 10_000;

export const testCommand: Subcommand = {
  name: 'test',
  exits: '0 every spitrap peer answered on every path and agrees, 1 not so, 2 bad usage or configuration, 3 no agent runs there',
  register(command, perform) {
    withDataDir(command)
      .description('test the pair: a hello to each peer on every path; starts nothing there')
      .option('--json', 'the answer as JSON')
      .addHelpText('after', '\nExamples:\n  spitrap test -c hub.yaml\n  spitrap test -c hub.yaml --json\n')
      .action((options: Options) =>
        perform(async (context) => {
          const dataDir = await dataDirFrom(options, context);
          const answer = await callControl(dataDir, { request: 'test' }, context.world.clock, ANSWER_WITHIN_MS);
          if (options.json === true) printJson(context, answer);
          else print(context, answer.peers.flatMap(peerLines).join('\n'));
          return answer.peers.every(isWell) ? exitCodes.ok : exitCodes.failed;
        }),
      );
  },
};

const isWell = (peer: PeerTest): boolean => peer.kind === 'eem' || (peer.answered && peer.detail === '');

/** For people. */
export function peerLines(peer: PeerTest): string[] {
  const state = peer.kind === 'eem' ? 'not asked' : peer.answered ? 'answered' : 'NO ANSWER';
  const clocks =
    peer.roundTripMs === null
      ? []
      : wrapped(
          `${ms(peer.roundTripMs)} there and back, its clock ${peer.offsetMs === null ? '?' : `${peer.offsetMs < 0 ? '-' : '+'}${ms(Math.abs(peer.offsetMs))}`}, configuration ${peer.cfg}, debugs on: ${peer.armed}, mode ${printable(peer.mode ?? '?', 20)}, ${printable(peer.version ?? '?', 40)}`,
          '  ',
        );
  return [
    `${peer.peer}  ${state}`,
    ...clocks,
    ...peer.paths.flatMap((path) => wrapped(pathWords(path), '  ')),
    ...(peer.detail === '' ? [] : wrapped(printable(peer.detail, 600), '  ')),
  ];
}

const pathWords = ({ endpoint, acknowledged, roundTripMs, detail }: PathTest): string =>
  acknowledged
    ? `${endpoint} acknowledged in ${ms(roundTripMs ?? 0)}`
    : `${endpoint} NOT acknowledged: ${printable(detail, 300)}`;

const ms = (value: number): string => `${Math.round(value * 10) / 10} ms`;
