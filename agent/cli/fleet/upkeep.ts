/** `spitrap fleet verify | rebuild`: is what the index counts what its records say, and the index made anew from the stream. */
import { printable } from '../../../shared/model/printable.ts';
import { indexFolder, loadFleetConfig } from '../../fleet/config.ts';
import { rebuildIndex } from '../../fleet/rebuild.ts';
import { bounded } from '../../lifecycle.ts';
import { createLog } from '../../log.ts';
import { wrapped } from '../../status/text-layout.ts';
import { type CliContext, exitCodes, print, printJson } from '../subcommand.ts';
import { connected } from './engine.ts';
import { DEFAULT_CONFIG, type FleetOptions, looking } from './look.ts';

const CLOSE_MS = 3_000;
const SHOWN = 50;

/** Exit 1 when something differs. */
export const verify = (options: FleetOptions, context: CliContext): Promise<number> =>
  looking(options, context, (index) => {
    const { incidents, records } = index.state();
    const differences = index.verify();
    if (options.json) printJson(context, { incidents, records, differences });
    else if (differences.length === 0)
      print(context, `whole: ${incidents} incidents, ${records} records, and everything counted from them agrees`);
    else {
      const lines = differences.slice(0, SHOWN).flatMap((one) => wrapped(printable(one, 400), '  '));
      const more = differences.length > SHOWN ? [`  and ${differences.length - SHOWN} more: --json`] : [];
      print(context, [`${differences.length} differences; spitrap fleet rebuild makes it anew`, ...lines, ...more].join('\n'));
    }
    return differences.length === 0 ? exitCodes.ok : exitCodes.failed;
  });

export async function rebuild(options: FleetOptions, context: CliContext): Promise<number> {
  const { config, warnings, secrets } = loadFleetConfig(options.config ?? DEFAULT_CONFIG, context.host);
  for (const warning of warnings) context.stderr.write(`spitrap: warning: ${warning}\n`);
  const { world, stderr } = context;
  const { clock, disk, random } = world;
  const log = createLog({ level: 'warn', format: 'auto', secrets }, { write: (text) => stderr.write(text), isTTY: stderr.isTty });
  const engine = world.engines.open(config.engine);
  let told = '';
  try {
    await connected(engine, context);
    const rebuilt = await rebuildIndex({
      ...{ folder: indexFolder(options.folder ?? config.folder), clock, disk, random, engine, log },
      onProgress: ({ messages, behind }) => {
        const line = `${messages} messages${behind === null ? ', the engine is away: waiting' : `, ${behind} to go`}`;
        if (stderr.isTty && line !== told) stderr.write(`\r${line.padEnd(60)}`);
        told = line;
      },
    });
    if (stderr.isTty) stderr.write('\n');
    if (options.json) printJson(context, rebuilt);
    else
      print(
        context,
        `made anew: ${rebuilt.incidents} incidents, ${rebuilt.records} records, ${rebuilt.unreadable} messages unreadable; running processes go over to it within seconds`,
      );
    return exitCodes.ok;
  } finally {
    await bounded(engine.close(), CLOSE_MS, clock, 'close engine');
  }
}
