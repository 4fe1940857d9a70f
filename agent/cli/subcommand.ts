/**
 * The contract of the subcommands shelf: one file a subcommand, one line in index.ts. A subcommand reads its options, does its work
 * through the context, and returns the exit code or throws a SpitrapError (main.ts prints it and chooses the code).
 */
import type { Command } from 'commander';
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import { type DurationMs, parseDuration } from '../../shared/model/time.ts';
import type { ConfigHost } from '../config/config-host.ts';
import type { World } from '../ports.ts';
import { ansiPaint, noPaint, type Paint } from '../status/text-layout.ts';

/** docs/cli.md lists them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notRunning: 3 } as const;
/** 128 + SIGINT, as a shell reports it. */
export const interruptedCode = 130;

export const usualExits = '0 done, 1 failed, 2 bad usage or configuration, 3 no agent runs there';

export interface Subcommand {
  readonly name: string;
  /** What its exit codes mean, for its help: `0 done, 2 bad usage`. Default: what is true of most. */
  readonly exits?: string;
  /** Describes options and examples; the action calls `perform` with what does the work. */
  register(command: Command, perform: (work: (context: CliContext) => Promise<number>) => Promise<void>): void;
}

export interface Output {
  write(text: string): void;
  readonly isTty: boolean;
  /** Of the terminal, as it is now; absent: it has none. */
  readonly rows?: () => number | undefined;
}

export interface CliContext {
  readonly world: World;
  readonly host: ConfigHost;
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** NO_COLOR is set (https://no-color.org). */
  readonly noColor: boolean;
  /**
   * Resolves with the name of the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. With `onHangUp` a SIGHUP calls
   * that instead, but for a process that stands at a terminal: there it means that the terminal is gone.
   */
  stopSignal(onHangUp?: () => void): Promise<string>;
  /**
   * Puts a question to the person at the terminal and resolves with the line typed, without its end; null when they leave instead
   * (Ctrl-C, Ctrl-D). `hidden`: what is typed is not shown. Null: nobody is there to ask (input or stderr is no terminal).
   */
  readonly ask: ((question: string, how: { readonly hidden: boolean }) => Promise<string | null>) | null;
  /** For subcommands that read a file; iterating rejects with what the system says. */
  readonly stdin: { readonly isTty: boolean; pieces(): AsyncIterable<Buffer> };
  /** Resolves, in words, when standard input ends: whoever holds its other end is gone. */
  inputEnd(): Promise<string>;
  /** From now on a stdout or stderr that nobody reads any more does not end the process. */
  outliveReaders(): void;
  /** This program, for subcommands that start it again (lab). */
  readonly self: { readonly nodePath: string; readonly binPath: string };
}

/** Colours on a terminal, unless NO_COLOR. */
export const paintFor = (context: CliContext): Paint => (context.stdout.isTty && !context.noColor ? ansiPaint : noPaint);

export function print(context: CliContext, text: string): void {
  context.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export const printJson = (context: CliContext, value: unknown): void => print(context, JSON.stringify(value, null, 2));

export interface DataDirOptions {
  readonly config?: string;
  readonly dataDir?: string;
}

/**
 * For subcommands that ask a running agent or read what it left: the configuration names the folder, or the option does. What judges a
 * configuration takes a tenth of a second to load: only when there is one. @throws SpitrapError USAGE, or as load.ts does.
 */
export async function dataDirFrom(options: DataDirOptions, context: CliContext): Promise<string> {
  if (options.dataDir !== undefined) return options.dataDir;
  if (options.config === undefined)
    throw new SpitrapError('USAGE', 'which agent? Give its configuration (-c FILE) or its folder (--data-dir DIR)');
  const { loadDataDir } = await import('../config/load.ts');
  return loadDataDir(options.config, context.host);
}

export function withDataDir(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the agent’s configuration, which names its dataDir')
    .option('--data-dir <dir>', 'the agent’s dataDir, where the configuration can not be read');
}

/** @throws SpitrapError USAGE. */
export function durationFrom(option: string, text: string): DurationMs {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new SpitrapError('USAGE', `${option} ${quoted(text)} is no duration; write 30s, 5m or 2h`);
  return ms;
}
