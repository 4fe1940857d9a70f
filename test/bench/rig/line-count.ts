/** How many lines of a growing file hold a word: what has come since the last look is read, and no more. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

const READ_BYTES = 1024 * 1024;

export class LineCount {
  readonly #file: string;
  readonly #word: string;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #handle: number | null = null;
  #offset = 0;
  #rest = '';
  #count = 0;

  constructor(file: string, word: string) {
    this.#file = file;
    this.#word = word;
  }

  look(): number {
    if (this.#handle === null && existsSync(this.#file)) this.#handle = openSync(this.#file, 'r');
    if (this.#handle === null) return 0;
    for (;;) {
      const bytes = readSync(this.#handle, this.#buffer, 0, READ_BYTES, this.#offset);
      if (bytes === 0) return this.#count;
      this.#offset += bytes;
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, bytes)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) if (line.includes(this.#word)) this.#count += 1;
    }
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }
}
