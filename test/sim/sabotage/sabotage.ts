/** The contract of a sabotage: one line of production code made wrong on purpose, which the simulation must catch. Applied by main.ts. */
export interface Sabotage {
  /** What is now wrong, in words: `the stop is never repeated`. */
  readonly name: string;
  /** Of production code: under agent/ or shared/. */
  readonly file: string;
  /** Stands exactly once in that file. */
  readonly find: string;
  readonly replace: string;
  /** A night that broke a promise under it: tried first, so that the run of all stays short. Without it, or where it holds no more, nights are searched. */
  readonly night?: number;
  /** How many worlds may be searched; default in main.ts. */
  readonly worldsMax?: number;
}
