/** What a run of nights has covered, and whether that is enough: kinds that took effect, cells of the machine met, outcomes, skew. Used by main.ts. */
import { cellsToMeet } from './cells.ts';
import { allKinds } from './happenings.ts';
import type { Night } from './play.ts';
import { leftToChance, unreachable } from './unreachable.ts';

/** Fewer nights than that cannot be asked to show every kind. */
export const KINDS_FROM = 1_000;
/** Nor every cell of the machine: some want three things at once. */
export const CELLS_FROM = 20_000;

export class Tally {
  nights = 0;
  worstSkewMs = 0;
  skews = 0;
  readonly failures: Night[] = [];
  readonly #happened = new Map<string, number>();
  /** With the seed of the first night that met it. */
  readonly #cells = new Map<string, number>();
  readonly #outcomes = new Map<string, number>();

  add(night: Night): void {
    this.nights++;
    for (const kind of night.happened) count(this.#happened, kind);
    for (const cell of night.cells) if (!this.#cells.has(cell)) this.#cells.set(cell, night.seed);
    for (const outcome of night.outcomes) count(this.#outcomes, outcome);
    this.skews += night.skewsMs.length;
    this.worstSkewMs = Math.max(this.worstSkewMs, ...night.skewsMs);
    if (night.violations.length > 0) this.failures.push(night);
  }

  /** Kinds that never took effect; asked of a run that is long enough. */
  get kindsUnseen(): readonly string[] {
    return allKinds.filter((kind) => !this.#happened.has(kind));
  }

  get cellsUnmet(): readonly string[] {
    return cellsToMeet.filter((cell) => !this.#cells.has(cell));
  }

  /** Listed as such (unreachable.ts), and met: the list is wrong. */
  get cellsMetAgainstReason(): readonly string[] {
    return this.#named((cell) => unreachable.has(cell));
  }

  #named(chosen: (cell: string) => boolean): readonly string[] {
    return [...this.#cells].filter(([cell]) => chosen(cell)).map(([cell, seed]) => `${cell} (seed ${seed})`);
  }

  get passes(): boolean {
    if (this.failures.length > 0 || this.cellsMetAgainstReason.length > 0) return false;
    return (
      (this.nights < KINDS_FROM || this.kindsUnseen.length === 0) && (this.nights < CELLS_FROM || this.cellsUnmet.length === 0)
    );
  }

  get lines(): readonly string[] {
    const met = cellsToMeet.length - this.cellsUnmet.length;
    const lines = [
      `happenings that took effect: ${byCount(this.#happened)}`,
      `incidents sealed: ${[...this.#outcomes].filter(([name]) => OUTCOMES.has(name)).reduce((sum, [, times]) => sum + times, 0)} (${byCount(this.#outcomes)})`,
      `machine cells met: ${met} of ${cellsToMeet.length}; ${unreachable.size} more cannot be, ${leftToChance.size} are left to chance (unreachable.ts)`,
      `worst skew: ${this.worstSkewMs.toFixed(2)} ms in ${this.skews} incidents with both sessions well`,
    ];
    if (this.kindsUnseen.length > 0) lines.push(`never happened: ${this.kindsUnseen.join(', ')}`);
    if (this.cellsUnmet.length > 0) lines.push(`never met: ${this.cellsUnmet.join('; ')}`);
    const byChance = this.#named((cell) => leftToChance.has(cell));
    if (byChance.length > 0) lines.push(`met by chance: ${byChance.join('; ')}`);
    if (this.cellsMetAgainstReason.length > 0)
      lines.push(`met, and said to be unreachable: ${this.cellsMetAgainstReason.join('; ')}`);
    return lines;
  }
}

const OUTCOMES: ReadonlySet<string> = new Set(['complete', 'complete-one-ended', 'partial', 'captured', 'observed']);

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

const byCount = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');
