/** Waits for the engine, for subcommands that can not do without: `fleet show --report`, `fleet rebuild`. */
import { SpitrapError } from '../../../shared/errors.ts';
import { printable } from '../../../shared/model/printable.ts';
import type { Engine } from '../../fleet-ports.ts';
import { bounded } from '../../lifecycle.ts';
import type { CliContext } from '../subcommand.ts';

/** Until it has let us in. */
const CONNECT_MS = 10_000;

/** Rejects with ENGINE_FAILED. */
export async function connected(engine: Engine, { world }: Pick<CliContext, 'world'>): Promise<void> {
  if (engine.state().connected) return;
  const up = new Promise<void>((done) => engine.onState(({ connected: isUp }) => isUp && done()));
  if ((await bounded(up, CONNECT_MS, world.clock, 'connect engine')).inTime) return;
  throw new SpitrapError(
    'ENGINE_FAILED',
    `no engine within ${CONNECT_MS / 1_000} s: ${printable(engine.state().why ?? 'no answer', 300)}; what the index knows can be asked without it`,
    { retryable: true },
  );
}
