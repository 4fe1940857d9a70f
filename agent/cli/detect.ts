/**
 * `spitrap detect [--json] [FILE|-]`: the invalid-SPI messages of any syslog file, flow by flow. The bytes are searched before anything is
 * decoded (shared/detect/candidates.ts); memory is bounded by limits.detectFlowsMax and one piece. Reads one file, changes nothing.
 */
import { emptyWrapState, findCandidates, flushCandidates, type WrapState } from '../../shared/detect/candidates.ts';
import { FileFlows } from '../../shared/detect/file-flows.ts';
import { LineBlocks } from '../../shared/detect/line-blocks.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { printable } from '../../shared/model/printable.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import type { LogFile } from '../ports.ts';
import { detectText, flowJson } from './detect-text.ts';
import { type CliContext, exitCodes, paintFor, print, type Subcommand } from './subcommand.ts';

interface Options {
  readonly json?: boolean;
}

const HELP = `
persistent: the same flow came again after its minute, its traffic is
black-holed. unknown: all that can be said of the others. The message is
limited to one a minute and a file has an end, so silence proves nothing; a
running agent also asks the devices and may call a flow transient.

Examples:
  spitrap detect /var/log/cisco.log
  zcat /var/log/cisco.log.2.gz | spitrap detect
  spitrap detect --json cisco.log | jq -c 'select(.class == "persistent")'
`;

export const detectCommand: Subcommand = {
  name: 'detect',
  exits: '0 read to its end, whatever was in it, 1 could not be read, 2 bad usage',
  register(command, perform) {
    command
      .description('the invalid-SPI messages of a syslog file, flow by flow')
      .argument('[file]', 'any syslog file; - (the default, when piped): standard input')
      .option('--json', 'one JSON object a line, a line a flow (docs/cli.md)')
      .addHelpText('after', HELP)
      .action((file: string | undefined, options: Options) => perform((context) => detect(file, options, context)));
  },
};

interface Input {
  readonly name: string;
  /** Null: not known before its end. */
  readonly bytes: number | null;
  /** Each is gone when the next but one comes. */
  readonly pieces: AsyncIterable<Buffer>;
  /** Bytes in front of each that may be written over. */
  readonly roomBefore: number;
}

async function detect(file: string | undefined, options: Options, context: CliContext): Promise<number> {
  const input = await openInput(file, context);
  const search = new Search(input, context);
  const broken = await search.run().then(
    () => null,
    (error: unknown) => error,
  );
  // What was found before the disk gave up is still worth having; the exit code says that it is not all.
  if (broken !== null && search.flows.messages === 0) throw broken;
  const { flows, blocks, bytes } = search;
  if (options.json) printFlows(flows, context);
  else print(context, detectText(flows, blocks, { name: input.name, bytes }, paintFor(context)));
  if (options.json && flows.notKept > 0)
    context.stderr.write(`${flows.notKept} messages of flows beyond the first ${limits.detectFlowsMax} are not listed\n`);
  if (broken !== null) throw broken;
  return exitCodes.ok;
}

const LINES_A_WRITE = 1_000;

function printFlows(found: FileFlows, context: CliContext): void {
  const flows = found.flows();
  for (let from = 0; from < flows.length; from += LINES_A_WRITE)
    print(
      context,
      flows
        .slice(from, from + LINES_A_WRITE)
        .map(flowJson)
        .join('\n'),
    );
}

/** @throws SpitrapError USAGE, FILE_UNREADABLE. */
async function openInput(file: string | undefined, { stdin, world }: CliContext): Promise<Input> {
  if (file === undefined && stdin.isTty)
    throw new SpitrapError('USAGE', 'which file? spitrap detect FILE, or … | spitrap detect');
  if (file === undefined || file === '-')
    return { name: 'standard input', bytes: null, pieces: stdinPieces(stdin), roomBefore: 0 };
  const opened = await world.logFiles.open(file).catch((error: unknown) => {
    throw notOpened(file, error);
  });
  const { bytes } = await opened.look();
  return { name: file, bytes, pieces: filePieces(opened), roomBefore: ROOM_BEFORE };
}

/** A pipe (`spitrap detect <(zcat …)`) has no positions to read by. */
function notOpened(file: string, thrown: unknown): SpitrapError {
  const error = asSpitrapError(thrown);
  const name = printable(file, 200);
  if (error.context['errno'] === 'ENOENT') return new SpitrapError('FILE_UNREADABLE', `cannot open ${name}: no such file`);
  if (error.context['errno'] !== 'ENOTREG') return error;
  return new SpitrapError('FILE_UNREADABLE', `cannot open ${name}: it is no regular file; spitrap detect - < ${name}`);
}

/** A line begun in the piece before, of any length that is not cut, and whole ones before it. */
const ROOM_BEFORE = 2 * limits.lineBytesMax;

