/** Runs the command line in this process with captured output. Used by the tests of this folder. */
import { Readable } from 'node:stream';
import { main } from '../../agent/cli/main.ts';
import type { CliContext } from '../../agent/cli/subcommand.ts';
import { thisHost } from '../../agent/config/config-host.ts';
import { createWorld } from '../../agent/world.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly tty?: boolean;
  readonly noColor?: boolean;
  /** The person at the terminal; absent: nobody. */
  readonly ask?: CliContext['ask'];
  readonly stopSignal?: () => Promise<string>;
  /** Hears what is written while it runs. */
  readonly onOutput?: (text: string) => void;
  /** What is piped in, piece by piece; absent: a terminal. */
  readonly stdin?: readonly Buffer[];
}

export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    isTty: options.tty ?? false,
    write: (text: string): void => {
      said[name] += text;
      options.onOutput?.(text);
    },
  });
  const context: CliContext = {
    world: createWorld(),
    host: thisHost,
    version: '0.0.0-test',
    stdout: output('stdout'),
    stderr: output('stderr'),
    noColor: options.noColor ?? false,
    ask: options.ask ?? null,
    stdin: { isTty: options.stdin === undefined, pieces: () => Readable.from(options.stdin ?? []) },
    outliveReaders: () => {},
    inputEnd: () => Promise.reject(new Error('no subcommand under test waits for its input')),
    stopSignal: options.stopSignal ?? (() => Promise.reject(new Error('no subcommand under test waits for a signal'))),
    self: { nodePath: process.execPath, binPath: '/nowhere' },
  };
  return { code: await main(argv, context), ...said };
}
