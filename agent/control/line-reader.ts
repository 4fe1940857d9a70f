/** Bytes to lines with a bound, for both ends of the control socket. Used by control-socket.ts and control-client.ts. */

export class LineReader {
  readonly #bytesMax: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #over = false;

  constructor(bytesMax: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#bytesMax = bytesMax;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  /** Nothing more is read, of what is in hand either. */
  stop(): void {
    this.#over = true;
    this.#pieces = [];
  }

  /** After a line that was too long nothing more is read. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (!this.#over) {
      const end = rest.indexOf(0x0a);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      this.#bytes += piece.length;
      if (this.#bytes > this.#bytesMax) {
        this.#over = true;
        this.#pieces = [];
        this.#onTooLong();
        return;
      }
      this.#pieces.push(piece);
      if (end < 0) return;
      const line = Buffer.concat(this.#pieces).toString('utf8');
      this.#pieces = [];
      this.#bytes = 0;
      this.#onLine(line);
      rest = rest.subarray(end + 1);
    }
  }
}
