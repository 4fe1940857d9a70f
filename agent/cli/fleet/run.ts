/** `spitrap fleet -c FILE`: a process of the fleet, in the foreground, until SIGTERM or SIGINT. Its configuration is judged before anything opens. */
import { printable } from '../../../shared/model/printable.ts';
import { formatDuration } from '../../../shared/model/time.ts';
import { loadFleetConfig } from '../../fleet/config.ts';
import { runFleet } from '../../fleet/run-fleet.ts';
import { bounded } from '../../lifecycle.ts';
import { createLog } from '../../log.ts';
import { SystemdService } from '../../service/systemd.ts';
import { wrapped } from '../../status/text-layout.ts';
import { type CliContext, exitCodes } from '../subcommand.ts';

/** The batch under way, the connection, the listener: each is bounded by itself. */
const STOP_WITHIN_MS = 30_000;

export async function runFleetCommand(file: string, context: CliContext): Promise<number> {
  const { config, warnings, secrets } = loadFleetConfig(file, context.host);
  for (const warning of warnings) context.stderr.write(`spitrap: warning: ${warning}\n`);
  const { stdout, world } = context;
  const log = createLog({ ...config.log, secrets }, { write: (text) => stdout.write(text), isTTY: stdout.isTty });
  // Asked for before the start: a signal that comes meanwhile ends in an orderly stop too.
  const signalled = context.stopSignal();
  context.outliveReaders();
  const fleet = await runFleet(config, world, log, { version: context.version, pid: process.pid });
  const summary = [
    ...wrapped(`${context.version}, fleet, pid ${process.pid}, ${fleet.instance}`, 'spitrap   '),
    ...wrapped(printable(config.engine.servers.join(', '), 400), 'engine    '),
    ...wrapped(fleet.url, 'page      '),
    ...wrapped(printable(config.folder, 400), 'folder    '),
  ];
  context.stderr.write(`${summary.join('\n')}\n`);
  const service = SystemdService.of({ environment: context.host.environment, pid: process.pid, world, log });
  service?.ready({ status: () => fleet.line(), ailing: () => fleet.ailing() });
  const signal = await signalled;
  service?.stopping(signal);
  const stopped = await bounded(fleet.stop(signal), STOP_WITHIN_MS, world.clock, 'stop fleet');
  service?.close();
  if (stopped.inTime) return exitCodes.ok;
  context.stderr.write(`spitrap: not everything closed within ${formatDuration(STOP_WITHIN_MS)}; see the log\n`);
  return exitCodes.failed;
}