/** The next piece is read while this one is searched, into the memory of the one before. */
async function* filePieces(file: LogFile): AsyncGenerator<Buffer> {
  let [memory, other] = [pieceMemory(), pieceMemory()];
  const read = (at: number): Promise<Buffer> => {
    [memory, other] = [other, memory];
    return file.read(at, limits.detectPieceBytes, memory);
  };
  try {
    let next = read(0);
    for (let at = 0; ; ) {
      const piece = await next;
      if (piece.length === 0) return;
      at += piece.length;
      next = read(at);
      // Its failure is told when its turn comes, and not at all when nobody asks any more.
      next.catch(() => {});
      yield piece;
    }
  } finally {
    await file.close().catch(() => {});
  }
}

const pieceMemory = (): Buffer => Buffer.allocUnsafeSlow(ROOM_BEFORE + limits.detectPieceBytes).subarray(ROOM_BEFORE);

async function* stdinPieces(stdin: CliContext['stdin']): AsyncGenerator<Buffer> {
  try {
    yield* stdin.pieces();
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new SpitrapError('FILE_UNREADABLE', `cannot read standard input: ${errno}`);
  }
}

class Search {
  readonly blocks = new LineBlocks();
  readonly flows = new FileFlows();
  bytes = 0;
  #wrapped: WrapState = emptyWrapState;
  readonly #input: Input;
  readonly #progress: Progress;

  constructor(input: Input, context: CliContext) {
    this.#input = input;
    this.#progress = new Progress(input.bytes, context);
  }

  /** Rejects with FILE_UNREADABLE; what was found until then stands. */
  async run(): Promise<void> {
    try {
      for await (const piece of this.#input.pieces) {
        if (this.bytes === 0) refuseOtherForms(piece, this.#input.name);
        this.bytes += piece.length;
        this.#take(this.blocks.push(piece, this.#input.roomBefore));
        this.#progress.show(this.bytes, this.flows);
      }
    } finally {
      this.#take(this.blocks.end());
      for (const candidate of flushCandidates(this.#wrapped, monotonic(Number.POSITIVE_INFINITY)).candidates)
        this.flows.add(candidate);
      this.#progress.end();
    }
  }

  #take(bytes: Buffer | null): void {
    if (bytes === null) return;
    const found = findCandidates(this.#wrapped, { ...ONE_SOURCE, bytes });
    this.#wrapped = found.state;
    for (const candidate of found.candidates) this.flows.add(candidate);
  }
}

/** A file has no arrivals: its stamps are all there is. */
const ONE_SOURCE: Omit<LineChunk, 'bytes'> = {
  kind: 'lines',
  source: 'file',
  trust: 'spoofable',
  from: '',
  at: monotonic(0),
  wall: wall(0),
  backlog: true,
};

const FORMS: readonly (readonly [start: readonly number[], form: string, open: string])[] = [
  [[0x1f, 0x8b], 'compressed (gzip)', 'zcat'],
  [[0x42, 0x5a, 0x68], 'compressed (bzip2)', 'bzcat'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed (xz)', 'xzcat'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed (zstd)', 'zstdcat'],
  [[0xff, 0xfe], 'in UTF-16', 'iconv -f UTF-16 -t UTF-8'],
  [[0xfe, 0xff], 'in UTF-16', 'iconv -f UTF-16 -t UTF-8'],
];

/** Nothing would be found in them, which would look as if nothing were there. */
function refuseOtherForms(piece: Buffer, name: string): void {
  const form = FORMS.find(([start]) => start.every((byte, at) => piece[at] === byte));
  if (form === undefined) return;
  const [, what, open] = form;
  const file = printable(name, 200);
  throw new SpitrapError('FILE_UNREADABLE', `${file} is ${what}: ${open} ${file} | spitrap detect`);
}

const FIRST_AFTER_MS = 1_000;
const EVERY_MS = 500;

/** One line on a terminal's stderr, written over again and taken away at the end; nothing for a file that is read at once. */
class Progress {
  readonly #total: number | null;
  readonly #context: CliContext;
  #nextAt: number;
  #shown = false;

  constructor(total: number | null, context: CliContext) {
    this.#total = total;
    this.#context = context;
    this.#nextAt = context.world.clock.monotonic() + FIRST_AFTER_MS;
  }

  show(bytes: number, flows: FileFlows): void {
    const { stderr, world } = this.#context;
    if (!stderr.isTty || world.clock.monotonic() < this.#nextAt) return;
    this.#nextAt = world.clock.monotonic() + EVERY_MS;
    this.#shown = true;
    const total = this.#total;
    const of = total === null || total === 0 ? '' : ` of ${mebibytes(total)} MiB (${Math.floor((bytes * 100) / total)} %)`;
    stderr.write(`\r\u001b[K${mebibytes(bytes)} MiB${of} read, ${flows.messages} messages of ${flows.size} flows`);
  }

  end(): void {
    if (this.#shown) this.#context.stderr.write('\r\u001b[K');
  }
}

const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(0);
