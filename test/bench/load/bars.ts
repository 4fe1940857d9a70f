/** What was measured, as it is printed, and whether it holds: `name  value  (bar …) ok|MISSED`. */

export class Bars {
  missed = 0;
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** `holds` null: there is no bar, it is only told. */
  tell(name: string, value: string, bar = '', holds: boolean | null = null): void {
    if (holds === false) this.missed += 1;
    const verdict = holds === null ? '' : holds ? '  ok' : '  MISSED';
    this.#print(`  ${name.padEnd(58)} ${value}${bar === '' ? '' : `  (bar: ${bar})`}${verdict}`);
  }

  /** The bar of the issue: under load at most twice what it is without, and five milliseconds. */
  againstIdle(name: string, under: readonly number[], idle: readonly number[]): void {
    const bar = 2 * percentile(idle, 0.99) + 5;
    const p99 = percentile(under, 0.99);
    this.tell(name, spread(under), `p99 at most ${bar.toFixed(1)} ms`, p99 <= bar);
  }
}

/** Nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const spread = (ms: readonly number[]): string =>
  `median ${percentile(ms, 0.5).toFixed(1)} p99 ${percentile(ms, 0.99).toFixed(1)} worst ${Math.max(...ms).toFixed(1)} ms of ${ms.length}`;
