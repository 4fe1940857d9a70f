#!/usr/bin/env node
/** The one executable: argv, signals, exit codes. Everything else is agent/cli/main.ts. */
import { existsSync, fstatSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { main, report } from '../agent/cli/main.ts';
import type { CliContext, Output } from '../agent/cli/subcommand.ts';
import { thisHost } from '../agent/config/config-host.ts';
import { createWorld } from '../agent/world.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** 128 + SIGINT, what a shell reports. */
const FORCED = 130;

const output = (stream: NodeJS.WriteStream): Output => ({
  write: (text) => void stream.write(text),
  isTty: stream.isTTY === true,
  rows: () => stream.rows,
});

const stderr = output(process.stderr);

let outlives = false;
// `spitrap status | head`: the reader has what it wanted. An agent has debugs to end, whether or not anybody reads its log.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!outlives) process.exit(error.code === 'EPIPE' ? 0 : 1);
  });

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => process.exit(report(error, true, { stderr })));
}

const atTerminal = (): boolean => [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);

function stopSignal(onHangUp?: () => void): Promise<string> {
  const reloads = onHangUp !== undefined && !atTerminal();
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (signal === 'SIGHUP' && reloads) {
          onHangUp();
          return;
        }
        if (asked) {
          stderr.write(`spitrap: second ${signal}: leaving at once; debugs may be left on\n`);
          process.exit(FORCED);
        }
        asked = true;
        resolve(signal);
      });
    }
  });
}

/** Node takes a folder for an empty input: it would look as if nothing were there. */
function stdinPieces(): AsyncIterable<Buffer> {
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error('standard input is a folder'), { code: 'EISDIR' });
  return process.stdin;
}

function inputEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const event of ['end', 'error'] as const) process.stdin.once(event, () => resolve('end of input'));
    process.stdin.resume();
  });
}

/** On stderr, so that what a subcommand prints can still be redirected. One line at a time; Ctrl-C and Ctrl-D are a null. */
function askAt(question: string, { hidden }: { readonly hidden: boolean }): Promise<string | null> {
  return new Promise((resolve) => {
    const shown = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (!muted) process.stderr.write(chunk);
        done();
      },
    });
    let muted = false;
    const reader = createInterface({ input: process.stdin, output: shown, terminal: true, historySize: 0 });
    let answer: string | null = null;
    reader.once('SIGINT', () => reader.close());
    reader.once('close', () => {
      if (muted || answer === null) process.stderr.write('\n');
      resolve(answer);
    });
    reader.question(question, (line) => {
      answer = line;
      reader.close();
    });
    // After the question itself is shown.
    muted = hidden;
  });
}

/** Two folders up from dist/bin, one up from bin. */
function packageVersion(): string {
  const places = [new URL('../../package.json', import.meta.url), new URL('../package.json', import.meta.url)];
  const found = places.find((place) => existsSync(place));
  return found === undefined ? 'unknown' : (JSON.parse(readFileSync(found, 'utf8')) as { version: string }).version;
}

const context: CliContext = {
  world: createWorld(),
  host: thisHost,
  version: packageVersion(),
  stdout: output(process.stdout),
  stderr,
  noColor: (process.env['NO_COLOR'] ?? '') !== '',
  ask: process.stdin.isTTY && process.stderr.isTTY ? askAt : null,
  stopSignal,
  stdin: { isTty: process.stdin.isTTY === true, pieces: stdinPieces },
  inputEnd,
  outliveReaders: () => {
    outlives = true;
  },
  self: { nodePath: process.execPath, binPath: fileURLToPath(import.meta.url) },
};

/** A pipe takes 64 KiB at once; what a slow reader has not taken yet would be lost by an exit. An agent waits for no reader. */
async function written(): Promise<void> {
  if (outlives) return;
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

const code = await main(process.argv.slice(2), context);
await written();
// Not exitCode: a handle that a library left open must not keep an agent that was told to stop.
process.exit(code);
