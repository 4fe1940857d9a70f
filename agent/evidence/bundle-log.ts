/**
 * device.log of a bundle: the ring's window, redacted on its way. Works on whole lines in pieces, so memory stays bounded however large
 * the window; a key block (PEM) that straddles two pieces is held back until it is whole. Called by bundle.ts.
 */

import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
import { limits } from '../../shared/limits.ts';
import type { Redact } from '../../shared/redact/redact.ts';
import type { Disk } from '../ports.ts';
import { fileHole, fileMoment } from './file-moment.ts';
import type { Ring } from './ring.ts';
import type { Window } from './window.ts';

export type WindowSource = Pick<Ring, 'copyWindow' | 'holes'>;

const LF = 0x0a;
const PEM_BEGIN = '-----BEGIN ';
const PEM_END = '-----END ';

/** Redacts a stream of bytes at line ends. */
class LineRedactor {
  readonly #redact: Redact;
  #held: Buffer = Buffer.alloc(0);
  redacted = 0;

  constructor(redact: Redact) {
    this.#redact = redact;
  }

  push(piece: Buffer): Buffer {
    const all = this.#held.length > 0 ? Buffer.concat([this.#held, piece]) : piece;
    const cut = this.#cutOf(all);
    this.#held = Buffer.from(all.subarray(cut));
    return this.#clean(all.subarray(0, cut));
  }

  end(): Buffer {
    const rest = this.#clean(this.#held);
    this.#held = Buffer.alloc(0);
    return rest;
  }

  #cutOf(all: Buffer): number {
    const lineEnd = all.lastIndexOf(LF) + 1;
    const begin = all.lastIndexOf(PEM_BEGIN);
    const isOpen = begin >= 0 && all.indexOf(PEM_END, begin) < 0;
    const lineStart = isOpen ? all.lastIndexOf(LF, begin) + 1 : lineEnd;
    const cut = Math.min(lineEnd, lineStart);
    // A line, or a block, beyond every bound is let go in parts rather than kept in memory.
    return all.length - cut > limits.lineBytesMax * 2 ? all.length : cut;
  }

  #clean(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    // Latin-1 keeps every byte what it was, whatever the device's character set.
    const { text, count } = this.#redact(bytes.toString('latin1'));
    this.redacted += count;
    return count === 0 ? bytes : Buffer.from(text, 'latin1');
  }
}

/** Never rejects for what the ring cannot read (that is in `problems`); rejects with DISK_FAILED when device.log cannot be written. */
export async function writeDeviceLog(
  folder: string,
  name: string,
  window: Window,
  ring: WindowSource | null,
  redact: Redact,
  disk: Disk,
): Promise<IncidentFile['log']> {
  const span = { from: fileMoment(window.from), to: fileMoment(window.to) };
  if (!ring) return { file: null, ...span, bytes: 0, redacted: 0, skippedBytes: 0, holes: [], problems: ['no ring'] };
  const file = await disk.open(`${folder}/${name}`, 'create');
  const lines = new LineRedactor(redact);
  let bytes = 0;
  const write = async (cleaned: Buffer): Promise<void> => {
    if (cleaned.length === 0) return;
    await file.append(cleaned);
    bytes += cleaned.length;
  };
  try {
    const copy = await ring.copyWindow(window.from, window.to, (piece) => write(lines.push(piece)), limits.bundleLogBytesMax);
    await write(lines.end());
    await file.sync();
    const holes = ring.holes(window.from, window.to).map(fileHole);
    return {
      file: name,
      ...span,
      bytes,
      redacted: lines.redacted,
      skippedBytes: copy.skippedBytes,
      holes,
      problems: [...copy.problems],
    };
  } finally {
    await file.close().catch(() => {});
  }
}
