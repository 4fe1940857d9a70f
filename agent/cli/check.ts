/**
 * `spitrap check -c FILE`: tries everything that a configuration names, before an incident does, and says of each failure what to do. The
 * probes are agent/check/; this file has the options, the screen and the exit code.
 */
import { basename } from 'node:path';
import type { CheckRow } from '../check/row.ts';
import { runChecks } from '../check/run-checks.ts';
import { openControlSocket } from '../control/control-socket.ts';
import { peerListing, peerRows } from './check-peers.ts';
import { attentionLines, countRows, countsText, rowText } from './check-text.ts';
import { configFrom } from './config-from.ts';
import { type CliContext, durationFrom, exitCodes, paintFor, print, printJson, type Subcommand } from './subcommand.ts';

interface Options {
  readonly config?: string;
  readonly offline?: boolean;
  readonly peers?: boolean;
  readonly wait?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  spitrap check -c hub.yaml
  spitrap check -c hub.yaml --wait 60s
  spitrap check -c hub.yaml --offline
  spitrap check -c hub.yaml --peers | grep carrier=acme
`;

export const checkCommand: Subcommand = {
  name: 'check',
  exits: '0 nothing failed (there may be warnings), 1 something failed, 2 bad usage or configuration',
  register(command, perform) {
    command
      .description('try all that a configuration names: login, logging, sources, paths, evidence')
      .requiredOption('-c, --config <file>', 'configuration of the agent')
      .option('--offline', 'the configuration and this host’s files alone')
      .option('--peers', 'print the peers, and where each came from, instead of trying anything')
      .option('--wait <duration>', 'wait so long for a line of the device’s log')
      .option('--json', 'as JSON: { "result": …, "counts": …, "rows": […] }')
      .addHelpText('after', EXAMPLES)
      .action((options: Options) => perform((context) => check(options, context)));
  },
};

async function check(options: Options, context: CliContext): Promise<number> {
  const waitMs = options.wait === undefined ? null : durationFrom('--wait', options.wait);
  const loaded = configFrom(options.config, context);
  if (options.peers === true) {
    const peers = peerRows(loaded);
    for (const warning of loaded.warnings) context.stderr.write(`spitrap: ${warning}\n`);
    if (options.json === true) printJson(context, { peers });
    else print(context, peerListing(peers, basename(options.config!)));
    return exitCodes.ok;
  }
  const paint = paintFor(context);
  const rows: CheckRow[] = [];
  const add = (row: CheckRow): void => {
    // As it comes: a device that is slow to answer is waited for with something on the screen.
    if (options.json !== true) print(context, rowText(row, rows.at(-1)?.section ?? null, paint));
    rows.push(row);
  };
  // Ctrl-C ends a long wait, and the sessions are logged out all the same.
  const left = waitMs === null ? new Promise<never>(() => {}) : context.stopSignal();
  await runChecks({
    loaded,
    file: options.config!,
    world: context.world,
    version: context.version,
    openControl: openControlSocket,
    offline: options.offline === true,
    waitMs,
    add,
    waiting: (what) => {
      if (context.stderr.isTty) context.stderr.write(`${what}\n`);
    },
    left,
  });
  const counts = countRows(rows);
  if (options.json === true) printJson(context, { result: counts.fail === 0 ? 'ok' : 'failed', counts, rows });
  else print(context, ['', countsText(counts), ...attentionLines(rows)].join('\n'));
  return counts.fail === 0 ? exitCodes.ok : exitCodes.failed;
}
