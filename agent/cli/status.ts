/** `spitrap status`: asks the running agent over its control socket, once or again and again. */
import { SpitrapError } from '../../shared/errors.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import { callControl } from '../control/control-client.ts';
import type { AgentStatus } from '../status/status.ts';
import { statusText } from '../status/status-text.ts';
import { fitting, type Watched, watchLines } from '../status/status-watch.ts';
import {
  type CliContext,
  type DataDirOptions,
  dataDirFrom,
  durationFrom,
  exitCodes,
  paintFor,
  print,
  printJson,
  type Subcommand,
  withDataDir,
} from './subcommand.ts';

interface Options extends DataDirOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly every: string;
}

export const statusCommand: Subcommand = {
  name: 'status',
  register(command, perform) {
    withDataDir(command)
      .description('what the agent sees, holds and is worried about')
      .option('--json', 'the whole status as JSON (agent/status/status.ts); with --watch one line each time')
      .option('--watch', 'again and again, until Ctrl-C; keeps the last picture when the agent is gone')
      .option('--every <duration>', 'how often to look, with --watch', '2s')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap status -c hub.yaml\n  spitrap status -c hub.yaml --watch\n  spitrap status --data-dir /var/lib/spitrap --json\n',
      )
      .action((options: Options) =>
        perform(async (context) => {
          const dataDir = await dataDirFrom(options, context);
          const look = (): Promise<AgentStatus> => callControl(dataDir, { request: 'status' }, context.world.clock);
          if (options.watch === true) return watch(look, durationFrom('--every', options.every), options.json === true, context);
          const status = await look();
          if (options.json) printJson(context, status);
          else print(context, statusText(status, paintFor(context)));
          return exitCodes.ok;
        }),
      );
  },
};

const OTHER_SCREEN = '\u001b[?1049h\u001b[?25l';
const BACK = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** On a terminal each picture stands in the place of the one before, and the last one is left behind; else they follow each other. */
async function watch(look: () => Promise<AgentStatus>, everyMs: DurationMs, json: boolean, context: CliContext): Promise<number> {
  const { clock } = context.world;
  const { stdout } = context;
  const paint = paintFor(context);
  // An agent that is not there at all is told as `status` tells it.
  let watched: Watched = { status: await look(), before: null, lost: null };
  const inPlace = stdout.isTty && !json;
  const picture = (): string => {
    if (json) return watched.lost === null ? `${JSON.stringify(watched.status)}\n` : '';
    const lines = watchLines(watched, paint);
    if (!inPlace) return `${lines.join('\n')}\n\n`;
    const fresh = fitting(lines, stdout.rows?.()).map((line) => `${line}${CLEAR_LINE}`);
    return `${HOME}${fresh.join('\n')}${CLEAR_BELOW}`;
  };
  let left = false;
  const leaving = context.stopSignal().then(() => {
    left = true;
  });
  if (inPlace) stdout.write(OTHER_SCREEN);
  let answeredAt = clock.monotonic();
  try {
    while (!left) {
      stdout.write(picture());
      await Promise.race([clock.sleep('status watch', everyMs), leaving]);
      if (left) break;
      try {
        const status = await look();
        watched = { status, before: watched.status, lost: null };
        answeredAt = clock.monotonic();
      } catch (error) {
        const why = error instanceof SpitrapError ? `${error.code}: ${error.message}` : String(error);
        watched = { ...watched, before: null, lost: { why, forMs: Math.round(clock.monotonic() - answeredAt) } };
      }
    }
  } finally {
    if (inPlace) {
      stdout.write(BACK);
      print(context, watchLines(watched, paint).join('\n'));
    }
  }
  return exitCodes.ok;
}
